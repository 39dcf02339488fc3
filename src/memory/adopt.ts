import { createHash } from 'node:crypto';
import { wordsOf } from '../core/lesson.ts';
import type { Memory, MemoryDraft } from '../core/memory.ts';
import type { MemoryFailure } from './failure.ts';
import { noStats } from './operations.ts';
import type { OpenedMemory } from './store.ts';

/** Puts imported drafts beside what is there. One append: all or none. */

export interface Adopted {
  kind: 'adopted';
  ids: string[];
  /** How many were left out because the store, or the file before them, says the same. */
  known: number;
}

/** Word sets (Jaccard) this alike say the same. */
const alike = 0.9;

/** Adds what is not there yet. `project` null puts it to the global store. Fails as an append does. */
export async function adopt(
  opened: Pick<OpenedMemory, 'all' | 'isForgotten' | 'append'>,
  drafts: readonly MemoryDraft[],
  options: { project: string | null; at: string },
): Promise<Adopted | MemoryFailure> {
  const there = opened.all();
  const known = likeTexts([...there, ...drafts]);
  const taken = new Set<string>();
  for (const memory of there) {
    known.put(memory);
    taken.add(memory.id);
  }
  const added: Memory[] = [];
  for (const draft of drafts) {
    if (known.has(draft)) continue;
    known.put(draft);
    const id = freeId(draft, (one) => taken.has(one) || opened.isForgotten(one));
    taken.add(id);
    const scope = { ...draft.scope, project: options.project };
    added.push({ ...draft, scope, id, stats: noStats, validFrom: options.at, rev: 1 } as Memory);
  }
  if (added.length > 0) {
    const done = await opened.append(added.map((memory) => ({ op: 'add' as const, memory })));
    if (done.kind === 'failed') return done;
  }
  return { kind: 'adopted', ids: added.map(({ id }) => id), known: drafts.length - added.length };
}

function textOf(memory: Memory | MemoryDraft): string {
  if (memory.kind === 'lesson') return `${memory.key}\n${wordsOf(memory)}`;
  if (memory.kind === 'fact') return memory.fact;
  return `${memory.goal}\n${JSON.stringify(memory.program.files)}\n${memory.checks.hash}`;
}

/** Only lessons of one language are compared by likeness; facts and solutions must be the same. */
function groupOf(memory: Memory | MemoryDraft): string {
  return memory.kind === 'lesson' ? `lesson ${memory.scope.language ?? ''}` : memory.kind;
}

/** An id of its own making: what a file says its ids are is not believed. */
function freeId(draft: MemoryDraft, isTaken: (id: string) => boolean): string {
  for (let salt = 0; ; salt += 1) {
    const hash = createHash('sha256')
      .update(JSON.stringify([salt, draft.kind, textOf(draft)]))
      .digest('hex');
    const id = `${draft.kind.charAt(0)}${hash.slice(0, 11)}`;
    if (!isTaken(id)) return id;
  }
}

/**
 * Texts with near ones found by prefix filtering (Chaudhuri, Ganti and Kaushik, 2006): two sets as alike as `alike` share a word among the
 * first few of each in any fixed order, here rare words first (`all` are the texts to come).
 */
function likeTexts(all: readonly (Memory | MemoryDraft)[]) {
  const counts = new Map<string, number>();
  for (const memory of all) {
    for (const word of wordSet(textOf(memory))) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const rarity = (word: string) => counts.get(word) ?? 0;
  const exact = new Set<string>();
  const byWord = new Map<string, Entry[]>();
  const entryOf = (memory: Memory | MemoryDraft): Entry => {
    const sorted = [...wordSet(textOf(memory))].sort(
      (one, other) => rarity(one) - rarity(other) || (one < other ? -1 : 1),
    );
    const said = memory.kind === 'lesson' ? wordSet(wordsOf(memory)) : new Set<string>();
    return {
      all: new Set(sorted),
      said,
      prefix: sorted.slice(0, sorted.length - Math.ceil(alike * sorted.length) + 1),
    };
  };
  const plain = (memory: Memory | MemoryDraft) =>
    `${groupOf(memory)}\n${textOf(memory).replace(/\s+/g, ' ').trim()}`;
  return {
    put(memory: Memory | MemoryDraft): void {
      exact.add(plain(memory));
      if (memory.kind !== 'lesson') return;
      const entry = entryOf(memory);
      for (const word of entry.prefix) {
        const key = `${groupOf(memory)} ${word}`;
        const list = byWord.get(key);
        if (list) list.push(entry);
        else byWord.set(key, [entry]);
      }
    },
    has(memory: Memory | MemoryDraft): boolean {
      if (exact.has(plain(memory))) return true;
      if (memory.kind !== 'lesson') return false;
      const mine = entryOf(memory);
      return mine.prefix.some((word) =>
        (byWord.get(`${groupOf(memory)} ${word}`) ?? []).some(
          (other) => jaccard(mine.said, other.said) >= alike && jaccard(mine.all, other.all) >= alike,
        ),
      );
    },
  };
}

/** The words of the whole and of the advice alone: both have to be alike, for one error may have two remedies. */
interface Entry {
  all: Set<string>;
  said: Set<string>;
  prefix: string[];
}

function wordSet(text: string): Set<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]+/gu) ?? []);
}

function jaccard(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  const [small, large] = one.size <= other.size ? [one, other] : [other, one];
  if (large.size === 0) return 1;
  if (small.size < alike * large.size) return 0;
  let shared = 0;
  for (const word of small) if (large.has(word)) shared += 1;
  return shared / (one.size + other.size - shared);
}
