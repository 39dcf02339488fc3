import { describe, expect, it } from 'vitest';
import { compareFacts } from '../../src/core/divergence.ts';
import type { EventBody, SessionEvent } from '../../src/core/events.ts';
import { runSession } from '../../src/core/loop.ts';
import { along, beyond, reenact } from '../../src/core/reenact.ts';
import type { Toolkit } from '../../src/core/seams.ts';
import { factsOf, standing } from '../../src/core/standing.ts';
import { initialState, reduce } from '../../src/core/state.ts';
import { drain } from '../../src/core/stream.ts';
import {
  clean,
  code,
  makeTask,
  makeToolkit,
  play,
  reply,
  runResult,
  type World,
} from '../support/toolkit.ts';
import {
  expectSame,
  goOn,
  record,
  resumedAfter,
  stamped,
  start,
  withRetries,
  world,
  worldAfter,
} from './records.ts';

describe('a session that was cut off', () => {
  it('goes on from every event to the same end, and says nothing twice', async () => {
    const whole = stamped((await play(world)).events);
    expect(whole.at(-1)).toMatchObject({
      type: 'session.ended',
      outcome: { ending: 'verified', attempts: 4 },
    });
    for (let cut = 1; cut < whole.length; cut += 1) {
      const before = whole.slice(0, cut);
      const { more, journal } = await goOn(before, before, makeToolkit(worldAfter(before)).toolkit);
      expect(more[0]).toEqual(resumedAfter(cut));
      expect(more.filter((event) => event.type === 'session.resumed')).toHaveLength(1);
      expectSame(whole, journal, `cut at ${cut}`);
      expect(journal.reduce(reduce, initialState).outcome?.ending).toBe('verified');
    }
  });

  it('goes on from every event of a session whose model was tried again, and of one that goes on already', async () => {
    const whole = await record(withRetries(makeToolkit(world).toolkit));
    expect(whole.filter((event) => event.type === 'model.retried')).toHaveLength(14);
    for (let cut = 1; cut < whole.length; cut += 3) {
      const before = whole.slice(0, cut);
      const first = await goOn(before, before, withRetries(makeToolkit(worldAfter(before)).toolkit));
      const again = first.journal.slice(0, Math.min(cut + 2, first.journal.length - 1));
      const second = await goOn(again, standing(again), makeToolkit(worldAfter(again)).toolkit);
      expect(second.journal.at(-1), `cut at ${cut}`).toMatchObject({
        type: 'session.ended',
        outcome: { ending: 'verified', attempts: 4 },
      });
      expect(second.journal.map((event) => event.seq)).toEqual(second.journal.map((_, at) => at + 1));
    }
  });

  it('is marked as resumed before the world is asked, not when it first answers', async () => {
    const whole = stamped((await play(world)).events);
    const cut = whole.findIndex((event) => event.type === 'model.asked') + 1;
    const { toolkit } = makeToolkit(world);
    const said: string[] = [];
    const silent: Toolkit = {
      ...toolkit,
      model: {
        ...toolkit.model,
        // biome-ignore lint/correctness/useYield: nothing is said before the failure.
        async *reply() {
          said.push('asked');
          return { kind: 'failure', failure: 'network', message: 'gone' };
        },
      },
    };
    const before = whole.slice(0, cut);
    const stream = beyond(
      runSession(start, makeTask(), reenact(before, silent).toolkit, new AbortController().signal),
      factsOf(before),
      () => {
        said.push('resumed');
        return resumedAfter(cut);
      },
    );
    await drain(stream);
    expect(said).toEqual(['resumed', 'asked']);
  });

  it.each([
    ['a step in another place', 3, { type: 'step.started', step: 1, title: '' }, 'type'],
    ['another check', 5, { type: 'run.started', step: 1, attempt: 0, check: 'other', runner: 'x' }, 'check'],
  ] as const)('is not gone on with by a loop that says something else: %s', async (_, at, forgery, path) => {
    const before = stamped((await play(world)).events).slice(0, 12);
    const forged = before.map((event, index) =>
      index === at ? { ...forgery, seq: event.seq, at: event.at } : event,
    );
    const { result, more } = await goOn(forged, forged, makeToolkit(world).toolkit);
    expect(result).toMatchObject({ seq: at + 1, path });
    expect(more).toEqual([]);
  });

  it('is not gone on with on the results of another program', async () => {
    const whole = stamped((await play(world)).events);
    const written = whole.findIndex((event) => event.type === 'program.written');
    const replied = whole.findLastIndex((event, at) => at < written && event.type === 'model.replied');
    const forged = whole
      .slice(0, -2)
      .map((event, at) =>
        at === replied && event.type === 'model.replied'
          ? { ...event, reply: reply(code('another')) }
          : event,
      );
    const { result, more } = await goOn(forged, forged, makeToolkit(world).toolkit);
    expect(result).toMatchObject({ type: 'program.written', path: 'hash' });
    expect(more).toEqual([]);
  });

  it('is not gone on with when the loop ends before the record does', async () => {
    const whole = stamped((await play(world)).events);
    const longer = [...whole, ...stamped([{ type: 'step.ended', step: 2, passed: true }], whole.length + 1)];
    const { result, more } = await goOn(longer, longer, makeToolkit(world).toolkit);
    expect(result).toMatchObject({ type: 'step.ended', now: 'the end of the session' });
    expect(more).toEqual([]);
  });

  it('has its programs scanned again: a record makes none safe', async () => {
    const whole = stamped((await play(world)).events);
    const scanned = whole.findIndex((event) => event.type === 'program.scanned');
    const before = whole.slice(0, scanned + 1);
    const ran: string[] = [];
    const { toolkit } = makeToolkit({
      ...worldAfter(before),
      run: () => {
        ran.push('a program');
        return runResult();
      },
      toolkit: { scan: () => ({ ...clean, decision: 'deny' }) },
    });
    const { more } = await goOn(before, before, toolkit);
    expect(more.find((event) => event.type === 'verdict.reached')).toMatchObject({
      verdict: { kind: 'blocked' },
    });
    expect(ran).toEqual([]);
  });
});

describe('a fork', () => {
  async function fork(
    before: readonly SessionEvent[],
    live: World,
    over: Partial<ReturnType<typeof makeTask>>,
  ) {
    const events: EventBody[] = [];
    const departures: string[] = [];
    const { toolkit, forget } = reenact(before, makeToolkit(live).toolkit);
    const outcome = await drain(
      along(
        runSession(start, makeTask(over), toolkit, new AbortController().signal),
        factsOf(before),
        (divergence) => {
          departures.push(`${divergence.type} ${divergence.path}`);
          forget();
        },
      ),
      (event) => {
        events.push(event);
      },
    );
    return { outcome, events, departures };
  }

  it('is the record up to its event, and the live world from there', async () => {
    const whole = stamped((await play(world)).events);
    const cut = whole.findIndex((event) => event.type === 'diagnosis.made') + 1;
    const { outcome, events, departures } = await fork(
      whole.slice(0, cut),
      { says: { code: [code('good at once')] } },
      {},
    );
    expect(departures).toEqual([]);
    expect(outcome).toMatchObject({ ending: 'verified', attempts: 2 });
    const prefix = factsOf(whole.slice(0, cut));
    expectSame(prefix, factsOf(stamped(events)).slice(0, prefix.length), 'prefix');
  });

  it('asks the world as soon as it goes another way: no recorded answer counts for another question', async () => {
    const whole = stamped((await play(world)).events);
    const denied: string[] = [];
    const { outcome, departures } = await fork(
      whole,
      {
        says: { code: [code('good')] },
        toolkit: {
          scan: (program) => {
            const first = program.files.some((file) => /bad one/.test(file.content));
            if (first) denied.push(program.entry);
            return first ? { ...clean, decision: 'deny' } : clean;
          },
        },
      },
      {},
    );
    expect(denied).toHaveLength(1);
    expect(departures).toEqual(['run.started type']);
    expect(outcome).toMatchObject({ ending: 'verified', attempts: 2 });
  });
});

describe('state', () => {
  it('is the same without the deltas', async () => {
    const { events } = await play(world);
    const all = stamped(events);
    expect(all.some((event) => event.type === 'model.delta')).toBe(true);
    const whole = all.reduce(reduce, initialState);
    expect(all.filter((event) => !event.type.endsWith('.delta')).reduce(reduce, initialState)).toEqual(whole);
    expect(whole.steps[0]?.attempts.map((attempt) => attempt.verdict?.kind)).toEqual([
      'failed',
      'malformed',
      'failed',
      'passed',
    ]);
    expect(whole).toMatchObject({ phase: 'ended', calls: 7, asking: null, running: null });
  });
});

describe('the first difference between a record and a new run', () => {
  const [first] = stamped([{ type: 'diagnosis.made', step: 1, attempt: 1, diagnosis: { text: 'a' } }]);
  if (!first) throw new Error('there is one event');

  it('is named by its path', () => {
    const now: EventBody = { type: 'diagnosis.made', step: 1, attempt: 1, diagnosis: { text: 'b' } };
    expect(compareFacts(first, now)).toEqual({
      seq: 1,
      type: 'diagnosis.made',
      path: 'diagnosis.text',
      recorded: 'a',
      now: 'b',
    });
  });

  it('is not a matter of times', () => {
    expect(
      compareFacts(first, { type: 'diagnosis.made', step: 1, attempt: 1, diagnosis: { text: 'a' } }),
    ).toBeNull();
  });
});
