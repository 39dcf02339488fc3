import type { Usage } from './domain.ts';
import { addUsage } from './limits.ts';
import type { Purpose } from './seams.ts';
import type { AttemptState, MemoryNews, SessionState, StepState } from './state.ts';

/** Parts of a state: new ones, and a change to one of them. */

/** A step before its checks are known. */
export function newStep(step: number, title: string): StepState {
  return { step, title, checks: null, red: [], vacuous: [], attempts: [], passed: null };
}

/** An attempt that has just begun. */
export function newAttempt(attempt: number): AttemptState {
  return {
    attempt,
    program: null,
    scan: null,
    permission: null,
    feedback: null,
    run: null,
    reports: [],
    verdict: null,
    diagnosis: null,
    recalled: [],
    heldOut: [],
  };
}

/** Changes one step. */
export function inStep(
  state: SessionState,
  step: number,
  change: (step: StepState) => StepState,
): SessionState {
  return { ...state, steps: state.steps.map((one) => (one.step === step ? change(one) : one)) };
}

/** Changes one attempt; `place` null is the last one. Attempt 0 (checks against stubs) has no state of its own. */
export function inAttempt(
  state: SessionState,
  place: { step: number; attempt: number } | null,
  change: (attempt: AttemptState) => AttemptState,
): SessionState {
  const last = state.steps.flatMap((step) => step.attempts).at(-1);
  const wanted = place ? place.attempt : last?.attempt;
  if (!wanted) return state;
  return {
    ...state,
    steps: state.steps.map((step) =>
      place && step.step !== place.step
        ? step
        : { ...step, attempts: step.attempts.map((one) => (one.attempt === wanted ? change(one) : one)) },
    ),
  };
}

/** With one more fact of memory. */
export function withNews(state: SessionState, news: MemoryNews): SessionState {
  return { ...state, memoryNews: [...state.memoryNews, news] };
}

/** What a session is at while its model is asked for this. */
export function phaseOf(purpose: Purpose): SessionState['phase'] {
  if (purpose === 'plan') return 'planning';
  return purpose === 'code' ? 'writing' : 'reflecting';
}

/** With one more call, and what it took; its costs are unknown once those of one call were. */
export function paid(
  state: SessionState,
  usage: Usage | undefined,
  costUsd: number | null | undefined,
): SessionState {
  const cost = costUsd === undefined ? 0 : costUsd;
  return {
    ...state,
    calls: state.calls + 1,
    usage: usage ? addUsage(state.usage, usage) : state.usage,
    costUsd: state.costUsd === null || cost === null ? null : state.costUsd + cost,
  };
}
