import type { Lesson, Memory, MemoryState, MemoryUse } from '../core/memory.ts';
import { suspicionOf } from '../core/suspicion.ts';
import { confidenceOf, harmOf, leastInjections, sessionsHelped, statsOf } from './credit.ts';

/** The rungs a lesson stands on. Up by proof only; down at once. */

const inUse: readonly MemoryState[] = ['witnessed', 'replicated', 'trusted'];

/** Whether a memory may be put before a model. */
export function mayBeUsed(memory: Pick<Memory, 'state'>): boolean {
  return inUse.includes(memory.state);
}

/** The sessions in which a lesson was seen to hold: those that proved it, and those whose use of it showed it. */
export function seenInSessions(lesson: Lesson, uses: readonly MemoryUse[]): string[] {
  return [...new Set([...lesson.seenIn, ...sessionsHelped(lesson, uses)])];
}

const sureEnough = 0.8;
/** Trust goes when it is more likely than not that a lesson does not help. */
const trustLost = 0.5;

/**
 * Where a lesson belongs by what is known now, and why, or null when it stays. A lesson without a witness never leaves `candidate`; two sessions
 * replicate; trust takes three, three injections, an advantage that is likely real, and words that nobody brought from outside, and is lost with that
 * advantage. Harm quarantines.
 */
export function rungOf(
  lesson: Lesson,
  uses: readonly MemoryUse[],
  guilty: ReadonlySet<string> = new Set(),
): { state: MemoryState; why: string } | null {
  if (!mayBeUsed(lesson)) return null;
  const harm = harmOf(lesson.id, uses, guilty);
  if (harm) return { state: 'quarantined', why: harm };
  const seen = seenInSessions(lesson, uses).length;
  if (lesson.state === 'witnessed' && seen >= 2) {
    return { state: 'replicated', why: `${seen} sessions saw it hold` };
  }
  if (lesson.state === 'trusted' && confidenceOf(lesson.id, uses) < trustLost) {
    return { state: 'replicated', why: 'attempts with it no longer pass more often' };
  }
  const homeGrown = lesson.provenance.taint !== 'imported' && lesson.witness !== undefined;
  if (
    lesson.state === 'replicated' &&
    seen >= 3 &&
    homeGrown &&
    statsOf(lesson.id, uses).injected >= leastInjections &&
    confidenceOf(lesson.id, uses) >= sureEnough
  ) {
    return { state: 'trusted', why: `${seen} sessions saw it hold, and attempts with it pass more often` };
  }
  return null;
}

/** Whether a lesson that was just seen to hold in `project` is proven to hold beyond the one it was learned in. */
export function holdsBeyond(lesson: Lesson, project: string): boolean {
  const proven = lesson.state === 'replicated' || lesson.state === 'trusted';
  return proven && lesson.scope.project !== null && lesson.scope.project !== project;
}

/**
 * The state in which a draft may enter: what was not proven here, or was brought from outside, or speaks out of turn waits as a
 * candidate, whatever it says of itself.
 */
export function entryState(
  draft: Pick<Lesson, 'state' | 'when' | 'do' | 'why' | 'provenance'> &
    Partial<Pick<Lesson, 'avoid' | 'unless' | 'witness'>>,
): { state: MemoryState; note?: string } {
  const words = [draft.when, draft.do, draft.avoid, draft.why, draft.unless].filter(Boolean).join('\n');
  const executed = (draft.witness?.checks.checks ?? []).flatMap((check) =>
    check.kind === 'command' ? [check.command] : [],
  );
  const suspicion = suspicionOf(words, executed);
  if (suspicion) return { state: 'candidate', note: `kept from every prompt: ${suspicion}` };
  if (draft.provenance.taint === 'imported') {
    return { state: 'candidate', note: 'imported: it waits for a witness here' };
  }
  if (!draft.witness) return { state: 'candidate', note: 'nothing proves it yet' };
  return { state: draft.state === 'candidate' ? 'candidate' : 'witnessed' };
}
