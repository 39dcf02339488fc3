import type { Correction } from '../core/correction.ts';
import type { Program } from '../core/domain.ts';
import type { SessionState } from '../core/state.ts';

/** What a person's words about the program of a session correct; null when that session finished none. A correction of a correction is of the first goal. */
export function correctionOf(
  state: Pick<SessionState, 'task' | 'outcome' | 'learned' | 'solution'>,
  program: Program,
  said: string,
): Correction | null {
  const { task, outcome, learned, solution } = state;
  if (!task || !outcome?.proof) return null;
  const kept = learned.findLast((one) => one.kind === 'solution')?.id ?? solution;
  return {
    goal: task.corrects?.goal ?? task.goal,
    said,
    entry: program.entry,
    solution: kept ?? task.corrects?.solution ?? null,
  };
}
