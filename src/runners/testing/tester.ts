import type { Check, RunLimits, RunResult, TestCase, TestReport } from '../../core/domain.ts';
import type { CheckResult, RunJob, Runner, Tester } from '../../core/seams.ts';
import type { Episode, Execution } from '../execute.ts';
import { type CheckRunner, isCheckRunner } from '../subprocess.ts';
import { casesOfOutput, ranNothing } from './command-output.ts';
import { outputReport } from './output-report.ts';
import { readRecords } from './records.ts';
import { endingInWords, failedCase, reportOf, scriptMessage, shortened, type TestedFiles } from './report.ts';

/**
 * Runs checks and says what they showed. `output` checks go to the least privileged of `runners` that accepts them; tests and commands need
 * one that is a CheckRunner. Check files win over files of the program with the same path; a check file that was changed by the run fails
 * the check.
 */
export function tester({ runners, limits }: { runners: readonly Runner[]; limits: RunLimits }): Tester {
  return {
    test: async function* (program, check, checks, capabilities, signal) {
      const job: RunJob = {
        language: program.language,
        files: program.files,
        checkFiles: checks.files,
        action: actionOf(check, program.entry),
        capabilities,
        limits,
      };
      const checked = new Set(checks.files.map((file) => file.path));
      const own = program.files.filter((file) => !checked.has(file.path));
      const tested = { files: [...own, ...checks.files], program: new Set(own.map((file) => file.path)) };
      if (check.kind === 'output') {
        const runner = runners.find((one) => one.accepts(job));
        if (!runner) return unavailable(check, noRunner);
        const run = yield* runner.run(job, signal);
        return { run, report: outputReport(check, run, limits, tested) };
      }
      const runner = runners.find((one): one is CheckRunner => isCheckRunner(one) && one.accepts(job));
      if (!runner) return unavailable(check, noRunner);
      const execution = yield* runner.execute(job, signal);
      const report =
        check.kind === 'command'
          ? commandReport(check, execution.run, limits, tested)
          : testsReport(check, execution, limits, tested);
      return { run: execution.run, report: withTampering(report, execution.tampered, tested) };
    },
  };
}

const noRunner = 'No runner on this machine can run this check; `kintsugi doctor` says what is missing.';

function actionOf(check: Check, entry: string): RunJob['action'] {
  switch (check.kind) {
    case 'tests':
      return { kind: 'tests', files: check.files };
    case 'command':
      return { kind: 'command', command: check.command };
    case 'output':
      return { kind: 'entry', entry, args: check.args ?? [], stdin: check.stdin ?? '' };
  }
}

function commandReport(
  check: Extract<Check, { kind: 'command' }>,
  run: RunResult,
  limits: RunLimits,
  tested: TestedFiles,
): TestReport {
  const name = shortened(check.command, 300);
  const ending = endingInWords(run, limits);
  if (ending === null && ranNothing(check.command, run)) {
    const message = 'The command ended with exit code 0 but ran no tests.';
    return reportOf('command', [{ name, status: 'failed', message, ms: run.ms }], false, run.ms);
  }
  if (ending === null) return reportOf('command', [{ name, status: 'passed', ms: run.ms }], true, run.ms);
  const refined = casesOfOutput(run, tested);
  const whole = () => failedCase(name, scriptMessage(run, limits), tested, { ms: run.ms });
  const cases =
    refined === null || run.status !== 'exited'
      ? [whole()]
      : refined.some((one) => one.status === 'failed')
        ? refined
        : [...refined, whole()];
  return reportOf('command', cases, false, run.ms);
}

function testsReport(
  check: Extract<Check, { kind: 'tests' }>,
  { run, episodes }: Execution,
  limits: RunLimits,
  tested: TestedFiles,
): TestReport {
  const parts = episodes.map((episode) => episodeReport(episode, check, limits, tested));
  const several = check.files.length > 1;
  const cases = parts.flatMap((part, index) => {
    const file = episodes[index]?.test?.file;
    return several && file && part.framework !== 'script'
      ? part.cases.map((one) => ({ ...one, name: `${file} > ${one.name}` }))
      : part.cases;
  });
  const missing = check.files.slice(episodes.length).map(
    (file): TestCase => ({
      name: file,
      status: 'failed',
      message: 'This file was not run: an earlier one did not end.',
    }),
  );
  const none: TestCase[] =
    cases.length + missing.length === 0
      ? [
          {
            name: check.name,
            status: 'failed',
            message: endingInWords(run, limits) ?? 'The check has no test files.',
          },
        ]
      : [];
  const framework = parts.find((part) => part.framework !== 'script')?.framework ?? 'script';
  const endedWell = parts.length > 0 && parts.every((part) => part.ok) && missing.length === 0;
  return reportOf(framework, [...cases, ...missing, ...none], endedWell, run.ms);
}

/** One test file. A framework that did not write its last record was ended from inside, whatever the exit code says. */
function episodeReport(
  { run, test, records }: Episode,
  check: Check,
  limits: RunLimits,
  tested: TestedFiles,
): TestReport {
  const name = test?.file ?? check.name;
  const ending = endingInWords(run, limits);
  if (!test || test.style === 'script') {
    const one: TestCase =
      ending === null
        ? { name, status: 'passed', ms: run.ms }
        : failedCase(name, scriptMessage(run, limits), tested, { ms: run.ms });
    return reportOf('script', [one], ending === null, run.ms);
  }
  const recorded = readRecords(records, tested);
  const framework = recorded.framework ?? test.style;
  const failed = recorded.cases.some((one) => one.status === 'failed');
  const why = wholeFileProblem(run, ending, recorded.complete, recorded.cases.length, failed, limits);
  const cases =
    why === null ? recorded.cases : [...recorded.cases, failedCase(name, why, tested, { ms: run.ms })];
  return reportOf(framework, cases, why === null, run.ms);
}

/** What is wrong with the run of a whole test file, beside its failed cases; null when nothing is. */
function wholeFileProblem(
  run: RunResult,
  ending: string | null,
  complete: boolean,
  cases: number,
  failed: boolean,
  limits: RunLimits,
): string | null {
  if (run.status !== 'exited') return scriptMessage(run, limits);
  if (!complete && ending !== null) return scriptMessage(run, limits);
  if (!complete && cases + run.stderr.length === 0)
    return 'No tests ran: the file defines none, or the process was ended before the first one.';
  if (!complete)
    return ['The test process ended early, before all tests were done.', run.stderr.trim()].join('\n').trim();
  if (cases === 0) return ['No tests ran.', run.stderr.trim()].join('\n').trim();
  return ending !== null && !failed ? scriptMessage(run, limits) : null;
}

function withTampering(report: TestReport, tampered: string[], tested: TestedFiles): TestReport {
  if (tampered.length === 0) return report;
  const cases = tampered.map((file) =>
    failedCase(
      file,
      'The program changed this file of the check while it ran; nothing it showed counts.',
      tested,
    ),
  );
  return reportOf(report.framework, [...report.cases, ...cases], false, report.ms);
}

function unavailable(check: Check, why: string): CheckResult {
  const run: RunResult = {
    status: 'sandbox-failed',
    why,
    stdout: '',
    stderr: '',
    truncated: false,
    ms: 0,
    cpuMs: null,
    peakBytes: null,
    sandbox: { level: 'L0', guarantees: [] },
    files: [],
  };
  return {
    run,
    report: reportOf('command', [{ name: check.name, status: 'failed', message: why }], false, 0),
  };
}
