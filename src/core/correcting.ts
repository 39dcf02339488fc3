import type { Context } from './ask.ts';
import type { StepFrame } from './attempt.ts';
import type { AttemptRecord } from './brief.ts';
import type { Correction } from './correction.ts';
import type { Program } from './domain.ts';
import type { EventBody } from './events.ts';
import type { Mended } from './flip.ts';
import { hunksBetween } from './line-diff.ts';
import type { CheckResult } from './seams.ts';
import { firstFailure, signatureOf } from './signature.ts';
import type { Stream } from './stream.ts';
import { testCheck } from './testing.ts';

/** A finished program that a person had changed is a failure too, when the checks of the change can tell: it is run against them, with no tokens. */

/**
 * The program from before as a failed attempt, with the one that passed now; why it teaches nothing; or null when there is nothing to compare (the
 * program was not changed, is of another language, or may not run without somebody being asked).
 */
export async function* correctedIn(
  context: Context,
  corrects: Correction,
  { frame, passed }: { frame: StepFrame; passed: AttemptRecord },
): Stream<
  EventBody,
  Mended | { outcome: 'not-reproduced' | 'interrupted'; why: string; runs: number } | null
> {
  const { toolkit, task } = context;
  const { program } = passed;
  if (program === null || !task.files.some((file) => file.path === corrects.entry)) return null;
  const before: Program = { language: program.language, entry: corrects.entry, files: task.files };
  if (task.language !== program.language || hunksBetween(before.files, program.files).length === 0)
    return null;
  const report = toolkit.scan(before);
  if (toolkit.decide(report) !== 'allow') return null;
  const results: CheckResult[] = [];
  for (const check of frame.step.checks.checks) {
    const shown = yield* testCheck(context, {
      program: before,
      check,
      checks: frame.step.checks,
      report,
      approved: false,
      step: frame.index,
      attempt: 0,
    });
    if ('ending' in shown) {
      return {
        outcome: 'interrupted',
        why: 'the program from before could not be run',
        runs: results.length,
      };
    }
    results.push(shown);
    if (!shown.report.ok) break;
  }
  const failure = firstFailure(results);
  if (!failure) {
    const why = 'the program from before passes the checks of now as well: they do not show what was changed';
    return { outcome: 'not-reproduced', why, runs: results.length };
  }
  const failed = {
    ...passed,
    attempt: 0,
    program: before,
    raw: null,
    verdict: { kind: 'failed', signature: signatureOf(failure, toolkit.digest), passed: 0, failed: 1 },
    run: null,
    results,
    diagnosis: `A person said of the finished program: ${corrects.said}`,
    granted: { report, approved: false },
    injected: [],
    applied: null,
  } as const;
  return { frame, failed: { ...failed, injected: [] }, passed: { ...passed, program } };
}
