import { isDelta, type SessionEvent } from '../../core/events.ts';
import { initialState, reduce, type SessionState } from '../../core/state.ts';

/** A recorded session that can be stood at any event of. Places count events: 0 is before the first. */
export interface Timeline {
  readonly events: readonly SessionEvent[];
  stateAt(place: number): SessionState;
  /** The place after the next fact (deltas belong to the fact they lead to), or before the last one. */
  step(place: number, by: 1 | -1): number;
  /** The place where the next attempt, or the one before, begins. */
  attempt(place: number, by: 1 | -1): number;
  /** The place where the next failure is told, from the first again behind the last; null when nothing failed. */
  failure(place: number): number | null;
}

/** A state is kept every so many events; between them it is folded again. */
const checkpointEvery = 250;

export function timelineOf(events: readonly SessionEvent[]): Timeline {
  const checkpoints: SessionState[] = [initialState];
  const stateAt = (place: number): SessionState => {
    const wanted = Math.max(0, Math.min(place, events.length));
    const nearest = Math.min(checkpoints.length - 1, Math.floor(wanted / checkpointEvery));
    let state = checkpoints[nearest] ?? initialState;
    for (let done = nearest * checkpointEvery; done < wanted; ) {
      const edge = Math.min(wanted, (Math.floor(done / checkpointEvery) + 1) * checkpointEvery);
      const upTo = pieceEnd(events, done, edge);
      const event = wholePiece(events, done, upTo);
      if (event) state = reduce(state, event);
      done = upTo;
      if (done % checkpointEvery === 0 && checkpoints.length === done / checkpointEvery)
        checkpoints.push(state);
    }
    return state;
  };
  const ends = events.flatMap((event, at) => (isDelta(event) ? [] : [at + 1]));
  const begins = events.flatMap((event, at) => (event.type === 'attempt.started' ? [at + 1] : []));
  const failures = events.flatMap((event, at) => (isFailure(event) ? [at + 1] : []));
  const next = (places: readonly number[], place: number, by: 1 | -1, edge: number) =>
    (by === 1 ? places.find((one) => one > place) : places.findLast((one) => one < place)) ?? edge;
  return {
    events,
    stateAt,
    step: (place, by) => next(ends, place, by, by === 1 ? events.length : 0),
    attempt: (place, by) => next(begins, place, by, by === 1 ? events.length : 0),
    failure: (place) => failures.find((one) => one > place) ?? failures[0] ?? null,
  };
}

/** Where the run of deltas ends that goes on with the one at `from`; one further on for anything else. */
function pieceEnd(events: readonly SessionEvent[], from: number, edge: number): number {
  const first = events[from];
  let at = from + 1;
  while (at < edge && first && goesOn(first, events[at])) at += 1;
  return at;
}

function goesOn(first: SessionEvent, next: SessionEvent | undefined): boolean {
  if (first.type === 'run.delta') return next?.type === 'run.delta' && next.stream === first.stream;
  return first.type === 'model.delta' && next?.type === 'model.delta';
}

/** Text that came in pieces, as one: to the state it is the same, and a fold of thousands of pieces costs as much as one. */
function wholePiece(events: readonly SessionEvent[], from: number, upTo: number): SessionEvent | undefined {
  const first = events[from];
  if (upTo - from === 1 || (first?.type !== 'run.delta' && first?.type !== 'model.delta')) return first;
  let text = '';
  for (const event of events.slice(from, upTo)) if ('text' in event) text += event.text;
  return { ...first, text };
}

function isFailure(event: SessionEvent): boolean {
  if (event.type === 'verdict.reached') return event.verdict.kind !== 'passed';
  return (
    event.type === 'model.failed' || (event.type === 'session.ended' && event.outcome.ending !== 'verified')
  );
}
