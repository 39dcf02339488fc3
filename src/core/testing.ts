import type { Context } from './ask.ts';
import type { Check, CheckSet, Program, RunResult, ScanReport } from './domain.ts';
import type { EventBody } from './events.ts';
import type { Stop } from './limits.ts';
import type { CheckResult, Chunk, RunJob } from './seams.ts';
import { mapParts, type Stream } from './stream.ts';

interface CheckJob {
  program: Program;
  check: Check;
  checks: CheckSet;
  report: ScanReport;
  approved: boolean;
  step: number;
  attempt: number;
}

/** One check, on the record. Ends in what it showed, or in the reason to stop: a sandbox that fails is never the program's fault. */
export async function* testCheck(context: Context, job: CheckJob): Stream<EventBody, CheckResult | Stop> {
  const { toolkit, signal } = context;
  const place = { step: job.step, attempt: job.attempt, check: job.check.name };
  yield { type: 'run.started', ...place, runner: 'tester' };
  const { program, check, checks, report, approved } = job;
  const need = { report, approved, check: { check, files: checks.files, program } };
  const profile = toolkit.profile?.(need);
  const result = yield* onRecord(
    toolkit.tester.test(program, check, checks, report.capabilities, signal, profile),
  );
  yield { type: 'run.ended', ...place, result: result.run };
  yield { type: 'tests.reported', ...place, report: result.report };
  signal.throwIfAborted();
  return sandboxFailure(result.run) ?? result;
}

/** A run of the program itself, by the least privileged runner that can do it. */
export async function* runProgram(
  context: Context,
  job: RunJob,
  place: { step: number; attempt: number },
): Stream<EventBody, RunResult | Stop> {
  const { toolkit, signal } = context;
  const runner = toolkit.runners.find((one) => one.accepts(job));
  if (!runner)
    return {
      ending: 'sandbox-unavailable',
      why: `No runner on this machine can run ${job.language} programs.`,
    };
  yield { type: 'run.started', ...place, check: null, runner: runner.name };
  const result = yield* onRecord(runner.run(job, signal));
  yield { type: 'run.ended', ...place, check: null, result };
  signal.throwIfAborted();
  return sandboxFailure(result) ?? result;
}

function sandboxFailure(run: RunResult): Stop | null {
  return run.status === 'sandbox-failed' ? { ending: 'sandbox-unavailable', why: run.why } : null;
}

function onRecord<Result>(stream: Stream<Chunk, Result>): Stream<EventBody, Result> {
  return mapParts(stream, (chunk) => ({ type: 'run.delta', ...chunk }));
}
