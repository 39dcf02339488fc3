import { literalText, type ShellToken, type Word } from './token.ts';

/** Parts of compound commands that hold words but no commands. All take the index of their first token and give that of their last. */

function wordAt(tokens: readonly ShellToken[], index: number): Word | undefined {
  const token = tokens[index];
  return token?.kind === 'word' ? token : undefined;
}

function isOperator(token: ShellToken | undefined, text: string): boolean {
  return token?.kind === 'operator' && token.text === text;
}

/** `for name in words`, `select name in words`. */
export function forHeader(
  tokens: readonly ShellToken[],
  start: number,
): { name: string | null; words: Word[]; end: number } {
  const name = literalText(wordAt(tokens, start + 1));
  if (name === null) return { name: null, words: [], end: start };
  let index = start + 2;
  while (isOperator(tokens[index], '\n')) index += 1;
  if (literalText(wordAt(tokens, index)) !== 'in') return { name: null, words: [], end: start + 1 };
  const words: Word[] = [];
  for (let word = wordAt(tokens, ++index); word !== undefined; word = wordAt(tokens, ++index))
    words.push(word);
  return { name, words, end: index - 1 };
}

/** `( … )` after `name=`. */
export function arrayItems(tokens: readonly ShellToken[], start: number): { words: Word[]; end: number } {
  const words: Word[] = [];
  let index = start + 1;
  for (; index < tokens.length && !isOperator(tokens[index], ')'); index += 1) {
    const word = wordAt(tokens, index);
    if (word !== undefined) words.push(word);
  }
  return { words, end: index };
}

/** Whether `((` stands at an index. */
export function isArithmetic(tokens: readonly ShellToken[], index: number): boolean {
  const next = tokens[index + 1];
  return isOperator(next, '(') && next?.offset === (tokens[index]?.offset ?? 0) + 1;
}

/** `(( … ))`. */
export function arithmeticEnd(tokens: readonly ShellToken[], start: number): number {
  let level = 0;
  for (let index = start; index < tokens.length; index += 1) {
    if (isOperator(tokens[index], '(')) level += 1;
    else if (isOperator(tokens[index], ')')) level -= 1;
    if (level === 0) return index;
  }
  return tokens.length;
}

/** `[[ … ]]`. */
export function testEnd(tokens: readonly ShellToken[], start: number): { words: Word[]; end: number } {
  const words: Word[] = [];
  for (let index = start; index < tokens.length; index += 1) {
    const word = wordAt(tokens, index);
    if (word === undefined) continue;
    if (literalText(word) === ']]') return { words, end: index };
    words.push(word);
  }
  return { words, end: tokens.length };
}
