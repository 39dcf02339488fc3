import type { Cursor } from './cursor.ts';

/** The code of the examples in a text, as `doctest` runs it: lines after `>>> ` and `... `. Empty when there are none. */
export function ownExamples(content: string): string {
  return [...content.matchAll(/^[ \t]*(?:>>>|\.\.\.)(?: (.*))?$/gm)].map(([, line = '']) => line).join('\n');
}

/** Names that stand for a class of the program's own and for nothing else. */
export function ownClassesIn({ is, isName, textAt }: Cursor, count: number): ReadonlySet<string> {
  const classes = new Set<string>();
  const others = new Set<string>();
  for (let index = 0; index < count; index += 1) {
    if (!isName(index)) continue;
    if (is(index - 1, 'class')) classes.add(textAt(index));
    else if (is(index + 1, '=') || is(index + 1, ':=') || is(index - 1, 'as') || is(index - 1, 'for'))
      others.add(textAt(index));
  }
  return new Set([...classes].filter((name) => !others.has(name)));
}
