import type { SessionEvent } from '../core/events.ts';
import { initialState, reduce, type SessionState } from '../core/state.ts';
import { attemptCard, endCard, printedCard } from './cards.ts';
import { goalRows } from './session-view.ts';
import type { Row } from './style.ts';
import { rowOf } from './text.ts';

/** A session as it comes: its state, and the rows that became final. */
export interface SessionFeed {
  state(): SessionState;
  /** Takes an event in; gives the rows it makes final, for a screen so wide. */
  take(event: SessionEvent, width: number): Row[];
}

/** Each finished attempt becomes a row or two as soon as it is over; the end of the session tells the rest. */
export function sessionFeed(): SessionFeed {
  let state = initialState;
  let told = 0;
  let isDemoTold = false;
  const finished = () => state.steps.flatMap((step) => step.attempts);
  return {
    state: () => state,
    take: (event, width) => {
      const before = finished();
      state = reduce(state, event);
      const rows: Row[] = [];
      if (event.type === 'session.started') {
        rows.push(...goalRows(state, width));
        if (state.model === 'demo' && !isDemoTold) {
          isDemoTold = true;
          rows.push(rowOf('  demo: recorded replies; no model is asked', 'warn'));
        }
      }
      // A session that goes on is told from where it stands.
      if (event.type === 'session.resumed') told = before.length;
      const over =
        event.type === 'attempt.started' || event.type === 'step.ended' || event.type === 'session.ended';
      if (over) {
        const all = finished();
        const upTo = event.type === 'attempt.started' ? all.length - 1 : all.length;
        for (const attempt of all.slice(told, upTo)) rows.push(...attemptCard(attempt, width));
        told = Math.max(told, upTo);
      }
      if (event.type === 'session.ended')
        rows.push(...printedCard(state), ...endCard(state, width), rowOf(''));
      return rows;
    },
  };
}
