import { numbersSection, type Pack } from './pack.ts';

/**
 * Which document has which word how often. A part is read from the cache or grown in memory; a search goes over several parts as if they
 * were one collection, so that the rarity of a word is that of all.
 */
export interface Postings {
  /** Documents that count, and the words they have together. */
  readonly documents: number;
  readonly words: number;
  /** Every document's number is below this. */
  readonly bound: number;
  /** Calls back for each document that has the word, with its count and the document's length in words. */
  each(word: string, found: (document: number, count: number, length: number) => void): void;
  /** How many documents have the word. */
  holders(word: string): number;
  /** Everything there is, as `word id count length`, in no order: for comparing. */
  rows(idOf: (document: number) => string): string[];
}

/** Grows in memory. Documents are numbered by the caller. */
export interface GrowingPostings extends Postings {
  put(document: number, words: readonly string[]): void;
  remove(document: number): void;
  /** Sections for a pack, under names that start with `prefix`. */
  sections(prefix: string): Record<string, Uint8Array>;
}

export function growingPostings(): GrowingPostings {
  const table = new Map<string, Map<number, number>>();
  const lengths = new Map<number, { length: number; words: readonly string[] }>();
  let words = 0;
  let bound = 0;
  const remove = (document: number) => {
    const known = lengths.get(document);
    if (known === undefined) return;
    lengths.delete(document);
    words -= known.length;
    for (const word of known.words) {
      const row = table.get(word);
      row?.delete(document);
      if (row?.size === 0) table.delete(word);
    }
  };
  return {
    get documents() {
      return lengths.size;
    },
    get bound() {
      return bound;
    },
    get words() {
      return words;
    },
    put(document, list) {
      remove(document);
      if (list.length === 0) return;
      bound = Math.max(bound, document + 1);
      const counts = new Map<string, number>();
      for (const word of list) counts.set(word, (counts.get(word) ?? 0) + 1);
      lengths.set(document, { length: list.length, words: [...counts.keys()] });
      words += list.length;
      for (const [word, count] of counts) {
        const row = table.get(word);
        if (row === undefined) table.set(word, new Map([[document, count]]));
        else row.set(document, count);
      }
    },
    remove,
    rows(idOf) {
      return [...table].flatMap(([word, row]) =>
        [...row].map(
          ([document, count]) => `${word} ${idOf(document)} ${count} ${lengths.get(document)?.length}`,
        ),
      );
    },
    each(word, found) {
      for (const [document, count] of table.get(word) ?? []) {
        found(document, count, lengths.get(document)?.length ?? 0);
      }
    },
    holders: (word) => table.get(word)?.size ?? 0,
    sections(prefix) {
      const sorted = [...table.keys()].sort();
      const starts: number[] = [0];
      const documents: number[] = [];
      const counts: number[] = [];
      for (const word of sorted) {
        for (const [document, count] of table.get(word) ?? []) {
          documents.push(document);
          counts.push(count);
        }
        starts.push(documents.length);
      }
      const flat = [...lengths]
        .sort(([one], [other]) => one - other)
        .flatMap(([document, { length }]) => [document, length]);
      return {
        [`${prefix}.words`]: Buffer.from(JSON.stringify(sorted)),
        [`${prefix}.starts`]: numbersSection(starts),
        [`${prefix}.documents`]: numbersSection(documents),
        [`${prefix}.counts`]: numbersSection(counts),
        [`${prefix}.lengths`]: numbersSection(flat),
      };
    },
  };
}

/** Postings read from a pack; documents can only be taken out. */
export interface PackedPostings extends Postings {
  remove(document: number): void;
}

export function packedPostings(pack: Pack, prefix: string): PackedPostings {
  const list: string[] = JSON.parse(pack.text(`${prefix}.words`) || '[]');
  const starts = pack.numbers(`${prefix}.starts`);
  const documents = pack.numbers(`${prefix}.documents`);
  const counts = pack.numbers(`${prefix}.counts`);
  const flat = pack.numbers(`${prefix}.lengths`);
  // By document; 0 is a document that does not count.
  const lengths = new Uint32Array((flat.at(-2) ?? -1) + 1);
  let words = 0;
  let live = 0;
  let whole = true;
  for (let at = 0; at + 1 < flat.length; at += 2) {
    lengths[flat[at] ?? 0] = flat[at + 1] ?? 0;
    words += flat[at + 1] ?? 0;
    live += flat[at + 1] === 0 ? 0 : 1;
  }
  /** The place of a word in the sorted list. A search looks for a few of thousands: no table is made for them. */
  const placeOf = (word: string): number | undefined => {
    let from = 0;
    let to = list.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((list[middle] ?? '') < word) from = middle + 1;
      else to = middle;
    }
    return list[from] === word ? from : undefined;
  };
  return {
    get documents() {
      return live;
    },
    bound: lengths.length,
    get words() {
      return words;
    },
    remove(document) {
      const length = lengths[document] ?? 0;
      if (length === 0) return;
      words -= length;
      live -= 1;
      whole = false;
      lengths[document] = 0;
    },
    rows(idOf) {
      const all: string[] = [];
      list.forEach((word, place) => {
        for (let at = starts[place] ?? 0; at < (starts[place + 1] ?? 0); at += 1) {
          const document = documents[at] ?? 0;
          const length = lengths[document] ?? 0;
          if (length !== 0) all.push(`${word} ${idOf(document)} ${counts[at]} ${length}`);
        }
      });
      return all;
    },
    each(word, found) {
      const place = placeOf(word);
      if (place === undefined) return;
      const end = starts[place + 1] ?? 0;
      for (let at = starts[place] ?? 0; at < end; at += 1) {
        const document = documents[at] ?? 0;
        const length = lengths[document] ?? 0;
        if (length !== 0) found(document, counts[at] ?? 0, length);
      }
    },
    holders(word) {
      const place = placeOf(word);
      if (place === undefined) return 0;
      const [start = 0, end = 0] = [starts[place], starts[place + 1]];
      if (whole) return end - start;
      let holders = 0;
      for (let at = start; at < end; at += 1) holders += lengths[documents[at] ?? 0] === 0 ? 0 : 1;
      return holders;
    },
  };
}
