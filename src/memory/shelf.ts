import { closeSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { MemoryUse } from '../core/memory.ts';
import type { Embedder } from '../core/seams.ts';
import { deriveFrom, textIn } from './derived.ts';
import { applyEntry, emptyFold, type MemoryEntry } from './entries.ts';
import { failure, type MemoryFailure } from './failure.ts';
import { withLock } from './lock.ts';
import { appendEntries, type LineFault, logStart, openForReading, readEntries } from './log.ts';
import { writePack } from './pack.ts';
import type { RankedPart } from './rank.ts';
import type { Field, Reading } from './reading.ts';
import type { RecordTable } from './records.ts';
import {
  aboutOf,
  crcOf,
  indexFolder,
  type LogStamp,
  loadSnapshot,
  noteRead,
  sameStamp,
  snapshotPath,
  stampOf,
} from './snapshot.ts';
import { openVectors, type Vectors } from './vectors.ts';

/** One folder of memory: its log, folded, with the index beside it. Nothing is read before it is asked for. */
export interface Shelf {
  records(): RecordTable;
  readonly vectors: Vectors;
  /** Reads what was appended since, by whomever; what goes wrong is in `problems`. */
  refresh(): void;
  append(entries: readonly MemoryEntry[]): Promise<{ kind: 'appended' } | MemoryFailure>;
  forgotten(id: string): boolean;
  uses(): MemoryUse[];
  parts(field: Field): RankedPart[];
  /** Counts up whenever `parts` changes. */
  changes(): number;
  withHash(hash: string): string[];
  /** One line each: lines of the log that were passed over or had no effect, a log that cannot be read, vectors that cannot be made. */
  problems(): string[];
  /** Every entry of the log that concerns a memory, in order. */
  entriesOf(id: string): MemoryEntry[];
  /** Writes the cache: when enough is new, or `all` that is. Null: done, or nothing to do. */
  flush(all: boolean): Promise<MemoryFailure | null>;
  /** Makes the cache again from the log alone; a line that cannot be read is a failure that names it, and leaves the cache as it was. */
  rebuild(): Promise<MemoryFailure | null>;
  close(): void;
}

export interface ShelfOptions {
  directory: string;
  reading: Reading;
  embedder: Embedder;
  /** Vectors of one field up to which vectra holds them. */
  vectraLimit?: number;
}

/** How much of a log may stand behind the snapshot before it is written again: lines, or a share of all. */
const tailLines = 64;
const tailShare = 0.05;

/** What stands right before where one stopped to read: other bytes mean another log, and it is read from the start. */
function guardOf(descriptor: number, end: number): number {
  return crcOf(descriptor, Math.max(0, end - 4096), end);
}

interface Fault {
  kind: LineFault['kind'] | 'void' | 'unreadable';
  text: string;
}

export function openShelf(options: ShelfOptions): Shelf {
  const { directory, reading, embedder } = options;
  const file = path.join(directory, 'log.jsonl');
  const empty = () => ({
    derived: deriveFrom(null, reading, emptyFold),
    mark: logStart,
    crc: 0,
    stamp: null as LogStamp | null,
    /** CRC-32 of the last bytes before the mark. */
    guard: 0,
    savedLines: 0,
    /** What the snapshot was made from, and the log as it is noted to begin with that; null: it is not noted. */
    saved: null as { bytes: number; crc: number; noted: LogStamp | null } | null,
    faults: [] as Fault[],
    started: false,
  });
  let state = empty();
  let changes = 0;

  const apply = (descriptor: number) => {
    const part = readEntries(descriptor, file, state.mark);
    const touched = new Set<string>();
    for (const { line, entry } of part.entries) {
      const why = applyEntry(state.derived.fold, entry);
      if (why !== null)
        state.faults.push({ kind: 'void', text: `${file}:${line}: this line has no effect: ${why}` });
      if (entry.op !== 'used') touched.add(entry.op === 'add' ? entry.memory.id : entry.id);
    }
    state.crc = crcOf(descriptor, state.mark.bytes, part.mark.bytes, state.crc);
    state.mark = part.mark;
    state.faults.push(...part.faults);
    if (touched.size > 0) changes += 1;
    for (const id of touched) {
      state.derived.reindex(id);
      vectors.touch(id);
    }
  };
  /** The log folded up to a line, once. The snapshot that made this needful is not kept. */
  const recovery = (lines: number) => {
    let folded: ReturnType<typeof emptyFold> | null = null;
    return () => {
      if (folded !== null) return folded;
      folded = emptyFold();
      rmSync(snapshotPath(directory), { force: true });
      for (const { line, entry } of wholeLog()) if (line <= lines) applyEntry(folded, entry);
      state.savedLines = 0;
      state.saved = null;
      return folded;
    };
  };
  const wholeLog = () => {
    const opened = openForReading(file);
    if (opened === null || 'kind' in opened) return [];
    try {
      return readEntries(opened.descriptor, file, logStart).entries;
    } finally {
      closeSync(opened.descriptor);
    }
  };
  const start = (descriptor: number, cached: boolean) => {
    changes += 1;
    state.derived.close();
    state = { ...empty(), started: true };
    vectors.forget();
    const snapshot = cached ? loadSnapshot(directory, descriptor, reading.id) : null;
    if (snapshot === null) return;
    state.derived = deriveFrom(snapshot, reading, recovery(snapshot.mark.lines));
    state.mark = snapshot.mark;
    state.crc = snapshot.crc;
    state.savedLines = snapshot.mark.lines;
    const { mark, crc, noted } = snapshot;
    state.saved = { bytes: mark.bytes, crc, noted: noted ? stampOf(descriptor) : null };
    state.faults = [...snapshot.faults];
  };
  const refresh = (cached = true) => {
    const opened = openForReading(file);
    if (opened === null || 'kind' in opened) {
      if (state.mark.bytes > 0) {
        state = empty();
        changes += 1;
      }
      state.faults = opened === null ? [] : [{ kind: 'unreadable', text: opened.why }];
      return;
    }
    try {
      const stamp = stampOf(opened.descriptor);
      if (state.stamp !== null && sameStamp(state.stamp, stamp) && cached) return;
      const grown =
        state.stamp?.ino === stamp.ino &&
        stamp.size >= state.mark.bytes &&
        guardOf(opened.descriptor, state.mark.bytes) === state.guard;
      if (!state.started || !grown || !cached) start(opened.descriptor, cached);
      apply(opened.descriptor);
      state.stamp = stamp;
      state.guard = guardOf(opened.descriptor, state.mark.bytes);
    } catch (error) {
      state.faults = [{ kind: 'unreadable', text: failure('read the memory', file, error).why }];
    } finally {
      closeSync(opened.descriptor);
    }
  };
  const loaded = () => {
    if (!state.started) refresh();
    return state.derived;
  };
  const save = () => {
    const { mark, crc, stamp } = state;
    const faults = state.faults.filter(({ kind }) => kind !== 'unreadable');
    const { sections, loose, uses } = state.derived.packed(faults as LineFault[]);
    // A log that grew while it was read is not as it was then: the next reader adds its bytes up.
    const seen = stamp !== null && stamp.size === mark.bytes ? stamp : { ino: 0, size: -1, mtimeMs: 0 };
    writePack(snapshotPath(directory), aboutOf(reading.id, { mark, crc, seen }, uses), sections, loose);
    state.savedLines = mark.lines;
    state.saved = { bytes: mark.bytes, crc, noted: seen };
  };
  /** The log begins as it did, whatever was appended: added up here, at the end, so that the next start need not. */
  const noteLog = () => {
    const { saved } = state;
    const opened = saved === null ? null : openForReading(file);
    if (saved === null || opened === null || 'kind' in opened) return;
    try {
      const stamp = stampOf(opened.descriptor);
      if (saved.noted !== null && sameStamp(saved.noted, stamp)) return;
      if (crcOf(opened.descriptor, 0, saved.bytes) !== saved.crc) return;
      noteRead(directory, saved.crc, stamp);
      saved.noted = stamp;
    } catch {
      // A folder that cannot be written to: the next reader adds the bytes up.
    } finally {
      closeSync(opened.descriptor);
    }
  };
  const underLock = async (work: () => void): Promise<MemoryFailure | null> => {
    try {
      const done = await withLock(path.join(indexFolder(directory), '.lock'), work);
      return done.kind === 'failed' ? done : null;
    } catch (error) {
      return failure('write the index in', path.join(directory, 'index'), error);
    }
  };
  const vectors = openVectors({
    directory,
    embedder,
    ...(options.vectraLimit === undefined ? {} : { limit: options.vectraLimit }),
    wanted: {
      ids: () => loaded().fold.memories.ids(),
      textOf: (field, id) => loaded().textOf(field, id),
      read: (field, id) => textIn(reading, loaded().fold.memories.get(id), field),
    },
  });

  return {
    vectors,
    refresh: () => refresh(),
    records: () => loaded().fold.memories,
    forgotten: (id) => loaded().fold.forgotten.has(id),
    uses: () => loaded().uses(),
    parts: (field) => loaded().parts(field),
    changes: () => changes,
    withHash: (hash) => loaded().withHash(hash),
    async append(entries) {
      const done = await appendEntries(file, entries);
      if (done.kind === 'appended' && state.started) refresh();
      return done;
    },
    problems() {
      loaded();
      const trouble = vectors.problem();
      return [...state.faults.map(({ text }) => text), ...(trouble === null ? [] : [trouble])];
    },
    entriesOf: (id) =>
      wholeLog()
        .map(({ entry }) => entry)
        .filter((entry) => concerns(entry, id)),
    async flush(all) {
      if (!state.started && !all) return null;
      refresh();
      const behind = state.mark.lines - state.savedLines;
      const due = behind > 0 && (all || behind > Math.max(tailLines, state.mark.lines * tailShare));
      if (due) {
        const failed = await underLock(save);
        if (failed !== null) return failed;
      }
      noteLog();
      if (all) await vectors.complete();
      return await vectors.flush(all);
    },
    async rebuild() {
      refresh(false);
      const bad = state.faults.find(({ kind }) => kind === 'damaged' || kind === 'unreadable');
      if (bad !== undefined) return { kind: 'failed', why: `cannot rebuild the index: ${bad.text}` };
      const failed = await underLock(() => {
        for (const name of ['snapshot.pack', 'vectors.json']) {
          rmSync(path.join(directory, 'index', name), { force: true });
        }
        save();
      });
      if (failed !== null) return failed;
      vectors.forget();
      await vectors.complete();
      const trouble = vectors.problem();
      return trouble === null ? await vectors.flush(true) : { kind: 'failed', why: trouble };
    },
    close() {
      changes += 1;
      state.derived.close();
      state = empty();
    },
  };
}

function concerns(entry: MemoryEntry, id: string): boolean {
  if (entry.op === 'add') return entry.memory.id === id;
  if (entry.op === 'used') return entry.use.memories.includes(id);
  return entry.id === id || (entry.op === 'change' && entry.set.supersededBy === id);
}
