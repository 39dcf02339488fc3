import type { EventBody, SessionEvent } from './events.ts';

/** What tells a record and a new run of the same loop apart. */

/** Where a loop says something else than the record. */
export interface Divergence {
  seq: number;
  type: string;
  /** Path of the first value that differs, dots between keys; '' for the whole event. */
  path: string;
  recorded: unknown;
  now: unknown;
}

/** What the loop says where the record has one more event than it. */
export function endedBefore({ seq, type }: SessionEvent): Divergence {
  return { seq, type, path: '', recorded: type, now: 'the end of the session' };
}

/** The first thing in which two events differ that decides what is asked of the world next; words and times do not. */
export function departure(recorded: SessionEvent, now: EventBody): Divergence | null {
  const found = difference(turnOf(recorded), turnOf(now), '');
  return found ? { seq: recorded.seq, type: recorded.type, ...found } : null;
}

function turnOf(event: EventBody): Record<string, unknown> {
  const { type } = event;
  switch (type) {
    case 'model.asked':
      return { type, call: event.call, request: { purpose: event.request.purpose } };
    case 'checks.frozen':
      return { type, step: event.step, checks: { hash: event.checks.hash } };
    case 'program.written':
      return { type, step: event.step, attempt: event.attempt, hash: event.hash };
    case 'run.started':
    case 'run.ended':
    case 'tests.reported':
      return { type, step: event.step, attempt: event.attempt, check: event.check };
    case 'verdict.reached':
      return { type, step: event.step, attempt: event.attempt, verdict: { kind: event.verdict.kind } };
    case 'solution.recalled':
      return { type, solution: event.solution?.id ?? null };
    case 'memory.recalled':
      return { type, moment: event.moment };
    case 'lesson.tested':
      return { type, step: event.step, outcome: event.outcome };
    case 'session.ended':
      return { type, outcome: { ending: event.outcome.ending } };
    default:
      return { type };
  }
}

/** Fields that measure time and machine and so differ from run to run. */
const volatile = new Set([
  'at',
  'seq',
  'ms',
  'cpuMs',
  'peakBytes',
  'session',
  'forkedFrom',
  'version',
  'sandbox',
  'runner',
]);

/** The first difference between a recorded fact and what the loop says now, times and machine aside; null when they agree. */
export function compareFacts(recorded: SessionEvent, now: EventBody): Divergence | null {
  const found = difference(recorded, now, '');
  return found ? { seq: recorded.seq, type: recorded.type, ...found } : null;
}

function difference(
  recorded: unknown,
  now: unknown,
  path: string,
): { path: string; recorded: unknown; now: unknown } | null {
  if (Object.is(recorded, now)) return null;
  if (typeof recorded !== 'object' || typeof now !== 'object' || recorded === null || now === null) {
    return { path, recorded, now };
  }
  const a = recorded as Record<string, unknown>;
  const b = now as Record<string, unknown>;
  if (Array.isArray(recorded) && Array.isArray(now) && recorded.length !== now.length) {
    return { path: `${path ? `${path}.` : ''}length`, recorded: recorded.length, now: now.length };
  }
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    if (volatile.has(key)) continue;
    const found = difference(a[key], b[key], path ? `${path}.${key}` : key);
    if (found) return found;
  }
  return null;
}
