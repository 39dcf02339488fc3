import { fstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import type { MemoryUse } from '../core/memory.ts';
import { fill } from './files.ts';
import type { LineFault, Mark } from './log.ts';
import { openPack, type Pack } from './pack.ts';

/** The folded log and its word index as one cache file, good for as long as the log starts with the bytes it was made from. */

/** Counts up whenever the form of the file changes. */
const version = 1;

interface About {
  version: number;
  reading: string;
  /** How far the log was folded, and the CRC-32 of those bytes. */
  mark: Mark;
  crc: number;
  /** The log as it was then: unchanged, its bytes need not be read again. */
  seen: LogStamp;
  uses: UsesPlace;
}

/** Where the uses stand in the loose part, and the CRC-32 of their bytes. */
export type UsesPlace = [offset: number, length: number, crc: number];

/** What tells that a file has not been touched. */
export interface LogStamp {
  ino: number;
  size: number;
  mtimeMs: number;
}

export interface Snapshot {
  pack: Pack;
  mark: Mark;
  crc: number;
  /** That the log begins as it did is known without adding it up. */
  noted: boolean;
  /** Null when they turn out to be damaged. */
  uses(): MemoryUse[] | null;
  faults: LineFault[];
}

export function stampOf(descriptor: number): LogStamp {
  const { ino, size, mtimeMs } = fstatSync(descriptor);
  return { ino, size, mtimeMs };
}

export function sameStamp(one: LogStamp, other: LogStamp): boolean {
  return one.ino === other.ino && one.size === other.size && one.mtimeMs === other.mtimeMs;
}

/** The CRC-32 of a stretch of a file, going on from `crc`. */
export function crcOf(descriptor: number, from: number, to: number, crc = 0): number {
  const block = Buffer.allocUnsafe(1024 * 1024);
  let sum = crc;
  for (let at = from; at < to; ) {
    const bytes = fill(descriptor, block.subarray(0, Math.min(block.length, to - at)), at);
    if (bytes === 0) break;
    sum = crc32(block.subarray(0, bytes), sum);
    at += bytes;
  }
  return sum;
}

export function snapshotPath(directory: string): string {
  return path.join(directory, 'index', 'snapshot.pack');
}

const readPath = (directory: string) => path.join(directory, 'index', 'read.json');

/**
 * Notes that a log was read as it is now, and starts with the bytes that the snapshot of this CRC-32 was made from: until somebody
 * writes to it, the next reader need not add them up. Half a note is none: then they are. Throws the system's error.
 */
export function noteRead(directory: string, crc: number, stamp: LogStamp): void {
  writeFileSync(readPath(directory), JSON.stringify({ crc, ...stamp }), { mode: 0o600 });
}

function wasRead(directory: string, crc: number, stamp: LogStamp): boolean {
  try {
    const note: LogStamp & { crc: number } = JSON.parse(readFileSync(readPath(directory), 'utf8'));
    return note.crc === crc && sameStamp(note, stamp);
  } catch {
    return false;
  }
}

/** The snapshot that fits this open log and this reading; null when there is none that does. Nothing of the world throws: a cache may be missing. */
export function loadSnapshot(directory: string, log: number, reading: string): Snapshot | null {
  let pack: Pack | 'damaged' | null = null;
  try {
    pack = openPack(snapshotPath(directory));
    if (pack === null || pack === 'damaged') return null;
    const about = pack.about as Partial<About> | null;
    const { mark, crc, seen, uses } = about ?? {};
    const fits =
      about?.version === version &&
      about.reading === reading &&
      mark !== undefined &&
      crc !== undefined &&
      seen !== undefined &&
      uses !== undefined;
    const stamp = stampOf(log);
    const noted = fits && (sameStamp(stamp, seen) || wasRead(directory, crc, stamp));
    if (!fits || stamp.size < mark.bytes || !(noted || crcOf(log, 0, mark.bytes) === crc)) {
      pack.close();
      return null;
    }
    const open = pack;
    return {
      pack,
      mark,
      crc,
      noted,
      uses() {
        const [offset, length, sum] = uses;
        const bytes = open.loose(offset, length);
        return crc32(bytes) === sum ? JSON.parse(bytes.toString()) : null;
      },
      faults: JSON.parse(pack.text('faults') || '[]'),
    };
  } catch {
    if (pack !== null && pack !== 'damaged') pack.close();
    return null;
  }
}

/** What `writePack` needs beside the sections. */
export function aboutOf(
  reading: string,
  log: { mark: Mark; crc: number; seen: LogStamp },
  uses: UsesPlace,
): About {
  return { version, reading, ...log, uses };
}

/** Makes `index/` beside the log and returns its path. Throws the system's error. */
export function indexFolder(directory: string): string {
  const folder = path.join(directory, 'index');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}
