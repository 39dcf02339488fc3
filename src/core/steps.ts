import type { AttemptState, StepState } from './state.ts';

/** A step before its first attempt. */
export function newStep(step: number, title: string): StepState {
  return { step, title, checks: null, red: [], vacuous: [], attempts: [], passed: null };
}

/** An attempt before its program. */
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
