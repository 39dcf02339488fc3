import type { Confinement } from './confinement.ts';
import type {
  CheckSet,
  Delivery,
  Diagnosis,
  Outcome,
  Plan,
  Program,
  RecalledMemory,
  RunResult,
  ScanReport,
  Task,
  TestReport,
  Verdict,
} from './domain.ts';
import type {
  Arm,
  FlipOutcome,
  Kept,
  KnownSolution,
  Memory,
  MemoryUse,
  Recall,
  StateChange,
} from './memory.ts';
import type { ModelFailure, ModelReply, ModelRequest } from './seams.ts';

/** The version of the journal's format. Readers refuse a higher one. */
export const schemaVersion = 1;

/**
 * What happened, past tense, noun.verb. The loop yields these; stamping adds `seq` and `at`.
 * `step` and `attempt` count from 1; attempt 0 is before the first one. A type that ends in `.delta` is decoration: without it the final state is the same.
 */
export type EventBody =
  | {
      type: 'session.started';
      schema: number;
      session: string;
      version: string;
      model: string;
      memory: boolean;
      task: Task;
      forkedFrom?: { session: string; seq: number };
      /** What confines its programs. */
      sandbox?: Confinement;
    }
  /** A session that was cut off goes on after event `after`. */
  | { type: 'session.resumed'; after: number; version: string; model: string; sandbox?: Confinement }
  /** Whether memory holds a verified program for this very goal; null: it does not. What follows is an ordinary attempt with it. */
  | { type: 'solution.recalled'; solution: KnownSolution | null }
  /** A memory that did not hold is out of use. */
  | { type: 'memory.retired'; id: string; why: string }
  /** `arm`, `propensity`, `heldOut` and `passedOver` are absent in journals of before they were logged. */
  | {
      type: 'memory.recalled';
      moment: 'plan' | 'reflect';
      memories: RecalledMemory[];
      arm?: Arm;
      propensity?: number;
      heldOut?: RecalledMemory[];
      passedOver?: Recall['passedOver'];
    }
  /** An attempt that memory had a part in, or could have had, was put to its account. */
  | { type: 'memory.credited'; use: MemoryUse; changed: StateChange[] }
  | { type: 'model.asked'; call: number; request: ModelRequest }
  | { type: 'model.delta'; call: number; text: string }
  | { type: 'model.retried'; call: number; retry: number; waitMs: number; failure: ModelFailure }
  | { type: 'model.replied'; call: number; reply: ModelReply }
  | { type: 'model.failed'; call: number; failure: ModelFailure }
  | { type: 'plan.made'; plan: Plan }
  | { type: 'step.started'; step: number; title: string }
  | { type: 'checks.frozen'; step: number; checks: CheckSet }
  /** The checks were run against an empty program: `red` failed, as they must; `vacuous` passed and so prove nothing. */
  | { type: 'checks.tried'; step: number; red: string[]; vacuous: string[] }
  /** Vacuous checks went back to the model, once. */
  | { type: 'checks.returned'; step: number; vacuous: string[] }
  | { type: 'attempt.started'; step: number; attempt: number }
  | { type: 'program.written'; step: number; attempt: number; program: Program; hash: string }
  | { type: 'program.scanned'; step: number; attempt: number; report: ScanReport }
  /**
   * Somebody was asked whether a program may run; null: nobody could answer. `feedback`: why not, for the next attempt. `remembered`: nobody was
   * asked again, an earlier `allow-session` covers it.
   */
  | {
      type: 'permission.answered';
      step: number;
      attempt: number;
      answer: 'allow' | 'allow-session' | 'deny' | null;
      feedback?: string;
      remembered?: true;
    }
  /** `check` is null for a run of the program itself. */
  | { type: 'run.started'; step: number; attempt: number; check: string | null; runner: string }
  | { type: 'run.delta'; stream: 'stdout' | 'stderr'; text: string }
  | { type: 'run.ended'; step: number; attempt: number; check: string | null; result: RunResult }
  | { type: 'tests.reported'; step: number; attempt: number; check: string; report: TestReport }
  | { type: 'verdict.reached'; step: number; attempt: number; verdict: Verdict }
  | { type: 'diagnosis.made'; step: number; attempt: number; diagnosis: Diagnosis }
  | { type: 'step.ended'; step: number; passed: boolean }
  | { type: 'program.delivered'; delivery: Delivery }
  /**
   * The fix of a step was proven again without the model: the failing program failed, the fix passed, and without `diff` it fails. Its runs
   * come before this event, with attempt 0.
   */
  | {
      type: 'lesson.tested';
      step: number;
      attempt: number;
      outcome: FlipOutcome;
      why: string;
      runs: number;
      diff: string | null;
    }
  /** `kept` null: nothing was kept, and `why` says so. */
  | {
      type: 'memory.remembered';
      step: number;
      attempt: number;
      kind: Memory['kind'];
      text: string;
      kept: Kept | null;
      why: string;
    }
  | { type: 'session.ended'; outcome: Outcome };

export type EventType = EventBody['type'];

/** A fact as it stands in the journal: `seq` counts from 1 without gaps; `at` is ISO 8601 in UTC. */
export type SessionEvent = EventBody & { seq: number; at: string };

export type EventOf<Type extends EventType> = Extract<SessionEvent, { type: Type }>;

/** Deltas show what is under way; the closing fact holds the whole. */
export function isDelta(event: { type: string }): boolean {
  return event.type.endsWith('.delta');
}
