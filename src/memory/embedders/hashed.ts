import type { Embedder } from '../../core/seams.ts';
import { partsOf } from '../tokens.ts';

/** The embedder that needs nothing: words and parts of words hashed into a fixed number of places. */

const dimensions = 1024;

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash ^= text.charCodeAt(at);
    hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0;
}

const piece = /[\p{L}_$][\p{L}\p{N}_$]*|\d+(?:\.\d+)?|[^\s\p{L}\p{N}_$]{1,3}/gu;

/** Identifiers followed by their parts, numbers, runs of operators. */
function wordsOf(text: string): string[] {
  return (text.match(piece) ?? []).flatMap((word) => [
    word.slice(0, 64).toLowerCase(),
    ...partsOf(word.slice(0, 64)),
  ]);
}

/** Each feature of a text with its weight: words, pairs of words, and the 3 to 5 characters of words with their ends marked. */
function featuresOf(text: string): Map<string, number> {
  const features = new Map<string, number>();
  const add = (feature: string, weight: number) =>
    features.set(feature, (features.get(feature) ?? 0) + weight);
  const tokens = wordsOf(text);
  tokens.forEach((token, at) => {
    add(`w${token}`, 1);
    const next = tokens[at + 1];
    if (next !== undefined) add(`p${token} ${next}`, 0.5);
    if (!/^[\p{L}_$]/u.test(token)) return;
    const marked = `<${token}>`;
    for (let size = 3; size <= 5; size += 1)
      for (let from = 0; from + size <= marked.length; from += 1)
        add(`c${marked.slice(from, from + size)}`, 1 / marked.length);
  });
  return features;
}

/** One text as a vector of length 1 (all zeros for a text without words). Counts are damped by their logarithm; signs come from the hash. */
export function hashedVector(text: string): Float32Array {
  const vector = new Float32Array(dimensions);
  for (const [feature, weight] of featuresOf(text)) {
    const hash = hashOf(feature);
    const place = hash % dimensions;
    const sign = (hash >>> 20) & 1 ? 1 : -1;
    vector[place] = (vector[place] ?? 0) + sign * Math.log1p(weight);
  }
  let square = 0;
  for (const value of vector) square += value * value;
  if (square === 0) return vector;
  const norm = Math.sqrt(square);
  return vector.map((value) => value / norm);
}

/** Feature hashing after Weinberger et al., Feature Hashing for Large Scale Multitask Learning (2009): offline, the same on every machine. */
export const hashedEmbedder: Embedder = {
  id: `hashed-ngrams-1/${dimensions}`,
  dimensions,
  embed: async (texts: readonly string[]) => texts.map(hashedVector),
};
