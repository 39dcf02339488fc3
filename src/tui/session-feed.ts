import type { SessionEvent } from '../core/events.ts';
import { initialState, type MemoryNews, reduce, type SessionState } from '../core/state.ts';
import { confinementLine } from '../words.ts';
import { attemptCard, endCard, printedCard } from './cards.ts';
import { newsRows } from './panels/memory.ts';
import { goalRows } from './session-view.ts';
import type { Row } from './style.ts';
import { oneLine, rowOf, wrapText } from './text.ts';

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
        const weaker = state.sandbox && confinementLine(state.sandbox);
        if (weaker) rows.push(...wrapText(weaker, width - 2, 4).map((line) => rowOf(`  ${line}`, 'warn')));
      }
      if (event.type === 'solution.recalled' && event.solution)
        rows.push(
          rowOf(
            `  This goal was met before: the program of ${oneLine(event.solution.id)} is proven again.`,
            'gold',
          ),
        );
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
      if (isNews(event))
        rows.push(...newsRows(event, width - 2).map((row): Row => [{ text: '  ', tone: 'plain' }, ...row]));
      if (event.type === 'session.ended')
        rows.push(...printedCard(state), ...endCard(state, width), rowOf(''));
      return rows;
    },
  };
}

/** What a person wants to keep on the screen; the record of an attempt's use of memory is in the panels. */
function isNews(event: SessionEvent): event is MemoryNews {
  if (event.type === 'memory.remembered') return event.kept !== null && event.kind === 'lesson';
  if (event.type === 'memory.credited') return event.changed.length > 0;
  return event.type === 'memory.retired' || (event.type === 'lesson.tested' && event.outcome === 'witnessed');
}
