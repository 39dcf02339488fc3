import type { EventBody, SessionEvent } from '../core/events.ts';
import { initialState, reduce, type SessionState } from '../core/state.ts';
import { drain, type Stream } from '../core/stream.ts';
import { record } from '../journal/record.ts';
import type { Journal } from '../journal/write.ts';

/**
 * Runs a loop to its end through its journal: every event is on disk before `show` sees it. `options.before` is what the journal held already.
 * `abandoned` is called when the journal cannot be written: abort the session there. Returns the folded state and the loop's result.
 */
export async function conduct<Result>(
  stream: Stream<EventBody, Result>,
  journal: Journal,
  show: (event: SessionEvent) => void,
  options: { abandoned?: () => void; before?: readonly SessionEvent[] } = {},
): Promise<{ state: SessionState; result: Result }> {
  let state = (options.before ?? []).reduce(reduce, initialState);
  const result = await drain(
    record(stream, journal, options.abandoned ? { abandoned: options.abandoned } : {}),
    (event) => {
      state = reduce(state, event);
      show(event);
    },
  );
  return { state, result };
}
