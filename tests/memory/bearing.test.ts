import { describe, expect, it } from 'vitest';
import type { Memory } from '../../src/core/memory.ts';
import { bearingOf } from '../../src/memory/bearing.ts';
import { commonStems, namesAsWords, wordsOfGoals } from '../../src/memory/topics.ts';
import { lessonOf } from './plain.ts';

const lesson = (id: string, about: string, names: string[] = []) =>
  lessonOf(id, {
    when: 'a result is handed on',
    do: `do ${id}`,
    why: 'it fails',
    key: '',
    about,
    names,
    signatures: [],
    seenIn: [`session-${id}`],
    provenance: { session: `session-${id}`, attempt: 2, model: null, goal: about, taint: 'output' },
  });

/** What makes a word rare: other goals that do not hold it. */
const elsewhere = Array.from({ length: 12 }, (_, at) =>
  lesson(`other-${at}`, `another goal ${at}`, ['load']),
);
const borne = (text: string, names: readonly string[], one: Memory, others: readonly Memory[] = elsewhere) =>
  bearingOf({ text, names }, [], [one, ...others], [])(one);

describe('the words of a goal', () => {
  it('are the same in the plural and in other forms of a verb', () => {
    expect(wordsOfGoals('The ledgers are closed')).toEqual(wordsOfGoals('the ledger are closing'));
  });

  it('hold the parts of identifiers, and no numbers', () => {
    const words = wordsOfGoals('sealFare 42');
    expect(words.has('seal')).toBe(true);
    expect(words.has('42')).toBe(false);
  });

  it('of any goal are common, and so is a name that is made of them alone', () => {
    expect(
      [...wordsOfGoals('Write a function that returns the list')].every((word) => commonStems.has(word)),
    ).toBe(true);
    expect(namesAsWords(['print', 'seal_list'])).toEqual(['seal_list()']);
  });
});

describe('what bears a lesson out', () => {
  const kiln = lesson('kiln', 'answer_1(values) for each kiln: give their sum', [
    'stow_kiln',
    'kiln.fire',
    'load',
  ]);

  it('is one rare word that two short goals share', () => {
    expect(borne('The kilns: pick the maximum', [], kiln).sameTopic).toBe(true);
    expect(borne('The ferries: pick the maximum', [], kiln).sameTopic).toBe(false);
  });

  it('is no rare word that a long goal holds among many others', () => {
    const long =
      'Given coordinates of a polygon around the kiln, compute its perimeter, rotate every vertex by an angle, drop duplicated corners, and serialise the remaining geometry as compact hexadecimal blocks.';
    expect(borne(long, [], kiln).sameTopic).toBe(false);
    expect(borne('The kilns: pick the maximum', [], lesson('long', long)).sameTopic).toBe(false);
  });

  it('is a name of code that few goals came with, whatever the words say', () => {
    expect(borne('pick the maximum', ['stow_kiln', 'kiln.fire'], kiln).byNames).toBe(true);
    expect(borne('pick the maximum', ['dim_to', 'load'], kiln).byNames).toBe(false);
  });

  it('is no name that goals of other lessons came with as often', () => {
    expect(borne('pick the maximum', ['load'], kiln).byNames).toBe(false);
  });
});
