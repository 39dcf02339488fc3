import { existsSync } from 'node:fs';
import type { Config } from '../../config.ts';
import type { RecalledMemory } from '../../core/domain.ts';
import type { EventOf, SessionEvent } from '../../core/events.ts';
import type { MemoryUse, Recall, StateChange } from '../../core/memory.ts';
import { findSession } from '../../journal/list.ts';
import { loadJournal } from '../../journal/read.ts';
import { exitCodes, problem } from '../../problem.ts';
import type { Io } from '../context.ts';
import type { MemoryInvocation } from '../memory-flags.ts';
import { put, putJson } from './desk.ts';

interface Explained {
  step: number;
  attempt: number;
  moment: 'plan' | 'reflect' | null;
  arm: Recall['arm'];
  propensity: number | null;
  recalled: RecalledMemory[];
  heldOut: RecalledMemory[];
  passedOver: Recall['passedOver'];
  credited: MemoryUse | null;
  changed: StateChange[];
}

/** `memory why ATTEMPT`: from the journal alone. Throws as `findSession` does, and a usage error for an attempt that is not there. */
export async function explainAttempt(
  io: Io,
  { words, json }: MemoryInvocation,
  config: Config,
): Promise<number> {
  const asked = words[0] ?? 'latest';
  const [, before, number] = existsSync(asked) ? [] : (/^(.+):(\d+)$/.exec(asked) ?? []);
  const file = await findSession(config.logs, before ?? asked);
  const { events } = await loadJournal(file);
  const all = attemptsIn(events);
  const wanted = number === undefined ? all : all.filter((one) => one.attempt === Number(number));
  const [started] = events;
  const session = started?.type === 'session.started' ? started.session : file;
  if (number !== undefined && wanted.length === 0) {
    const known = all.map((one) => one.attempt).join(', ');
    throw problem(
      exitCodes.usage,
      `session ${session} has no attempt ${number}${known === '' ? '' : `: it has ${known}`}.`,
    );
  }
  const solution = events.find((event) => event.type === 'solution.recalled')?.solution ?? null;
  if (json) {
    putJson({ io }, { session, journal: file, solution: solution?.id ?? null, attempts: wanted });
    return 0;
  }
  if (started?.type === 'session.started' && !started.memory) {
    put({ io }, `Session ${session} ran without memory: nothing was recalled.`);
    return 0;
  }
  if (solution)
    put({ io }, `The goal was met before: solution ${solution.id} was proven again in attempt 1.\n`);
  if (wanted.length === 0) put({ io }, `Session ${session} came to no attempt.`);
  for (const one of wanted) for (const line of linesOf(session, one)) put({ io }, line);
  return 0;
}

/** Each attempt with the recall that went before it and the account it was put to. */
function attemptsIn(events: readonly SessionEvent[]): Explained[] {
  const all: Explained[] = [];
  let pending: EventOf<'memory.recalled'> | null = null;
  let atPlan: EventOf<'memory.recalled'> | null = null;
  for (const event of events) {
    if (event.type === 'memory.recalled') {
      pending = event;
      if (event.moment === 'plan') atPlan = event;
    } else if (event.type === 'attempt.started') {
      // What was recalled for the plan goes before the first attempt of each of its steps.
      if (!all.some((known) => known.step === event.step)) pending ??= atPlan;
      all.push({
        step: event.step,
        attempt: event.attempt,
        moment: pending?.moment ?? null,
        arm: pending?.arm ?? 'none',
        propensity: pending?.propensity ?? null,
        recalled: pending?.memories ?? [],
        heldOut: pending?.heldOut ?? [],
        passedOver: pending?.passedOver ?? [],
        credited: null,
        changed: [],
      });
      pending = null;
    } else if (event.type === 'memory.credited') {
      const { step, attempt } = event.use;
      const one = all.find((known) => known.step === step && known.attempt === attempt);
      if (one) Object.assign(one, { credited: event.use, changed: event.changed });
    }
  }
  return all;
}

function linesOf(session: string, one: Explained): string[] {
  const { moment, arm, propensity, credited } = one;
  const asked = { plan: 'by the goal, before the plan', reflect: 'by the diagnosis and the error' };
  const drawn = propensity === null ? '' : ` (drawn with probability ${propensity})`;
  const arms = {
    inject: `given to the model${drawn}`,
    'hold-out': `left out on purpose, to measure what it would have done${drawn}`,
    none: 'nothing fitted',
  };
  const memories = [...one.recalled, ...one.heldOut];
  return [
    `${session}:${one.attempt}  step ${one.step}`,
    moment === null ? '  nothing was asked of memory' : `  searched ${asked[moment]}: ${arms[arm]}`,
    ...memories.flatMap((memory) => [
      `  ${arm === 'inject' ? 'given' : 'held out'}  ${memory.id}  ${memory.trust}${memory.why ? `  because: ${memory.why}` : ''}`,
      ...memory.text.split('\n').map((line) => `      ${line}`),
    ]),
    ...one.passedOver.map(({ id, score, why }) => `  not taken  ${id}  ${why} (score ${score.toFixed(2)})`),
    ...(credited === null
      ? []
      : [
          `  the attempt ${credited.passed ? 'passed' : 'failed'}; counted in ${credited.cluster}${
            credited.applied === null
              ? ''
              : `; the model says it applied: ${credited.applied.join(', ') || 'none'}`
          }`,
        ]),
    ...one.changed.map(({ id, state, why }) => `  ${id} became ${state}: ${why}`),
    '',
  ];
}
