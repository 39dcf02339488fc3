import { createHash } from 'node:crypto';
import type { Memory, MemoryUse } from '../core/memory.ts';
import type { Embedder } from '../core/seams.ts';
import type { MemoryEntry, MemoryEvent } from './entries.ts';
import type { MemoryFailure } from './failure.ts';
import { comesFirst, type VectorHit } from './flat.ts';
import type { Rarity } from './names.ts';
import { type LexicalHit, rankByScores, type Scores, scoresOf } from './rank.ts';
import { type Card, type Field, fields, plainReading, type Reading } from './reading.ts';
import { openShelf, type Shelf } from './shelf.ts';
import type { Vectors } from './vectors.ts';

/** What recall searches: every memory of the home and of the global store as one collection. Up to date with the logs at each call. */
export interface Candidates {
  /** Of every memory there is: cheap, nothing is read for it. */
  cards(): Card[];
  card(id: string): Card | undefined;
  /** The whole record, read from disk at the first time. */
  memory(id: string): Memory | undefined;
  /** Memories with this hash among those of their signatures (h0, h1, h2 or the whole one). */
  withHash(hash: string): string[];
  uses(): MemoryUse[];
  /** Of the words of a field, over all its texts. */
  rarity(field: Field): Rarity;
  /** BM25 over a field, best first. */
  lexical(field: Field, text: string, limit: number, accepts?: (card: Card) => boolean): LexicalHit[];
  /** Nearest of a field by the embedder, best first. Those that have no vector yet are left out; `problems` says when none can be made. */
  vector(field: Field, text: string, limit: number, accepts?: (card: Card) => boolean): Promise<VectorHit[]>;
}

export interface OpenedMemory {
  readonly project: string | null;
  readonly embedder: Embedder;
  readonly candidates: Candidates;
  /** Every memory that was not forgotten, home first, in the order in which they came. Reads all of them. */
  all(): Memory[];
  /** By id or by the beginning of one, when only one begins so. */
  byId(
    id: string,
  ): { kind: 'found'; memory: Memory } | { kind: 'none' } | { kind: 'ambiguous'; ids: string[] };
  /** Whether there was a memory of this id that was forgotten: the id is not given again. */
  isForgotten(id: string): boolean;
  /** What happened to a memory, forgotten ones too: its record, its changes, its uses. */
  history(id: string): MemoryEntry[];
  uses(): MemoryUse[];
  /**
   * Puts events at the end of the log; resolves when they are on the device. A memory of no project goes to the global store, an event
   * about a memory to the store that holds it, a use to the home's. Those of one store are written all or none.
   */
  append(events: readonly MemoryEvent[]): Promise<{ kind: 'appended' } | MemoryFailure>;
  /** One line for each thing that is wrong: `file:line` of what was passed over, stores that cannot be read, vectors that cannot be made. */
  problems(): string[];
  /** Starts to read, in the background: what is asked later is there sooner. */
  warm(): void;
  /** Writes the index out as it is now. Null when that went well. */
  flush(): Promise<MemoryFailure | null>;
  /** Makes both indexes again from the logs. Null when that went well. */
  rebuild(): Promise<MemoryFailure | null>;
  /** Canonical text of records and indexes: equal for equal logs, whatever way the indexes came to be. Makes what is missing. */
  dump(): Promise<string>;
  /** Where the vectors of each store are: on disk (and of what kind) or still to be made. */
  status(): { home: ReturnType<Vectors['status']>; global: ReturnType<Vectors['status']> | null };
  /** Writes the index when enough is new, and lets the files go. The object may be used again afterwards. */
  close(): Promise<void>;
}

export interface MemoryOptions {
  /** `memory/` of the home. */
  directory: string;
  /** Null: no global store. */
  globalDirectory: string | null;
  project: string | null;
  embedder: Embedder;
  reading?: Reading;
  vectraLimit?: number;
  now?: () => Date;
}

/** Queries whose scores are kept: those of one recall. */
const mostScored = 4;

/** The memory in a folder. Nothing is made or read before it is needed; nothing of the world throws. */
export function openMemory(options: MemoryOptions): OpenedMemory {
  const {
    directory,
    globalDirectory,
    project,
    embedder,
    reading = plainReading,
    now = () => new Date(),
  } = options;
  const shelf = (folder: string) =>
    openShelf({
      directory: folder,
      reading,
      embedder,
      ...(options.vectraLimit === undefined ? {} : { vectraLimit: options.vectraLimit }),
    });
  const home = shelf(directory);
  const shelves = globalDirectory === null ? [home] : [home, shelf(globalDirectory)];
  const global = shelves[1] ?? home;
  const refresh = () => {
    for (const one of shelves) one.refresh();
  };
  const holder = (id: string): Shelf | undefined =>
    shelves.find((one) => one.records().has(id)) ?? shelves.find((one) => one.forgotten(id));
  const card = (id: string) => holder(id)?.records().card(id);
  const memory = (id: string) => holder(id)?.records().get(id);
  const accepting = (accepts?: (card: Card) => boolean) => (id: string) => {
    if (accepts === undefined) return true;
    const found = card(id);
    return found !== undefined && accepts(found);
  };
  /** Of the last queries, as long as nothing changes. */
  const scored = new Map<string, Scores>();
  let scoredAt = '';
  const each = async (work: (one: Shelf) => Promise<MemoryFailure | null>): Promise<MemoryFailure | null> => {
    for (const one of shelves) {
      const failed = await work(one);
      if (failed !== null) return failed;
    }
    return null;
  };

  return {
    project,
    embedder,
    candidates: {
      cards() {
        refresh();
        return shelves.flatMap((one) => one.records().cards());
      },
      card,
      memory,
      withHash(hash) {
        refresh();
        return shelves.flatMap((one) => one.withHash(hash));
      },
      uses: () => shelves.flatMap((one) => one.uses()),
      rarity(field) {
        refresh();
        const parts = shelves.flatMap((one) => one.parts(field));
        return {
          documents: parts.reduce((sum, { postings }) => sum + postings.documents, 0),
          holders(word) {
            return parts.reduce((sum, { postings }) => sum + postings.holders(word), 0);
          },
        };
      },
      lexical(field, text, limit, accepts) {
        refresh();
        const parts = shelves.flatMap((one) => one.parts(field));
        // A goal is looked for several times in a row: among solutions, among lessons, among what was met before.
        const at = shelves.map((one) => one.changes()).join(' ');
        if (scoredAt !== at || scored.size >= mostScored) scored.clear();
        scoredAt = at;
        const query = `${field} ${text}`;
        const scores = scored.get(query) ?? scoresOf(parts, reading.tokens(text));
        scored.set(query, scores);
        return rankByScores(parts, scores, limit, accepts);
      },
      async vector(field, text, limit, accepts) {
        refresh();
        const hits = await Promise.all(
          shelves.map((one) => one.vectors.search(field, text, limit, accepting(accepts))),
        );
        return hits
          .flat()
          .sort((one, other) => (comesFirst(one, other) ? -1 : 1))
          .slice(0, limit);
      },
    },
    all() {
      refresh();
      return shelves.flatMap((one) => {
        const records = one.records();
        return records.ids().flatMap((id) => records.get(id) ?? []);
      });
    },
    byId(id) {
      refresh();
      const exact = memory(id);
      if (exact !== undefined) return { kind: 'found', memory: exact };
      const ids = shelves.flatMap((one) =>
        one
          .records()
          .ids()
          .filter((known) => id !== '' && known.startsWith(id)),
      );
      const found = ids.length === 1 ? memory(ids[0] ?? '') : undefined;
      if (found !== undefined) return { kind: 'found', memory: found };
      return ids.length === 0 ? { kind: 'none' } : { kind: 'ambiguous', ids };
    },
    isForgotten: (id) => shelves.some((one) => one.forgotten(id)),
    history: (id) =>
      shelves
        .flatMap((one) => one.entriesOf(id))
        .sort((one, other) => (one.at < other.at ? -1 : Number(one.at > other.at))),
    uses() {
      refresh();
      return shelves.flatMap((one) => one.uses());
    },
    async append(events) {
      const at = now().toISOString();
      const added = new Map<string, Shelf>();
      const sorted = new Map<Shelf, MemoryEntry[]>(shelves.map((one) => [one, []]));
      for (const event of events) {
        let target = home;
        if (event.op === 'add') {
          target = event.memory.scope.project === null ? global : home;
          added.set(event.memory.id, target);
        } else if (event.op !== 'used') target = added.get(event.id) ?? holder(event.id) ?? home;
        sorted.get(target)?.push({ v: 1, at, ...event });
      }
      for (const [target, entries] of sorted) {
        if (entries.length === 0) continue;
        const done = await target.append(entries);
        if (done.kind === 'failed') return done;
      }
      return { kind: 'appended' };
    },
    problems() {
      refresh();
      return shelves.flatMap((one) => one.problems());
    },
    warm() {
      setImmediate(refresh);
    },
    flush: () => each((one) => one.flush(true)),
    rebuild: () => each((one) => one.rebuild()),
    async dump() {
      refresh();
      const parts: unknown[] = [];
      for (const one of shelves) {
        await one.vectors.complete();
        parts.push(canonical(one));
      }
      return `${JSON.stringify(parts, null, 1)}\n`;
    },
    status: () => ({
      home: home.vectors.status(),
      global: globalDirectory === null ? null : global.vectors.status(),
    }),
    async close() {
      for (const one of shelves) {
        await one.flush(false);
        one.close();
      }
    },
  };
}

/** A shelf's records in the order of their ids, every word with the documents that have it, and a digest of each vector. */
function canonical(shelf: Shelf): unknown {
  const records = shelf.records();
  const ids = records.ids().sort();
  const words = Object.fromEntries(
    fields.map((field) => [
      field,
      shelf
        .parts(field)
        .flatMap(({ postings, idOf }) => postings.rows(idOf))
        .sort(),
    ]),
  );
  const vectors = shelf.vectors.dump();
  const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16);
  return {
    memories: ids.map((id) => sortedKeys(records.get(id))),
    words,
    vectors: Object.fromEntries(
      fields.map((field) => [
        field,
        Object.entries(vectors[field])
          .sort()
          .map(([id, vector]) => `${id} ${digest(vector)}`),
      ]),
    ),
  };
}

function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, inner]) => [key, sortedKeys(inner)]),
  );
}
