import type { Cursor } from './cursor.ts';

export type Source =
  /** The expression that begins at token `at`; `item` picks one of a tuple, null an element of an iterable. */
  | { kind: 'expression'; at: number; item?: number | null }
  | { kind: 'name'; path: string }
  | { kind: 'parameter'; of: string; name: string; index: number; standard: number | null }
  | { kind: 'own' };

export interface Scope {
  parent: Scope | null;
  /** Names of a class body are not seen from its methods. */
  isClass: boolean;
  bindings: Map<string, Source[]>;
}

/** Writes down what names stand for. */
export interface Binder {
  declare(scope: Scope, name: string, source: Source): void;
  /** Binds an assignment's target, the tokens `from` up to `to`: a name, an attribute, or a tuple of them. */
  target(from: number, to: number, scope: Scope, source: Source): void;
  /** Binds the parameters between two brackets of the function that goes by the name `of`; an empty name is a lambda. */
  parameters(open: number, close: number, scope: Scope, of: string, isMethod: boolean): void;
  /** Tokens that declare rather than use. */
  declared: Set<number>;
  properties: Map<string, Source[]>;
}

export function makeBinder(cursor: Cursor): Binder {
  const { is, isName, textAt, partnerOf, lastOfGroup } = cursor;
  const declared = new Set<number>();
  const properties = new Map<string, Source[]>();
  const declare = (scope: Scope, name: string, source: Source) => addSource(scope.bindings, name, source);

  const target = (from: number, to: number, scope: Scope, source: Source): void => {
    if (isName(from) && to === from + 1) {
      declare(scope, textAt(from), source);
      declared.add(from);
      return;
    }
    if (isName(from) && is(from + 1, '.') && to === from + 3) {
      addSource(properties, `${textAt(from)}.${textAt(from + 2)}`, source);
      return;
    }
    let start = from;
    let end = to;
    while ((is(start, '(') || is(start, '[')) && partnerOf(start) === end - 1) {
      start += 1;
      end -= 1;
    }
    tuple(start, end, start > from, scope, source);
  };

  const tuple = (start: number, end: number, inBrackets: boolean, scope: Scope, source: Source): void => {
    let item = 0;
    let begin = start;
    for (let index = start; index <= end; index = index === end ? end + 1 : lastOfGroup(index) + 1) {
      if (index !== end && !is(index, ',')) continue;
      const first = is(begin, '*') ? begin + 1 : begin;
      if (index > first && (index < end || begin > start || inBrackets)) {
        const isPart = source.kind === 'expression' && source.item === undefined;
        target(first, index, scope, isPart ? { ...source, item } : { kind: 'own' });
      }
      item += 1;
      begin = index + 1;
    }
  };

  const parameters = (open: number, close: number, scope: Scope, of: string, isMethod: boolean): void => {
    let position = isMethod ? -1 : 0;
    for (let index = open; index < close; index += 1) {
      const begin = index;
      let standard: number | null = null;
      for (; index < close && !is(index, ','); index = lastOfGroup(index) + 1)
        if (is(index, '=')) standard = index + 1;
      const starred = is(begin, '*') || is(begin, '**');
      const at = starred ? begin + 1 : begin;
      if (!isName(at)) continue;
      declared.add(at);
      const name = textAt(at);
      const isKnown = !starred && of !== '';
      declare(
        scope,
        name,
        isKnown ? { kind: 'parameter', of, name, index: position, standard } : { kind: 'own' },
      );
      position += 1;
    }
  };

  return { declare, target, parameters, declared, properties };
}

function addSource(map: Map<string, Source[]>, key: string, source: Source): void {
  const sources = map.get(key);
  if (sources === undefined) map.set(key, [source]);
  else if (sources.length < 16) sources.push(source);
}
