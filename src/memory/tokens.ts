/** Words of code and prose: what the lexical index and the hashed embedder count. */

const piece = /[\p{L}_$][\p{L}\p{N}_$]*|\d+(?:\.\d+)?|[^\s\p{L}\p{N}_$]+/gu;
const hump = /[\p{Lu}]+(?![\p{Ll}])|[\p{Lu}]?[\p{Ll}]+|\d+|[\p{L}]+/gu;
const longest = 64;

/**
 * The tokens of a text, in order, in lower case. An identifier is followed by its parts (`readFileSync` → readfilesync, read, file, sync;
 * `max_depth` → max_depth, max, depth); numbers stay whole; a run of operators is one token, cut at 3 characters. White space is dropped.
 */
export function codeTokens(text: string): string[] {
  const tokens: string[] = [];
  for (const [found] of text.matchAll(piece)) {
    if (/^[\p{L}_$]/u.test(found)) {
      const whole = found.toLowerCase().slice(0, longest);
      tokens.push(whole);
      const parts = found.match(hump) ?? [];
      if (parts.length > 1) for (const part of parts) tokens.push(part.toLowerCase().slice(0, longest));
      else if (parts.length === 1 && parts[0]?.toLowerCase() !== whole)
        tokens.push((parts[0] ?? '').toLowerCase());
    } else if (/^\d/.test(found)) tokens.push(found.slice(0, longest));
    else for (let at = 0; at < found.length; at += 3) tokens.push(found.slice(at, at + 3));
  }
  return tokens;
}
