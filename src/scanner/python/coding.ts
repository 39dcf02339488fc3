/** Encodings that give every ASCII byte of a file the meaning it has in UTF-8, by their names without case, `-`, `_` and `.`. */
const plainEncodings: ReadonlySet<string> = new Set(
  'utf8 utf8sig utf8unix utf8dos utf8mac u8 ascii usascii latin1 isolatin1 iso88591 iso885915 l1 cp1252 windows1252'.split(
    ' ',
  ),
);

/**
 * The encoding that a comment in one of the first two lines declares (PEP 263), when Python would read another text than the one that
 * stands there: `utf-7` makes code of what looks like a string or a comment. Null when there is none, or a harmless one.
 */
export function foreignCoding(source: string): { name: string; offset: number } | null {
  const lines = /^\ufeff?([^\r\n]*)(\r\n|\r|\n)?([^\r\n]*)/.exec(source);
  const [, first = '', end = '', second = ''] = lines ?? [];
  const bom = source.startsWith('\ufeff') ? 1 : 0;
  for (const { line, at } of [
    { line: first, at: bom },
    { line: second, at: bom + first.length + end.length },
  ]) {
    const name = /^[ \t\f]*#[^\r\n]*?coding[:=][ \t]*([-\w.]+)/.exec(line)?.[1];
    if (name !== undefined && !plainEncodings.has(name.toLowerCase().replace(/[-_.]/g, '')))
      return { name, offset: at };
  }
  return null;
}
