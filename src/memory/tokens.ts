/** Words of code and prose, as the lexical index counts them. */

const piece = /[\p{L}\p{N}_$]+|[-+*/%<>=!&|^~?]{1,3}/gu;
const longest = 64;

/**
 * The tokens of a text in lower case, in order: identifiers and numbers whole, operators (`<=`, `+=`, `->`) as they stand; brackets,
 * quotes, commas and full stops say nothing and are dropped. Parts of identifiers are left to the character n-grams of the vectors.
 */
export function codeTokens(text: string): string[] {
  return (text.toLowerCase().match(piece) ?? []).map((token) => token.slice(0, longest));
}

/** The parts of identifiers: `readFileSync` → read, file, sync; `max_depth` → max, depth. Empty for a word of one part. */
export function partsOf(identifier: string): string[] {
  const parts = identifier.match(/\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+|\p{N}+/gu) ?? [];
  return parts.length > 1 ? parts.map((part) => part.toLowerCase()) : [];
}
