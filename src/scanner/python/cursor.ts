import type { Token, Tokens } from './tokenise.ts';

export const keywords = new Set(
  'False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield'.split(
    ' ',
  ),
);

/** How many tokens a declaration may be long; what is longer is not read as one. */
const farthest = 2_000;

/** Questions about the tokens of a file, by index. */
export interface Cursor {
  tokens: readonly Token[];
  /** Whether a name or operator with this text stands there. */
  is(index: number, text: string): boolean;
  /** Whether a name that is no keyword stands there. */
  isName(index: number): boolean;
  textAt(index: number): string;
  /** The partner of a bracket, or -1. */
  partnerOf(index: number): number;
  /** The index itself, or the closing bracket of the group that opens there. */
  lastOfGroup(index: number): number;
  /** Whether an expression cannot go on there. */
  stops(index: number): boolean;
  /** The index of the first of `texts` at bracket depth 0, before the end of the line; -1 when there is none near. */
  findOnLine(from: number, texts: readonly string[], within?: number): number;
  /** Where the expression that begins at `from` ends. */
  expressionEnd(from: number): number;
  /** Where the items between two brackets begin. */
  itemsBetween(open: number, close: number): number[];
}

export function makeCursor({ tokens, partner }: Tokens): Cursor {
  const is = (index: number, text: string): boolean => {
    const token = tokens[index];
    return token !== undefined && token.text === text && (token.kind === 'name' || token.kind === 'operator');
  };
  const partnerOf = (index: number): number => partner[index] ?? -1;
  const lastOfGroup = (index: number): number => Math.max(index, partnerOf(index));
  const stops = (index: number): boolean => {
    const token = tokens[index];
    if (token === undefined || token.kind === 'newline') return true;
    return token.kind === 'operator' && /^([)\]},:;]|f\})$/.test(token.text);
  };

  const findOnLine = (from: number, texts: readonly string[], within = farthest): number => {
    const limit = Math.min(tokens.length, from + within);
    for (let index = from; index < limit; index = lastOfGroup(index) + 1) {
      const token = tokens[index];
      if (token === undefined || token.kind === 'newline') return -1;
      if (token.kind !== 'operator' && token.kind !== 'name') continue;
      if (texts.includes(token.text)) return index;
      if (/^([)\]}]|f\})$/.test(token.text)) return -1;
    }
    return -1;
  };

  const expressionEnd = (from: number): number => {
    let index = from;
    while (index < tokens.length && !stops(index)) index = lastOfGroup(index) + 1;
    return index;
  };

  const itemsBetween = (open: number, close: number): number[] => {
    const starts: number[] = [];
    let begin = open + 1;
    for (let index = open + 1; index <= close; index = index === close ? close + 1 : lastOfGroup(index) + 1) {
      if (index !== close && !is(index, ',')) continue;
      if (index > begin) starts.push(begin);
      begin = index + 1;
    }
    return starts;
  };

  return {
    tokens,
    is,
    isName: (index) => tokens[index]?.kind === 'name' && !keywords.has(tokens[index]?.text ?? ''),
    textAt: (index) => tokens[index]?.text ?? '',
    partnerOf,
    lastOfGroup,
    stops,
    findOnLine,
    expressionEnd,
    itemsBetween,
  };
}
