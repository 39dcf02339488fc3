import { ask, type Context } from './ask.ts';
import { type AttemptRecord, earlierStepText, historyText, recalledText, taskText } from './brief.ts';
import type {
  Plan,
  PlanStep,
  Program,
  Proof,
  RecalledMemory,
  RunResult,
  ScanReport,
  SourceFile,
  Task,
} from './domain.ts';
import type { EventBody } from './events.ts';
import type { Stop } from './limits.ts';
import { permission } from './permission.ts';
import { appliedIn } from './recalling.ts';
import { readProgram } from './reply.ts';
import type { CheckResult, RunJob } from './seams.ts';
import { firstFailure, signatureOf } from './signature.ts';
import type { Stream } from './stream.ts';
import { runProgram, testCheck } from './testing.ts';

/** Where a step stands: what does not change from attempt to attempt, and what earlier steps left. */
export interface StepFrame {
  plan: Plan;
  index: number;
  step: PlanStep;
  /** Names of this step's checks that passed against an empty program. */
  vacuous: readonly string[];
  /** Files of earlier steps (or of the user), the entry of the program so far, and what it printed. */
  base: readonly SourceFile[];
  baseEntry: string | null;
  output: string;
}

/** The first step of a proven plan, on the files the user gave. */
export function firstFrame(task: Task, proven: { plan: Plan; vacuous: string[][] }): StepFrame {
  const [step] = proven.plan.steps;
  if (!step) throw new Error('a plan has at least one step');
  return {
    plan: proven.plan,
    index: 1,
    step,
    vacuous: proven.vacuous[0] ?? [],
    base: task.files,
    baseEntry: null,
    output: '',
  };
}

/** Execute → test → verdict: one attempt, whole. Ends in its record, or in the reason to stop. */
export async function* attemptOnce(
  context: Context,
  frame: StepFrame,
  attempt: number,
  records: readonly AttemptRecord[],
  recalled: readonly RecalledMemory[],
): Stream<EventBody, AttemptRecord | Stop> {
  const { toolkit, task } = context;
  const place = { step: frame.index, attempt };
  yield { type: 'attempt.started', ...place };
  const reply = yield* ask(context, (characters) => ({
    purpose: 'code',
    system: toolkit.prompt('system', {}),
    task: [
      taskText(task, frame.plan, frame),
      earlierStepText(frame.index > 1 ? frame.base : [], frame.output),
    ]
      .filter(Boolean)
      .join('\n\n'),
    turn: toolkit.prompt('code', {
      language: frame.plan.language,
      history: historyText(records, characters),
      recalled: recalledText(recalled),
    }),
    maxTokens: toolkit.replyTokens,
  }));
  if ('ending' in reply) return reply;

  const memories = {
    injected: recalled.map((memory) => memory.id),
    applied: appliedIn(reply.text, recalled),
  };
  const before = records.findLast((record) => record.program !== null)?.program;
  const reading = readProgram(reply.text, {
    language: frame.plan.language,
    base: before?.files ?? frame.base,
    baseEntry: before?.entry ?? frame.baseEntry,
  });
  if (reading.kind === 'malformed') {
    const why =
      reply.stop === 'max-tokens' ? `${reading.why}; the reply reached its limit of tokens` : reading.why;
    const verdict = { kind: 'malformed', why } as const;
    yield { type: 'verdict.reached', ...place, verdict };
    return { ...blank(attempt), ...memories, raw: reply.text, verdict };
  }
  const record = yield* tryProgram(context, frame, attempt, reading.program);
  return 'ending' in record ? record : { ...record, ...memories };
}

/** A program that is there: scanned, permitted, run, tested and judged. */
export async function* tryProgram(
  context: Context,
  frame: StepFrame,
  attempt: number,
  program: Program,
): Stream<EventBody, AttemptRecord | Stop> {
  const { toolkit } = context;
  const place = { step: frame.index, attempt };
  yield { type: 'program.written', ...place, program, hash: toolkit.digest(JSON.stringify(program.files)) };
  const report = toolkit.scan(program);
  yield { type: 'program.scanned', ...place, report };
  const permitted = yield* permission(context, place, program, report);
  if ('ending' in permitted) return permitted;
  const { decision, approved, feedback } = permitted;
  if (decision !== 'allow') {
    const verdict = { kind: 'blocked', decision, findings: report.findings } as const;
    yield { type: 'verdict.reached', ...place, verdict };
    return { ...blank(attempt), program, verdict, feedback };
  }

  const run = yield* execute(context, frame, place, program, { report, approved });
  if ('ending' in run) return run;
  const results: CheckResult[] = [];
  for (const check of frame.step.checks.checks) {
    const result = yield* testCheck(context, {
      program,
      check,
      checks: frame.step.checks,
      report,
      approved,
      ...place,
    });
    if ('ending' in result) return result;
    results.push(result);
  }
  const verdict = judge(context, frame, run, results);
  yield { type: 'verdict.reached', ...place, verdict };
  return { ...blank(attempt), program, run, results, verdict, granted: { report, approved } };
}

function blank(attempt: number) {
  return {
    attempt,
    program: null,
    raw: null,
    run: null,
    results: [],
    diagnosis: null,
    feedback: null,
    granted: null,
    injected: [],
    applied: null,
  };
}

/** Runs the program by itself. One that would wait for somebody to type is not run: there is nobody. */
async function* execute(
  context: Context,
  frame: StepFrame,
  place: { step: number; attempt: number },
  program: Program,
  { report, approved }: { report: ScanReport; approved: boolean },
): Stream<EventBody, RunResult | Stop> {
  if (report.capabilities.includes('stdin')) {
    const finding = report.findings.find((one) => one.rule.includes('stdin'));
    const where = finding ? ` (${finding.file}:${finding.line})` : '';
    const result: RunResult = {
      status: 'refused',
      why: `the program waits for standard input${where}, and there is nobody to type: take arguments or defaults instead`,
      stdout: '',
      stderr: '',
      truncated: false,
      ms: 0,
      cpuMs: 0,
      peakBytes: 0,
      sandbox: { level: 'L0', guarantees: [] },
      files: [],
    };
    yield { type: 'run.ended', ...place, check: null, result };
    return result;
  }
  return yield* runProgram(context, entryJob(context, program, frame, { report, approved }), place);
}

function entryJob(
  context: Context,
  program: Program,
  frame: StepFrame,
  { report, approved }: { report: ScanReport; approved: boolean },
): RunJob {
  const { capabilities } = report;
  const profile = context.toolkit.profile?.({ report, approved, check: null });
  return {
    language: program.language,
    files: program.files,
    // A program that needs nothing of the world does not need the checks' files either.
    checkFiles: capabilities.length === 0 ? [] : frame.step.checks.files,
    action: { kind: 'entry', entry: program.entry, args: [], stdin: '' },
    capabilities,
    limits: context.toolkit.limits,
    ...(profile === undefined ? {} : { profile }),
  };
}

function judge(context: Context, frame: StepFrame, run: RunResult, results: CheckResult[]) {
  const failure = firstFailure(results);
  const ranClean = run.status === 'exited' && run.exitCode === 0;
  const proof = proofOf(frame);
  if (!failure && (proof !== 'ran-clean' || ranClean)) return { kind: 'passed', proof } as const;
  const count = (key: 'passed' | 'failed') => results.reduce((sum, result) => sum + result.report[key], 0);
  const signature = signatureOf(
    failure ?? { run, tool: context.task.language ?? frame.plan.language },
    context.toolkit.digest,
  );
  return { kind: 'failed', signature, passed: count('passed'), failed: count('failed') } as const;
}

/** What a pass of this step proves: vacuous checks prove nothing more than that the program ran. */
function proofOf(frame: StepFrame): Proof {
  const telling = frame.step.checks.checks.filter((check) => !frame.vacuous.includes(check.name));
  if (telling.some((check) => check.origin === 'user')) return 'user-checks';
  return telling.length > 0 ? 'model-checks' : 'ran-clean';
}
