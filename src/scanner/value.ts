/** What is known of an expression without running it. */
export type Value =
  /** `whole` is false when only the beginning is known; `decoded` when the text was hidden behind an encoding. */
  | { kind: 'text'; text: string; whole: boolean; decoded?: true }
  | { kind: 'number'; number: number }
  | { kind: 'list'; items: Value[] }
  | { kind: 'record'; entries: ReadonlyMap<string, Value> }
  /** Reached by a known name: `os.system`, `net.Socket().connect`. `call` is the last call on the way. */
  | { kind: 'name'; path: string; call?: Call }
  | { kind: 'choice'; options: Value[] }
  | { kind: 'unknown' };

export interface Call {
  args: Value[];
  named: ReadonlyMap<string, Value>;
}

const longestText = 100_000;
const mostOptions = 8;

export const unknown: Value = { kind: 'unknown' };
export const noNames: ReadonlyMap<string, Value> = new Map();

export function text(content: string, whole = true): Value {
  return content.length > longestText
    ? { kind: 'text', text: content.slice(0, longestText), whole: false }
    : { kind: 'text', text: content, whole };
}

export function decodedText(content: string): Value {
  return { kind: 'text', text: content.slice(0, longestText), whole: true, decoded: true };
}

export function name(path: string, call?: Call): Value {
  if (path.length > 300) return unknown;
  return call === undefined ? { kind: 'name', path } : { kind: 'name', path, call };
}

/** One of several values; nested choices are flattened and at most eight are kept. */
export function choice(values: Value[]): Value {
  const options = values.flatMap((value) => (value.kind === 'choice' ? value.options : [value]));
  const [first, second] = options;
  if (first === undefined) return unknown;
  if (second === undefined) return first;
  return { kind: 'choice', options: options.slice(0, mostOptions) };
}

export function optionsOf(value: Value): readonly Value[] {
  return value.kind === 'choice' ? value.options : [value];
}

/** Maps every option of a value. */
export function mapValue(value: Value, map: (option: Value) => Value): Value {
  return value.kind === 'choice' ? choice(value.options.map(map)) : map(value);
}

export interface KnownText {
  text: string;
  whole: boolean;
  decoded: boolean;
}

/** The texts a value may be; a path object counts as the text it was made from. Empty when nothing is known. */
export function textsOf(value: Value | undefined): KnownText[] {
  if (value === undefined) return [];
  return optionsOf(value).flatMap((option): KnownText[] => {
    if (option.kind === 'text')
      return [{ text: option.text, whole: option.whole, decoded: option.decoded === true }];
    if (option.kind === 'name' && isPathObject(option.path)) return textsOf(option.call?.args[0]);
    return [];
  });
}

export function isPathObject(path: string): boolean {
  return /^pathlib\.(Pure|Posix|PurePosix|Windows|PureWindows)?Path\(\)$/.test(path);
}

/** Whether every text that a value may be is known whole, and it can be nothing else. */
export function isKnownText(value: Value | undefined): boolean {
  return value !== undefined && optionsOf(value).every((option) => option.kind === 'text' && option.whole);
}

/** The first whole text a value may be. */
export function wholeText(value: Value | undefined): string | undefined {
  return textsOf(value).find((known) => known.whole)?.text;
}

function joinTwo(left: Value, right: Value): Value {
  if (left.kind !== 'text') return unknown;
  if (!left.whole) return left;
  if (left.text === '' && (right.kind === 'unknown' || right.kind === 'name')) return right;
  if (right.kind === 'number') return text(left.text + right.number);
  if (right.kind !== 'text') return { ...left, whole: false };
  const joined = left.text + right.text;
  const decoded = left.decoded === true || right.decoded === true;
  if (decoded && right.whole) return decodedText(joined);
  return text(joined, right.whole);
}

/** Concatenation. What follows an unknown part is dropped, what stands before it is kept. */
export function concatenate(left: Value, right: Value): Value {
  return mapValue(left, (one) => mapValue(right, (other) => joinTwo(one, other)));
}

export function concatenateAll(parts: Value[]): Value {
  return parts.reduce((whole, part) => concatenate(whole, part), text(''));
}

/** Whether `test` holds for a value or for anything inside it. */
export function contains(value: Value, test: (inner: Value) => boolean, depth = 8): boolean {
  if (test(value)) return true;
  if (depth === 0) return false;
  const inner = innerValues(value);
  return inner.some((one) => contains(one, test, depth - 1));
}

function innerValues(value: Value): Value[] {
  switch (value.kind) {
    case 'list':
      return value.items;
    case 'choice':
      return value.options;
    case 'record':
      return [...value.entries.values()];
    case 'name':
      return value.call === undefined ? [] : [...value.call.args, ...value.call.named.values()];
    default:
      return [];
  }
}

/** The values of a list, or nothing. */
export function itemsOf(value: Value | undefined): Value[] {
  return value?.kind === 'list' ? value.items : [];
}
