import type { RunLimits, RunResult, SourceFile, TestCase, TestReport } from '../../core/domain.ts';
import { frameOf, sourceLine } from './frame.ts';

/** Characters of one case's message: enough for a model to mend the program, little enough for many cases. */
const longestMessage = 4_000;
const longestValue = 1_000;

/** The files of a check's run, and which of them the model wrote. */
export interface TestedFiles {
  files: readonly SourceFile[];
  program: ReadonlySet<string>;
}

/** Counts the cases; `endedWell` is whether the run itself came to its end as it should. */
export function reportOf(
  framework: TestReport['framework'],
  cases: TestCase[],
  endedWell: boolean,
  ms: number,
): TestReport {
  const count = (status: TestCase['status']) => cases.filter((one) => one.status === status).length;
  const [passed, failed, skipped] = [count('passed'), count('failed'), count('skipped')];
  return { framework, ok: endedWell && passed > 0 && failed === 0, passed, failed, skipped, cases, ms };
}

/** How a run ended, in words: `timed out after 10 s`. Null when it ended with exit code 0. */
export function endingInWords(run: RunResult, limits: RunLimits): string | null {
  switch (run.status) {
    case 'exited':
      return run.exitCode === 0 ? null : `exit code ${run.exitCode}`;
    case 'timed-out':
      return `timed out after ${seconds(Math.min(run.ms, limits.wallMs))}`;
    case 'cpu-limit':
      return `used more than ${seconds(limits.cpuMs)} of CPU time`;
    case 'out-of-memory':
      return `out of memory (limit ${megabytes(limits.memoryBytes)} a process, ${megabytes(limits.totalMemoryBytes)} in all)`;
    case 'output-limit':
      return `wrote more than ${megabytes(limits.outputBytes)} of output`;
    case 'disk-limit':
      return `wrote too much to disk (limit ${megabytes(limits.fileBytes)} a file, ${megabytes(limits.diskBytes)} in all)`;
    case 'process-limit':
      return `started more than ${limits.processes} processes`;
    case 'cancelled':
      return 'cancelled';
    case 'crashed':
      return `crashed with ${run.signal}`;
    case 'refused':
    case 'sandbox-failed':
      return run.why;
  }
}

/** A failed case with its place and the line of source that stands there. `message` is the whole error. */
export function failedCase(
  name: string,
  message: string,
  { files, program }: TestedFiles,
  details: { expected?: string | undefined; actual?: string | undefined; ms?: number | undefined } = {},
): TestCase {
  const frame = frameOf(message, files, program);
  const line = frame ? sourceLine(frame, files) : null;
  const shown =
    line && !message.includes(line.slice(line.indexOf('|') + 2)) ? `${message.trimEnd()}\n${line}` : message;
  const values = { ...difference(message), ...definedOnly(details) };
  return {
    name,
    status: 'failed',
    message: shortened(shown.trim(), longestMessage),
    ...(values.expected !== undefined ? { expected: shortened(values.expected, longestValue) } : {}),
    ...(values.actual !== undefined ? { actual: shortened(values.actual, longestValue) } : {}),
    ...(frame ? { frame } : {}),
    ...(details.ms !== undefined ? { ms: details.ms } : {}),
  };
}

/** What a run without a test framework left: how it ended, its standard error, or its output when that says nothing. */
export function scriptMessage(run: RunResult, limits: RunLimits): string {
  const ending = endingInWords(run, limits);
  const said = run.stderr.trim() || run.stdout.trim();
  return [ending, said].filter((part) => part).join('\n');
}

/** The head and the tail of a text that is too long: errors stand at either end. */
export function shortened(text: string, length: number): string {
  if (text.length <= length) return text;
  const half = Math.floor(length / 2) - 20;
  const dropped = text.length - 2 * half;
  return `${text.slice(0, half)}\n… ${dropped} characters left out …\n${text.slice(-half)}`;
}

/** Expected and actual, where the error prints them on one line each. */
function difference(message: string): { expected?: string; actual?: string } {
  const node = {
    expected: /^ {2}expected: (.+?),?$/m.exec(message)?.[1],
    actual: /^ {2}actual: (.+?),?$/m.exec(message)?.[1],
  };
  const whole = (value: string) => !/[[{(]$/.test(value);
  if (node.expected && node.actual && whole(node.expected) && whole(node.actual)) {
    return { expected: node.expected, actual: node.actual };
  }
  const python = /^AssertionError: (.+)$/m.exec(message)?.[1]?.split(' : ')[0]?.split(' != ');
  return python?.length === 2 && python[0] && python[1] ? { actual: python[0], expected: python[1] } : {};
}

function definedOnly<T extends Record<string, unknown>>(record: T): Partial<T> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}

function megabytes(bytes: number): string {
  const value = bytes / 1024 ** 2;
  return value >= 1 ? `${Math.round(value)} MB` : `${Math.ceil(bytes / 1024)} KB`;
}
