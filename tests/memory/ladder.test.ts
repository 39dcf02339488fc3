import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Lesson, MemoryDraft, MemoryUse, RecallQuery, Witness } from '../../src/core/memory.ts';
import { openMemoryStore } from '../../src/memory/open-store.ts';
import { hashedWords, lessonOf } from './plain.ts';
import { temporaryFolder } from './samples.ts';

/** The rungs of a lesson in a store on disk, as uses move it. */

const witness = { checks: { checks: [], files: [], hash: '' }, diff: '-a\n+b' } as unknown as Witness;

function draft(more: Partial<Lesson> = {}): MemoryDraft {
  const { id, stats, validFrom, rev, ...rest } = lessonOf('slices');
  const scope = { ...rest.scope, project: null };
  return { ...rest, scope, witness, ...more } as MemoryDraft;
}

function open(home: string, project = 'p1', holdOut = 0) {
  return openMemoryStore({
    directory: home,
    globalDirectory: path.join(home, 'global'),
    project,
    embedder: hashedWords,
    holdOut,
    seed: 1,
  });
}

const query: RecallQuery = {
  moment: 'reflect',
  text: 'the slice of slices leaves out the last element',
  signature: null,
  language: 'python',
  libraries: [],
  draw: 'x',
};

let sessions = 0;
function use(memories: string[], passed: boolean, more: Partial<MemoryUse> = {}): MemoryUse {
  sessions += 1;
  return {
    session: `u${sessions}`,
    step: 1,
    attempt: 1,
    moment: 'reflect',
    arm: memories.length > 0 ? 'inject' : 'none',
    propensity: 1,
    memories,
    applied: memories,
    cluster: 'error:slice',
    language: 'python',
    passed,
    tokens: 20,
    ...more,
  };
}

async function learnt(home: string) {
  const { store, opened } = open(home);
  const kept = await store.remember(draft());
  expect(kept).toMatchObject({ operation: 'ADD', state: 'witnessed' });
  const id = kept?.operation ? kept.id : '';
  const state = () => {
    const found = opened.byId(id);
    return found.kind === 'found' ? found.memory.state : found.kind;
  };
  return { store, opened, id, state };
}

describe('a lesson', () => {
  it('without a witness waits as a candidate and is never recalled', async () => {
    const { store } = open(temporaryFolder());
    const { witness: _none, ...unproven } = draft() as Lesson;
    const kept = await store.remember({ ...unproven, state: 'trusted' } as MemoryDraft);
    expect(kept).toMatchObject({ operation: 'ADD', state: 'candidate' });
    expect(await store.recall(query)).toMatchObject({ memories: [], arm: 'none' });
  });

  it('rises to replicated and trusted by sessions that pass with it, loses trust with its advantage, and is quarantined by harm', async () => {
    const { store, id, state } = await learnt(temporaryFolder());
    expect(await store.recall(query)).toMatchObject({ memories: [{ id, trust: 'witnessed' }] });
    for (let at = 0; at < 8; at += 1) await store.credit(use([], false));
    expect(await store.credit(use([id], true))).toMatchObject([{ id, state: 'replicated' }]);
    // Three sessions saw it hold, yet two uses are not enough to say what it adds.
    expect(await store.credit(use([id], true))).toEqual([]);
    expect(await store.credit(use([id], true))).toMatchObject([{ id, state: 'trusted' }]);
    // Others learn to do without it: what it adds is gone, and so is the trust.
    for (let at = 0; at < 60; at += 1) await store.credit(use([], true));
    expect(await store.credit(use([id], false))).toMatchObject([
      { id, state: 'replicated', why: 'attempts with it no longer pass more often' },
    ]);
    expect(await store.recall(query)).toMatchObject({ memories: [{ id }] });
    for (let at = 0; at < 8 && state() !== 'quarantined'; at += 1) await store.credit(use([id], false));
    expect(state()).toBe('quarantined');
    expect(await store.recall(query)).toMatchObject({ memories: [], arm: 'none' });
    // It does not come back under its own words.
    expect(await store.remember(draft({ seenIn: ['later'] }))).toMatchObject({
      operation: 'NOOP',
      id,
      state: 'quarantined',
    });
  });

  it('is seen to hold where the model applied it, or where it followed a failure that it is about, and not by a first try that passes anyway', async () => {
    const { store, opened, id, state } = await learnt(temporaryFolder());
    const group = lessonOf('slices').signatures[0]?.hash;
    const about = { applied: null, cluster: `error:${group}` };
    const elsewhere = [
      use([id], true, { applied: null, moment: 'plan', cluster: 'first:python' }),
      use([id], true, { applied: [] }),
      use([id], true, { applied: null, cluster: 'error:other' }),
      use([id], false, about),
    ];
    for (const one of elsewhere) expect(await store.credit(one)).toEqual([]);
    expect(state()).toBe('witnessed');
    expect(opened.byId(id)).toMatchObject({ memory: { stats: { injected: 4 }, seenIn: ['s1'] } });
    const held = use([id], true, about);
    expect(await store.credit(held)).toMatchObject([{ id, state: 'replicated' }]);
    await store.remember(draft({ seenIn: ['s7'], about: 'another' }));
    expect(opened.byId(id)).toMatchObject({
      memory: { seenIn: ['s1', held.session, 's7'], taughtIn: ['s1', 's7'] },
    });
  });

  it('that no longer holds is retired, once, and is never recalled again', async () => {
    const { store, opened, id, state } = await learnt(temporaryFolder());
    await store.retire(id, 'the interpreter changed');
    await store.retire(id, 'again');
    expect(state()).toBe('retired');
    expect(await store.recall(query)).toMatchObject({ memories: [] });
    expect(opened.history(id).map(({ op }) => op)).toEqual(['add', 'change']);
  });

  it('that says the contrary of another stands beside it, and use decides between the two', async () => {
    const { store, opened, id, state } = await learnt(temporaryFolder());
    const contrary = draft({ do: 'count from one', avoid: 'count from zero', seenIn: ['s2'] });
    const added = await store.remember(contrary);
    const other = added?.operation ? added.id : '';
    expect(other).not.toBe(id);
    const found = opened.byId(other);
    expect(found).toMatchObject({ memory: { state: 'witnessed', note: `competes with ${id}` } });
    for (let at = 0; at < 12; at += 1) await store.credit(use([], true));
    for (let at = 0; at < 8 && state() !== 'quarantined'; at += 1) {
      await store.credit(use([id], false));
      await store.credit(use([other], true));
    }
    expect(state()).toBe('quarantined');
    expect((await store.recall(query)).memories.map((memory) => memory.id)).toEqual([other]);
  });
});

describe('a lesson of one project', () => {
  it('that holds in a second one moves to the global store with what is known of it, and is found from both', async () => {
    const home = temporaryFolder();
    const { store, id } = await learnt(home);
    expect(await store.credit(use([id], true))).toMatchObject([{ id, state: 'replicated' }]);
    const elsewhere = open(home, 'p2');
    const changed = await elsewhere.store.credit(use([id], true));
    expect(changed.at(-1)).toMatchObject({ id, why: expect.stringContaining('second project') });
    for (const project of ['p1', 'p2', 'p3']) {
      const { store: seen, opened } = open(home, project);
      expect(opened.all().map((memory) => [memory.id, memory.scope.project])).toEqual([[id, null]]);
      expect(opened.byId(id)).toMatchObject({ memory: { stats: { injected: 2 }, seenIn: { length: 3 } } });
      expect(await seen.recall(query)).toMatchObject({ memories: [{ id }] });
      expect(opened.problems()).toEqual([]);
      const before = await opened.dump();
      expect(await opened.rebuild()).toBeNull();
      expect(await opened.dump()).toBe(before);
    }
    const { store: again, opened } = open(home, 'p3');
    await again.credit(use([id], true));
    expect(opened.history(id).filter(({ op }) => op === 'add')).toHaveLength(2);
    expect(opened.byId(id)).toMatchObject({ memory: { stats: { injected: 3 } } });
    await opened.append([{ op: 'forget', id, why: 'by hand' }]);
    expect(open(home).opened.byId(id)).toEqual({ kind: 'none' });
  });

  it('stays where it is while one project only saw it hold, or the second one saw it fail', async () => {
    const home = temporaryFolder();
    const { store, id, opened } = await learnt(home);
    await store.credit(use([id], true));
    await store.credit(use([id], true));
    await open(home, 'p2').store.credit(use([id], false));
    await open(home, 'p2').store.credit(use([id], true, { applied: [] }));
    const first = { applied: null, moment: 'plan' as const, cluster: 'first:python' };
    expect(await open(home, 'p2').store.credit(use([id], true, first))).toEqual([]);
    expect(opened.byId(id)).toMatchObject({ memory: { scope: { project: 'p1' } } });
  });

  it('is moved once when a stop left it in both stores', async () => {
    const home = temporaryFolder();
    const { opened, id, store } = await learnt(home);
    await store.credit(use([id], true));
    const found = opened.byId(id);
    if (found.kind !== 'found') throw new Error('it is gone');
    const scope = { ...found.memory.scope, project: null };
    await opened.append([{ op: 'add', memory: { ...found.memory, scope } }]);
    expect(open(home).opened.all()).toHaveLength(2);
    const second = open(home, 'p2');
    await second.store.credit(use([id], true));
    expect(second.opened.all()).toHaveLength(1);
    expect(second.opened.problems()).toEqual([]);
  });

  it('taught again in a second project moves as well', async () => {
    const home = temporaryFolder();
    const { id } = await learnt(home);
    const second = open(home, 'p2');
    expect(await second.store.remember(draft({ seenIn: ['s9'], about: 'another' }))).toMatchObject({
      operation: 'STRENGTHEN',
      id,
      state: 'replicated',
    });
    expect(second.opened.byId(id)).toMatchObject({ memory: { scope: { project: null } } });
  });
});

describe('a language in which memory does not help', () => {
  it('is switched off and says so, gets the rest of the draws, and another language is not touched', async () => {
    const home = temporaryFolder();
    const { store, id, opened } = await learnt(home);
    const uses = [
      ...Array.from({ length: 40 }, (_, at) =>
        use([id], at < 8, { memories: ['gone'], cluster: 'first:python' }),
      ),
      ...Array.from({ length: 40 }, (_, at) => use([id], at < 34, { arm: 'hold-out', memories: ['gone'] })),
    ];
    await opened.append(uses.map((one) => ({ op: 'used' as const, use: one })));
    const recall = await open(home, 'p1', 0.1).store.recall(query);
    expect(recall).toMatchObject({ arm: 'hold-out', propensity: 0.9, memories: [], heldOut: [{ id }] });
    expect(recall.passedOver[0]?.why).toMatch(
      /switched off for python: 8 of 40 attempts passed with it, 34 of 40/,
    );
    const none = await store.recall(query);
    expect(none.arm).toBe('hold-out');
    await store.remember(draft({ scope: { language: null, runtime: null, libraries: [], project: null } }));
    expect((await store.recall({ ...query, language: 'shell' })).passedOver).toEqual([]);
  });
});
