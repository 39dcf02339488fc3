import type { ErrorSignature, RunResult, TestCase } from './domain.ts';
import type { CheckResult } from './seams.ts';
import { type ParsedError, parseError } from './signature-parse.ts';
import { templateOf } from './signature-template.ts';

/**
 * Error signatures: what stays the same when a failure happens again. The order of grouping (frames, then class, then message with its
 * variable parts replaced) follows Sentry's fingerprinting.
 */

/** The signature of the first thing that failed in an attempt. */
export function signatureOf(
  failure: { run: RunResult; failedCase?: TestCase; tool: string },
  digest: (text: string) => string,
): ErrorSignature {
  const { run, failedCase, tool } = failure;
  const words = endedBadly(run);
  const parsed: ParsedError =
    words !== null
      ? { line: words, class: run.status, frames: [] }
      : parseError(failedCase?.message || run.stderr || run.stdout);
  const line = parsed.line || (run.status === 'exited' ? `exit code ${run.exitCode}` : run.status);
  const frames = failedCase?.frame && parsed.frames.length === 0 ? [failedCase.frame] : parsed.frames;
  return signed(tool, { ...parsed, line, frames }, failedCase?.name, digest);
}

/** The signature of an error that is known as text only: a diagnosis with the error's output in it. Null when no line names an error. */
export function signatureOfText(
  text: string,
  tool: string,
  digest: (text: string) => string,
): ErrorSignature | null {
  const parsed = parseError(text);
  return parsed.class === undefined ? null : signed(tool, parsed, undefined, digest);
}

function signed(
  tool: string,
  parsed: ParsedError,
  test: string | undefined,
  digest: (text: string) => string,
): ErrorSignature {
  const { line, class: name = '', code = '', frames } = parsed;
  const template = templateOf(line);
  // Line numbers move with every change of the program and are no part of what a place is.
  const places = frames.map((frame) => `${templateOf(frame.file)}#${frame.name ?? ''}`);
  const short = (...parts: string[]) => digest(parts.join('\n')).slice(0, 16);
  return {
    v: 2,
    tool,
    ...(code ? { code } : {}),
    ...(name ? { class: name } : {}),
    template,
    frames,
    ...(test ? { test } : {}),
    key: line.slice(0, 500),
    hash: short(tool, name, test ?? '', template),
    h0: short('h0', tool, code, name, template, ...places),
    h1: short('h1', tool, code, name, template),
    h2: short('h2', tool, code, name),
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
