import { bytesOf } from './files.ts';
import { numbersSection, type Pack } from './pack.ts';

/** Vectors in one piece of memory, each component one byte: compared by going over all of them. */

export interface VectorHit {
  id: string;
  /** The cosine, −1 … 1. */
  similarity: number;
}

/** A vector as whole numbers from −127 to 127, the largest component being ±127. A cosine is off by .005 at most. */
export function quantised(vector: ArrayLike<number>): Int8Array {
  let largest = 0;
  for (let at = 0; at < vector.length; at += 1) largest = Math.max(largest, Math.abs(vector[at] ?? 0));
  const numbers = new Int8Array(vector.length);
  if (largest === 0 || !Number.isFinite(largest)) return numbers;
  for (let at = 0; at < vector.length; at += 1) numbers[at] = Math.round(((vector[at] ?? 0) / largest) * 127);
  return numbers;
}

export interface FlatVectors {
  readonly size: number;
  /** The CRC-32 of the text the vector of this id was made from. */
  textOf(id: string): number | undefined;
  put(id: string, text: number, vector: Int8Array): void;
  remove(id: string): void;
  rows(): Generator<{ id: string; text: number; vector: Int8Array }, void, void>;
  search(query: Float32Array, limit: number, accepts: (id: string) => boolean): VectorHit[];
  sections(): Record<string, Uint8Array>;
}

export function flatVectors(dimensions: number, pack: Pack | null = null): FlatVectors {
  const ids: (string | null)[] = pack === null ? [] : JSON.parse(pack.text('ids') || '[]');
  const texts: number[] = pack === null ? [] : [...pack.numbers('texts')];
  const rowOf = new Map(ids.flatMap((id, row) => (id === null ? [] : [[id, row] as const])));
  const packed = pack?.section('vectors') ?? new Uint8Array(0);
  let data = new Int8Array(packed.buffer, packed.byteOffset, packed.length);
  // Made at the first search: many sessions ask one field only, or none.
  const norms: (number | undefined)[] = new Array(ids.length);
  const vectorAt = (row: number) => data.subarray(row * dimensions, (row + 1) * dimensions);
  const normOf = (row: number) => {
    let sum = 0;
    for (let at = row * dimensions; at < (row + 1) * dimensions; at += 1) {
      const value = data[at] as number;
      sum += value * value;
    }
    return Math.sqrt(sum);
  };

  function* rows() {
    for (const [id, row] of rowOf) yield { id, text: texts[row] ?? 0, vector: vectorAt(row) };
  }
  return {
    get size() {
      return rowOf.size;
    },
    textOf(id) {
      const row = rowOf.get(id);
      return row === undefined ? undefined : texts[row];
    },
    put(id, text, vector) {
      let row = rowOf.get(id);
      if (row === undefined) {
        row = ids.push(id) - 1;
        rowOf.set(id, row);
      }
      if ((row + 1) * dimensions > data.length) {
        const larger = new Int8Array(Math.max(64, ids.length * 2) * dimensions);
        larger.set(data);
        data = larger;
      }
      data.set(vector, row * dimensions);
      texts[row] = text;
      norms[row] = normOf(row);
    },
    remove(id) {
      const row = rowOf.get(id);
      if (row === undefined) return;
      rowOf.delete(id);
      ids[row] = null;
    },
    rows,
    search(query, limit, accepts) {
      let square = 0;
      for (const value of query) square += value * value;
      const norm = Math.sqrt(square);
      if (norm === 0) return [];
      const places: number[] = [];
      const values: number[] = [];
      for (let at = 0; at < dimensions; at += 1) {
        const value = (query[at] ?? 0) / norm;
        if (value !== 0) {
          places.push(at);
          values.push(value);
        }
      }
      const at = Uint32Array.from(places);
      const value = Float32Array.from(values);
      const scores = new Float32Array(ids.length).fill(-2);
      for (let row = 0; row < ids.length; row += 1) {
        if (ids[row] === null) continue;
        const length = norms[row] ?? normOf(row);
        norms[row] = length;
        if (length === 0) continue;
        const start = row * dimensions;
        let one = 0;
        let other = 0;
        let step = 0;
        for (; step + 1 < at.length; step += 2) {
          one += (value[step] as number) * (data[start + (at[step] as number)] as number);
          other += (value[step + 1] as number) * (data[start + (at[step + 1] as number)] as number);
        }
        if (step < at.length) one += (value[step] as number) * (data[start + (at[step] as number)] as number);
        scores[row] = (one + other) / length;
      }
      return best(scores, limit, (row) => ids[row] ?? null, accepts);
    },
    sections() {
      const live = [...rows()];
      const all = new Int8Array(live.length * dimensions);
      live.forEach(({ vector }, row) => {
        all.set(vector, row * dimensions);
      });
      return {
        ids: Buffer.from(JSON.stringify(live.map(({ id }) => id))),
        texts: numbersSection(live.map(({ text }) => text)),
        vectors: bytesOf(all),
      };
    },
  };
}

/** The best `limit` rows, best first, equal ones by id; rows below −1 are none. */
function best(
  scores: Float32Array,
  limit: number,
  idOf: (row: number) => string | null,
  accepts: (id: string) => boolean,
): VectorHit[] {
  const top: VectorHit[] = [];
  for (let row = 0; row < scores.length; row += 1) {
    const similarity = rounded(scores[row] ?? -2);
    const last = top[limit - 1];
    if (similarity < -1.5 || (last !== undefined && similarity < last.similarity)) continue;
    const id = idOf(row);
    if (id === null || !accepts(id)) continue;
    let place = top.length;
    while (place > 0 && comesFirst({ id, similarity }, top[place - 1])) place -= 1;
    top.splice(place, 0, { id, similarity });
    if (top.length > limit) top.pop();
  }
  return top;
}

/** To six digits, so that equal vectors rank equal whatever the arithmetic. */
export function rounded(similarity: number): number {
  return Math.round(similarity * 1e6) / 1e6;
}

/** Whether a hit ranks before another; equal ones by id. */
export function comesFirst(hit: VectorHit, other: VectorHit | undefined): boolean {
  if (other === undefined) return false;
  if (hit.similarity !== other.similarity) return hit.similarity > other.similarity;
  return hit.id < other.id;
}
