import { open, stat } from 'node:fs/promises';
import { type SessionEvent, schemaVersion } from '../core/events.ts';
import type { Stream } from '../core/stream.ts';
import { journalError, readFailure } from './error.ts';
import { type Line, maxLineBytes, readLines } from './lines.ts';

/** How a journal ended, in bytes: `wholeBytes` hold whole events, `tornBytes` after them do not. */
export interface JournalEnd {
  lastSeq: number;
  wholeBytes: number;
  tornBytes: number;
  /** The last event is whole, but its `\n` is missing. */
  missingNewline: boolean;
}

export interface LoadedJournal extends JournalEnd {
  events: SessionEvent[];
}

/** A fault that is forgiven on the last line, because a write that was cut off leaves it. */
interface Torn {
  torn: string;
}

function parseLine(bytes: Buffer): { value: unknown } | Torn {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return { torn: 'not UTF-8 text' };
  }
  if (text.trim() === '') return { torn: 'an empty line' };
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return { torn: text.includes('\0') ? 'zero bytes instead of JSON' : 'not JSON' };
  }
}

function newerThanUs(value: unknown): number | null {
  if (typeof value !== 'object' || value === null || !('schema' in value)) return null;
  return typeof value.schema === 'number' && value.schema > schemaVersion ? value.schema : null;
}

function damaged(path: string, line: number, fault: string) {
  const keep = line > 1 ? ` To keep what comes before it: head -n ${line - 1} FILE > NEW.jsonl` : '';
  return journalError('damaged', path, `${path}:${line}: ${fault}.${keep}`, { line });
}

function notAJournal(path: string, why: string) {
  return journalError(
    'unreadable',
    path,
    `cannot read ${path} as a journal: ${why}; \`kintsugi sessions\` lists the journals there are`,
  );
}

function openFailure(path: string, first: Line): Error | null {
  if (first.bytes[0] === 0x7b) return null;
  const binary = first.bytes.subarray(0, 4096).includes(0);
  return notAJournal(path, binary ? 'it is a binary file' : 'its first line is not a JSON object');
}

async function openForReading(path: string) {
  try {
    const facts = await stat(path);
    if (facts.isDirectory()) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' });
    if (!facts.isFile()) throw new Error('it is not a regular file; copy it to one first');
    if (facts.size === 0) throw new Error('it is empty');
    return await open(path, 'r');
  } catch (error) {
    throw readFailure(path, error);
  }
}

async function* lines(path: string, file: Awaited<ReturnType<typeof open>>): AsyncGenerator<Line> {
  try {
    yield* readLines(file);
  } catch (error) {
    throw readFailure(path, error);
  }
}

/**
 * The events of a journal from its first, one line in memory at a time; ends in how the file ended.
 * Forgives a torn last line. Throws a JournalError: `unreadable` when the file cannot be read or is no journal, `newer` when a
 * later version wrote it, `damaged` with `file:line` for any other bad line, after the events before it.
 */
export async function* readJournal(path: string): Stream<SessionEvent, JournalEnd> {
  const file = await openForReading(path);
  try {
    const { eventFault } = await import('./schema.ts');
    const end: JournalEnd = { lastSeq: 0, wholeBytes: 0, tornBytes: 0, missingNewline: false };
    let number = 0;
    let suspect: { number: number; fault: string } | null = null;
    for await (const line of lines(path, file)) {
      number += 1;
      if (suspect !== null) throw damaged(path, suspect.number, suspect.fault);
      if (number === 1) {
        const failure = openFailure(path, line);
        if (failure !== null) throw failure;
      }
      if (line.bytes.length > maxLineBytes) {
        throw damaged(path, number, `longer than ${maxLineBytes / 1024 / 1024} MiB`);
      }
      const length = line.bytes.length + (line.whole ? 1 : 0);
      const parsed = parseLine(line.bytes);
      if ('torn' in parsed) {
        suspect = { number, fault: parsed.torn };
        end.tornBytes = length;
        continue;
      }
      const { value } = parsed;
      const newer = number === 1 ? newerThanUs(value) : null;
      if (newer !== null) {
        throw journalError(
          'newer',
          path,
          `cannot read ${path}: a newer kintsugi wrote it (schema ${newer}; this one reads up to ${schemaVersion}). Upgrade kintsugi`,
        );
      }
      const fault = eventFault(value);
      if (fault !== null) throw damaged(path, number, fault);
      const event = value as SessionEvent;
      if (event.seq !== number) throw damaged(path, number, `seq is ${event.seq} and should be ${number}`);
      if (number === 1 && event.type !== 'session.started') {
        throw damaged(path, 1, `the first event is ${event.type} and should be session.started`);
      }
      end.lastSeq = number;
      end.wholeBytes = line.start + length;
      end.missingNewline = !line.whole;
      yield event;
    }
    if (end.lastSeq === 0) throw notAJournal(path, `it holds no whole event (${end.tornBytes} bytes)`);
    return end;
  } finally {
    await file.close();
  }
}

/** A whole journal in memory. Fails as `readJournal` does. */
export async function loadJournal(path: string): Promise<LoadedJournal> {
  const events: SessionEvent[] = [];
  const stream = readJournal(path);
  for (;;) {
    const step = await stream.next();
    if (step.done) return { events, ...step.value };
    events.push(step.value);
  }
}
