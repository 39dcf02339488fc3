import { codeTokens } from './tokens.ts';

/** BM25 over code-aware tokens, with the self-score that makes scores of different queries comparable. */

const k1 = 1.2;
const b = 0.75;

export interface LexicalHit {
  id: string;
  /** BM25. */
  score: number;
  /** BM25 divided by what the query would score against itself: 0 … about 1. */
  share: number;
}

export interface LexicalIndex {
  readonly size: number;
  /** Adds a text, or puts it in the place of the one of the same id. */
  put(id: string, text: string): void;
  remove(id: string): void;
  /** How many documents have the token. */
  holders(token: string): number;
  /** Documents that share a token with the query, best first; of equal ones the smaller id is first. `accepts` leaves documents out before ranking. */
  search(text: string, limit: number, accepts?: (id: string) => boolean): LexicalHit[];
}

interface Document {
  counts: Map<string, number>;
  length: number;
}

function countsOf(tokens: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
  return counts;
}

/**
 * An empty index. Scoring is BM25 with k1 1.2 and b .75 (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009) and the
 * idf ln(1 + (N − n + .5)/(n + .5)), which is never negative.
 */
export function lexicalIndex(tokenise: (text: string) => string[] = codeTokens): LexicalIndex {
  const documents = new Map<string, Document>();
  const postings = new Map<string, Map<string, number>>();
  let total = 0;

  const idf = (token: string) => {
    const n = postings.get(token)?.size ?? 0;
    return Math.log(1 + (documents.size - n + 0.5) / (n + 0.5));
  };
  const gain = (count: number, length: number, mean: number) =>
    (count * (k1 + 1)) / (count + k1 * (1 - b + (b * length) / mean));

  const remove = (id: string) => {
    const document = documents.get(id);
    if (!document) return;
    documents.delete(id);
    total -= document.length;
    for (const token of document.counts.keys()) {
      const posting = postings.get(token);
      posting?.delete(id);
      if (posting?.size === 0) postings.delete(token);
    }
  };

  return {
    get size() {
      return documents.size;
    },
    put(id, text) {
      remove(id);
      const tokens = tokenise(text);
      const counts = countsOf(tokens);
      documents.set(id, { counts, length: tokens.length });
      total += tokens.length;
      for (const [token, count] of counts) {
        const posting = postings.get(token) ?? new Map<string, number>();
        posting.set(id, count);
        postings.set(token, posting);
      }
    },
    remove,
    holders: (token) => postings.get(token)?.size ?? 0,
    search(text, limit, accepts = () => true) {
      const tokens = tokenise(text);
      if (documents.size === 0 || tokens.length === 0) return [];
      const mean = Math.max(total / documents.size, 1);
      const scores = new Map<string, number>();
      let self = 0;
      for (const [token, times] of countsOf(tokens)) {
        const weight = times * idf(token);
        self += weight * gain(times, tokens.length, mean);
        for (const [id, count] of postings.get(token) ?? []) {
          const length = documents.get(id)?.length ?? mean;
          scores.set(id, (scores.get(id) ?? 0) + weight * gain(count, length, mean));
        }
      }
      return [...scores]
        .filter(([id]) => accepts(id))
        .map(([id, score]) => ({ id, score, share: score / self }))
        .sort((one, other) => other.score - one.score || (one.id < other.id ? -1 : 1))
        .slice(0, limit);
    },
  };
}
