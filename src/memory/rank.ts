import type { Postings } from './postings.ts';
import type { Card } from './reading.ts';

const k1 = 1.2;
const b = 0.75;

export interface LexicalHit {
  id: string;
  /** BM25. */
  score: number;
  /** BM25 divided by what the query would score against itself: 0 … about 1. */
  share: number;
}

/** One part of a collection, and what is known of each of its documents. */
export interface RankedPart {
  postings: Postings;
  idOf(document: number): string;
  cardOf(document: number): Card | undefined;
}

/** BM25 of every document of each part for a query; 0: no word in common. */
export interface Scores {
  sums: readonly Float64Array[];
  /** What the query scores against itself. */
  self: number;
}

/**
 * Scoring is BM25 with k1 1.2 and b .75 (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009) and the idf
 * ln(1 + (N − n + .5)/(n + .5)), over all parts as one collection.
 */
export function scoresOf(parts: readonly RankedPart[], words: readonly string[]): Scores {
  const documents = parts.reduce((sum, { postings }) => sum + postings.documents, 0);
  const sums = parts.map(({ postings }) => new Float64Array(postings.bound));
  if (documents === 0) return { sums, self: 0 };
  const mean = Math.max(parts.reduce((sum, { postings }) => sum + postings.words, 0) / documents, 1);
  const gain = (count: number, length: number) =>
    (count * (k1 + 1)) / (count + k1 * (1 - b + (b * length) / mean));
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  let self = 0;
  for (const [word, times] of counts) {
    const holders = parts.reduce((sum, { postings }) => sum + postings.holders(word), 0);
    const weight = times * Math.log(1 + (documents - holders + 0.5) / (holders + 0.5));
    self += weight * gain(times, words.length);
    parts.forEach(({ postings }, at) => {
      const part = sums[at] ?? new Float64Array(0);
      postings.each(word, (document, count, length) => {
        part[document] = (part[document] as number) + weight * gain(count, length);
      });
    });
  }
  return { sums, self };
}

/** Documents of all parts that share a word with the query, best first; of equal ones the smaller id is first. `accepts` leaves documents out before ranking. */
export function rankByScores(
  parts: readonly RankedPart[],
  { sums, self }: Scores,
  limit: number,
  accepts?: (card: Card) => boolean,
): LexicalHit[] {
  const top: { id: string; score: number }[] = [];
  const before = (id: string, score: number, other: { id: string; score: number } | undefined) =>
    other !== undefined && (score > other.score || (score === other.score && id < other.id));
  parts.forEach(({ idOf, cardOf }, at) => {
    const part = sums[at] ?? new Float64Array(0);
    for (let document = 0; document < part.length; document += 1) {
      const score = part[document] ?? 0;
      const last = top[limit - 1];
      if (score === 0 || (last !== undefined && score < last.score)) continue;
      if (accepts !== undefined) {
        const card = cardOf(document);
        if (card === undefined || !accepts(card)) continue;
      }
      const id = idOf(document);
      let place = top.length;
      while (place > 0 && before(id, score, top[place - 1])) place -= 1;
      top.splice(place, 0, { id, score });
      if (top.length > limit) top.pop();
    }
  });
  return top.map(({ id, score }) => ({ id, score, share: self === 0 ? 0 : score / self }));
}
