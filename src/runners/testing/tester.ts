import type { Check, RunLimits, RunResult, TestReport } from '../../core/domain.ts';
import type { CheckResult, RunJob, Runner, Tester } from '../../core/seams.ts';
import { type CheckRunner, isCheckRunner } from '../subprocess.ts';
import { commandReport } from './command-report.ts';
import { outputReport } from './output-report.ts';
import { failedCase, reportOf, type TestedFiles } from './report.ts';
import { shadowsOf } from './shadow.ts';
import { testsReport } from './tests-report.ts';

/**
 * Runs checks and says what they showed. `output` checks go to the least privileged of `runners` that accepts them; tests and commands need
 * one that is a CheckRunner. Check files win over files of the program with the same path. A check passes only when its processes showed, out
 * of the program's reach, that they came to their end; a program that changed what the check relies on fails it, as does one that brings
 * files in the place of a test framework.
 */
export function tester({ runners, limits }: { runners: readonly Runner[]; limits: RunLimits }): Tester {
  return {
    test: async function* (program, check, checks, capabilities, signal, profile) {
      const job: RunJob = {
        language: program.language,
        files: program.files,
        checkFiles: checks.files,
        action: actionOf(check, program.entry),
        capabilities,
        limits,
        ...(profile === undefined ? {} : { profile }),
      };
      const checked = new Set(checks.files.map((file) => file.path));
      const own = program.files.filter((file) => !checked.has(file.path));
      const tested = { files: [...own, ...checks.files], program: new Set(own.map((file) => file.path)) };
      if (check.kind === 'output') {
        const runner = runners.find((one) => one.accepts(job));
        if (!runner) return notRun(check, 'sandbox-failed', noRunner);
        const run = yield* runner.run(job, signal);
        return { run, report: outputReport(check, run, limits, tested) };
      }
      const shadows = shadowsOf(own, checks.files, check);
      if (shadows.length > 0) return notRun(check, 'refused', shadows.join('\n'));
      const runner = runners.find((one): one is CheckRunner => isCheckRunner(one) && one.accepts(job));
      if (!runner) return notRun(check, 'sandbox-failed', noRunner);
      const execution = yield* runner.execute(job, signal);
      const report =
        check.kind === 'command'
          ? commandReport(check, execution, limits, tested)
          : testsReport(check, execution, limits, tested);
      return { run: execution.run, report: withChanges(report, execution, tested) };
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

function withChanges(
  report: TestReport,
  { tampered, rewritten }: { tampered: string[]; rewritten: string[] },
  tested: TestedFiles,
): TestReport {
  const cases = [
    ...tampered.map((file) => ({
      file,
      why: 'The program changed this file of the check while it ran; nothing it showed counts.',
    })),
    ...rewritten.map((file) => ({
      file,
      why: 'The program rewrote its own source while the check ran; what passed is not what was written.',
    })),
  ].map(({ file, why }) => failedCase(file, why, tested));
  return cases.length === 0
    ? report
    : reportOf(report.framework, [...report.cases, ...cases], false, report.ms);
}

function notRun(check: Check, status: 'refused' | 'sandbox-failed', why: string): CheckResult {
  const run: RunResult = {
    status,
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
