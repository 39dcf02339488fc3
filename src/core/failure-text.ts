import type { AttemptRecord } from './brief.ts';
import type { RunResult, TestCase } from './domain.ts';
import type { CheckResult } from './seams.ts';
import { endedBadly } from './signature.ts';

/** What a failure showed, the error itself on the first line. Text of the program is data: closing tags in it are defused. */
export function failureText(record: AttemptRecord): string {
  const { verdict } = record;
  switch (verdict.kind) {
    case 'passed':
      return '';
    case 'malformed':
      return `The reply could not be read: ${verdict.why}.`;
    case 'blocked':
      return [
        record.feedback === null
          ? 'The safety scanner refused the program before it ran:'
          : 'A person was asked whether the program may run, and refused it.',
        ...(record.feedback === null ? [] : [`They said: ${record.feedback}`, 'What they were asked about:']),
        ...verdict.findings
          .filter((finding) => finding.severity !== 'note')
          .map(
            (finding) =>
              `${finding.file}:${finding.line}:${finding.column} ${finding.rule}: ${finding.message}`,
          ),
      ].join('\n');
    case 'failed':
      return [
        verdict.signature.key,
        '',
        ...runText(record.run),
        ...record.results.flatMap((result) => resultText(result, verdict.signature.key)),
      ].join('\n');
    default:
      return verdict satisfies never;
  }
}

function runText(run: RunResult | null): string[] {
  if (!run || (run.status === 'exited' && run.exitCode === 0 && !run.stderr)) return [];
  const how = endedBadly(run) ?? (run.status === 'exited' ? `exit code ${run.exitCode}` : run.status);
  const lines = [`The program by itself: ${how}`];
  if (run.stdout) lines.push(`stdout:\n${middleOut(run.stdout, 1_500)}`);
  if (run.stderr) lines.push(`stderr:\n${middleOut(run.stderr, 3_000)}`);
  return [...lines, ''];
}

function resultText(result: CheckResult, key: string): string[] {
  const { report, run } = result;
  if (report.ok) return [];
  const ended = endedBadly(run);
  const lines = [
    `Check run: ${report.passed} passed, ${report.failed} failed${ended ? `; it ${ended}` : ''}`,
  ];
  for (const one of report.cases.filter((test) => test.status === 'failed').slice(0, 6)) {
    const place = one.frame ? ` (${one.frame.file}:${one.frame.line})` : '';
    lines.push(`✗ ${one.name}${place}`);
    const message = saidOnce(one, key);
    if (message) lines.push(middleOut(message, 3_000));
    if (one.expected !== undefined) lines.push(`expected: ${middleOut(one.expected, 800)}`);
    if (one.actual !== undefined) lines.push(`actual: ${middleOut(one.actual, 800)}`);
  }
  if (report.cases.every((one) => one.status !== 'failed' || !one.message)) {
    if (run.stdout) lines.push(`stdout:\n${middleOut(run.stdout, 2_000)}`);
    if (run.stderr) lines.push(`stderr:\n${middleOut(run.stderr, 4_000)}`);
  } else if (run.stdout) {
    lines.push(`printed before:\n${middleOut(run.stdout, 800)}`);
  }
  return [...lines, ''];
}

/** Node's picture of a difference, up to where the stack begins. */
const picture = /^\+ actual - expected\n[\s\S]*?(?=^ {4}at )/m;
const shortValue = 200;

/** The message of a failed test without what the failure says beside it: its first line, and a picture of two values that are shown whole. */
function saidOnce({ message, expected, actual }: TestCase, key: string): string {
  if (!message) return '';
  const shown =
    expected !== undefined && actual !== undefined && Math.max(expected.length, actual.length) <= shortValue;
  const rest = message.startsWith(`${key}\n`) ? message.slice(key.length + 1) : message;
  return (shown ? rest.replace(picture, '') : rest).trimEnd();
}

/** Head and tail of a text, with a note of what is left out between them. */
export function middleOut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const head = Math.ceil(limit * 0.5);
  const tail = Math.max(0, limit - head - 40);
  return `${text.slice(0, head)}\n[… ${text.length - head - tail} characters left out …]\n${text.slice(text.length - tail)}`;
}
