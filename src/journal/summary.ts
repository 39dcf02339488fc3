import { type FileHandle, open } from 'node:fs/promises';
import type { Ending } from '../core/domain.ts';
import type { EventOf, EventType } from '../core/events.ts';
import { writerOf } from './lock.ts';
import { readJournal } from './read.ts';

/** One journal at a glance. */
export interface SessionSummary {
  kind: 'session';
  id: string;
  path: string;
  /** When it began, ISO 8601 in UTC. */
  at: string;
  /** The first line of the goal, control characters taken out. */
  goal: string;
  /** The model it began with. */
  model: string;
  /** How it ended; `running` while a living process writes it; `cut off` when none does and it has no end. */
  state: Ending | 'cut off' | 'running';
  attempts: number;
  /** Null when the price of a model that was used is not known. */
  costUsd: number | null;
  verified: boolean;
}

/** A journal that cannot be read, and why. */
export interface UnreadableSession {
  kind: 'unreadable';
  /** As the file's name has it. */
  id: string;
  path: string;
  at: string;
  why: string;
}

export type SessionEntry = SessionSummary | UnreadableSession;

/** A journal as its file's name tells of it; `at` is '' when the name is not ours. */
export interface Named {
  path: string;
  id: string;
  at: string;
}

/** The last line that ends in `\n`, parsed; null when there is none or it is not JSON. Reads backwards, twice as much each time. */
async function lastEvent(file: FileHandle, size: number): Promise<unknown> {
  for (let window = 16 * 1024; ; window *= 2) {
    const length = Math.min(window, size);
    const tail = Buffer.alloc(length);
    const { bytesRead } = await file.read(tail, 0, length, size - length);
    const bytes = tail.subarray(0, bytesRead);
    const end = bytes.lastIndexOf(10);
    const begin = end === -1 ? -1 : bytes.lastIndexOf(10, end - 1);
    if (begin === -1 && length < size) continue;
    if (end === -1) return null;
    try {
      return JSON.parse(bytes.toString('utf8', begin + 1, end)) as unknown;
    } catch {
      return null;
    }
  }
}

type Ended = EventOf<'session.ended'>;

async function endOf(path: string): Promise<Ended | null> {
  const { eventFault } = await import('./schema.ts');
  const file = await open(path, 'r');
  try {
    const last = await lastEvent(file, (await file.stat()).size);
    if (eventFault(last) !== null) return null;
    return hasType(last, 'session.ended') ? last : null;
  } finally {
    await file.close();
  }
}

function hasType<Type extends EventType>(event: unknown, type: Type): event is EventOf<Type> {
  return typeof event === 'object' && event !== null && 'type' in event && event.type === type;
}

async function firstEvent(path: string): Promise<EventOf<'session.started'>> {
  const stream = readJournal(path);
  try {
    const step = await stream.next();
    if (step.done || step.value.type !== 'session.started') throw new Error(`${path} has no first event`);
    return step.value;
  } finally {
    await stream.return({ lastSeq: 0, wholeBytes: 0, tornBytes: 0, missingNewline: false });
  }
}

/** What a session without an end has come to: every line is read. */
async function countUp(
  path: string,
): Promise<{ attempts: number; costUsd: number | null; ended: Ended | null }> {
  let attempts = 0;
  let cost: number | null = 0;
  let ended: Ended | null = null;
  const spend = (costUsd: number | null | undefined) => {
    if (costUsd === null) cost = null;
    else if (cost !== null) cost += costUsd ?? 0;
  };
  for await (const event of readJournal(path)) {
    ended = event.type === 'session.ended' ? event : null;
    if (event.type === 'attempt.started') attempts += 1;
    if (event.type === 'model.replied') spend(event.reply.costUsd);
    if (event.type === 'model.failed' || event.type === 'model.retried') spend(event.failure.costUsd);
  }
  return { attempts, costUsd: cost, ended };
}

/** The first line with something on it, without control characters: a goal may hold escapes that a terminal would obey. */
function firstLine(goal: string): string {
  const line = goal.split(/\r\n|[\r\n\u2028\u2029]/).find((text) => text.trim() !== '') ?? '';
  return line.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '').trim();
}

/** What a journal's first and last line tell; only one without an end is read through. Never throws: what cannot be read is told. */
export async function summaryOf({ path, id, at }: Named): Promise<SessionEntry> {
  try {
    const first = await firstEvent(path);
    const head = {
      kind: 'session',
      id: first.session,
      path,
      at: first.at,
      goal: firstLine(first.task.goal),
      model: first.model,
    } as const;
    const quick = await endOf(path);
    // Asked before the file is read through: a session that ends meanwhile is then seen with its end.
    const state = quick === null && writerOf(path) !== null ? 'running' : 'cut off';
    const { ended, attempts, costUsd } =
      quick === null ? await countUp(path) : { ended: quick, attempts: 0, costUsd: 0 };
    if (ended === null) return { ...head, state, attempts, costUsd, verified: false };
    const { outcome } = ended;
    return {
      ...head,
      state: outcome.ending,
      attempts: outcome.attempts,
      costUsd: outcome.costUsd,
      verified: outcome.ending === 'verified',
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { kind: 'unreadable', id, path, at, why };
  }
}
