import { closeSync, constants, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import type { SessionEvent } from '../core/events.ts';
import { isJournalError, writeFailure } from './error.ts';
import { lockJournal } from './lock.ts';
import { type LoadedJournal, loadJournal, readJournal } from './read.ts';
import { type Journal, type WriterOptions, writerOver } from './write.ts';

export interface ReopenedJournal {
  journal: Journal;
  /** What the journal held when it was locked. */
  events: SessionEvent[];
  /** Bytes of a torn last line that were cut off, and the file they were kept in; 0 and null when there were none. */
  droppedBytes: number;
  keptIn: string | null;
}

function writeWhole(descriptor: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) {
    written += writeSync(descriptor, bytes, written, bytes.length - written);
  }
}

/** Moves the torn tail to `<file>.torn`, which grows if there is one already, before it is cut off. */
function keepTail(path: string, descriptor: number, end: LoadedJournal): string {
  const kept = `${path}.torn`;
  const tail = Buffer.alloc(end.tornBytes);
  let filled = 0;
  while (filled < tail.length) {
    const bytes = readSync(descriptor, tail, filled, tail.length - filled, end.wholeBytes + filled);
    if (bytes === 0) break;
    filled += bytes;
  }
  const target = openSync(kept, constants.O_CREAT | constants.O_WRONLY | constants.O_APPEND, 0o600);
  try {
    writeWhole(target, Buffer.concat([tail.subarray(0, filled), Buffer.from('\n')]));
    fsyncSync(target);
  } finally {
    closeSync(target);
  }
  return kept;
}

/** A file that is missing or no journal is told as such before a lock is laid beside it. */
async function probe(path: string): Promise<void> {
  const stream = readJournal(path);
  try {
    await stream.next();
  } finally {
    await stream.return({ lastSeq: 0, wholeBytes: 0, tornBytes: 0, missingNewline: false });
  }
}

/**
 * Opens an existing journal to go on with it: locks it, reads it, cuts a torn last line off (only the last; it is kept beside), and
 * continues `seq`. Throws a JournalError as `lockJournal` and `readJournal` do; then the file is as it was.
 */
export async function appendJournal(path: string, options: WriterOptions): Promise<ReopenedJournal> {
  await probe(path);
  const lock = lockJournal(path);
  let descriptor: number | null = null;
  try {
    const loaded = await loadJournal(path);
    const first = loaded.events[0];
    const session = first?.type === 'session.started' ? first.session : '';
    descriptor = openSync(path, constants.O_RDWR | constants.O_APPEND);
    const keptIn = loaded.tornBytes > 0 ? keepTail(path, descriptor, loaded) : null;
    ftruncateSync(descriptor, loaded.wholeBytes);
    if (loaded.missingNewline) writeWhole(descriptor, Buffer.from('\n'));
    fsyncSync(descriptor);
    const size = loaded.wholeBytes + (loaded.missingNewline ? 1 : 0);
    const journal = writerOver({ descriptor, path, session, lock, size, lastSeq: loaded.lastSeq }, options);
    return { journal, events: loaded.events, droppedBytes: loaded.tornBytes, keptIn };
  } catch (error) {
    if (descriptor !== null) closeSync(descriptor);
    lock.release();
    throw isJournalError(error) ? error : writeFailure(path, 'go on with the journal', error);
  }
}
