import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import type { Embedder } from '../core/seams.ts';
import { failure, type MemoryFailure } from './failure.ts';
import { putFile } from './files.ts';
import { comesFirst, type FlatVectors, flatVectors, quantised, type VectorHit } from './flat.ts';
import { withLock } from './lock.ts';
import { openPack, writePack } from './pack.ts';
import { type Field, fields } from './reading.ts';
import { indexFolder } from './snapshot.ts';
import { openVectra, writeVectra } from './vectra.ts';

/**
 * The vectors of one log's memories: on disk in a vectra index up to `vectraLimit` of them, beyond that in a flat file; those that are not
 * on disk yet beside it in memory, so that they are found as well. A manifest says which files belong together, by which embedder they
 * were made and what their bytes add up to; files of another embedder are not read.
 */

/** Above this many, loading vectra's JSON and rewriting it costs more than a person should wait for. */
const vectraLimit = 4_000;
/** New vectors that are kept in memory before they are written. */
const batch = 256;
const embedAtOnce = 32;
/** A search waits this long for vectors that are still being made, then does with those there are. */
const patienceMs = 2_000;

interface FileEntry {
  kind: 'vectra' | 'flat';
  name: string;
  /** Of a vectra file; a flat one carries its own. */
  crc: number;
}

interface Manifest {
  v: 1;
  embedder: string;
  dimensions: number;
  files: Record<Field, FileEntry>;
}

type Stored = Pick<FlatVectors, 'size' | 'textOf'> & {
  rows(): Iterable<{ id: string; text: number; vector: Int8Array }>;
  search(
    query: Float32Array,
    limit: number,
    accepts: (id: string) => boolean,
  ): VectorHit[] | Promise<VectorHit[]>;
};

/** What has to have a vector. */
export interface Wanted {
  ids(): Iterable<string>;
  /** The CRC-32 of the field's text; 0 when it is empty, undefined when there is no such memory. */
  textOf(field: Field, id: string): number | undefined;
  read(field: Field, id: string): string;
}

export interface Vectors {
  search(field: Field, query: string, limit: number, accepts?: (id: string) => boolean): Promise<VectorHit[]>;
  /** Tells that a memory came or changed. */
  touch(id: string): void;
  /** Makes every vector that is missing. */
  complete(): Promise<void>;
  /** Writes what is not on disk; unless `all`, only when there is a batch of it. Null: nothing was to be done or it is done. */
  flush(all: boolean): Promise<MemoryFailure | null>;
  /** Every vector there is, by field and id, without its file. */
  dump(): Record<Field, Record<string, string>>;
  /** How many there are, and where those on disk stand. */
  status(): Record<Field, { stored: number; waiting: number; kind: FileEntry['kind'] | 'none' }>;
  /** Drops every vector, so that all are made again. */
  forget(): void;
  /** Why vectors could not be made, if they could not. */
  problem(): string | null;
}

export interface VectorOptions {
  directory: string;
  embedder: Embedder;
  wanted: Wanted;
  /** Vectors of a field up to which vectra holds them; 4,000 when absent. */
  limit?: number;
}

const manifestName = 'vectors.json';

function readManifest(folder: string, embedder: Embedder): Manifest | null {
  try {
    const manifest: Partial<Manifest> = JSON.parse(readFileSync(path.join(folder, manifestName), 'utf8'));
    const ours =
      manifest.v === 1 && manifest.embedder === embedder.id && manifest.dimensions === embedder.dimensions;
    return ours && manifest.files?.key !== undefined && manifest.files.about !== undefined
      ? (manifest as Manifest)
      : null;
  } catch {
    return null;
  }
}

function manifestStamp(folder: string): string {
  try {
    const { ino, size, mtimeMs } = statSync(path.join(folder, manifestName));
    return `${ino} ${size} ${mtimeMs}`;
  } catch {
    return '';
  }
}

async function openStored(folder: string, file: FileEntry, dimensions: number): Promise<Stored | null> {
  if (file.kind === 'vectra') return await openVectra(folder, file.name, dimensions, file.crc);
  try {
    const pack = openPack(path.join(folder, file.name));
    if (pack === null || pack === 'damaged') return null;
    pack.close();
    const { dimensions: theirs } = pack.about as { dimensions?: unknown };
    return theirs === dimensions ? flatVectors(dimensions, pack) : null;
  } catch {
    return null;
  }
}

/** The vectors beside a log; nothing is read before the first search. */
export function openVectors(options: VectorOptions): Vectors {
  const { directory, embedder, wanted, limit = vectraLimit } = options;
  const { dimensions } = embedder;
  const folder = path.join(directory, 'index');
  const none = () => ({ stored: null as Stored | null, kind: 'none' as FileEntry['kind'] | 'none' });
  const state = { key: none(), about: none() };
  const fresh = { key: flatVectors(dimensions), about: flatVectors(dimensions) };
  const missing = { key: new Set<string>(), about: new Set<string>() };
  let stamp: string | null = null;
  let loading: Promise<void> | null = null;
  let making: Promise<void> | null = null;
  let trouble: string | null = null;

  /** The CRC of the text a vector we have was made from; the ones in memory are newer. */
  const haveText = (field: Field, id: string) => fresh[field].textOf(id) ?? state[field].stored?.textOf(id);
  const check = (field: Field, id: string) => {
    const text = wanted.textOf(field, id);
    if (text === undefined || text === 0 || haveText(field, id) === text) missing[field].delete(id);
    else missing[field].add(id);
  };
  const load = async () => {
    const before = manifestStamp(folder);
    if (before === stamp) return;
    const manifest = readManifest(folder, embedder);
    for (const field of fields) {
      const entry = manifest?.files[field];
      const stored = entry === undefined ? null : await openStored(folder, entry, dimensions);
      state[field] = { stored, kind: stored === null ? 'none' : (entry?.kind ?? 'none') };
      for (const id of wanted.ids()) check(field, id);
    }
    stamp = before;
  };
  const ready = async () => {
    loading ??= load().finally(() => {
      loading = null;
    });
    await loading;
  };
  const make = async () => {
    for (const field of fields) {
      while (missing[field].size > 0) {
        const ids = [...missing[field]].slice(0, embedAtOnce);
        const texts = ids.map((id) => wanted.read(field, id));
        const crcs = ids.map((id) => wanted.textOf(field, id));
        const vectors = await embedder.embed(texts);
        ids.forEach((id, at) => {
          const vector = vectors[at];
          const text = crcs[at];
          missing[field].delete(id);
          if (vector !== undefined && text !== undefined && text !== 0) {
            fresh[field].put(id, text, quantised(vector));
          }
          check(field, id);
        });
        await turn();
      }
    }
    trouble = null;
  };
  const complete = async () => {
    await ready();
    making ??= make()
      .catch((error: unknown) => {
        trouble = error instanceof Error ? error.message : String(error);
      })
      .finally(() => {
        making = null;
      });
    await making;
  };
  const queryVector = async (query: string) => {
    try {
      return (await embedder.embed([query]))[0];
    } catch (error) {
      trouble = error instanceof Error ? error.message : String(error);
      return undefined;
    }
  };
  const current = (field: Field, id: string) => {
    const text = wanted.textOf(field, id);
    return text !== undefined && text !== 0;
  };
  const liveRows = (field: Field) => {
    const rows = new Map<string, { id: string; text: number; vector: Int8Array }>();
    for (const row of state[field].stored?.rows() ?? []) if (current(field, row.id)) rows.set(row.id, row);
    for (const row of fresh[field].rows()) if (current(field, row.id)) rows.set(row.id, row);
    return [...rows.values()].sort((one, other) => (one.id < other.id ? -1 : 1));
  };
  const write = async () => {
    indexFolder(directory);
    await ready();
    const name = (field: Field, end: string) => `${field}-${randomBytes(6).toString('hex')}.${end}`;
    const put = async (field: Field): Promise<FileEntry> => {
      const rows = liveRows(field);
      if (rows.length <= limit) {
        const file = name(field, 'json');
        return { kind: 'vectra', name: file, crc: await writeVectra(folder, file, rows) };
      }
      const flat = flatVectors(dimensions);
      for (const { id, text, vector } of rows) flat.put(id, text, vector);
      const file = name(field, 'pack');
      writePack(path.join(folder, file), { dimensions }, flat.sections());
      return { kind: 'flat', name: file, crc: 0 };
    };
    const files = { key: await put('key'), about: await put('about') };
    const manifest: Manifest = { v: 1, embedder: embedder.id, dimensions, files };
    putFile(path.join(folder, manifestName), [Buffer.from(`${JSON.stringify(manifest)}\n`)]);
    const kept = [files.key.name, files.about.name];
    for (const old of readdirSync(folder)) {
      const ours = /^(key|about)-[0-9a-f]{12}\.(json|pack)$|^vectra-\d+-[0-9a-f]{8}$/.test(old);
      if (ours && !kept.includes(old)) rmSync(path.join(folder, old), { recursive: true, force: true });
    }
    await ready();
    for (const field of fields) {
      for (const { id, text } of [...fresh[field].rows()]) {
        if (state[field].stored?.textOf(id) === text) fresh[field].remove(id);
      }
    }
  };

  return {
    touch(id) {
      if (stamp !== null) for (const field of fields) check(field, id);
    },
    complete,
    async search(field, query, most, accepts = () => true) {
      await ready();
      const wait = new AbortController();
      const done = complete().finally(() => wait.abort());
      await Promise.race([done, pause(patienceMs, undefined, { signal: wait.signal }).catch(() => {})]);
      wait.abort();
      const vector = trouble === null ? await queryVector(query) : undefined;
      if (vector === undefined) return [];
      const { stored } = state[field];
      const fits = (id: string) => current(field, id) && accepts(id);
      const old =
        (await stored?.search(vector, most, (id) => fresh[field].textOf(id) === undefined && fits(id))) ?? [];
      const recent = fresh[field].search(vector, most, fits);
      return [...old, ...recent].sort((one, other) => (comesFirst(one, other) ? -1 : 1)).slice(0, most);
    },
    async flush(all) {
      const waiting = fresh.key.size + fresh.about.size;
      if (waiting === 0 ? !(all && !existsSync(path.join(folder, manifestName))) : !all && waiting < batch)
        return null;
      try {
        const done = await withLock(path.join(indexFolder(directory), '.lock'), write);
        return done.kind === 'failed' ? done : null;
      } catch (error) {
        return failure('write the vectors in', folder, error);
      }
    },
    dump() {
      const rowsOf = (field: Field) =>
        Object.fromEntries(
          liveRows(field).map(({ id, vector }) => [id, Buffer.from(vector).toString('base64')]),
        );
      return { key: rowsOf('key'), about: rowsOf('about') };
    },
    status() {
      const of = (field: Field) => ({
        stored: state[field].stored?.size ?? 0,
        waiting: missing[field].size,
        kind: state[field].kind,
      });
      return { key: of('key'), about: of('about') };
    },
    forget() {
      for (const field of fields) {
        state[field] = none();
        fresh[field] = flatVectors(dimensions);
        missing[field].clear();
      }
      stamp = null;
    },
    problem: () => (trouble === null ? null : `no vectors by ${embedder.id}: ${trouble}`),
  };
}
