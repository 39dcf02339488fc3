import type { Postings } from './postings.ts';

const k1 = 1.2;
const b = 0.75;

export interface LexicalHit {
  id: string;
  /** BM25. */
  score: number;
  /** BM25 divided by what the query would score against itself: 0 … about 1. */
  share: number;
}

/** One part of a collection, and the id of each of its documents. */
export interface RankedPart {
  postings: Postings;
  idOf(document: number): string;
}

/**
 * Documents of all parts that share a word with the query, best first; of equal ones the smaller id is first. Scoring is BM25 with k1 1.2
 * and b .75 (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009) and the idf ln(1 + (N − n + .5)/(n + .5)).
 */
export function rankByWords(
  parts: readonly RankedPart[],
  words: readonly string[],
  limit: number,
  accepts: (id: string) => boolean = () => true,
): LexicalHit[] {
  const documents = parts.reduce((sum, { postings }) => sum + postings.documents, 0);
  if (documents === 0 || words.length === 0) return [];
  const mean = Math.max(parts.reduce((sum, { postings }) => sum + postings.words, 0) / documents, 1);
  const gain = (count: number, length: number) =>
    (count * (k1 + 1)) / (count + k1 * (1 - b + (b * length) / mean));
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const scores = parts.map(({ postings }) => new Float64Array(postings.bound));
  let self = 0;
  for (const [word, times] of counts) {
    let holders = 0;
    for (const { postings } of parts) {
      postings.each(word, () => {
        holders += 1;
      });
    }
    const weight = times * Math.log(1 + (documents - holders + 0.5) / (holders + 0.5));
    self += weight * gain(times, words.length);
    parts.forEach(({ postings }, at) => {
      const sums = scores[at] ?? new Float64Array(0);
      postings.each(word, (document, count, length) => {
        sums[document] = (sums[document] as number) + weight * gain(count, length);
      });
    });
  }
  const top: { id: string; score: number }[] = [];
  const before = (id: string, score: number, other: { id: string; score: number } | undefined) =>
    other !== undefined && (score > other.score || (score === other.score && id < other.id));
  parts.forEach(({ idOf }, at) => {
    scores[at]?.forEach((score, document) => {
      const last = top[limit - 1];
      if (score === 0 || (last !== undefined && score < last.score)) return;
      const id = idOf(document);
      if (!accepts(id)) return;
      let place = top.length;
      while (place > 0 && before(id, score, top[place - 1])) place -= 1;
      top.splice(place, 0, { id, score });
      if (top.length > limit) top.pop();
    });
  });
  return top.map(({ id, score }) => ({ id, score, share: self === 0 ? 0 : score / self }));
}
