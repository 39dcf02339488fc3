import { ask, type Context } from './ask.ts';
import { recalledText, taskText } from './brief.ts';
import {
  type Language,
  languages,
  type Plan,
  type PlanStep,
  type Program,
  type RecalledMemory,
} from './domain.ts';
import type { EventBody } from './events.ts';
import type { Stop } from './limits.ts';
import { defaultEntry } from './reply.ts';
import type { Stream } from './stream.ts';
import { planSchema, readPlan } from './structured.ts';
import { stubFiles } from './stubs.ts';
import { testCheck } from './testing.ts';

/** A plan whose checks are frozen and were seen to fail against an empty program. `vacuous` names, a step each, those that did not. */
export interface ProvenPlan {
  plan: Plan;
  vacuous: string[][];
}

const unreadablePlans = 2;

/** While the model thinks, runners get ready for its program; not when it is only to plan. */
export function prepare({ task, toolkit }: Context, language: Language): void {
  if (task.permissionMode !== 'plan') for (const runner of toolkit.runners) runner.prepare?.(language);
}

/** Plan → freeze the checks → red first. Vacuous checks of the model go back to it once. */
export async function* makePlan(
  context: Context,
  recalled: RecalledMemory[],
): Stream<EventBody, ProvenPlan | Stop> {
  const { task } = context;
  // The model thinks for a while, and the language it will choose is mostly known.
  prepare(context, task.language ?? languageInGoal(task.goal));
  let feedback = '';
  for (let returned = false; ; returned = true) {
    const plan = yield* askPlan(context, recalled, feedback);
    if ('ending' in plan) return plan;
    yield { type: 'plan.made', plan };
    prepare(context, plan.language);
    const vacuous: string[][] = [];
    let toReturn: { step: number; names: string[] } | null = null;
    for (const [at, step] of plan.steps.entries()) {
      const tried = yield* redFirst(context, plan.language, step, at + 1);
      if ('ending' in tried) return tried;
      vacuous.push(tried.vacuous);
      const own = tried.vacuous.filter((name) =>
        step.checks.checks.some((one) => one.name === name && one.origin === 'model'),
      );
      if (own.length > 0) toReturn ??= { step: at + 1, names: own };
    }
    if (!toReturn || returned) return { plan, vacuous };
    yield { type: 'checks.returned', step: toReturn.step, vacuous: toReturn.names };
    feedback = `These checks passed against an empty program, so they prove nothing: ${toReturn.names.join(', ')}. Make the plan again with checks that fail until the goal is met.`;
  }
}

async function* askPlan(
  context: Context,
  recalled: RecalledMemory[],
  feedback: string,
): Stream<EventBody, Plan | Stop> {
  const { task, toolkit } = context;
  let note = feedback;
  for (let unreadable = 0; ; unreadable += 1) {
    const turn = toolkit.prompt('plan', {
      language: task.language ?? 'the one that fits the goal best: javascript, typescript, python or shell',
      checks: task.checks
        ? 'The user gave the checks: give none for the last step.'
        : 'Write the checks first: they must fail against an empty program and pass only when the goal is met.',
      recalled: recalledText(recalled),
      feedback: note,
    });
    const reply = yield* ask(context, () => ({
      purpose: 'plan',
      system: toolkit.prompt('system', {}),
      task: taskText(task, null, null),
      turn,
      schema: planSchema,
      maxTokens: toolkit.replyTokens,
    }));
    if ('ending' in reply) return reply;
    const reading = readPlan(reply, {
      language: task.language,
      fallback: languageInGoal(task.goal),
      userChecks: task.checks,
      digest: toolkit.digest,
    });
    if (reading.kind === 'plan') return reading.plan;
    if (unreadable === unreadablePlans) {
      return {
        ending: 'model-failed',
        why: `No plan could be read after ${unreadable + 1} replies: ${reading.why}.`,
      };
    }
    note = [feedback, `The last plan could not be read: ${reading.why}.`].filter(Boolean).join('\n');
  }
}

/** Runs the checks of a step against stubs. */
export async function* redFirst(
  context: Context,
  language: Language,
  step: PlanStep,
  index: number,
): Stream<EventBody, { vacuous: string[] } | Stop> {
  yield { type: 'checks.frozen', step: index, checks: step.checks };
  if (step.checks.checks.length === 0) return { vacuous: [] };
  const entry = defaultEntry(language);
  const program: Program = { language, entry, files: stubFiles(language, step.checks, context.task.files) };
  const red: string[] = [];
  const vacuous: string[] = [];
  for (const check of step.checks.checks) {
    const result = yield* testCheck(context, {
      program,
      check,
      checks: step.checks,
      report: { decision: 'allow', capabilities: [], findings: [] },
      approved: false,
      step: index,
      attempt: 0,
    });
    if ('ending' in result) return result;
    (result.report.ok ? vacuous : red).push(check.name);
  }
  yield { type: 'checks.tried', step: index, red, vacuous };
  return { vacuous };
}

/** The language a goal names in words; JavaScript where it names none, because Node is always there. */
function languageInGoal(goal: string): Language {
  const words = goal.toLowerCase();
  if (/\btypescript\b|\.ts\b/.test(words)) return 'typescript';
  if (/\bpython3?\b|\.py\b/.test(words)) return 'python';
  if (/\b(?:bash|shell script|posix sh)\b|\.sh\b/.test(words)) return 'shell';
  return languages[0];
}
