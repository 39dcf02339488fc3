/** Shannon entropy of a text in bits a character. */
export function shannon(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  const length = [...text].length;
  for (const count of counts.values()) bits -= (count / length) * Math.log2(count / length);
  return bits;
}

function classOf(code: number): number {
  if (code >= 97 && code <= 122) return 0;
  if (code >= 65 && code <= 90) return 1;
  if (code >= 48 && code <= 57) return 2;
  return 3;
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Whether a token of 20 or more characters looks like a machine drew it: high entropy, and its kinds of character change as often as
 * chance changes them, which words, paths and identifiers do not. Hex digests and UUIDs count: whoever asks must know the context.
 */
export function looksRandom(token: string): boolean {
  if (token.length < 20) return false;
  if (uuid.test(token)) return true;
  if (/^[0-9a-f]{32,}$/i.test(token)) return shannon(token) >= 3;
  if (shannon(token) < 3.5) return false;
  let changes = 0;
  let digits = 0;
  let letters = 0;
  for (let index = 0; index < token.length; index += 1) {
    const kind = classOf(token.charCodeAt(index));
    if (kind === 2) digits += 1;
    if (kind < 2) letters += 1;
    const before = index === 0 ? kind : classOf(token.charCodeAt(index - 1));
    // A small letter after a capital is how words begin, so it says nothing.
    if (kind !== before && !(before === 1 && kind === 0)) changes += 1;
  }
  if (letters === 0 || digits === 0) return false;
  const pieces = token.split(/[^A-Za-z0-9]+/);
  const longest = Math.max(...pieces.map((piece) => piece.length));
  if (longest < 8) return false;
  return changes / (token.length - 1) >= 0.32 || (digits >= 3 && longest >= 14 && changes >= 5);
}
