import { closeSync, constants, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';

/** Whole reads and writes of open files, and files that are replaced whole or not at all. What fails throws the system's error. */

/** Reads from `offset` until the block is full or the file ends; the bytes read. */
export function fill(descriptor: number, block: Uint8Array, offset: number): number {
  let filled = 0;
  while (filled < block.length) {
    const bytes = readSync(descriptor, block, filled, block.length - filled, offset + filled);
    if (bytes === 0) break;
    filled += bytes;
  }
  return filled;
}

export function writeWhole(descriptor: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) {
    written += writeSync(descriptor, bytes, written, bytes.length - written);
  }
}

/** Makes what was created or renamed in a folder last through a power cut, where the system can. */
export function syncFolder(folder: string): void {
  let descriptor: number | null = null;
  try {
    descriptor = openSync(folder, constants.O_RDONLY);
    fsyncSync(descriptor);
  } catch {
    // Not every system lets a folder be synced.
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}

/** Flushes a file that is written and renames it to its place. */
export function settle(from: string, to: string): void {
  const descriptor = openSync(from, constants.O_RDWR);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(from, to);
  syncFolder(path.dirname(to));
}

/** Writes a file whole or not at all. Callers hold the lock of the folder. */
export function putFile(file: string, pieces: readonly Uint8Array[]): void {
  const fresh = `${file}.${process.pid}.new`;
  try {
    const descriptor = openSync(fresh, constants.O_CREAT | constants.O_TRUNC | constants.O_WRONLY, 0o600);
    try {
      for (const piece of pieces) writeWhole(descriptor, piece);
    } finally {
      closeSync(descriptor);
    }
    settle(fresh, file);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  }
}

/** A typed array as the bytes it stands in. */
export function bytesOf(array: Uint32Array | Float64Array | Float32Array | Int8Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
