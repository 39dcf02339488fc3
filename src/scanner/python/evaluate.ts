import { foldCall } from '../fold.ts';
import { foldMethod, pathObject } from '../methods.ts';
import {
  type Call,
  choice,
  concatenateAll,
  isPathObject,
  mapValue,
  noNames,
  text,
  unknown,
  type Value,
  wholeText,
} from '../value.ts';
import { keywords, makeCursor } from './cursor.ts';
import { arithmetic, callValue, named, reversed, subscriptValue } from './operations.ts';
import { makeResolver } from './resolve.ts';
import type { Structure } from './scope.ts';
import type { Tokens } from './tokenise.ts';

export interface Chain {
  value: Value;
  /** The token after the chain. */
  end: number;
  /** Every call on the way, in order: what was called, with what, at which opening bracket. */
  calls: { target: Value; call: Call; at: number }[];
}

export interface Evaluator {
  /** The expression that begins at a token. */
  expression(at: number): Value;
  /** A name or bracket and the attributes, calls and subscripts after it. */
  chain(at: number): Chain | null;
}

interface Parsed {
  value: Value;
  end: number;
}

const deepest = 100;
const nothing = (at: number): Parsed => ({ value: unknown, end: at + 1 });

/** Tells what the expressions of a file are worth without running it. */
export function makeEvaluator(tokenised: Tokens, structure: Structure, file: string): Evaluator {
  const { tokens } = tokenised;
  const cursor = makeCursor(tokenised);
  const { is, partnerOf } = cursor;
  const known = new Map<number, Parsed>();
  const knownChains = new Map<number, Chain | null>();
  const underWay = new Set<number>();
  let depth = 0;

  const guarded = <Result>(at: number, otherwise: Result, work: () => Result): Result => {
    if (depth > deepest || underWay.has(at)) return otherwise;
    underWay.add(at);
    depth += 1;
    try {
      return work();
    } finally {
      depth -= 1;
      underWay.delete(at);
    }
  };

  const parseExpression = (at: number): Parsed => {
    const before = known.get(at);
    if (before !== undefined) return before;
    const parsed = guarded(at, null, () => parseTernary(at));
    if (parsed === null) return nothing(at);
    known.set(at, parsed);
    return parsed;
  };

  const parseTernary = (at: number): Parsed => {
    if (is(at, 'lambda')) return nothing(at);
    let left = parseSum(at);
    for (;;) {
      const operator = tokens[left.end];
      if (operator === undefined || (operator.kind !== 'name' && operator.kind !== 'operator')) return left;
      if (operator.text === 'or' || operator.text === 'and' || operator.text === '|') {
        const right = parseSum(left.end + 1);
        left = { value: choice([left.value, right.value]), end: right.end };
      } else if (operator.text === 'if') {
        const test = parseSum(left.end + 1);
        let end = test.end;
        while (!is(end, 'else') && !cursor.stops(end)) end = cursor.lastOfGroup(end) + 1;
        if (!is(end, 'else')) return left;
        const other = parseExpression(end + 1);
        return { value: choice([left.value, other.value]), end: other.end };
      } else if (/^([=!<>]=|[<>&^~@]|<<|>>|\*\*|in|is|not)$/.test(operator.text)) {
        const right = parseSum(left.end + (is(left.end + 1, 'in') || is(left.end + 1, 'not') ? 2 : 1));
        left = { value: unknown, end: right.end };
      } else return left;
    }
  };

  const parseSum = (at: number): Parsed => {
    let left = parseUnary(at);
    for (;;) {
      const operator = tokens[left.end];
      if (operator?.kind !== 'operator' || !/^[-+*/%]$|^\/\/$/.test(operator.text)) return left;
      const right = parseUnary(left.end + 1);
      left = { value: arithmetic(operator.text, left.value, right.value), end: right.end };
    }
  };

  const parseUnary = (at: number): Parsed => {
    if (is(at, '-') || is(at, '+') || is(at, '~') || is(at, 'not') || is(at, '*') || is(at, '**')) {
      const inner = guarded(at, nothing(at), () => parseUnary(at + 1));
      const negative = is(at, '-') && inner.value.kind === 'number';
      if (is(at, '+')) return inner;
      return {
        value:
          negative && inner.value.kind === 'number'
            ? { kind: 'number', number: -inner.value.number }
            : unknown,
        end: inner.end,
      };
    }
    if (is(at, 'await')) return parseUnary(at + 1);
    const chain = parseChain(at);
    return chain === null ? nothing(at) : { value: chain.value, end: chain.end };
  };

  const parseChain = (at: number): Chain | null => {
    const before = knownChains.get(at);
    if (before !== undefined) return before;
    const chain = guarded(-at - 1, null, () => readChain(at));
    knownChains.set(at, chain);
    return chain;
  };

  const readChain = (at: number): Chain | null => {
    const atom = parseAtom(at);
    if (atom === null) return null;
    let { value, end } = atom;
    const calls: Chain['calls'] = [];
    for (;;) {
      const close = partnerOf(end);
      if (is(end, '.') && tokens[end + 1]?.kind === 'name') {
        const attribute = tokens[end + 1]?.text ?? '';
        if (is(end + 2, '(')) {
          const callClose = partnerOf(end + 2);
          const target = member(value, attribute, end - 1);
          if (callClose === -1) return { value: target, end: tokens.length, calls };
          const call = readCall(end + 2, callClose);
          calls.push({ target, call, at: end + 2 });
          value = foldMethod(value, attribute, call) ?? callValue(target, call, file);
          end = callClose + 1;
        } else {
          value = member(value, attribute, end - 1);
          end += 2;
        }
      } else if (is(end, '(') && close !== -1) {
        const call = readCall(end, close);
        calls.push({ target: value, call, at: end });
        value = callValue(value, call, file);
        end = close + 1;
      } else if (is(end, '[') && close !== -1) {
        value = subscript(value, end, close);
        end = close + 1;
      } else return { value, end, calls };
    }
  };

  const member = (value: Value, attribute: string, before: number): Value => {
    const own =
      tokens[before]?.kind === 'name'
        ? structure.properties.get(`${tokens[before]?.text}.${attribute}`)
        : undefined;
    const direct = mapValue(value, (option) => {
      if (option.kind !== 'name') return unknown;
      if (isPathObject(option.path) && attribute === 'parent')
        return pathObject(foldCall('os.path.dirname', { args: [option], named: noNames }) ?? unknown);
      return named(`${option.path}.${attribute}`, file, option.call);
    });
    if (own === undefined) return direct;
    const assigned = own.map(resolver.sourceValue);
    return choice(direct.kind === 'unknown' ? assigned : [direct, ...assigned]);
  };

  const subscript = (value: Value, open: number, close: number): Value => {
    const isReversal =
      is(open + 1, ':') && is(open + 2, ':') && is(open + 3, '-') && tokens[open + 4]?.text === '1';
    if (isReversal) return reversed(value);
    const key = parseExpression(open + 1).value;
    const own = wholeText(key);
    // What a module's table of names gives is what the name stands for.
    if (own !== undefined && value.kind === 'name' && /^(globals|locals|vars)\(\)$/.test(value.path))
      return resolver.resolve(own, open);
    return subscriptValue(value, key, close !== open + 2, file);
  };

  const readCall = (open: number, close: number): Call => {
    const args: Value[] = [];
    const keywordArguments = new Map<string, Value>();
    for (const start of cursor.itemsBetween(open, close)) {
      if (tokens[start]?.kind === 'name' && is(start + 1, '='))
        keywordArguments.set(tokens[start]?.text ?? '', parseExpression(start + 2).value);
      else if (is(start, '*')) {
        const value = parseExpression(start + 1).value;
        args.push(...(value.kind === 'list' ? value.items : [unknown]));
      } else args.push(parseExpression(start).value);
    }
    return { args, named: keywordArguments };
  };

  const hasComprehension = (open: number, close: number): boolean => {
    for (let index = open + 1; index < close; index = cursor.lastOfGroup(index) + 1)
      if (is(index, 'for')) return true;
    return false;
  };

  const parseAtom = (at: number): Parsed | null => {
    const token = tokens[at];
    if (token === undefined) return null;
    if (token.kind === 'string' || token.kind === 'format-start') return parseStrings(at);
    if (token.kind === 'number')
      return { value: { kind: 'number', number: Number(token.text.replaceAll('_', '')) }, end: at + 1 };
    if (token.kind === 'name')
      return keywords.has(token.text) ? null : { value: resolver.resolve(token.text, at), end: at + 1 };
    const close = partnerOf(at);
    if (close < at) return null;
    return { value: bracketValue(token.text, at, close), end: close + 1 };
  };

  const bracketValue = (bracket: string, open: number, close: number): Value => {
    if (hasComprehension(open, close)) return unknown;
    const starts = cursor.itemsBetween(open, close);
    if (bracket === '{') {
      const entries = new Map<string, Value>();
      for (const start of starts) {
        const key = parseExpression(start);
        const content = wholeText(key.value);
        if (content !== undefined && is(key.end, ':'))
          entries.set(content, parseExpression(key.end + 1).value);
      }
      return { kind: 'record', entries };
    }
    const [only] = starts;
    if (bracket === '(' && starts.length === 1 && only !== undefined && !is(close - 1, ','))
      return parseExpression(is(only + 1, ':=') ? only + 2 : only).value;
    return { kind: 'list', items: starts.slice(0, 5000).map((start) => parseExpression(start).value) };
  };

  const parseStrings = (at: number): Parsed => {
    const parts: Value[] = [];
    let index = at;
    for (;;) {
      const token = tokens[index];
      if (token?.kind === 'string') {
        parts.push(text(token.text));
        index += 1;
      } else if (token?.kind === 'format-start') {
        const end = partnerOf(index);
        if (end === -1) return { value: concatenateAll([...parts, unknown]), end: tokens.length };
        for (let inner = index + 1; inner < end; inner += 1) {
          const piece = tokens[inner];
          if (piece?.kind === 'string') parts.push(text(piece.text));
          else {
            parts.push(parseExpression(inner + 1).value);
            inner = cursor.lastOfGroup(inner);
          }
        }
        index = end + 1;
      } else return { value: concatenateAll(parts), end: index };
    }
  };

  const resolver = makeResolver(cursor, structure, file, {
    expression: parseExpression,
    call: (open, close) => guarded(-1e9 - open, null, () => readCall(open, close)),
  });
  return { expression: (at) => parseExpression(at).value, chain: parseChain };
}
