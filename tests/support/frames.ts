import type { SessionEvent } from '../../src/core/events.ts';
import { initialState, reduce, type SessionState } from '../../src/core/state.ts';
import { loadReading, plainReading, type Reading } from '../../src/tui/highlight.ts';
import { sessionRows } from '../../src/tui/session-view.ts';
import { plainRow, type Row } from '../../src/tui/style.ts';

/** Frames of sessions as text. */

export const stateOf = (events: readonly SessionEvent[]): SessionState => events.reduce(reduce, initialState);

export interface FrameSize {
  width: number;
  height: number;
}

/** The rows of a state as a replay shows them; times come from the record, so they are the same each time. */
export function rowsOf(state: SessionState, size: FrameSize, reading: Reading = plainReading): Row[] {
  const elapsedMs =
    state.startedAt && state.lastAt ? Date.parse(state.lastAt) - Date.parse(state.startedAt) : 0;
  return sessionRows(state, { ...size, reading, expanded: null, finished: true, spinner: '', elapsedMs });
}

export async function frameOf(events: readonly SessionEvent[], size: FrameSize): Promise<string> {
  return `${rowsOf(stateOf(events), size, await loadReading())
    .map(plainRow)
    .join('\n')}\n`;
}
