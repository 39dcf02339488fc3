import { isFunction, type Node } from './parse.ts';

/** The name a module exports something by. */
export function moduleExportName(node: Node): string {
  if (node.type === 'Identifier') return node.name;
  return node.type === 'Literal' ? String(node.value) : 'default';
}

/** The constant name of a property key. */
export function keyName(key: Node, computed: boolean): string | null {
  if (key.type === 'Identifier' && !computed) return key.name;
  if (key.type === 'Literal') return String(key.value);
  return key.type === 'PrivateIdentifier' ? `#${key.name}` : null;
}

/** `this.socket` → `this.socket`, `tool.run` → `tool.run`; null for anything longer. */
export function ownPropertyPath(node: Node): string | null {
  if (node.type !== 'MemberExpression') return null;
  const key = keyName(node.property, node.computed);
  if (key === null) return null;
  if (node.object.type === 'ThisExpression') return `this.${key}`;
  return node.object.type === 'Identifier' ? `${node.object.name}.${key}` : null;
}

/** The last name of a chain: `run` of `tool.run`. A function called where it stands goes by its place. */
export function lastName(callee: Node): string | null {
  if (callee.type === 'Identifier') return callee.name;
  if (callee.type === 'MemberExpression') return keyName(callee.property, callee.computed);
  if (callee.type === 'ChainExpression' || callee.type === 'ParenthesizedExpression')
    return lastName(callee.expression);
  return isFunction(callee) ? placeName(callee) : null;
}

/** What a function goes by that is called where it stands. */
function placeName(node: Node): string {
  return `function@${node.start}`;
}
