import type { Context } from './ask.ts';
import { firstFrame, tryProgram } from './attempt.ts';
import type { CheckSet, Plan, Program, Proof } from './domain.ts';
import type { EventBody } from './events.ts';
import type { Stop } from './limits.ts';
import type { KnownSolution } from './memory.ts';
import { redFirst } from './planning.ts';
import type { Stream } from './stream.ts';

/** A goal that was met before is answered from memory: its program is proven again here, and no token is spent. */

/**
 * The verified program for this very goal, when there is one and it still holds: scanned, permitted, run and tested as any other, against the
 * user's checks or its own. One that does not hold is retired, and the session goes on as if there were none (null).
 */
export async function* fromMemory(
  context: Context,
  progress: { attempts: number; proof: Proof | null },
): Stream<EventBody, { program: Program; proof: Proof } | Stop | null> {
  const { task, toolkit } = context;
  if (!context.memory || task.permissionMode === 'plan' || !standsAlone(context)) return null;
  const solution = await toolkit.memory.solution(task.goal, task.language, task.checks);
  yield { type: 'solution.recalled', solution };
  if (!solution) return null;

  const plan = planOf(solution, task.checks ?? asOfModel(solution.checks));
  yield { type: 'plan.made', plan };
  const [step] = plan.steps;
  if (!step) return null;
  const tried = yield* redFirst(context, plan.language, step, 1);
  if ('ending' in tried) return tried;
  const frame = firstFrame(task, { plan, vacuous: [tried.vacuous] });
  yield { type: 'step.started', step: 1, title: step.title };
  progress.attempts += 1;
  yield { type: 'attempt.started', step: 1, attempt: progress.attempts };
  const record = yield* tryProgram(context, frame, progress.attempts, solution.program);
  if ('ending' in record) return record;
  const holds = record.verdict.kind === 'passed' && record.verdict.proof !== 'ran-clean';
  const use = {
    session: context.session,
    step: 1,
    attempt: progress.attempts,
    moment: 'plan',
    arm: 'inject',
    propensity: 1,
    memories: [solution.id],
    applied: [solution.id],
    cluster: `solution:${plan.language}`,
    language: plan.language,
    passed: holds,
    tokens: 0,
  } as const;
  const mutable = { ...use, memories: [...use.memories], applied: [...use.applied] };
  const changed = await toolkit.memory.credit(mutable);
  yield { type: 'memory.credited', use: mutable, changed };
  yield { type: 'step.ended', step: 1, passed: holds };
  if (holds && record.program && record.verdict.kind === 'passed') {
    progress.proof = record.verdict.proof;
    return { program: record.program, proof: record.verdict.proof };
  }
  const why = `it did not hold in session ${context.session}: ${record.verdict.kind === 'failed' ? record.verdict.signature.key.slice(0, 200) : record.verdict.kind}`;
  await toolkit.memory.retire(solution.id, why);
  yield { type: 'memory.retired', id: solution.id, why };
  return null;
}

/** Whether goal and checks say all there is to the task: a program for other files of the user is another program. */
export function standsAlone({ task }: Pick<Context, 'task'>): boolean {
  return task.files.length === 0 && task.attachments.length === 0;
}

function planOf(solution: KnownSolution, checks: CheckSet): Plan {
  return {
    approach: `The program that was proven for this goal before (${solution.id}), proven again.`,
    language: solution.program.language,
    steps: [{ title: 'Prove the known program again', instructions: '', checks }],
  };
}

/** Checks that the user of another session gave are not this user's: they prove as much as the model's. */
function asOfModel(checks: CheckSet): CheckSet {
  return { ...checks, checks: checks.checks.map((check) => ({ ...check, origin: 'model' as const })) };
}
