import type { Context } from './ask.ts';
import type { StepFrame } from './attempt.ts';
import { type AttemptRecord, recalledText } from './brief.ts';
import type { Language, RecalledMemory } from './domain.ts';
import type { EventBody } from './events.ts';
import { groupOf } from './flip.ts';
import { givenFiles, librariesOf, namesOf } from './libraries.ts';
import { charactersPerToken } from './limits.ts';
import type { Recall } from './memory.ts';
import type { Stream } from './stream.ts';

/** The verbs of memory as the loop uses them: recall before a program is written, credit after it was judged. On the record, both. */

/** What was recalled for an attempt, until it is put to account. */
export interface Recalled {
  recall: Recall;
  moment: 'plan' | 'reflect';
  /** Failures, or first attempts in a language, that share a baseline. */
  cluster: string;
}

/** Recall before the plan: by the goal. Null without memory. */
export async function* recallForPlan(context: Context): Stream<EventBody, Recalled | null> {
  const { task } = context;
  const given = givenFiles([...task.files, ...task.attachments], task.checks);
  const recall = yield* recalling(context, {
    moment: 'plan',
    text: task.goal,
    signature: null,
    language: task.language,
    libraries: librariesOf(given),
    names: namesOf(given),
    draw: `${context.session}/plan`,
  });
  return recall && { recall, moment: 'plan', cluster: firstTries(task.language) };
}

/** Recall at the moment of a failure: by its diagnosis and its error, never by code. Null without memory. */
export async function* recallForRepair(
  context: Context,
  frame: StepFrame,
  records: readonly AttemptRecord[],
): Stream<EventBody, Recalled | null> {
  const last = records.at(-1);
  if (last?.verdict.kind !== 'failed') return null;
  const { signature } = last.verdict;
  const files = givenFiles(context.task.files, frame.step.checks);
  const recall = yield* recalling(context, {
    moment: 'reflect',
    text: [last.diagnosis, signature.key].filter(Boolean).join('\n'),
    signature,
    language: frame.plan.language,
    libraries: librariesOf([...files, ...(last.program?.files ?? [])], last.program?.files),
    draw: `${context.session}/${frame.index}/${last.attempt}`,
    ...withoutTried(records),
  });
  return recall && { recall, moment: 'reflect', cluster: `error:${groupOf(signature)}` };
}

async function* recalling(
  context: Context,
  query: Parameters<Context['toolkit']['memory']['recall']>[0],
): Stream<EventBody, Recall | null> {
  if (!context.memory) return null;
  const recall = await context.toolkit.memory.recall(query);
  const { memories, arm, propensity, heldOut, passedOver } = recall;
  yield { type: 'memory.recalled', moment: query.moment, memories, arm, propensity, heldOut, passedOver };
  return recall;
}

/** What goes before the model. */
export function injected(recalled: Recalled | null): RecalledMemory[] {
  return recalled?.recall.arm === 'inject' ? recalled.recall.memories : [];
}

/** Times that a memory may be tried in a step in vain before it is left out of it: its harm stays small, and one hard goal does not condemn it. */
const vainTries = 2;

function withoutTried(records: readonly AttemptRecord[]): { without?: string[] } {
  const tries = new Map<string, number>();
  for (const id of records.flatMap((record) => record.injected)) tries.set(id, (tries.get(id) ?? 0) + 1);
  const without = [...tries].filter(([, times]) => times >= vainTries).map(([id]) => id);
  return without.length > 0 ? { without } : {};
}

/** Puts an attempt to the account of what was recalled for it; one without memory counts for the baseline. */
export async function* credit(
  context: Context,
  frame: StepFrame,
  record: AttemptRecord,
  recalled: Recalled | null,
): Stream<EventBody> {
  // A program that never came to its checks says nothing about a memory but that it was no help.
  if (!context.memory) return;
  const arm = recalled?.recall.arm ?? 'none';
  const used = arm === 'hold-out' ? recalled?.recall.heldOut : recalled?.recall.memories;
  const memories = arm === 'none' ? [] : (used ?? []);
  const use = {
    session: context.session,
    step: frame.index,
    attempt: record.attempt,
    moment: recalled?.moment ?? 'reflect',
    arm,
    propensity: recalled?.recall.propensity ?? 1,
    memories: memories.map((memory) => memory.id),
    applied: record.applied,
    cluster:
      recalled === null || recalled.moment === 'plan' ? firstTries(frame.plan.language) : recalled.cluster,
    language: frame.plan.language,
    passed: record.verdict.kind === 'passed',
    tokens: arm === 'inject' ? Math.ceil(recalledText(memories).length / charactersPerToken) : 0,
  };
  const changed = await context.toolkit.memory.credit(use);
  yield { type: 'memory.credited', use, changed };
}

function firstTries(language: Language | null): string {
  return `first:${language ?? 'any'}`;
}

/** The ids that the model says it applied, of those it was given; null when it says nothing. Read from outside of code blocks. */
export function appliedIn(reply: string, given: readonly RecalledMemory[]): string[] | null {
  if (given.length === 0) return null;
  const prose = reply.replace(/(`{3,}|~{3,})[\s\S]*?(?:\1|$)/g, '\n');
  const line = /^[\s>*_-]*(?:applied|used)\s*(?:memor(?:y|ies)|recalled|lessons?)?\s*[:=]\s*(.*)$/im.exec(
    prose,
  );
  if (!line) return null;
  const said = line[1] ?? '';
  return given.map((memory) => memory.id).filter((id) => said.includes(id));
}
