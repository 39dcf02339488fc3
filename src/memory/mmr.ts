/** Choosing few that do not say the same. */

/** Share of words two texts have in common (Jaccard), 0 … 1. */
export function overlap(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  if (one.size === 0 || other.size === 0) return 0;
  let both = 0;
  for (const word of one) if (other.has(word)) both += 1;
  return both / (one.size + other.size - both);
}

/**
 * The items in the order of maximal marginal relevance (Carbonell and Goldstein, 1998): each next one is the best by
 * λ · score − (1 − λ) · likeness to what was taken. Scores are 0 … 1; λ is .7. The first is always the best by score.
 */
export function diverse<Item extends { score: number; words: ReadonlySet<string> }>(
  items: readonly Item[],
  count: number,
  lambda = 0.7,
): Item[] {
  const left = [...items];
  const taken: Item[] = [];
  while (taken.length < count && left.length > 0) {
    let best = 0;
    let bestValue = Number.NEGATIVE_INFINITY;
    left.forEach((item, at) => {
      const likeness = Math.max(0, ...taken.map((one) => overlap(one.words, item.words)));
      const value = lambda * item.score - (1 - lambda) * likeness;
      if (value > bestValue) {
        best = at;
        bestValue = value;
      }
    });
    taken.push(...left.splice(best, 1));
  }
  return taken;
}
