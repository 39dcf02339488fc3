import type { FileHandle } from 'node:fs/promises';

/** The longest line a journal may hold, in bytes. */
export const maxLineBytes = 128 * 1024 * 1024;

/** One line of a file, without its `\n`. `whole` is false for bytes after the last `\n`. `start` is its offset in bytes. */
export interface Line {
  bytes: Buffer;
  start: number;
  whole: boolean;
}

/**
 * The lines of an open file, from its start, split on `\n` only. Holds one line and one block at a time.
 * A line longer than `limit` bytes is yielded cut off at the limit with `whole: false`, and ends the iteration.
 */
export async function* readLines(file: FileHandle, limit = maxLineBytes): AsyncGenerator<Line, void, void> {
  const block = Buffer.allocUnsafe(64 * 1024);
  let parts: Buffer[] = [];
  let held = 0;
  let start = 0;
  for (let offset = 0; ; ) {
    const { bytesRead } = await file.read(block, 0, block.length, offset);
    if (bytesRead === 0) break;
    offset += bytesRead;
    let from = 0;
    for (;;) {
      const end = block.indexOf(10, from);
      if (end === -1 || end >= bytesRead) break;
      const tail = block.subarray(from, end);
      const bytes = Buffer.concat([...parts, tail]);
      if (bytes.length > limit) {
        yield { bytes: bytes.subarray(0, limit + 1), start, whole: false };
        return;
      }
      yield { bytes, start, whole: true };
      start += bytes.length + 1;
      parts = [];
      held = 0;
      from = end + 1;
    }
    if (from < bytesRead) {
      parts.push(Buffer.from(block.subarray(from, bytesRead)));
      held += bytesRead - from;
      if (held > limit) {
        yield { bytes: Buffer.concat(parts).subarray(0, limit + 1), start, whole: false };
        return;
      }
    }
  }
  if (held > 0) yield { bytes: Buffer.concat(parts), start, whole: false };
}
