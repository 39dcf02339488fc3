import { type Binder, makeBinder, type Scope, type Source } from './bindings.ts';
import { makeCursor } from './cursor.ts';
import { type Import, readImport } from './imports.ts';
import type { Token, Tokens } from './tokenise.ts';

export interface Structure {
  scopeAt: (index: number) => Scope;
  root: Scope;
  imports: Import[];
  /** Modules of `from module import *`. */
  stars: string[];
  /** Tokens that declare rather than use: names after def, class, import, parameters, keyword names of calls. */
  declared: ReadonlySet<number>;
  /** Token ranges of loops without an end. */
  endless: { from: number; to: number }[];
  /** `self.name` and `object.name` that are assigned somewhere. */
  properties: ReadonlyMap<string, Source[]>;
  /** Token indices of the opening bracket of calls, by the last name of what is called. */
  calls: ReadonlyMap<string, number[]>;
}

const headers = new Set('if elif else for while try except finally with def class async'.split(' '));

/** Reads every declaration, import and loop of a file. */
export function readStructure(tokenised: Tokens): Structure {
  const { tokens } = tokenised;
  const cursor = makeCursor(tokenised);
  const binder: Binder = makeBinder(cursor);
  const { is, isName, textAt, partnerOf } = cursor;
  const root: Scope = { parent: null, isClass: false, bindings: new Map() };
  const scopes: Scope[] = [];
  const stack: { scope: Scope; end: number }[] = [];
  const pending: { scope: Scope; from: number; to: number }[] = [];
  const imports: Import[] = [];
  const stars: string[] = [];
  const endless: { from: number; to: number }[] = [];
  const calls = new Map<string, number[]>();
  const blockEnds = pairIndents(tokens);

  /** Where the block ends whose header has its colon at `colon`. */
  const blockEnd = (colon: number): number => {
    if (colon === -1) return tokens.length;
    if (tokens[colon + 1]?.kind === 'newline') {
      const indent = colon + 2;
      return tokens[indent]?.kind === 'indent' ? (blockEnds.get(indent) ?? tokens.length) : colon + 1;
    }
    let index = colon + 1;
    while (index < tokens.length && tokens[index]?.kind !== 'newline') index += 1;
    return index;
  };

  const readDefinition = (index: number, scope: Scope) => {
    const name = textAt(index + 1);
    binder.declared.add(index + 1);
    binder.declare(scope, name, { kind: 'own' });
    const isClass = is(index, 'class');
    const open = is(index + 2, '(') ? index + 2 : cursor.findOnLine(index + 2, ['(']);
    const close = open === -1 ? -1 : partnerOf(open);
    const colon = cursor.findOnLine(close === -1 ? index + 2 : close + 1, [':']);
    const inner: Scope = { parent: scope, isClass, bindings: new Map() };
    if (!isClass && open !== -1 && close !== -1) {
      const first = textAt(open + 1);
      const called = name === '__init__' ? enclosingClass(index) : name;
      binder.parameters(
        open + 1,
        close,
        inner,
        called,
        scope.isClass && (first === 'self' || first === 'cls'),
      );
    }
    pending.push({ scope: inner, from: colon === -1 ? tokens.length : colon + 1, to: blockEnd(colon) });
  };

  const classes: { name: string; end: number }[] = [];
  const enclosingClass = (index: number): string =>
    classes.filter((one) => one.end > index).at(-1)?.name ?? '';

  const readAssignment = (start: number, scope: Scope) => {
    let target = start;
    let equals = cursor.findOnLine(target, ['=', ':=', ':', '+=']);
    if (equals !== -1 && is(equals, ':')) equals = cursor.findOnLine(equals + 1, ['=']);
    const targets: [number, number][] = [];
    while (equals !== -1 && is(equals, '=') && targets.length < 20) {
      const colon = cursor.findOnLine(target, [':']);
      targets.push([target, colon !== -1 && colon < equals ? colon : equals]);
      target = equals + 1;
      equals = cursor.findOnLine(target, ['=']);
    }
    if (equals !== -1 && is(equals, '+=')) binder.target(start, equals, scope, { kind: 'own' });
    const tuple = cursor.findOnLine(target, [',']) !== -1;
    for (const [from, to] of targets)
      binder.target(
        from,
        to,
        scope,
        tuple && to === from + 1 ? { kind: 'own' } : { kind: 'expression', at: target },
      );
  };

  let lineBegin: boolean = true;
  for (let index = 0; index < tokens.length; index += 1) {
    while ((stack.at(-1)?.end ?? Number.POSITIVE_INFINITY) <= index) stack.pop();
    for (let at = pending.length - 1; at >= 0; at -= 1) {
      const one = pending[at];
      if (one !== undefined && one.from <= index) {
        if (one.to > index) stack.push({ scope: one.scope, end: one.to });
        pending.splice(at, 1);
      }
    }
    const scope = stack.at(-1)?.scope ?? root;
    scopes[index] = scope;
    const token = tokens[index] as Token;
    const begins: boolean = lineBegin;
    lineBegin =
      token.kind === 'newline' ||
      token.kind === 'indent' ||
      token.kind === 'dedent' ||
      (token.kind === 'operator' && (token.text === ';' || (token.text === ':' && begins)));
    if (token.kind === 'operator' && token.text === ':' && index > 0 && endsHeader(index)) lineBegin = true;
    if (begins && token.kind === 'name' && token.text === 'async') lineBegin = true;
    if (token.kind === 'operator' && token.text === '(' && isName(index - 1))
      addCall(calls, textAt(index - 1), index);
    if (token.kind === 'operator' && token.text === ':=' && isName(index - 1))
      binder.target(index - 1, index, scope, { kind: 'expression', at: index + 1 });
    if (token.kind !== 'name') {
      if (begins && (token.text === '(' || token.text === '[')) readAssignment(index, scope);
      continue;
    }
    if (isKeywordArgument(index)) binder.declared.add(index);
    switch (token.text) {
      case 'import':
      case 'from':
        if (begins) {
          const found = readImport(cursor, binder, index, scope);
          imports.push(...found.imports);
          stars.push(...found.stars);
          index = skipLine(index, scope);
        }
        break;
      case 'def':
        readDefinition(index, scope);
        break;
      case 'class':
        if (begins) {
          readDefinition(index, scope);
          classes.push({ name: textAt(index + 1), end: blockEnd(cursor.findOnLine(index, [':'])) });
        }
        break;
      case 'lambda': {
        const colon = cursor.findOnLine(index + 1, [':']);
        if (colon === -1) break;
        const inner: Scope = { parent: scope, isClass: false, bindings: new Map() };
        binder.parameters(index + 1, colon, inner, '', false);
        pending.push({ scope: inner, from: colon + 1, to: cursor.expressionEnd(colon + 1) });
        break;
      }
      case 'for': {
        const within = cursor.findOnLine(index + 1, ['in'], 100);
        if (within !== -1)
          binder.target(index + 1, within, scope, { kind: 'expression', at: within + 1, item: null });
        break;
      }
      case 'with':
      case 'except':
        if (begins) readAs(index, scope);
        break;
      case 'while': {
        const test = textAt(index + 1);
        if (begins && (test === 'True' || /^[1-9]\d*$/.test(test)) && is(index + 2, ':'))
          endless.push({ from: index, to: blockEnd(index + 2) });
        break;
      }
      default:
        if (begins && isName(index)) readAssignment(index, scope);
    }
  }

  function readAs(index: number, scope: Scope) {
    let begin = is(index + 1, '(') ? index + 2 : index + 1;
    for (let at = begin; at < tokens.length; at = cursor.lastOfGroup(at) + 1) {
      if (tokens[at]?.kind === 'newline' || is(at, ':')) return;
      if (is(at, ',')) begin = at + 1;
      if (!is(at, 'as')) continue;
      const end = cursor.findOnLine(at + 1, [',', ':']);
      const source: Source = is(index, 'with') ? { kind: 'expression', at: begin } : { kind: 'own' };
      binder.target(at + 1, end === -1 ? at + 2 : end, scope, source);
    }
  }

  /** Whether the colon at `index` ends the header of a block, so that a statement may follow on its line. */
  function endsHeader(index: number): boolean {
    let begin = index - 1;
    while (begin >= 0 && index - begin < 400) {
      if (/^(newline|indent|dedent)$/.test(tokens[begin]?.kind ?? 'newline')) break;
      const pair = partnerOf(begin);
      if (pair > begin) return false;
      begin = pair !== -1 ? pair - 1 : begin - 1;
    }
    return headers.has(textAt(begin + 1));
  }

  function isKeywordArgument(index: number): boolean {
    return is(index + 1, '=') && (is(index - 1, '(') || is(index - 1, ','));
  }

  function skipLine(index: number, scope: Scope): number {
    let end = index;
    while (end + 1 < tokens.length && tokens[end + 1]?.kind !== 'newline' && !is(end + 1, ';')) {
      end += 1;
      scopes[end] = scope;
    }
    return end;
  }

  return {
    scopeAt: (index) => scopes[index] ?? root,
    root,
    imports,
    stars,
    declared: binder.declared,
    endless,
    properties: binder.properties,
    calls,
  };
}

function pairIndents(tokens: Token[]): Map<number, number> {
  const ends = new Map<number, number>();
  const open: number[] = [];
  tokens.forEach((token, index) => {
    if (token.kind === 'indent') open.push(index);
    else if (token.kind === 'dedent') {
      const start = open.pop();
      if (start !== undefined) ends.set(start, index);
    }
  });
  return ends;
}

function addCall(calls: Map<string, number[]>, name: string, at: number): void {
  const sites = calls.get(name);
  if (sites === undefined) calls.set(name, [at]);
  else if (sites.length < 16) sites.push(at);
}
