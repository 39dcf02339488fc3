import { createHash } from 'node:crypto';
import { wordsOf } from '../core/lesson.ts';
import type { Memory, MemoryDraft } from '../core/memory.ts';
import type { MemoryFailure } from './failure.ts';
import { noStats, wordLikeness } from './operations.ts';
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
  const known = likeTexts();
  const taken = new Set<string>();
  for (const memory of opened.all()) {
    known.put(groupOf(memory), textOf(memory));
    taken.add(memory.id);
  }
  const added: Memory[] = [];
  for (const draft of drafts) {
    const text = textOf(draft);
    if (known.has(groupOf(draft), text)) continue;
    known.put(groupOf(draft), text);
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
 * first few of each in any fixed order, here long words first.
 */
function likeTexts() {
  const exact = new Set<string>();
  const byWord = new Map<string, string[]>();
  const prefixOf = (text: string) => {
    const words = [...new Set(text.toLowerCase().match(/[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]+/gu) ?? [])];
    words.sort((one, other) => other.length - one.length || (one < other ? -1 : 1));
    return words.slice(0, words.length - Math.ceil(alike * words.length) + 1);
  };
  const plain = (group: string, text: string) => `${group}\n${text.replace(/\s+/g, ' ').trim()}`;
  return {
    put(group: string, text: string): void {
      exact.add(plain(group, text));
      if (!group.startsWith('lesson')) return;
      for (const word of prefixOf(text)) {
        const list = byWord.get(`${group} ${word}`) ?? [];
        list.push(text);
        byWord.set(`${group} ${word}`, list);
      }
    },
    has(group: string, text: string): boolean {
      if (exact.has(plain(group, text))) return true;
      if (!group.startsWith('lesson')) return false;
      return prefixOf(text).some((word) =>
        (byWord.get(`${group} ${word}`) ?? []).some((other) => wordLikeness(text, other) >= alike),
      );
    },
  };
}
