import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { errorCode } from './failure.ts';
import { bytesOf, fill, putFile } from './files.ts';

/**
 * A cache file of named sections behind a JSON header: `KMEMPACK`, the header's length (32 bits, little endian), the CRC-32 of header and
 * sections, the header, then each section on a multiple of 8 bytes. Numbers stand in the byte order of the machine that wrote it, which
 * the header names.
 */

const magic = Buffer.from('KMEMPACK');
const prefixBytes = 16;
const order = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 'little' : 'big';

interface Header {
  order: string;
  about: unknown;
  sections: Record<string, [offset: number, length: number]>;
  /** Bytes behind the checked part: the `loose` section, which is read in pieces. */
  loose: number;
}

export interface Pack {
  /** What was given as `about`: not checked. */
  about: unknown;
  section(name: string): Uint8Array;
  text(name: string): string;
  numbers(name: string): Uint32Array;
  /** A piece of the loose section, from the file. */
  loose(offset: number, length: number): Buffer;
  close(): void;
}

const padded = (bytes: number) => Math.ceil(bytes / 8) * 8;

/** Writes a pack whole or not at all. Throws the system's error. */
export function writePack(
  file: string,
  about: unknown,
  sections: Record<string, Uint8Array>,
  loose: readonly Uint8Array[] = [],
): void {
  const places: Header['sections'] = {};
  let offset = 0;
  for (const [name, bytes] of Object.entries(sections)) {
    places[name] = [offset, bytes.length];
    offset = padded(offset + bytes.length);
  }
  const body = Buffer.alloc(offset);
  for (const [name, bytes] of Object.entries(sections)) body.set(bytes, places[name]?.[0] ?? 0);
  const looseBytes = loose.reduce((sum, bytes) => sum + bytes.length, 0);
  const header: Header = { order, about, sections: places, loose: looseBytes };
  const json = Buffer.from(JSON.stringify(header));
  const head = Buffer.alloc(padded(prefixBytes + json.length) - prefixBytes, ' ');
  head.set(json);
  const prefix = Buffer.alloc(prefixBytes);
  prefix.set(magic);
  prefix.writeUInt32LE(head.length, 8);
  prefix.writeUInt32LE(crc32(body, crc32(head)), 12);
  putFile(file, [prefix, head, body, ...loose]);
}

/** Opens a pack: null when there is none, `damaged` when it is not one, not whole, or of another kind of machine. Throws other errors of the system. */
export function openPack(file: string): Pack | 'damaged' | null {
  let descriptor: number;
  try {
    descriptor = openSync(file, constants.O_RDONLY);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
  try {
    const pack = readPack(descriptor);
    if (pack === 'damaged') closeSync(descriptor);
    return pack;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function readPack(descriptor: number): Pack | 'damaged' {
  const { size } = fstatSync(descriptor);
  const prefix = Buffer.alloc(prefixBytes);
  if (fill(descriptor, prefix, 0) < prefixBytes || !prefix.subarray(0, 8).equals(magic)) return 'damaged';
  const headLength = prefix.readUInt32LE(8);
  if (prefixBytes + headLength > size) return 'damaged';
  const head = Buffer.alloc(headLength);
  fill(descriptor, head, prefixBytes);
  const header = parseHeader(head.toString('utf8'));
  if (header === null) return 'damaged';
  const start = prefixBytes + headLength;
  const length = size - start - header.loose;
  if (length < 0) return 'damaged';
  // A fresh allocation starts on a multiple of 8, so that numbers can be read in place.
  const body = new Uint8Array(length);
  fill(descriptor, body, start);
  if (crc32(body, crc32(head)) !== prefix.readUInt32LE(12)) return 'damaged';
  const section = (name: string) => {
    const [at, bytes] = header.sections[name] ?? [0, 0];
    return body.subarray(at, at + bytes);
  };
  let open = true;
  return {
    about: header.about,
    section,
    text: (name) =>
      Buffer.from(section(name).buffer, section(name).byteOffset, section(name).length).toString(),
    numbers(name) {
      const bytes = section(name);
      return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    },
    loose(offset, bytes) {
      const piece = Buffer.allocUnsafe(bytes);
      const filled = fill(descriptor, piece, start + length + offset);
      return piece.subarray(0, filled);
    },
    close() {
      if (open) closeSync(descriptor);
      open = false;
    },
  };
}

function parseHeader(text: string): Header | null {
  try {
    const header: Header = JSON.parse(text);
    const whole = header.order === order && Number.isSafeInteger(header.loose) && header.sections !== null;
    return whole && typeof header.sections === 'object' ? header : null;
  } catch {
    return null;
  }
}

/** Numbers as a section. */
export function numbersSection(numbers: readonly number[] | Uint32Array): Uint8Array {
  return bytesOf(Uint32Array.from(numbers));
}
