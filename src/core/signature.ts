import type { ErrorSignature, RunResult, TestCase } from './domain.ts';
import type { CheckResult } from './seams.ts';

/**
 * Error signatures: what stays the same when a failure happens again. The order of grouping (class, then message with its
 * variable parts replaced) follows Sentry's fingerprinting.
 */

const errorLine =
  /^(?:Uncaught |Unhandled )?((?:[A-Z][\w.]*|\w+(?:\.\w+)*\.[A-Z]\w*)?(?:Error|Exception|Warning|Interrupt|Exit))\b(?:\s*\[[\w.]+\])?:?\s*(.*)$/;

/** Replaces what differs from run to run: quoted values, numbers, hex, ids, paths. */
export function templateOf(message: string): string {
  return message
    .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<id>')
    .replace(/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?\b/g, '<time>')
    .replace(/\bhttps?:\/\/[^\s"')]+/g, '<url>')
    .replace(/\b0x[0-9a-f]+\b/gi, '<hex>')
    .replace(/(?:\/[\w.@-]+){2,}/g, '<path>')
    .replace(/[+-]?\b\d+(?:\.\d+)?(?:e[+-]?\d+)?\b/gi, '<n>')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 300);
}

/** The line of an output that names the error: the last error line of a Python traceback, the first one of Node. */
export function headline(output: string): { line: string; class?: string } {
  const lines = output.split('\n').map((line) => line.trim());
  const traceback = lines.lastIndexOf('Traceback (most recent call last):');
  const candidates = lines
    .map((line, at) => ({ at, match: errorLine.exec(line) }))
    .filter((candidate) => candidate.match !== null && candidate.at > traceback);
  const chosen = traceback === -1 ? candidates[0] : candidates.at(-1);
  const line = chosen ? (lines[chosen.at] ?? '') : (lines.find((one) => one !== '') ?? '');
  const name = chosen?.match?.[1]?.split('.').at(-1);
  return name ? { line, class: name } : { line };
}

/** The signature of the first thing that failed in an attempt. */
export function signatureOf(
  failure: { run: RunResult; failedCase?: TestCase; tool: string },
  digest: (text: string) => string,
): ErrorSignature {
  const { run, failedCase, tool } = failure;
  const words = endedBadly(run);
  const found =
    words !== null
      ? { line: words, class: run.status }
      : headline(failedCase?.message || run.stderr || run.stdout);
  const line = found.line || (run.status === 'exited' ? `exit code ${run.exitCode}` : run.status);
  const template = templateOf(line);
  return {
    v: 1,
    tool,
    ...(found.class ? { class: found.class } : {}),
    template,
    key: line.slice(0, 500),
    hash: digest([tool, found.class ?? '', failedCase?.name ?? '', template].join('\n')).slice(0, 16),
  };
}

/** In words, how a run ended when it was not by itself; null when it exited. */
export function endedBadly(run: RunResult): string | null {
  switch (run.status) {
    case 'exited':
      return null;
    case 'timed-out':
      return 'timed out';
    case 'cpu-limit':
      return 'used more CPU time than it may';
    case 'out-of-memory':
      return 'out of memory';
    case 'output-limit':
      return 'printed more than it may';
    case 'disk-limit':
      return 'wrote more to disk than it may';
    case 'process-limit':
      return 'started more processes than it may';
    case 'cancelled':
      return 'was cancelled';
    case 'crashed':
      return `crashed by signal ${run.signal}`;
    case 'refused':
    case 'sandbox-failed':
      return run.why;
    default:
      return run satisfies never;
  }
}

/** The first failing result of an attempt, or null when all hold. */
export function firstFailure(
  results: readonly CheckResult[],
): { run: RunResult; failedCase?: TestCase; tool: string } | null {
  const failing = results.find((result) => !result.report.ok);
  if (!failing) return null;
  const failedCase = failing.report.cases.find((one) => one.status === 'failed');
  return { run: failing.run, tool: failing.report.framework, ...(failedCase ? { failedCase } : {}) };
}
