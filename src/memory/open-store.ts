import type { Memory } from '../core/memory.ts';
import type { Embedder, MemoryStore } from '../core/seams.ts';
import { type Ledger, makeMemoryStore } from './make-store.ts';
import { promote } from './promote.ts';
import { codeReading, recallFrom } from './recall.ts';
import { type OpenedMemory, openMemory } from './store.ts';

export interface StoreNeeds {
  /** `memory/` of the home. */
  directory: string;
  /** Null: no global store. */
  globalDirectory: string | null;
  /** Identity of the project. */
  project: string;
  embedder: Embedder;
  /** Share of recalls that are left out on purpose; 0: none. */
  holdOut: number;
  seed: number;
  /** False: nothing is remembered or credited. */
  learns?: boolean;
}

/** How many of the nearest by words are looked at for the same lesson or goal. */
const nearest = 20;

/** The verbs of memory over the log and its indexes in a folder, and the log itself for those who look after it. */
export function openMemoryStore(needs: StoreNeeds): { store: MemoryStore; opened: OpenedMemory } {
  const { directory, globalDirectory, project, embedder, holdOut, seed, learns = true } = needs;
  const opened = openMemory({ directory, globalDirectory, project, embedder, reading: codeReading });
  const { candidates } = opened;
  const ledger: Ledger = {
    near({ kind, about, key, hashes }) {
      const accepts = (card: { kind: Memory['kind'] }) => card.kind === kind;
      const ids = new Set([
        ...hashes.flatMap((hash) => candidates.withHash(hash).slice(0, nearest)),
        ...(key === '' ? [] : candidates.lexical('key', key, nearest, accepts).map((hit) => hit.id)),
        ...(about === '' ? [] : candidates.lexical('about', about, nearest, accepts).map((hit) => hit.id)),
      ]);
      return [...ids].flatMap((id) => candidates.memory(id) ?? []).filter((memory) => memory.kind === kind);
    },
    byId: (id) => candidates.memory(id),
    uses: () => opened.uses(),
    append: (events) => opened.append(events),
    ...(globalDirectory === null ? {} : { promote: async (id) => await promote(opened, id, directory) }),
  };
  const store = makeMemoryStore({
    ledger,
    fitting: (query) =>
      recallFrom(candidates, query, {
        embedder: embedder.id,
        project,
        // A program for another goal says nothing in one line; for the very goal it answers by itself.
        accepts: (card) => card.kind !== 'solution',
        ...(query.without ? { without: query.without } : {}),
      }),
    project,
    holdOut,
    seed,
    learns,
  });
  return { store, opened };
}
