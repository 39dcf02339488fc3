import type { Lesson } from '../../src/core/memory.ts';
import type { Embedder } from '../../src/core/seams.ts';

/** Words hashed into 64 places. */
export const hashedWords: Embedder = {
  id: 'words/64',
  dimensions: 64,
  embed: async (texts) =>
    texts.map((text) => {
      const vector = new Float32Array(64);
      for (const word of text.toLowerCase().match(/\w+/g) ?? []) {
        let hash = 7;
        for (let at = 0; at < word.length; at += 1) hash = (hash * 31 + word.charCodeAt(at)) >>> 0;
        vector[hash % 64] = (vector[hash % 64] ?? 0) + 1;
      }
      const norm = Math.hypot(...vector) || 1;
      return vector.map((value) => value / norm);
    }),
};

export function lessonOf(id: string, more: Partial<Lesson> = {}): Lesson {
  return {
    id,
    kind: 'lesson',
    sort: 'pitfall',
    when: 'a list is cut',
    do: 'count from zero',
    why: 'the last one was missing',
    key: `the slice of ${id} leaves out the last element`,
    about: `write a function that cuts lists, number ${id}`,
    signatures: [{ v: 1, tool: 'python', template: 'x', key: 'x', hash: `hash-${id}` }],
    scope: { language: 'python', runtime: 'python3', libraries: [], project: 'p1' },
    provenance: { session: 's1', attempt: 1, model: 'demo', goal: 'cut', taint: 'executed' },
    state: 'witnessed',
    stats: { injected: 0, injectedPassed: 0, heldOut: 0, heldOutPassed: 0, advantage: null },
    validFrom: '2026-11-21T10:00:00.000Z',
    seenIn: ['s1'],
    rev: 1,
    ...more,
  } as Lesson;
}
