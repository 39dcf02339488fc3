import { isUtf8 } from 'node:buffer';
import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
} from 'node:fs';
import path from 'node:path';
import { type MemoryEntry, parseLine } from './entries.ts';
import { errorCode, failure, type MemoryFailure } from './failure.ts';
import { fill, syncFolder, writeWhole } from './files.ts';
import { withLock } from './lock.ts';

/** `memory/log.jsonl`: one entry a line, appended under a lock, flushed before it counts, read from where one stopped. */

/** The longest line a log may hold, in bytes. */
const maxLineBytes = 16 * 1024 * 1024;
const blockBytes = 1024 * 1024;
const newline = 10;

/** How far a log was read: `bytes` from its start, which are `lines` lines. */
export interface Mark {
  bytes: number;
  lines: number;
}

/** A line that was passed over; `text` names file, line and why. A `later` one is whole and of a later version. */
export interface LineFault {
  kind: 'damaged' | 'later';
  text: string;
}

export interface LogPart {
  /** Each with its 1-based line. */
  entries: { line: number; entry: MemoryEntry }[];
  faults: LineFault[];
  mark: Mark;
}

export const logStart: Mark = { bytes: 0, lines: 0 };

/**
 * Reads the open log from `mark` to its end. A last line without an end counts if it is whole, else it is left for the next reading:
 * somebody may be writing it, and if nobody is, the next append cuts it off. Holds one block and one line at a time.
 */
export function readEntries(descriptor: number, file: string, mark: Mark): LogPart {
  const part: LogPart = { entries: [], faults: [], mark: { ...mark } };
  const take = (bytes: Buffer, last: boolean): boolean => {
    const line = part.mark.lines + 1;
    const fault = (kind: LineFault['kind'], why: string) =>
      part.faults.push({ kind, text: `${file}:${line}: this line is passed over: ${why}` });
    if (bytes.length > maxLineBytes) {
      if (last) return false;
      fault('damaged', `it is longer than ${maxLineBytes / 1024 ** 2} MiB`);
      return true;
    }
    const start = line === 1 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    const text = bytes.toString('utf8', start).trim();
    if (text === '') return !last;
    const parsed = parseLine(text);
    if (last && parsed.kind === 'damaged') return false;
    if (!isUtf8(bytes)) fault('damaged', 'it is not UTF-8');
    else if (parsed.kind === 'entry') part.entries.push({ line, entry: parsed.entry });
    else fault(parsed.kind, parsed.why);
    return true;
  };
  const block = Buffer.allocUnsafe(blockBytes);
  let held: Buffer[] = [];
  let heldBytes = 0;
  let offset = mark.bytes;
  for (;;) {
    const bytes = fill(descriptor, block, offset);
    if (bytes === 0) break;
    offset += bytes;
    for (let from = 0; from < bytes; ) {
      const end = block.subarray(0, bytes).indexOf(newline, from);
      const piece = block.subarray(from, end === -1 ? bytes : end);
      // Of an endless line no more is held than shows that it is too long.
      if (heldBytes <= maxLineBytes) held.push(end === -1 ? Buffer.from(piece) : piece);
      heldBytes += piece.length;
      if (end === -1) break;
      take(Buffer.concat(held), false);
      part.mark = { bytes: part.mark.bytes + heldBytes + 1, lines: part.mark.lines + 1 };
      held = [];
      heldBytes = 0;
      from = end + 1;
    }
  }
  // The end of that line is still to come: the mark stays before it, and the line counts as read once it is.
  if (heldBytes > 0 && take(Buffer.concat(held), true)) {
    part.mark = { bytes: part.mark.bytes + heldBytes, lines: part.mark.lines };
  }
  return part;
}

/** The bytes after the last line end. */
function tailOf(descriptor: number, size: number): Buffer {
  const parts: Buffer[] = [];
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - 64 * 1024);
    const block = Buffer.alloc(end - start);
    fill(descriptor, block, start);
    const at = block.lastIndexOf(newline);
    parts.unshift(block.subarray(at + 1));
    if (at !== -1) break;
    end = start;
  }
  return Buffer.concat(parts);
}

/**
 * Ends a last line that was left without an end: a whole one gets its end, a torn one is moved to `<file>.torn`. Returns where the next
 * entry goes.
 */
function mend(descriptor: number, file: string): number {
  const { size } = fstatSync(descriptor);
  const tail = tailOf(descriptor, size);
  if (tail.length === 0) return size;
  if (tail.length <= maxLineBytes && parseLine(tail.toString('utf8').trim()).kind !== 'damaged') {
    writeWhole(descriptor, Buffer.from('\n'));
    return size + 1;
  }
  const kept = openSync(`${file}.torn`, constants.O_CREAT | constants.O_WRONLY | constants.O_APPEND, 0o600);
  try {
    writeWhole(kept, Buffer.concat([tail, Buffer.from('\n')]));
    fsyncSync(kept);
  } finally {
    closeSync(kept);
  }
  ftruncateSync(descriptor, size - tail.length);
  return size - tail.length;
}

/**
 * Puts entries at the end of the log, all or none, and resolves when they are on the device. Fails, with the log as it was, when the
 * disk is full, nothing can be written there, an entry is too large, or the lock is not to be had.
 */
export async function appendEntries(
  file: string,
  entries: readonly MemoryEntry[],
): Promise<{ kind: 'appended' } | MemoryFailure> {
  const lines = entries.map((entry) => Buffer.from(`${JSON.stringify(entry)}\n`));
  const longest = lines.find((line) => line.length > maxLineBytes);
  if (longest !== undefined) {
    const why = `cannot remember something of ${longest.length} bytes: an entry of ${file} holds at most ${maxLineBytes}`;
    return { kind: 'failed', why };
  }
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  } catch (error) {
    return failure('make the folder of', file, error);
  }
  const locked = await withLock(`${file}.lock`, () => appendLocked(file, Buffer.concat(lines)));
  return locked.kind === 'failed' ? locked : locked.value;
}

function appendLocked(file: string, bytes: Buffer): { kind: 'appended' } | MemoryFailure {
  let descriptor: number | null = null;
  try {
    descriptor = openSync(file, constants.O_CREAT | constants.O_RDWR | constants.O_APPEND, 0o600);
    const end = mend(descriptor, file);
    try {
      writeWhole(descriptor, bytes);
      fdatasyncSync(descriptor);
    } catch (error) {
      ftruncateSync(descriptor, end);
      throw error;
    }
    if (end === 0) syncFolder(path.dirname(file));
    return { kind: 'appended' };
  } catch (error) {
    return failure('write the memory', file, error);
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}

/** The log opened for reading; null when there is none yet. */
export function openForReading(file: string): { descriptor: number } | MemoryFailure | null {
  try {
    const descriptor = openSync(file, constants.O_RDONLY);
    if (fstatSync(descriptor).isFile()) return { descriptor };
    closeSync(descriptor);
    return { kind: 'failed', why: `cannot read the memory ${file}: it is not a file; move it away` };
  } catch (error) {
    return errorCode(error) === 'ENOENT' ? null : failure('read the memory', file, error);
  }
}
