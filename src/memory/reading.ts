import type { Language } from '../core/domain.ts';
import type { Memory, MemoryState } from '../core/memory.ts';

/** How memories are read for the search: which text of them stands for which moment, and which words a text has. */

/** `key`: what a failure is compared with. `about`: what a goal is compared with. */
export const fields = ['key', 'about'] as const;
export type Field = (typeof fields)[number];

export interface Reading {
  /** Changes whenever `texts` or `tokens` give something else: an index of another reading is made again. */
  readonly id: string;
  /** The text of each field; empty when the memory has none. */
  texts(memory: Memory): Record<Field, string>;
  tokens(text: string): string[];
}

/** What is known of a memory without reading it whole. */
export interface Card {
  id: string;
  kind: Memory['kind'];
  state: MemoryState;
  language: Language | null;
  runtime: string | null;
  libraries: readonly string[];
  project: string | null;
}

export function cardOf(memory: Memory): Card {
  const { id, kind, state, scope } = memory;
  const { language, runtime, libraries, project } = scope;
  return { id, kind, state, language, runtime, libraries, project };
}

/** Every hash a memory's signatures have (h0, h1, h2 and the whole one), each once. */
export function hashesOf(memory: Memory): string[] {
  if (memory.kind !== 'lesson') return [];
  const hashes = memory.signatures.flatMap((signature) => {
    const { hash, h0, h1, h2 } = signature as { hash?: unknown; h0?: unknown; h1?: unknown; h2?: unknown };
    return [hash, h0, h1, h2].filter((one) => typeof one === 'string');
  });
  return [...new Set(hashes)];
}

/** Words of letters and digits in lower case: the plainest reading. */
export const plainReading: Reading = {
  id: 'plain-1',
  texts(memory) {
    if (memory.kind === 'solution') return { key: '', about: memory.goal };
    if (memory.kind === 'fact') return { key: '', about: memory.fact };
    return { key: memory.key, about: memory.about };
  },
  tokens: (text) => text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [],
};
