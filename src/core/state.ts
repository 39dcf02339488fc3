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
  Usage,
  Verdict,
} from './domain.ts';
import type { EventOf, SessionEvent } from './events.ts';
import { emptyLedger } from './limits.ts';
import type { Kept, Memory } from './memory.ts';
import type { ModelFailure, Purpose } from './seams.ts';
import { inAttempt, inStep, newAttempt, newStep, paid, phaseOf, withNews } from './state-parts.ts';

/** What a session looks like at one moment: the fold of its events. Every surface shows this and keeps nothing of its own. */
export interface SessionState {
  session: string;
  model: string;
  version: string;
  task: Task | null;
  forkedFrom: { session: string; seq: number } | null;
  /** What confines its programs; null in older journals. */
  sandbox: Confinement | null;
  phase: 'starting' | 'planning' | 'writing' | 'running' | 'reflecting' | 'ended';
  plan: Plan | null;
  steps: StepState[];
  recalled: RecalledMemory[];
  /** What fitted and was left out on purpose. */
  heldOut: RecalledMemory[];
  /** The memory that answered the goal, or was tried for it; null when none was known. */
  solution: string | null;
  /** What was kept for the next session, in order. */
  learned: Learned[];
  /** What memory did in this session, in order: lessons tried and kept, memories credited and taken out of use. */
  memoryNews: MemoryNews[];
  calls: number;
  usage: Usage;
  costUsd: number | null;
  /** The question that is open now, and what came of its answer so far. */
  asking: {
    purpose: Purpose;
    text: string;
    retry: { number: number; waitMs: number; failure: ModelFailure } | null;
  } | null;
  /** The run that is under way, and what it printed so far. */
  running: { check: string | null; runner: string; stdout: string; stderr: string } | null;
  resumes: number;
  delivery: Delivery | null;
  outcome: Outcome | null;
  startedAt: string | null;
  lastAt: string | null;
  seq: number;
}

export type MemoryNews = EventOf<
  'lesson.tested' | 'memory.remembered' | 'memory.retired' | 'memory.credited'
>;

/** One thing that a session left in memory. */
export interface Learned extends Kept {
  kind: Memory['kind'];
  text: string;
}

export interface StepState {
  step: number;
  title: string;
  checks: CheckSet | null;
  red: string[];
  vacuous: string[];
  attempts: AttemptState[];
  /** Null while it is under way. */
  passed: boolean | null;
}

export interface AttemptState {
  attempt: number;
  program: Program | null;
  scan: ScanReport | null;
  permission: 'allow' | 'allow-session' | 'deny' | 'nobody' | null;
  /** What somebody had to say with their no. */
  feedback: string | null;
  run: RunResult | null;
  reports: { check: string; run: RunResult | null; report: TestReport | null }[];
  verdict: Verdict | null;
  diagnosis: Diagnosis | null;
  recalled: RecalledMemory[];
  /** What fitted and was left out on purpose. */
  heldOut: RecalledMemory[];
}

export const initialState: SessionState = {
  session: '',
  model: '',
  version: '',
  task: null,
  forkedFrom: null,
  sandbox: null,
  phase: 'starting',
  plan: null,
  steps: [],
  recalled: [],
  heldOut: [],
  solution: null,
  learned: [],
  memoryNews: [],
  calls: 0,
  usage: emptyLedger().usage,
  costUsd: 0,
  asking: null,
  running: null,
  resumes: 0,
  delivery: null,
  outcome: null,
  startedAt: null,
  lastAt: null,
  seq: 0,
};

/** The only way state comes to be. A new event does not compile until it is met here. */
export function reduce(before: SessionState, event: SessionEvent): SessionState {
  const state: SessionState = event.type.endsWith('.delta')
    ? before
    : { ...before, seq: event.seq, lastAt: event.at };
  switch (event.type) {
    case 'session.started':
      return {
        ...state,
        session: event.session,
        model: event.model,
        version: event.version,
        task: event.task,
        forkedFrom: event.forkedFrom ?? null,
        sandbox: event.sandbox ?? null,
        phase: 'planning',
        startedAt: event.at,
      };
    case 'session.resumed':
      return {
        ...state,
        model: event.model,
        version: event.version,
        sandbox: event.sandbox ?? state.sandbox,
        // What was under way, or what the session was stopped by, is done again.
        phase: state.phase === 'ended' ? (state.plan ? 'writing' : 'planning') : state.phase,
        steps: state.steps.map((step) => (step.passed === false ? { ...step, passed: null } : step)),
        asking: state.asking && { ...state.asking, text: '', retry: null },
        running: state.running && { ...state.running, stdout: '', stderr: '' },
        outcome: null,
        resumes: state.resumes + 1,
      };
    case 'solution.recalled':
      return { ...state, solution: event.solution?.id ?? null };
    case 'memory.remembered':
      return {
        ...withNews(state, event),
        learned: event.kept
          ? [...state.learned, { ...event.kept, kind: event.kind, text: event.text }]
          : state.learned,
      };
    case 'memory.retired':
    case 'memory.credited':
    case 'lesson.tested':
      return withNews(state, event);
    case 'memory.recalled': {
      const given = { recalled: event.memories, heldOut: event.heldOut ?? [] };
      return event.moment === 'plan'
        ? { ...state, ...given }
        : inAttempt(state, null, (attempt) => ({ ...attempt, ...given }));
    }
    case 'model.asked':
      return {
        ...state,
        phase: phaseOf(event.request.purpose),
        asking: { purpose: event.request.purpose, text: '', retry: null },
      };
    case 'model.delta':
      return state.asking
        ? { ...state, asking: { ...state.asking, text: state.asking.text + event.text } }
        : state;
    case 'model.retried':
      return state.asking
        ? {
            ...state,
            asking: {
              ...state.asking,
              text: '',
              retry: { number: event.retry, waitMs: event.waitMs, failure: event.failure },
            },
          }
        : state;
    case 'model.replied':
      return { ...paid(state, event.reply.usage, event.reply.costUsd), asking: null };
    case 'model.failed':
      return { ...paid(state, event.failure.usage, event.failure.costUsd), asking: null };
    case 'plan.made':
      return {
        ...state,
        plan: event.plan,
        steps: event.plan.steps.map((step, at) => newStep(at + 1, step.title)),
      };
    case 'step.started':
      return state;
    case 'checks.frozen':
      return inStep(state, event.step, (step) => ({ ...step, checks: event.checks }));
    case 'checks.tried':
      return inStep(state, event.step, (step) => ({ ...step, red: event.red, vacuous: event.vacuous }));
    case 'checks.returned':
      return { ...state, phase: 'planning' };
    case 'attempt.started':
      return inStep(state, event.step, (step) => ({
        ...step,
        attempts: [...step.attempts, newAttempt(event.attempt)],
      }));
    case 'program.written':
      return inAttempt(state, event, (attempt) => ({ ...attempt, program: event.program }));
    case 'program.scanned':
      return inAttempt(state, event, (attempt) => ({ ...attempt, scan: event.report }));
    case 'permission.answered':
      return inAttempt(state, event, (attempt) => ({
        ...attempt,
        permission: event.answer ?? 'nobody',
        feedback: event.feedback ?? null,
      }));
    case 'run.started':
      return {
        ...state,
        phase: 'running',
        running: { check: event.check, runner: event.runner, stdout: '', stderr: '' },
      };
    case 'run.delta':
      return state.running
        ? {
            ...state,
            running: { ...state.running, [event.stream]: state.running[event.stream] + event.text },
          }
        : state;
    case 'run.ended':
      return inAttempt({ ...state, running: null }, event, (attempt) =>
        event.check === null
          ? { ...attempt, run: event.result }
          : {
              ...attempt,
              reports: [
                ...attempt.reports.filter((one) => one.check !== event.check),
                { check: event.check, run: event.result, report: null },
              ],
            },
      );
    case 'tests.reported':
      return inAttempt(state, event, (attempt) => ({
        ...attempt,
        reports: attempt.reports.map((one) =>
          one.check === event.check && !one.report ? { ...one, report: event.report } : one,
        ),
      }));
    case 'verdict.reached':
      return inAttempt({ ...state, phase: 'reflecting' }, event, (attempt) => ({
        ...attempt,
        verdict: event.verdict,
      }));
    case 'diagnosis.made':
      return inAttempt(state, event, (attempt) => ({ ...attempt, diagnosis: event.diagnosis }));
    case 'step.ended':
      return inStep(state, event.step, (step) => ({ ...step, passed: event.passed }));
    case 'program.delivered':
      return { ...state, delivery: event.delivery };
    case 'session.ended':
      return { ...state, phase: 'ended', outcome: event.outcome, asking: null, running: null };
    default:
      return event satisfies never;
  }
}

/** The attempt that is under way or was last, over all steps. */
export function lastAttempt(state: SessionState): AttemptState | null {
  return state.steps.flatMap((step) => step.attempts).at(-1) ?? null;
}
