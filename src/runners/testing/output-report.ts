import type { Check, RunLimits, RunResult, TestReport } from '../../core/domain.ts';
import { endingInWords, failedCase, reportOf, scriptMessage, shortened, type TestedFiles } from './report.ts';

/** Compares what the program printed with what it should print, trailing white space aside. */
export function outputReport(
  check: Extract<Check, { kind: 'output' }>,
  run: RunResult,
  limits: RunLimits,
  tested: TestedFiles,
): TestReport {
  const name = shortened(check.name, 300);
  const ending = endingInWords(run, limits);
  const expected = withoutTrailingSpace(check.stdout);
  const actual = withoutTrailingSpace(run.stdout);
  const same = expected === actual && !run.truncated;
  if (ending === null && same)
    return reportOf('output', [{ name, status: 'passed', ms: run.ms }], true, run.ms);
  const message =
    ending === null
      ? `The output differs.\n${firstDifference(expected, actual)}`
      : scriptMessage(run, limits);
  const details = same ? { ms: run.ms } : { expected, actual, ms: run.ms };
  return reportOf('output', [failedCase(name, message, tested, details)], false, run.ms);
}

function withoutTrailingSpace(text: string): string {
  return text.replace(/[^\S\n]+$/gm, '').trimEnd();
}

function firstDifference(expected: string, actual: string): string {
  const wanted = expected.split('\n');
  const got = actual.split('\n');
  const line = wanted.findIndex((one, index) => one !== got[index]);
  const at = line === -1 ? wanted.length : line;
  const quote = (text: string | undefined) =>
    text === undefined ? '(no such line)' : JSON.stringify(text.slice(0, 300));
  return `line ${at + 1}: expected ${quote(wanted[at])}, got ${quote(got[at])}`;
}
