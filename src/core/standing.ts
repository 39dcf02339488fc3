import type { Ending } from './domain.ts';
import { isDelta, type SessionEvent } from './events.ts';
import type { ModelRequest } from './seams.ts';

/** Which events of a journal count: what a session went back behind when it was resumed is kept on disk and void. */

/** The events that count, marks of resuming included. */
export function standing(events: readonly SessionEvent[]): SessionEvent[] {
  const kept: SessionEvent[] = [];
  for (const event of events) {
    if (event.type === 'session.resumed') {
      while ((kept.at(-1)?.seq ?? 0) > event.after) kept.pop();
    }
    kept.push(event);
  }
  return kept;
}

/** The facts a loop yields. Deltas, the marks of resuming, and retries of a question that was never answered are not among them. */
export function factsOf(events: readonly SessionEvent[]): SessionEvent[] {
  const counted = standing(events);
  const answered = answeredCalls(counted);
  return counted.filter(
    (event) =>
      !isDelta(event) &&
      event.type !== 'session.resumed' &&
      (event.type !== 'model.retried' || answered.has(event.call)),
  );
}

/** The requests that a record answers, in order: what a recorded or scripted model has already been asked. */
export function answeredRequests(events: readonly SessionEvent[]): ModelRequest[] {
  const counted = standing(events);
  const answered = answeredCalls(counted);
  return counted.flatMap((event) =>
    event.type === 'model.asked' && answered.has(event.call) ? [event.request] : [],
  );
}

function answeredCalls(events: readonly SessionEvent[]): Set<number> {
  return new Set(
    events.flatMap((event) =>
      event.type === 'model.replied' || event.type === 'model.failed' ? [event.call] : [],
    ),
  );
}

const fromOutside: readonly Ending[] = ['cancelled', 'terminated', 'timeout'];
const byTheModel: readonly Ending[] = ['model-failed', 'authentication', 'refused'];

/**
 * The standing events up to where the session was stopped by something that is none of its own doing, and from where it can be done
 * again: a signal, the clock, a model that failed, a delivery that was refused. Null when the session came to its own end.
 * One that was cut off without an end is given whole.
 */
export function beforeStop(events: readonly SessionEvent[]): SessionEvent[] | null {
  const counted = standing(events);
  const last = counted.at(-1);
  if (last?.type !== 'session.ended') return counted;
  const { ending } = last.outcome;
  if (fromOutside.includes(ending)) return counted.slice(0, firstCancelled(counted) ?? -1);
  if (byTheModel.includes(ending)) return upToLast(counted, (event) => event.type === 'model.failed');
  if (ending === 'sandbox-unavailable') {
    return upToLast(
      counted,
      (event) => event.type === 'run.ended' && event.result.status === 'sandbox-failed',
    );
  }
  if (ending === 'permission-denied') {
    return upToLast(counted, (event) => event.type === 'permission.answered' && event.answer === null);
  }
  if (ending === 'not-delivered') return upToLast(counted, (event) => event.type === 'program.delivered');
  return null;
}

/** Where the run that the stop ended began to say so. */
function firstCancelled(events: readonly SessionEvent[]): number | null {
  const at = events.findIndex((event) => event.type === 'run.ended' && event.result.status === 'cancelled');
  return at === -1 ? null : at;
}

function upToLast(events: SessionEvent[], is: (event: SessionEvent) => boolean): SessionEvent[] | null {
  const at = events.findLastIndex(is);
  return at === -1 ? null : events.slice(0, at);
}
