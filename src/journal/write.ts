import {
  closeSync,
  constants,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { type EventBody, isDelta, type SessionEvent } from '../core/events.ts';
import { isJournalError, journalError, writeFailure } from './error.ts';
import { maxLineBytes } from './lines.ts';
import { type Lock, lockJournal } from './lock.ts';
import type { Redactor } from './redact.ts';

/** The one writer of a journal file. */
export interface Journal {
  readonly path: string;
  readonly session: string;
  readonly redactor: Redactor;
  /** The `seq` of the last event on disk; 0 before the first. */
  lastSeq(): number;
  /**
   * Redacts and stamps an event and puts it on disk, then returns it as it stands there; show only what it returned.
   * Throws a JournalError (`full`, `unwritable`, `too-large`): then nothing of the event is in the file and `seq` did not move.
   */
  write(body: EventBody): SessionEvent;
  /** Closes the file and gives the lock up; a file without any event is removed. Safe to call twice. */
  close(): void;
}

export interface WriterOptions {
  redact: Redactor;
  /** The clock of `at`. */
  now?: () => Date;
  /** Whether each fact is flushed to the device before it is returned; true by default. Without it a power cut may lose the last events; a killed process never does. */
  sync?: boolean;
}

/** `2026-11-21T07-31-47Z-<session>.jsonl`. */
export function journalName(at: Date, session: string): string {
  return `${at.toISOString().slice(0, 19).replaceAll(':', '-')}Z-${session}.jsonl`;
}

/** JSON cannot hold these: they would read back as null and the journal would be damaged by its own writer. */
function refuseNonFinite(key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new Error(`an event's field ${key} is ${value}; a journal holds finite numbers only`);
  }
  return value;
}

/** The type and the session's own id stay as they are, whatever a secret is called. */
function redactBody(body: EventBody, redact: Redactor): EventBody {
  const redacted = redact.value(body);
  redacted.type = body.type;
  if (redacted.type !== 'session.started' || body.type !== 'session.started') return redacted;
  return {
    ...redacted,
    session: body.session,
    ...(body.forkedFrom === undefined ? {} : { forkedFrom: { ...body.forkedFrom } }),
  };
}

/** The writer over an open, locked file that holds `size` bytes of whole events. */
export function writerOver(
  file: { descriptor: number; path: string; session: string; lock: Lock; size: number; lastSeq: number },
  options: WriterOptions,
): Journal {
  const { descriptor, path, session, lock } = file;
  const { redact, now = () => new Date(), sync = true } = options;
  let { size, lastSeq } = file;
  let state: 'open' | 'closed' | 'broken' = 'open';

  const append = (line: Buffer, flush: boolean) => {
    try {
      for (let written = 0; written < line.length; ) {
        written += writeSync(descriptor, line, written, line.length - written);
      }
      if (flush) fdatasyncSync(descriptor);
    } catch (error) {
      try {
        ftruncateSync(descriptor, size);
      } catch {
        state = 'broken';
      }
      throw writeFailure(path, 'write the journal', error);
    }
  };

  return {
    path,
    session,
    redactor: redact,
    lastSeq: () => lastSeq,
    write(body) {
      if (state === 'closed') throw new Error(`the journal ${path} is closed`);
      if (state === 'broken') {
        throw journalError(
          'unwritable',
          path,
          `cannot write the journal ${path}: an earlier write failed half-way. Resume the session`,
        );
      }
      const event: SessionEvent = {
        seq: lastSeq + 1,
        at: now().toISOString(),
        ...redactBody(body, redact),
      };
      const line = Buffer.from(`${JSON.stringify(event, refuseNonFinite)}\n`);
      if (line.length > maxLineBytes) {
        throw journalError(
          'too-large',
          path,
          `cannot write ${event.type} to the journal ${path}: it has ${line.length} bytes and a line may have ${maxLineBytes}`,
        );
      }
      append(line, sync && !isDelta(event));
      size += line.length;
      lastSeq = event.seq;
      return event;
    },
    close() {
      if (state === 'closed') return;
      state = 'closed';
      try {
        closeSync(descriptor);
        if (lastSeq === 0) rmSync(path, { force: true });
      } finally {
        lock.release();
      }
    },
  };
}

/** Makes a name in a folder durable. Some platforms cannot sync a folder; the name is then as safe as they make it. */
function syncDirectory(directory: string): void {
  try {
    const descriptor = openSync(directory, constants.O_RDONLY);
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // See above.
  }
}

/**
 * Creates the journal of a new session, mode 600, and locks it. `directory` is made when it is missing; `at` is the session's start.
 * Throws a JournalError when the folder or the file cannot be made, or when a journal with this name exists.
 */
export function openJournal(
  options: WriterOptions & { directory: string; session: string; at: Date },
): Journal {
  const { directory, session, at } = options;
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(session)) {
    throw journalError(
      'unwritable',
      directory,
      `a session id is 1 to 64 letters, digits, - and _, not ${JSON.stringify(session.slice(0, 80))}`,
    );
  }
  const path = join(directory, journalName(at, session));
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw writeFailure(directory, 'make the folder of journals', error);
  }
  const lock = lockJournal(path);
  try {
    const { O_CREAT, O_EXCL, O_WRONLY, O_APPEND } = constants;
    const descriptor = openSync(path, O_CREAT | O_EXCL | O_WRONLY | O_APPEND, 0o600);
    if (options.sync !== false) syncDirectory(directory);
    return writerOver({ descriptor, path, session, lock, size: 0, lastSeq: 0 }, options);
  } catch (error) {
    lock.release();
    throw isJournalError(error) ? error : writeFailure(path, 'create the journal', error);
  }
}
