import type { Context } from './ask.ts';
import type { StepFrame } from './attempt.ts';
import type { AttemptRecord, Granted } from './brief.ts';
import type { Check, ErrorSignature, Program } from './domain.ts';
import type { EventBody } from './events.ts';
import { diffText, type Hunk, hunksBetween, withHunks } from './line-diff.ts';
import type { FlipOutcome, Witness } from './memory.ts';
import { firstFailure, signatureOf } from './signature.ts';
import type { Stream } from './stream.ts';
import { testCheck } from './testing.ts';

/**
 * The flip test: is it really this change that made the difference? No tokens are spent. The failing program fails again, the fix
 * passes again, and the smallest part of the change that was found makes the failure come back when it is taken back.
 */

/** What a flip test showed. `witness` stands only with `witnessed`. */
export interface Flip {
  outcome: FlipOutcome;
  why: string;
  runs: number;
  witness: Witness | null;
}

/** A failed attempt with a program, the one after it that passed, and where. */
export interface Mended {
  frame: StepFrame;
  failed: AttemptRecord & { program: Program };
  passed: AttemptRecord & { program: Program };
}

/** Two failures of the whole, two groups of the change each way: enough for most, and a bound for all. */
const groupsTried = 4;

/** Two failures that would be grouped together: the same but for where it happened. */
export function sameFailure(a: ErrorSignature, b: ErrorSignature): boolean {
  return groupOf(a) === groupOf(b);
}

/** What failures of one kind share. */
export function groupOf(signature: ErrorSignature): string {
  const { h1 } = signature as ErrorSignature & { h1?: string };
  return h1 ?? signature.hash;
}

/** At most 8 runs of one check: 2 of the failing program, 1 of the fix, 4 of parts of the change, 1 with the smallest part taken back. */
export async function* flipTest(context: Context, mended: Mended): Stream<EventBody, Flip> {
  const { frame, failed, passed } = mended;
  const check = frame.step.checks.checks[failed.results.findIndex((result) => !result.report.ok)];
  const { verdict } = failed;
  if (!check || verdict.kind !== 'failed') {
    return { outcome: 'not-reproduced', why: 'no check of the step failed', runs: 0, witness: null };
  }
  const cause = transientCause(verdict.signature, passed.program, frame);
  if (cause) return { outcome: 'transient', why: cause, runs: 0, witness: null };
  let runs = 0;
  const end = (outcome: FlipOutcome, why: string): Flip => ({ outcome, why, runs, witness: null });
  const slow = failed.results.some((result) => isSlow(result.run.status));

  let same = 0;
  const repeats = slow ? 1 : 2;
  for (let at = 0; at < repeats; at += 1) {
    runs += 1;
    const shown = yield* tryOnce(context, mended, check, failed.program, failed.granted);
    if (shown === 'stopped') return end('interrupted', 'the failing program could not be run again');
    if (shown !== 'passed' && sameFailure(shown, verdict.signature)) same += 1;
    else if (at === 0 && repeats === 1) break;
  }
  if (same === 0) return end('not-reproduced', 'the failing program does not fail the same way again');
  if (same < repeats) return end('flaky', `the failing program failed ${same + 1} of ${repeats + 1} times`);

  runs += 1;
  const again = yield* tryOnce(context, mended, check, passed.program, passed.granted);
  if (again === 'stopped') return end('interrupted', 'the fix could not be run again');
  if (again !== 'passed') return end('not-repeated', 'the fix does not pass again');

  const whole = hunksBetween(failed.program.files, passed.program.files);
  const smallest = slow ? { hunks: whole, runs: 0 } : yield* minimise(context, mended, check, whole);
  if (smallest === 'stopped') return end('interrupted', 'the change could not be made smaller');
  runs += smallest.runs;
  return {
    outcome: 'witnessed',
    why: `it failed ${same + 1} times, the fix passed twice, and without ${smallest.hunks.length} of ${whole.length} changes it fails`,
    runs,
    witness: {
      checks: frame.step.checks,
      failing: failed.program,
      fixed: passed.program,
      diff: diffText(smallest.hunks),
      signature: verdict.signature,
      failed: same + 1,
      passed: 2,
    },
  };
}

/** Leaves out what the pass does not need, a group of hunks at a time; what is left must bring the failure back when it is taken back. */
async function* minimise(
  context: Context,
  mended: Mended,
  check: Check,
  whole: Hunk[],
): Stream<EventBody, { hunks: Hunk[]; runs: number } | 'stopped'> {
  const { failed, passed } = mended;
  let kept = whole;
  let runs = 0;
  if (whole.length < 2) return { hunks: whole, runs };
  const size = Math.ceil(whole.length / groupsTried);
  for (let from = 0; from < whole.length; from += size) {
    const group = whole.slice(from, from + size);
    const fewer = kept.filter((hunk) => !group.includes(hunk));
    if (fewer.length === 0 || fewer.length === kept.length) continue;
    const program = variant(context, passed.program, withHunks(failed.program.files, fewer));
    if (!program) continue;
    runs += 1;
    const shown = yield* tryOnce(context, mended, check, program.program, program.granted);
    if (shown === 'stopped') return 'stopped';
    if (shown === 'passed') kept = fewer;
  }
  if (kept.length === whole.length) return { hunks: whole, runs };
  const rest = whole.filter((hunk) => !kept.includes(hunk));
  const back = variant(context, passed.program, withHunks(failed.program.files, rest));
  if (!back) return { hunks: whole, runs };
  runs += 1;
  const shown = yield* tryOnce(context, mended, check, back.program, back.granted);
  if (shown === 'stopped') return 'stopped';
  const verdict = failed.verdict.kind === 'failed' ? failed.verdict.signature : null;
  const fails = shown !== 'passed' && verdict !== null && sameFailure(shown, verdict);
  return { hunks: fails ? kept : whole, runs };
}

/** A program between the two, when it may run without anybody being asked. */
function variant(context: Context, model: Program, files: Program['files']) {
  if (!files.some((file) => file.path === model.entry)) return null;
  const program: Program = { ...model, files };
  const report = context.toolkit.scan(program);
  if (context.toolkit.decide(report) !== 'allow') return null;
  return { program, granted: { report, approved: false } };
}

async function* tryOnce(
  context: Context,
  { frame }: Mended,
  check: Check,
  program: Program,
  granted: Granted | null,
): Stream<EventBody, 'passed' | 'stopped' | ErrorSignature> {
  const result = yield* testCheck(context, {
    program,
    check,
    checks: frame.step.checks,
    report: granted?.report ?? context.toolkit.scan(program),
    approved: granted?.approved ?? false,
    step: frame.index,
    attempt: 0,
  });
  if ('ending' in result) return 'stopped';
  const failure = firstFailure([result]);
  return failure ? signatureOf(failure, context.toolkit.digest) : 'passed';
}

function isSlow(status: string): boolean {
  return ['timed-out', 'cpu-limit', 'out-of-memory', 'output-limit', 'disk-limit', 'process-limit'].includes(
    status,
  );
}

const worldly: readonly [RegExp, string][] = [
  [
    /\b(?:ECONNREFUSED|ECONNRESET|ENOTFOUND|ETIMEDOUT|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|getaddrinfo|URLError|gaierror)\b|name resolution|connection refused|network is unreachable/i,
    'the network',
  ],
  [/\brate.?limit|too many requests|\bquota\b|\boverloaded\b|insufficient credit/i, 'a quota'],
  [
    /\b(?:ENOSPC|EDQUOT|EMFILE|ENFILE|ENOMEM|EROFS)\b|no space left|too many open files|cannot allocate memory/i,
    'the machine',
  ],
  [
    /command not found|: not found$|is not recognized as|no such interpreter|bad interpreter|spawn \S+ ENOENT/i,
    'a missing tool',
  ],
];
const missingModule =
  /No module named ['"]?([\w.]+)|Cannot find (?:module|package) ['"]([^'"]+)|ERR_MODULE_NOT_FOUND.*?['"]([^'"]+)/;

/** In a few words what outside of the program caused a failure; null when the program did. Such failures never teach. */
export function transientCause(
  signature: ErrorSignature,
  fixed: Program,
  frame: Pick<StepFrame, 'step'>,
): string | null {
  const text = `${signature.class ?? ''} ${signature.key}`;
  const found = worldly.find(([pattern]) => pattern.test(text));
  if (found) return `the cause was ${found[1]}, not the program`;
  const module = missingModule.exec(text)?.slice(1).find(Boolean);
  if (module === undefined) return null;
  const stem =
    module
      .split(/[\\/]/)
      .at(-1)
      ?.replace(/\.\w+$/, '') ?? module;
  const own = [...fixed.files, ...frame.step.checks.files].some((file) => {
    const name = file.path.split('/').at(-1) ?? '';
    return name.replace(/\.\w+$/, '') === stem || file.path.startsWith(`${module.split('.')[0]}/`);
  });
  return own ? null : `the module ${module} is missing on this machine`;
}
