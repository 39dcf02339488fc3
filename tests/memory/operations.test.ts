import { describe, expect, it } from 'vitest';
import type { Lesson, MemoryDraft, Witness } from '../../src/core/memory.ts';
import { placeDraft, sameGoal, wordLikeness } from '../../src/memory/operations.ts';
import { digest } from '../support/toolkit.ts';

const signature = (text: string) => ({
  v: 1 as const,
  tool: 'script',
  template: text,
  key: text,
  hash: digest(text),
});
type Draft = Extract<MemoryDraft, { kind: 'lesson' }>;

function draft(over: Partial<Draft> = {}): Draft {
  return {
    kind: 'lesson',
    sort: 'fix',
    when: 'you call the ledger',
    do: 'open it before you add to it',
    why: 'a closed one drops what it is given',
    key: 'the ledger was closed',
    about: 'sum the ledger',
    signatures: [signature('AssertionError: <n>')],
    witness: {} as Witness,
    seenIn: ['two'],
    scope: { language: null, runtime: null, libraries: [], project: 'p' },
    provenance: { session: 'two', attempt: 2, model: 'test', goal: 'sum the ledger', taint: 'output' },
    state: 'witnessed',
    ...over,
  };
}

function lesson(over: Partial<Lesson> = {}): Lesson {
  return {
    ...draft(),
    id: 'old',
    seenIn: ['one'],
    stats: { injected: 0, injectedPassed: 0, heldOut: 0, heldOutPassed: 0, advantage: null },
    validFrom: '2026-11-20T00:00:00.000Z',
    rev: 3,
    ...over,
  };
}

const words = (one: { when: string; do: string }) => `${one.when} ${one.do}`;
const place = (given: MemoryDraft, near: Lesson[]) =>
  placeDraft(given, near, {
    id: 'new',
    at: '2026-11-21T00:00:00.000Z',
    likeness: (one, other) => wordLikeness(words(one), words(other)),
  });

describe('a lesson beside what is there', () => {
  it('is added where nothing says the same', () => {
    const { kept, add } = place(draft({ do: 'round half to even at the very end', when: 'money' }), [
      lesson(),
    ]);
    expect(kept).toEqual({ operation: 'ADD', id: 'new', state: 'witnessed' });
    expect(add).toMatchObject({ id: 'new', rev: 1, stats: { injected: 0 } });
  });

  it('strengthens the one that says the same, which is replicated then', () => {
    const { kept, change, add } = place(draft({ about: 'another goal' }), [lesson()]);
    expect(kept).toEqual({ operation: 'STRENGTHEN', id: 'old', state: 'replicated' });
    expect(add).toBeNull();
    expect(change).toMatchObject({ id: 'old', rev: 3, set: { seenIn: ['one', 'two'], state: 'replicated' } });
    expect(change?.set.about).toBe('sum the ledger\nanother goal');
  });

  it('completes one that lacks a part', () => {
    const said = draft({ do: 'open it always before you add to it', avoid: 'adding first' });
    const { kept, change } = place(said, [lesson()]);
    expect(kept.operation).toBe('EDIT');
    expect(change?.set).toMatchObject({ avoid: 'adding first' });
    expect(change?.set).not.toHaveProperty('do');
  });

  it('takes the place of a candidate, and of one that does harm', () => {
    for (const old of [
      lesson({ state: 'candidate' }),
      lesson({ do: 'open it before you add', stats: { ...lesson().stats, advantage: -0.3 } }),
    ]) {
      const { kept, change } = place(draft(), [old]);
      expect(kept).toEqual({ operation: 'SUPERSEDE', id: 'new', state: 'witnessed', other: 'old' });
      expect(change?.set).toMatchObject({ state: 'superseded', supersededBy: 'new' });
    }
  });

  it('does nothing when this session taught it already, and when it is a candidate beside a proven one', () => {
    expect(place(draft({ seenIn: ['one'] }), [lesson()]).kept.operation).toBe('NOOP');
    expect(place(draft({ state: 'candidate' }), [lesson()]).kept.operation).toBe('NOOP');
  });

  it('does not come back under its own words once it did harm', () => {
    const { kept, add, change } = place(draft(), [lesson({ state: 'quarantined' })]);
    expect(kept).toEqual({ operation: 'NOOP', id: 'old', state: 'quarantined' });
    expect([add, change]).toEqual([null, null]);
  });

  it('stands beside one that says the contrary', () => {
    const other = lesson({ avoid: 'open it before you add to it', do: 'add to it before you open it' });
    const { kept, add } = place(draft(), [other]);
    expect(kept.operation).toBe('ADD');
    expect(add?.note).toBe('competes with old');
  });

  it('is not merged with a lesson of another failure that is only near', () => {
    const other = lesson({
      signatures: [signature('KeyError: x')],
      do: 'open it twice before anything is added',
    });
    expect(place(draft(), [other]).kept.operation).toBe('ADD');
  });
});

describe('a verified program', () => {
  const solution = (content: string): Extract<MemoryDraft, { kind: 'solution' }> => ({
    kind: 'solution',
    goal: 'print 42',
    program: { language: 'python', entry: 'main.py', files: [{ path: 'main.py', content }] },
    checks: { checks: [], files: [], hash: 'h' },
    proof: 'user-checks',
    scope: { language: 'python', runtime: 'python3', libraries: [], project: 'p' },
    provenance: { session: 'two', attempt: null, model: 'test', goal: 'print 42', taint: 'executed' },
    state: 'witnessed',
  });
  const record = { ...solution('print(42)'), id: 'old', stats: lesson().stats, validFrom: '', rev: 1 };
  const placed = (given: MemoryDraft) =>
    placeDraft(given, [record], { id: 'new', at: '2026-11-21T00:00:00.000Z', likeness: () => 0 }).kept
      .operation;

  it('is kept once for a goal and its checks, and a newer one takes its place', () => {
    expect(placed(solution('print(42)'))).toBe('STRENGTHEN');
    expect(placed(solution('print(6 * 7)'))).toBe('SUPERSEDE');
    expect(placed({ ...solution('print(42)'), goal: 'print 43' })).toBe('ADD');
  });

  it('has the same goal whatever its white space', () => {
    expect(sameGoal(' print\n42', 'print 42')).toBe(true);
    expect(sameGoal('print 42', 'print 43')).toBe(false);
  });
});
