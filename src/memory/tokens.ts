/** Words of code and prose, as the lexical index counts them. */

const piece = /[\p{L}\p{N}_]+/gu;
const longest = 64;

/**
 * The tokens of a text in lower case, in order: identifiers and numbers whole. Operators and the parts of identifiers are left to the
 * vectors: as words of their own they cost S@1 on failures of other problems (b2 of `bench:recall`: .56 and .60 against .61).
 */
export function codeTokens(text: string): string[] {
  return (text.toLowerCase().match(piece) ?? []).map((token) => token.slice(0, longest));
}

/** The parts of identifiers: `readFileSync` → read, file, sync; `max_depth` → max, depth. Empty for a word of one part. */
export function partsOf(identifier: string): string[] {
  const parts = identifier.match(/\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+|\p{N}+/gu) ?? [];
  return parts.length > 1 ? parts.map((part) => part.toLowerCase()) : [];
}
