import { expect } from 'vitest';
import { compareFacts } from '../../src/core/divergence.ts';
import type { EventBody, SessionEvent } from '../../src/core/events.ts';
import { runSession } from '../../src/core/loop.ts';
import { beyond, reenact } from '../../src/core/reenact.ts';
import type { ModelFailure, Toolkit } from '../../src/core/seams.ts';
import { answeredRequests, factsOf } from '../../src/core/standing.ts';
import { drain } from '../../src/core/stream.ts';
import { code, makeTask, type World } from '../support/toolkit.ts';

/** Sessions in memory that are recorded, cut and gone on with. */

export const start = { session: 's', version: '0', memory: false };
export const world: World = {
  says: {
    code: [code('bad one'), 'prose', code('bad two'), code('good')],
    diagnose: [{ text: 'why one' }, { text: 'why two' }],
  },
};

export function stamped(bodies: readonly EventBody[], from = 1): SessionEvent[] {
  return bodies.map((body, at) => ({ ...body, seq: from + at, at: '2026-11-21T00:00:00.000Z' }));
}

/** The same world as it stands after the answered calls: a live model does not start again with its first answer. */
export function worldAfter(events: readonly SessionEvent[]): World {
  const asked = answeredRequests(events).map((request) => request.purpose);
  const left = (purpose: 'code' | 'diagnose') =>
    (world.says?.[purpose] ?? []).slice(asked.filter((one) => one === purpose).length);
  return { ...world, says: { code: left('code'), diagnose: left('diagnose') } };
}

export function resumedAfter(after: number): EventBody {
  return { type: 'session.resumed', after, version: '0', model: 'test' };
}

/** Goes on behind `before`, the events of the journal that count, in a live world; gives what is added to the journal. */
export async function goOn(
  journal: readonly SessionEvent[],
  before: readonly SessionEvent[],
  live: Toolkit,
  signal = new AbortController().signal,
) {
  const more: EventBody[] = [];
  const result = await drain(
    beyond(runSession(start, makeTask(), reenact(before, live).toolkit, signal), factsOf(before), () =>
      resumedAfter(before.at(-1)?.seq ?? 0),
    ),
    (event) => {
      more.push(event);
    },
  );
  return { result, more, journal: [...journal, ...stamped(more, journal.length + 1)] };
}

/** Two records of one session, times aside. */
export function expectSame(
  one: readonly SessionEvent[],
  other: readonly SessionEvent[],
  label: string,
): void {
  const facts = factsOf(one);
  const others = factsOf(other);
  expect(
    others.map((event) => event.type),
    label,
  ).toEqual(facts.map((event) => event.type));
  for (const [at, fact] of facts.entries()) {
    const now = others[at];
    if (now) expect(compareFacts(fact, now), `${label}, fact ${at}`).toBeNull();
  }
}

/** A toolkit whose model first fails so that it is tried again, each time. */
export function withRetries(toolkit: Toolkit): Toolkit {
  const failure: ModelFailure = { kind: 'failure', failure: 'overloaded', message: 'busy' };
  return {
    ...toolkit,
    model: {
      ...toolkit.model,
      async *reply(request, signal) {
        yield { kind: 'retry', failure, retry: 1, waitMs: 1 };
        yield { kind: 'retry', failure, retry: 2, waitMs: 2 };
        return yield* toolkit.model.reply(request, signal);
      },
    },
  };
}

export async function record(
  toolkit: Toolkit,
  signal = new AbortController().signal,
): Promise<SessionEvent[]> {
  const events: EventBody[] = [];
  await drain(runSession(start, makeTask(), toolkit, signal), (event) => {
    events.push(event);
  });
  return stamped(events);
}
