import type { Cursor } from './cursor.ts';

/** Tokens of `def __eq__` whose body is nothing but `return True`, of `def __ne__` with `return False`, and of lambdas that say the same. */
export function* alwaysEqual(cursor: Cursor): Iterable<number> {
  const { tokens, is } = cursor;
  for (let index = 0; index < tokens.length; index += 1) {
    const answer = is(index, '__eq__') ? 'True' : is(index, '__ne__') ? 'False' : null;
    if (answer === null) continue;
    let at: number;
    if (is(index - 1, 'def')) {
      at = cursor.findOnLine(index, [':']) + 1;
      while (/^(newline|indent|string)$/.test(tokens[at]?.kind ?? '')) at += 1;
      if (at === 0 || !is(at, 'return')) continue;
    } else if (is(index + 1, '=') && is(index + 2, 'lambda')) {
      at = cursor.findOnLine(index + 3, [':']);
      if (at === -1) continue;
    } else continue;
    const after = tokens[at + 2];
    if (is(at + 1, answer) && (after === undefined || after.kind === 'newline' || is(at + 2, ';')))
      yield index;
  }
}
