import type { Memory } from '../core/memory.ts';
import type { Embedder } from '../core/seams.ts';
import { lexicalIndex } from './lexical.ts';
import { type CandidateCard, type RecallSource, searchedText } from './recall.ts';

const fields = ['key', 'about'] as const;

/** Memories that are all at hand, indexed in this process: for a bench, a test, or a handful of them. Fails only as the embedder does. */
export async function collectionOf(memories: readonly Memory[], embedder: Embedder): Promise<RecallSource> {
  const byId = new Map(memories.map((memory) => [memory.id, memory]));
  const cards = new Map<string, CandidateCard>(
    memories.map(({ id, kind, state, scope }) => [id, { id, kind, state, ...scope }]),
  );
  const index = async (field: (typeof fields)[number]) => {
    const words = lexicalIndex();
    const filled = memories.filter((memory) => searchedText(memory, field) !== '');
    for (const memory of filled) words.put(memory.id, searchedText(memory, field));
    const vectors = await embedder.embed(filled.map((memory) => searchedText(memory, field)));
    return { words, rows: filled.map(({ id }, at) => ({ id, vector: vectors[at] ?? new Float32Array(0) })) };
  };
  const indexes = { key: await index('key'), about: await index('about') };
  const accepting = (accepts?: (card: CandidateCard) => boolean) => (id: string) => {
    const card = cards.get(id);
    return card !== undefined && (accepts?.(card) ?? true);
  };
  return {
    memory: (id) => byId.get(id),
    card: (id) => cards.get(id),
    withHash: (hash) =>
      memories.flatMap((memory) =>
        memory.kind === 'lesson' &&
        memory.signatures.some((one) => [one.h0, one.h1, one.h2, one.hash].includes(hash))
          ? [memory.id]
          : [],
      ),
    rarity: (field) => ({
      documents: indexes[field].words.size,
      holders: (word) => indexes[field].words.holders(word),
    }),
    lexical: (field, text, limit, accepts) => indexes[field].words.search(text, limit, accepting(accepts)),
    async vector(field, text, limit, accepts) {
      const [query = new Float32Array(0)] = await embedder.embed([text]);
      const allowed = accepting(accepts);
      return indexes[field].rows
        .filter(({ id }) => allowed(id))
        .map(({ id, vector }) => ({
          id,
          similarity: vector.reduce((sum, value, at) => sum + value * (query[at] ?? 0), 0),
        }))
        .sort((one, other) => other.similarity - one.similarity || (one.id < other.id ? -1 : 1))
        .slice(0, limit);
    },
  };
}
