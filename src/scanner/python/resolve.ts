import { foldName } from '../fold.ts';
import { type Call, choice, mapValue, name, unknown, type Value } from '../value.ts';
import type { Scope, Source } from './bindings.ts';
import type { Cursor } from './cursor.ts';
import { builtins } from './names.ts';
import { named } from './operations.ts';
import type { Structure } from './scope.ts';

/** What the evaluator offers to whoever looks a name up. */
export interface Reading {
  /** The expression that begins at a token, and the token after it. */
  expression(at: number): { value: Value; end: number };
  /** The arguments between the brackets of a call; null while that call is being read already. */
  call(open: number, close: number): Call | null;
}

export interface Resolver {
  /** What a name means at a token. */
  resolve(called: string, at: number): Value;
  sourceValue(source: Source): Value;
}

/** Built-ins that stay what they are when nothing is known of what is assigned to their name. */
const kept = new Set(['eval', 'exec', '__import__', 'open']);

export function makeResolver(cursor: Cursor, structure: Structure, file: string, reading: Reading): Resolver {
  const { is, partnerOf } = cursor;

  const resolve = (called: string, at: number): Value => {
    let scope: Scope | null = structure.scopeAt(at);
    let fromInside = false;
    while (scope !== null) {
      const sources = scope.isClass && fromInside ? undefined : scope.bindings.get(called);
      if (sources !== undefined) {
        const value = choice(sources.map(sourceValue));
        const isAssigned =
          kept.has(called) && scope.parent === null && sources.every(({ kind }) => kind === 'expression');
        return isAssigned && value.kind === 'unknown' ? named(called, file) : value;
      }
      fromInside ||= !scope.isClass;
      scope = scope.parent;
    }
    if (structure.stars.length > 0 && !builtins.has(called))
      return choice(structure.stars.map((module) => named(`${module}.${called}`, file)));
    return foldName(called, file) ?? (builtins.has(called) ? named(called, file) : unknown);
  };

  const sourceValue = (source: Source): Value => {
    switch (source.kind) {
      case 'name':
        return named(source.path, file);
      case 'own':
        return unknown;
      case 'expression':
        return pick(source.at, source.item);
      case 'parameter':
        return parameterValue(source);
    }
  };

  const pick = (at: number, item: number | null | undefined): Value => {
    const { value, end } = reading.expression(at);
    if (item === undefined) return value;
    if (item === null)
      return mapValue(value, (option) =>
        option.kind === 'list'
          ? choice(option.items)
          : option.kind === 'name'
            ? name(`${option.path}.*`, option.call)
            : unknown,
      );
    if (!is(end, ','))
      return mapValue(value, (option) =>
        option.kind === 'list' ? (option.items[item] ?? unknown) : unknown,
      );
    let start = at;
    for (let skipped = 0; skipped < item; skipped += 1) {
      const next = reading.expression(start).end;
      if (!is(next, ',')) return unknown;
      start = next + 1;
    }
    return reading.expression(start).value;
  };

  const parameterValue = (source: Source & { kind: 'parameter' }): Value => {
    const passed = (structure.calls.get(source.of) ?? []).map((open): Value => {
      const close = partnerOf(open);
      if (close === -1 || is(open - 2, 'def') || is(open - 2, 'class')) return unknown;
      const call = reading.call(open, close);
      return call?.named.get(source.name) ?? call?.args[source.index] ?? unknown;
    });
    if (source.standard !== null) passed.push(reading.expression(source.standard).value);
    return choice(passed);
  };

  return { resolve, sourceValue };
}
