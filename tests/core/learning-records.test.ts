import { describe, expect, it } from 'vitest';
import { compareFacts } from '../../src/core/divergence.ts';
import type { EventBody } from '../../src/core/events.ts';
import { runSession } from '../../src/core/loop.ts';
import { beyond, reenact } from '../../src/core/reenact.ts';
import { answeredRequests, factsOf } from '../../src/core/standing.ts';
import { initialState, reduce } from '../../src/core/state.ts';
import { drain } from '../../src/core/stream.ts';
import { memoryLedger } from '../support/ledger.ts';
import { code, makeTask, makeToolkit, play, type World } from '../support/toolkit.ts';
import { expectSame, resumedAfter, stamped } from './records.ts';

const lesson = { when: 'you call the ledger', do: 'open it before you add to it', why: 'it is closed' };
const says = {
  code: [code('x = 1\nbad'), code('x = 1\ngood')],
  diagnose: [{ text: 'The ledger was closed.' }],
  lesson: [lesson],
};
const start = { session: 'one', version: '0', memory: true };

/** A session that recalls a lesson of an earlier one, fails, mends and learns: its events and the memory after it. */
async function recorded() {
  const memory = memoryLedger();
  const world: World = { says, toolkit: { memory: memory.store() } };
  await play(world, { goal: 'the first goal' }, undefined, { memory: true, session: 'zero' });
  const { events } = await play(world, {}, undefined, { memory: true, session: 'one' });
  return { events: stamped(events), memory };
}

/** What the world says after the answered requests. */
function worldAfter(
  events: Parameters<typeof answeredRequests>[0],
  memory: ReturnType<typeof memoryLedger>,
): World {
  const asked = answeredRequests(events).map((request) => request.purpose);
  const left = <Answer>(purpose: string, answers: Answer[]) =>
    answers.slice(Math.min(answers.length - 1, asked.filter((one) => one === purpose).length));
  return {
    says: { ...says, code: left('code', says.code) },
    toolkit: { memory: memory.store() },
  };
}

describe('a session with memory that was cut off', () => {
  it('goes on from every event to the same end, and what its record says was kept is not kept twice', async () => {
    const whole = await recorded();
    const types = whole.events.map((event) => event.type);
    for (const type of [
      'solution.recalled',
      'memory.recalled',
      'memory.credited',
      'lesson.tested',
      'memory.remembered',
    ])
      expect(types).toContain(type);
    for (let cut = 1; cut < whole.events.length; cut += 1) {
      const before = whole.events.slice(0, cut);
      const memory = (await recorded()).memory;
      const writes = [memory.used.length, memory.memories.size];
      const more: EventBody[] = [];
      const { toolkit } = makeToolkit(worldAfter(before, memory));
      const counted = { used: 0, remembered: 0 };
      const live = {
        ...toolkit,
        memory: {
          ...toolkit.memory,
          recall: async () => {
            const at = types.indexOf('memory.recalled', cut);
            const event = whole.events[at];
            if (event?.type !== 'memory.recalled')
              throw new Error('nothing is recalled after the last recall');
            const { memories, arm = 'none', propensity = 1, heldOut = [], passedOver = [] } = event;
            return { memories, arm, propensity, heldOut, passedOver };
          },
          solution: async () => null,
          credit: async () => {
            counted.used += 1;
            return [];
          },
          remember: async () => {
            counted.remembered += 1;
            return null;
          },
        },
      };
      await drain(
        beyond(
          runSession(start, makeTask(), reenact(before, live).toolkit, new AbortController().signal),
          factsOf(before),
          () => resumedAfter(cut),
        ),
        (event) => {
          more.push(event);
        },
      );
      const rest = types.slice(cut);
      expect(counted.used, `cut at ${cut}`).toBe(rest.filter((type) => type === 'memory.credited').length);
      expect(counted.remembered, `cut at ${cut}`).toBe(
        rest.filter((type) => type === 'memory.remembered').length,
      );
      expect([memory.used.length, memory.memories.size]).toEqual(writes);
      expect(more.at(-1), `cut at ${cut}`).toMatchObject({
        type: 'session.ended',
        outcome: { ending: 'verified' },
      });
    }
  });

  it('is verified from its record without a store', async () => {
    const { events } = await recorded();
    const { toolkit } = makeToolkit({ says });
    const facts = factsOf(events);
    const worldless = events.filter(
      (event) => !['run.started', 'run.ended', 'tests.reported', 'program.scanned'].includes(event.type),
    );
    const now: EventBody[] = [];
    await drain(
      runSession(start, makeTask(), reenact(worldless, toolkit).toolkit, new AbortController().signal),
      (event) => {
        if (!event.type.endsWith('.delta')) now.push(event);
      },
    );
    expect(now).toHaveLength(facts.length);
    for (const [at, fact] of facts.entries()) {
      const event = now[at];
      expect(event && compareFacts(fact, event), `fact ${at}`).toBeNull();
    }
    expectSame(events, stamped(now), 'verified');
  });

  it('shows what was recalled and learned', async () => {
    const { events } = await recorded();
    const state = events.reduce(reduce, initialState);
    expect(state.recalled.map((memory) => memory.text)).toEqual([`do: ${lesson.do}`]);
    expect(state.learned.map((one) => [one.kind, one.operation])).toEqual([
      ['lesson', 'STRENGTHEN'],
      ['solution', 'ADD'],
    ]);
  });
});
