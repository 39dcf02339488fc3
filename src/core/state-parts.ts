import type { AttemptState, SessionState, StepState } from './state.ts';

/** Steps and attempts of a state: new ones, and a change to one of them. */

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
