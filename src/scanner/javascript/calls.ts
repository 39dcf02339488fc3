import { isKnownText, textsOf, unknown, type Value } from '../value.ts';
import { childrenOf, isFunction, isNode, type Node } from './parse.ts';
import type { Scope } from './scope.ts';

/** One prefix or suffix of a path that does not change what is reached. */
export function canonicalPath(path: string): string {
  return path
    .replace(/^(?:(?:globalThis|global|window|self|top|frames)\.)+(?=[^*])/, '')
    .replace(/^(?:process\.mainModule|require\.main|module(?:\.parent|\.main)?)\.require(?=\(|$)/, 'require')
    .replace(/\.default(?=\.|$)/, '')
    .replace(/^module\.createRequire\(\)/, 'require')
    .replace(/^import\.meta\.require/, 'require')
    .replace(/^(?:fs-extra|graceful-fs|original-fs)(?=\.|$)/, 'fs');
}

/** `f.call(x, a)` and `f.apply(x, [a])` as the call of `f` that they are. */
export function directCall(path: string, args: Value[]): { path: string; args: Value[] } {
  if (path === 'Reflect.apply' || path === 'Reflect.construct') {
    const target = args[0];
    const given = args[path === 'Reflect.apply' ? 2 : 1];
    if (target?.kind === 'name')
      return { path: target.path, args: given?.kind === 'list' ? given.items : [unknown] };
  }
  if (path.endsWith('.call')) return { path: path.slice(0, -'.call'.length), args: args.slice(1) };
  if (path.endsWith('.apply'))
    return {
      path: path.slice(0, -'.apply'.length),
      args: args[1]?.kind === 'list' ? args[1].items : [unknown],
    };
  return { path, args };
}

/** The modules that a loader may be given, and whether it can be given no other. */
export function loadedModules(specifier: Value | undefined): { names: string[]; isKnown: boolean } {
  const names = textsOf(specifier).flatMap(({ text, whole }) => (whole ? [text] : []));
  return { names, isKnown: isKnownText(specifier) };
}

/** Whether a loop's test always holds. */
export function isEndless(node: Node): boolean {
  if (node.type !== 'WhileStatement' && node.type !== 'DoWhileStatement' && node.type !== 'ForStatement')
    return false;
  const test = node.test;
  if (test === null) return true;
  if (!isNode(test)) return false;
  return test.type === 'Literal' && Boolean(test.value);
}

/** The expressions that a function may give back. */
export function returnedBy(node: Node): Node[] {
  if (!('body' in node) || !isNode(node.body)) return [];
  if (node.body.type !== 'BlockStatement') return [node.body];
  const found: Node[] = [];
  const look = (inner: Node, depth: number): void => {
    if (depth === 0 || found.length >= 8 || isFunction(inner)) return;
    if (inner.type === 'ReturnStatement' && inner.argument !== null) found.push(inner.argument);
    else if (/Statement$|^(SwitchCase|CatchClause)$/.test(inner.type))
      for (const child of childrenOf(inner)) look(child, depth - 1);
  };
  look(node.body, 12);
  return found;
}

/** The program's own functions that a callee may be. */
export function functionsOf(callee: Node, scope: Scope): Node[] {
  if (callee.type === 'ParenthesizedExpression') return functionsOf(callee.expression, scope);
  if (isFunction(callee)) return [callee];
  if (callee.type !== 'Identifier') return [];
  for (let owner: Scope | null = scope; owner !== null; owner = owner.parent) {
    const sources = owner.bindings.get(callee.name);
    if (sources !== undefined)
      return sources.flatMap((one) => (one.kind === 'expression' && isFunction(one.node) ? [one.node] : []));
  }
  return [];
}

/** Whether a loader's call says which module it wants in plain text. */
export function isWritten(call: Node): boolean {
  if (call.type !== 'CallExpression') return false;
  const [given] = call.arguments;
  return (
    given === undefined ||
    given.type === 'Literal' ||
    (given.type === 'TemplateLiteral' && given.expressions.length === 0)
  );
}
