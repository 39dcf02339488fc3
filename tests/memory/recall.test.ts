import { describe, expect, it } from 'vitest';
import type { Lesson, RecallQuery } from '../../src/core/memory.ts';
import { signatureOfText } from '../../src/core/signature.ts';
import { collectionOf } from '../../src/memory/collection.ts';
import { hashedEmbedder, hashedVector } from '../../src/memory/embedders/hashed.ts';
import { lexicalIndex } from '../../src/memory/lexical.ts';
import { mistakesIn } from '../../src/memory/mistakes.ts';
import { recallFrom } from '../../src/memory/recall.ts';
import { renderMemory } from '../../src/memory/render.ts';
import { partsOf } from '../../src/memory/tokens.ts';
import { digest } from '../support/toolkit.ts';

function lesson(id: string, key: string, more: Partial<Lesson> = {}): Lesson {
  return {
    id,
    kind: 'lesson',
    sort: 'fix',
    state: 'witnessed',
    when: `when ${id}`,
    do: `do ${id}`,
    why: 'it fails',
    key,
    about: '',
    signatures: [],
    seenIn: ['s'],
    scope: { language: 'python', runtime: null, libraries: [], project: null },
    provenance: { session: 's', attempt: 1, model: null, goal: null, taint: 'executed' },
    stats: { injected: 0, injectedPassed: 0, heldOut: 0, heldOutPassed: 0, advantage: null },
    validFrom: '2026-01-01T00:00:00.000Z',
    rev: 1,
    ...more,
  };
}

const reflect = (text: string, more: Partial<RecallQuery> = {}): RecallQuery => ({
  moment: 'reflect',
  text,
  signature: null,
  language: 'python',
  libraries: [],
  draw: 'd',
  ...more,
});

const ring = 'The ring buffer drops its oldest entry before the cursor moved.\nKeyError: oldest';
const tax = 'The invoice rounds the tax of each line instead of the total.\nAssertionError: 119 != 120';
const noise = Array.from({ length: 12 }, (_, at) =>
  lesson(`n${at}`, `Unrelated trouble number ${at} with colour${at} and shape${at} of widget${at}.`),
);

const ask = async (lessons: Lesson[], query: RecallQuery, more = {}) =>
  recallFrom(await collectionOf(lessons, hashedEmbedder), query, { embedder: hashedEmbedder.id, ...more });
const ids = async (...all: Parameters<typeof ask>) => (await ask(...all)).memories.map((one) => one.id);

describe('recall', () => {
  it('finds the lesson of the same failure and says why', async () => {
    const signature = signatureOfText(ring, 'unittest', digest);
    const signatures = signature ? [signature] : [];
    const recall = await ask(
      [lesson('ring', ring, { signatures }), lesson('tax', tax), ...noise],
      reflect(ring, { signature }),
    );
    expect(recall).toMatchObject({
      arm: 'inject',
      memories: [{ id: 'ring', trust: 'witnessed', seen: 1, scope: 'python' }],
    });
    expect(recall.memories[0]?.why).toContain('the same failure');
  });

  it('recalls nothing where nothing fits, and names what was near', async () => {
    const recall = await ask(
      [lesson('tax', tax), ...noise],
      reflect('The parser reads past the closing quote of a comment.'),
    );
    expect(recall).toMatchObject({ arm: 'none', memories: [] });
    expect(recall.passedOver.every((one) => one.why === 'not near enough')).toBe(true);
  });

  it('does not take an error of the same class alone for the same failure', async () => {
    const of = (text: string) => signatureOfText(text, 'unittest', digest);
    const one = of('KeyError: 1');
    const other = of('The map has no such entry.\nKeyError: 2');
    if (!one || !other) throw new Error('no signature');
    expect(
      await ids(
        [lesson('ring', ring, { signatures: [one] }), ...noise],
        reflect('The map has no such entry.', { signature: other }),
      ),
    ).toEqual([]);
  });

  it.each(['candidate', 'quarantined', 'superseded', 'retired'] as const)(
    'never recalls a %s',
    async (state) => {
      expect(await ids([lesson('ring', ring, { state }), ...noise], reflect(ring))).toEqual([]);
    },
  );

  it('keeps language and runtime as hard limits; a lesson of no language holds in all', async () => {
    const scope = (language: Lesson['scope']['language'], runtime: string | null = null) => ({
      scope: { language, runtime, libraries: [], project: null },
    });
    const lessons = [
      lesson('py', ring, scope('python')),
      lesson('js', ring, scope('javascript')),
      lesson('any', ring, scope(null)),
      lesson('node', ring, scope(null, 'node')),
    ];
    expect((await ids([...lessons, ...noise], reflect(ring))).sort()).toEqual(['any', 'py']);
    expect((await ids([...lessons, ...noise], reflect(ring, { language: 'typescript' }))).sort()).toEqual([
      'any',
      'js',
      'node',
    ]);
  });

  it('takes at most 3 lessons, and different ones before the same again', async () => {
    const twins = ['a', 'b', 'c', 'd'].map((id) => lesson(id, ring, { do: 'move the cursor first' }));
    const other = lesson('other', `${ring} Its length is wrong too after wrapping.`, {
      do: 'count what is kept',
    });
    const found = await ids([...twins, other, ...noise], reflect(ring));
    expect(found).toHaveLength(3);
    expect(found.slice(0, 2)).toContain('other');
  });

  it('finds at plan time by what a lesson was learned at', async () => {
    const about = 'Write a function that books a voyage with the Zephyrine ledger API and returns its stub.';
    const goal = 'Write a function that cancels a voyage with the Zephyrine ledger API and returns its stub.';
    const lessons = [
      lesson('ledger', 'irrelevant', { about }),
      ...noise.map((one) => ({ ...one, about: `Write a function that sorts widget${one.id} by colour.` })),
    ];
    expect(await ids(lessons, reflect(goal, { moment: 'plan' }))).toEqual(['ledger']);
    expect(
      await ids(
        lessons,
        reflect('Write a function that reverses the words of a sentence.', { moment: 'plan' }),
      ),
    ).toEqual([]);
  });

  it('leaves out what was tried already', async () => {
    expect(await ids([lesson('ring', ring), ...noise], reflect(ring), { without: ['ring'] })).toEqual([]);
  });
});

describe('a lesson in a prompt', () => {
  it('has at most 80 words and gives up its reason first', () => {
    const text = renderMemory(
      lesson('a', '', { do: 'word '.repeat(60), why: 'because '.repeat(60), unless: 'never' }),
    );
    expect(text.split(/\s+/).length).toBeLessThanOrEqual(80);
    expect(text).toContain('unless: never');
    expect(text).not.toContain('because');
    expect(
      renderMemory(lesson('a', '', { do: 'word '.repeat(200) })).split(/\s+/).length,
    ).toBeLessThanOrEqual(81);
  });
});

describe('the signals', () => {
  it('BM25 gives a text the whole of its own score', () => {
    const index = lexicalIndex();
    index.put('one', 'alpha beta gamma');
    index.put('two', 'delta epsilon zeta');
    expect(index.search('alpha beta gamma', 5)).toMatchObject([{ id: 'one', share: 1 }]);
    index.remove('one');
    expect(index.search('alpha beta gamma', 5)).toEqual([]);
  });

  it('the hashed vectors have length 1 and know parts of words', () => {
    const dot = (a: Float32Array, b: Float32Array) =>
      a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
    const one = hashedVector('readFileSync');
    expect(dot(one, one)).toBeCloseTo(1, 5);
    expect(dot(one, hashedVector('read_file_sync'))).toBeGreaterThan(dot(one, hashedVector('parseInt')));
    expect(hashedVector('')).toHaveLength(hashedEmbedder.dimensions);
    expect(partsOf('readFileSync')).toEqual(['read', 'file', 'sync']);
  });

  it('two ways to say one mistake have a topic in common; code has none', () => {
    expect(mistakesIn('The quotation marks are never closed here.')).toContain('quotation');
    expect(mistakesIn('There is an unterminated string in the return statement.')).toContain('quotation');
    expect(mistakesIn('if (a[i] <= b) return "x";')).toEqual([]);
  });
});
