import type { Check, RunLimits, RunResult, TestCase, TestReport } from '../../core/domain.ts';
import type { Episode, Execution } from '../execute.ts';
import { testimonyOf } from './proof.ts';
import { readRecords } from './records.ts';
import { endingInWords, failedCase, reportOf, scriptMessage, type TestedFiles } from './report.ts';

/** All test files of a check in one report. */
export function testsReport(
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

/** One test file. What it showed counts only with a proof that it came to its end untouched, whatever the exit code says. */
function episodeReport(
  { run, test, proof, report }: Episode,
  check: Check,
  limits: RunLimits,
  tested: TestedFiles,
): TestReport {
  const name = test?.file ?? check.name;
  const ending = endingInWords(run, limits);
  const program = tested.files.filter((file) => tested.program.has(file.path));
  const { records, problems } = testimonyOf(proof, report, run, program);
  if (!test || test.style === 'script') {
    if (ending === null && problems.length === 0) {
      return reportOf('script', [{ name, status: 'passed', ms: run.ms }], true, run.ms);
    }
    const message = [...problems, ...(ending === null ? [] : [scriptMessage(run, limits)])].join('\n');
    return reportOf('script', [failedCase(name, message, tested, { ms: run.ms })], false, run.ms);
  }
  const recorded = readRecords(records, tested);
  const framework = recorded.framework ?? test.style;
  const failed = recorded.cases.some((one) => one.status === 'failed');
  const whole = wholeFileProblem(run, ending, recorded.complete, recorded.cases.length, failed, limits);
  const whys = [...problems, ...(whole === null ? [] : [whole])];
  const cases =
    whys.length === 0
      ? recorded.cases
      : [...recorded.cases, failedCase(name, whys.join('\n'), tested, { ms: run.ms })];
  return reportOf(framework, cases, whys.length === 0, run.ms);
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
