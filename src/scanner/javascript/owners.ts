import type { Node } from './parse.ts';
import type { Scope } from './scope.ts';

/** Whether a child of a function is its name or a parameter. */
export function isOwnName(node: Node, child: Node): boolean {
  if ('id' in node && node.id === child) return true;
  return 'params' in node && Array.isArray(node.params) && (node.params as unknown[]).includes(child);
}

/** The global that a chain begins with; null when the program declares that name itself. */
export function freeOwner(node: Node, scope: Scope): string | null {
  let first = node;
  while (first.type === 'MemberExpression') first = first.object;
  if (first.type !== 'Identifier') return null;
  for (let owner: Scope | null = scope; owner !== null; owner = owner.parent)
    if (owner.bindings.has(first.name)) return null;
  return first.name;
}
