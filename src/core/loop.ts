import { ask, type Context } from './ask.ts';
import { attemptOnce, firstFrame, type StepFrame } from './attempt.ts';
import { type AttemptRecord, historyText, taskText } from './brief.ts';
import type { Confinement } from './confinement.ts';
import type { Outcome, Program, Proof, RunResult, Task } from './domain.ts';
import { type EventBody, schemaVersion } from './events.ts';
import type { Mended } from './flip.ts';
import { fromMemory } from './known.ts';
import { learn, mendedIn, type Solved } from './learning.ts';
import { breaker, emptyLedger, type Stop } from './limits.ts';
import { makePlan, prepare } from './planning.ts';
import { credit, injected, type Recalled, recallForPlan, recallForRepair } from './recalling.ts';
import type { Toolkit } from './seams.ts';
import type { Stream } from './stream.ts';
import { diagnosisSchema, readDiagnosis } from './structured.ts';

export interface SessionStart {
  session: string;
  version: string;
  memory: boolean;
  forkedFrom?: { session: string; seq: number };
  sandbox?: Confinement;
}

/** The reason an AbortSignal carries when a session is to end: who stopped it, as an ending. */
export interface Interruption {
  ending: 'timeout' | 'cancelled' | 'terminated';
  why: string;
}

/** A diagnosis is two sentences, but the thinking before it counts. */
const diagnosisTokens = 4_000;

/**
 * One session: goal → plan + checks → program → findings → run → test report → verdict → diagnosis → next program.
 * Yields what happened and ends in the outcome. Never throws for the world; a bug ends in `internal-error`.
 */
export async function* runSession(
  start: SessionStart,
  task: Task,
  toolkit: Toolkit,
  signal: AbortSignal,
): Stream<EventBody, Outcome> {
  const { session, memory } = start;
  const context: Context = {
    session,
    task,
    toolkit,
    signal,
    ledger: emptyLedger(),
    memory,
    remembered: [],
  };
  const progress: Progress = { attempts: 0, proof: null, mended: [], solved: null };
  yield { type: 'session.started', schema: schemaVersion, ...start, model: toolkit.model.id, task };
  let stop: Stop;
  try {
    stop = yield* work(context, progress);
    if (memory) yield* learn(context, stop, progress);
  } catch (error) {
    stop = signal.aborted ? interruption(signal.reason) : { ending: 'internal-error', why: describe(error) };
  }
  const { ledger } = context;
  const proof =
    stop.ending === 'verified' || stop.ending === 'not-verified' || stop.ending === 'not-delivered'
      ? progress.proof
      : null;
  const outcome: Outcome = {
    ...stop,
    proof,
    attempts: progress.attempts,
    modelCalls: ledger.calls,
    usage: ledger.usage,
    costUsd: ledger.costUsd,
  };
  yield { type: 'session.ended', outcome };
  return outcome;
}

interface Progress {
  attempts: number;
  proof: Proof | null;
  /** Failures that turned into passes: what there is to learn from. */
  mended: Mended[];
  /** The finished program with the checks that prove it; null when it was answered from memory. */
  solved: Solved | null;
}

async function* work(context: Context, progress: Progress): Stream<EventBody, Stop> {
  const known = yield* fromMemory(context, progress);
  if (known) return 'ending' in known ? known : yield* deliver(context, known.program, known.proof);
  const recalled = yield* recallForPlan(context);
  const proven = yield* makePlan(context, injected(recalled));
  if ('ending' in proven) return proven;
  const { plan } = proven;
  if (context.task.permissionMode === 'plan') return { ending: 'planned', why: 'Only a plan was asked for.' };

  let frame = firstFrame(context.task, proven);
  for (;;) {
    yield { type: 'step.started', step: frame.index, title: frame.step.title };
    const end = yield* mend(context, frame, progress, recalled);
    yield { type: 'step.ended', step: frame.index, passed: !('ending' in end) };
    if ('ending' in end) return end;
    progress.proof = weaker(progress.proof, end.proof, frame.index === plan.steps.length);
    const next = plan.steps[frame.index];
    if (!next) {
      const whole = plan.steps.length === 1 || end.proof === 'user-checks';
      if (whole) progress.solved = { program: end.program, passed: end.record, frame, proof: progress.proof };
      return yield* deliver(context, end.program, progress.proof);
    }
    frame = {
      ...frame,
      index: frame.index + 1,
      step: next,
      vacuous: proven.vacuous[frame.index] ?? [],
      base: withFiles(end.program, end.run),
      baseEntry: end.program.entry,
      output: end.run?.stdout ?? '',
    };
  }
}

interface StepEnd {
  program: Program;
  run: RunResult | null;
  proof: Proof;
  record: AttemptRecord;
}

/** One step: attempts until its checks hold, or until going on makes no sense. */
async function* mend(
  context: Context,
  frame: StepFrame,
  progress: Progress,
  recalledForPlan: Recalled | null,
): Stream<EventBody, StepEnd | Stop> {
  const records: AttemptRecord[] = [];
  let recalled = recalledForPlan;
  for (;;) {
    progress.attempts += 1;
    prepare(context, frame.plan.language);
    const record = yield* attemptOnce(context, frame, progress.attempts, records, injected(recalled));
    if ('ending' in record) return record;
    yield* credit(context, frame, record, recalled);
    records.push(record);
    if (record.verdict.kind === 'passed' && record.program) {
      const mended = mendedIn(frame, records);
      if (mended && record.verdict.proof !== 'ran-clean') progress.mended.push(mended);
      return { program: record.program, run: record.run, proof: record.verdict.proof, record };
    }
    const stop = giveUp(context, records);
    if (stop) return stop;
    if (record.verdict.kind !== 'failed') continue;
    const diagnosis = yield* diagnose(context, frame, records);
    if (typeof diagnosis !== 'string') return diagnosis;
    record.diagnosis = diagnosis;
    recalled = yield* recallForRepair(context, frame, records);
  }
}

function giveUp(context: Context, records: AttemptRecord[]): Stop | null {
  const { toolkit, task } = context;
  const last = records.at(-1);
  if (records.length >= task.budgets.attempts) {
    if (last?.verdict.kind === 'blocked') {
      return {
        ending: 'unsafe',
        why: `The safety scanner refused the last of ${records.length} ${records.length === 1 ? 'attempt' : 'attempts'}.`,
      };
    }
    return {
      ending: 'max-attempts',
      why: `The checks do not hold after ${records.length} ${records.length === 1 ? 'attempt' : 'attempts'}.`,
    };
  }
  return breaker(
    records.map(({ program, verdict }) => ({
      hash: program ? toolkit.digest(JSON.stringify(program.files)) : null,
      verdict,
    })),
  );
}

/** First why, then what: a short diagnosis before the next program. */
async function* diagnose(
  context: Context,
  frame: StepFrame,
  records: readonly AttemptRecord[],
): Stream<EventBody, string | Stop> {
  const { toolkit, task } = context;
  const reply = yield* ask(context, (characters) => ({
    purpose: 'diagnose',
    system: toolkit.prompt('system', {}),
    task: taskText(task, frame.plan, frame),
    turn: toolkit.prompt('diagnose', { history: historyText(records, characters) }),
    schema: diagnosisSchema,
    maxTokens: Math.min(toolkit.replyTokens, diagnosisTokens),
  }));
  if ('ending' in reply) return reply;
  const last = records.at(-1);
  const fallback = last?.verdict.kind === 'failed' ? last.verdict.signature.key : 'unknown';
  const diagnosis = readDiagnosis(reply) ?? { text: fallback };
  yield { type: 'diagnosis.made', step: frame.index, attempt: last?.attempt ?? 0, diagnosis };
  return diagnosis.text;
}

async function* deliver(context: Context, program: Program, proof: Proof): Stream<EventBody, Stop> {
  const delivery = await context.toolkit.deliver(program);
  yield { type: 'program.delivered', delivery };
  if (delivery.refused) {
    return { ending: 'not-delivered', why: `The program is done but was not written: ${delivery.refused}` };
  }
  if (proof === 'ran-clean') {
    return {
      ending: 'not-verified',
      why: 'The program ran, but no check that can fail says that it meets the goal. Give one with --tests or --check.',
    };
  }
  return {
    ending: 'verified',
    why: `Proven by ${proof === 'user-checks' ? "the user's checks" : 'checks of the model, written before the code'}.`,
  };
}

/** The program's files and what its run left, the run's files winning over nothing of the program. */
function withFiles(program: Program, run: RunResult | null) {
  const paths = new Set(program.files.map((file) => file.path));
  return [...program.files, ...(run?.files ?? []).filter((file) => !paths.has(file.path))];
}

/** The user's checks stand for the whole goal; checks of the model prove no more than the weakest step. */
function weaker(before: Proof | null, now: Proof, last: boolean): Proof {
  if (before === null || (last && now === 'user-checks')) return now;
  return before === 'ran-clean' || now === 'ran-clean' ? 'ran-clean' : 'model-checks';
}

function interruption(reason: unknown): Stop {
  const stop = reason as Partial<Interruption> | null;
  if (stop && typeof stop === 'object' && typeof stop.ending === 'string' && typeof stop.why === 'string') {
    return { ending: stop.ending, why: stop.why };
  }
  return { ending: 'cancelled', why: 'The session was stopped.' };
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
