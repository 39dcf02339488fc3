import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { settle } from './files.ts';
import { comesFirst, rounded, type VectorHit } from './flat.ts';

/**
 * Vectors in a vectra index. Vectra writes its file in place, holds no lock, and removes the folder when making an index fails; so an
 * index file is made once, in a folder of its own, moved to its place when it is whole, and never written again.
 */

interface Row {
  id: string;
  /** The CRC-32 of the text the vector was made from. */
  text: number;
  vector: Int8Array;
}

export interface VectraVectors {
  readonly size: number;
  textOf(id: string): number | undefined;
  rows(): Iterable<Row>;
  /** The nearest of those the predicate accepts, best first. */
  search(query: Float32Array, limit: number, accepts: (id: string) => boolean): Promise<VectorHit[]>;
}

/** Only the index, without the readers of documents, web pages and models beside it. */
async function vectraIndex(folder: string, name: string) {
  const module = await import('vectra/lib/LocalIndex.js');
  // A bundler that splits its output gives a CommonJS module whole, as the default.
  const { LocalIndex } = 'LocalIndex' in module ? module : (module as { default: typeof module }).default;
  return new LocalIndex<{ text: number }>(folder, name);
}

/** Makes the index file `name` in `folder`, whole or not at all, and returns the CRC-32 of its bytes. Throws the system's error or vectra's. */
export async function writeVectra(folder: string, name: string, rows: readonly Row[]): Promise<number> {
  const own = path.join(folder, `vectra-${process.pid}-${randomBytes(4).toString('hex')}`);
  mkdirSync(own, { mode: 0o700 });
  try {
    const index = await vectraIndex(own, name);
    await index.createIndex({ version: 1 });
    const items = rows.map(({ id, text, vector }) => ({ id, vector: [...vector], metadata: { text } }));
    await index.batchInsertItems(items);
    const written = path.join(own, name);
    const crc = crc32(readFileSync(written));
    settle(written, path.join(folder, name));
    return crc;
  } finally {
    if (existsSync(own)) rmSync(own, { recursive: true, force: true });
  }
}

/** Loads an index file; null when it is missing or not the one that was written. */
export async function openVectra(
  folder: string,
  name: string,
  dimensions: number,
  crc: number,
): Promise<VectraVectors | null> {
  try {
    if (crc32(readFileSync(path.join(folder, name))) !== crc) return null;
    const index = await vectraIndex(folder, name);
    const items = await index.listItems();
    if (items.some(({ vector }) => vector.length !== dimensions)) return null;
    const texts = new Map(items.map(({ id, metadata }) => [id, metadata.text]));
    return {
      size: texts.size,
      textOf: (id) => texts.get(id),
      *rows() {
        for (const { id, metadata, vector } of items)
          yield { id, text: metadata.text, vector: Int8Array.from(vector) };
      },
      async search(query, limit, accepts) {
        if (!query.some((value) => value !== 0)) return [];
        // Vectra compares with every item and sorts them all, whatever is asked for; its filter cannot call back.
        const found = await index.queryItems([...query], '', items.length);
        return found
          .map(({ item, score }) => ({ id: item.id, similarity: rounded(score) }))
          .filter(({ id, similarity }) => Number.isFinite(similarity) && accepts(id))
          .sort((one, other) => (comesFirst(one, other) ? -1 : 1))
          .slice(0, limit);
      },
    };
  } catch {
    return null;
  }
}
