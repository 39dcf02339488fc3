import type { ErrorSignature } from '../core/domain.ts';
import type { Memory } from '../core/memory.ts';
import { lexicalIndex } from './lexical.ts';
import { mistakesIn } from './mistakes.ts';

/** Bringing the signals together: which of the near memories is the nearest. */

/** What is known of a candidate before it is judged. */
export interface Signals {
  id: string;
  /** BM25 by the query's self-score, 0 … 1. */
  share: number;
  /** Cosine of the vectors, 0 … 1. */
  similarity: number;
}

export interface Scored extends Signals {
  memory: Memory;
  /** What both are about, in the vocabulary of mistakes, 0 … 1. */
  topics: number;
  /** The furthest the signatures are alike. */
  alike: 'h0' | 'h1' | 'class' | null;
  /** Whether it shares a rare name of code with a goal. */
  named: boolean;
  score: number;
}

/**
 * Weights of the signals beside BM25. Chosen by hand on coarse steps, the same for every set of
 * `bench:recall`; ranks alone (reciprocal rank fusion) lose up to .2 of S@1 where the words are certain and the vectors are not.
 */
const weights = {
  reflect: { vector: 0.5, topics: 0.5 },
  // Goals speak of no mistake, and their rare words say more than their letters.
  plan: { vector: 0.1, topics: 0 },
};
/** Below this best share no memory is about the same thing, and the kind of the error may decide. */
const certain = 0.45;
/** A shared name goes before shared words. */
const nameBoost = 0.5;
const boosts = { class: 0.3, h1: 0.6, h0: 0.7 };

/** How far two failures are alike: h0, then h1, then the class of error; backing off as Sentry's grouping does. */
export function likeness(
  one: ErrorSignature | null,
  others: readonly ErrorSignature[],
): 'h0' | 'h1' | 'class' | null {
  if (one === null) return null;
  if (one.h0 !== undefined && others.some((other) => other.h0 === one.h0)) return 'h0';
  if (one.h1 !== undefined && others.some((other) => other.h1 === one.h1)) return 'h1';
  return one.class !== undefined && others.some((other) => other.class === one.class) ? 'class' : null;
}

/** The candidates with their scores, best first; of equal ones the smaller id is first. */
export function fused(
  candidates: readonly { signals: Signals; memory: Memory; text: string; named: boolean }[],
  query: { moment: 'plan' | 'reflect'; text: string; signature: ErrorSignature | null },
): Scored[] {
  const byTopic = lexicalIndex(mistakesIn);
  for (const { memory, text } of candidates) byTopic.put(memory.id, text);
  const topics = new Map(byTopic.search(query.text, candidates.length).map((hit) => [hit.id, hit.share]));
  const weight = weights[query.moment];
  const best = Math.max(0, ...candidates.map(({ signals }) => signals.share));
  return candidates
    .map(({ signals, memory, named }): Scored => {
      const alike = likeness(query.signature, memory.kind === 'lesson' ? memory.signatures : []);
      const about = topics.get(memory.id) ?? 0;
      const boost = alike !== null && best < certain ? boosts[alike] : 0;
      const score =
        signals.share +
        weight.vector * signals.similarity +
        weight.topics * about +
        boost +
        (named ? nameBoost : 0);
      return { ...signals, memory, topics: about, alike, named, score };
    })
    .sort((one, other) => other.score - one.score || (one.id < other.id ? -1 : 1));
}
