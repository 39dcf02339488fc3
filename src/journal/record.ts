import { type EventBody, isDelta, type SessionEvent } from '../core/events.ts';
import type { Stream } from '../core/stream.ts';
import { type Delta, makeCoalescer } from './coalesce.ts';
import type { Journal } from './write.ts';

export interface RecordOptions {
  /** Called when the reader walks away or the journal cannot be written, before the source is closed: abort the session here, so that a source in the middle of a long wait ends at once. */
  abandoned?: () => void;
}

function isDeltaBody(body: EventBody): body is Delta {
  return isDelta(body);
}

/** Settles after `ms` without keeping the process alive. */
function timer(ms: number): { over: Promise<'timer'>; clear: () => void } {
  let clear = () => {};
  const over = new Promise<'timer'>((resolve) => {
    const timeout = setTimeout(() => resolve('timer'), ms);
    timeout.unref();
    clear = () => clearTimeout(timeout);
  });
  return { over, clear };
}

/**
 * Pipes a loop through its journal: each event is on disk before it is passed on, redacted and stamped. Deltas are merged, by the line
 * or 50 ms; what is pending goes before the next fact. Keeps the loop's result. Throws what the source throws and what `journal.write`
 * throws; the source is closed in every case.
 */
export async function* record<Result>(
  events: Stream<EventBody, Result>,
  journal: Journal,
  options: RecordOptions = {},
): Stream<SessionEvent, Result> {
  const deltas = makeCoalescer(journal.redactor);
  let over = false;
  const ask = () => {
    const next = events.next();
    // Also keeps a rejection quiet when the reader leaves before it is awaited.
    next.catch(() => {
      over = true;
    });
    return next;
  };
  try {
    let next = ask();
    for (;;) {
      const waitMs = deltas.waitMs(performance.now());
      if (waitMs !== null) {
        const { over: timeOver, clear } = timer(waitMs);
        const first = await Promise.race([next.then(() => 'next' as const), timeOver]).finally(clear);
        if (first === 'timer') {
          for (const delta of deltas.due(performance.now())) yield journal.write(delta);
          continue;
        }
      }
      const step = await next;
      if (step.done) {
        over = true;
        for (const delta of deltas.flush()) yield journal.write(delta);
        return step.value;
      }
      const body = step.value;
      if (isDeltaBody(body)) {
        deltas.add(body);
        for (const delta of deltas.due(performance.now())) yield journal.write(delta);
      } else {
        for (const delta of deltas.flush()) yield journal.write(delta);
        yield journal.write(body);
      }
      next = ask();
    }
  } catch (error) {
    for (const delta of deltas.flush()) yield* shownIfWritten(journal, delta);
    throw error;
  } finally {
    if (!over) {
      options.abandoned?.();
      await events.return(undefined as never);
    }
  }
}

/** The source has failed, maybe because the disk is full: what was pending is passed on only if it can still be written. */
function* shownIfWritten(journal: Journal, delta: Delta): Generator<SessionEvent, void> {
  let event: SessionEvent;
  try {
    event = journal.write(delta);
  } catch {
    return;
  }
  yield event;
}
