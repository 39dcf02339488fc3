import { childrenOf, type Node } from './parse.ts';
import type { Scopes } from './scope.ts';

const endings = /^(uncaughtException|unhandledRejection|uncaughtExceptionMonitor|exit|beforeExit)$/;

/** Whether a call is `process.on('uncaughtException', …)`, or the like, with a listener that ends the program as if all were well. */
export function endsQuietly(event: string | undefined, listener: Node | undefined, scopes: Scopes): boolean {
  if (event === undefined || listener === undefined || !endings.test(event)) return false;
  const called = listener.type === 'Identifier' ? listener.name : null;
  const named =
    called === null ? [] : [...scopes.names].filter(([, one]) => one === called).map(([node]) => node);
  return [listener, ...named].some((node) => saysAllIsWell(node, 12));
}

function saysAllIsWell(node: Node, depth: number): boolean {
  if (depth === 0) return false;
  if (node.type === 'CallExpression' && /^process\.(exit|reallyExit)$/.test(dotted(node.callee))) {
    const [code] = node.arguments;
    if (code === undefined || (code.type === 'Literal' && Number(code.value) === 0)) return true;
  }
  if (node.type === 'AssignmentExpression' && dotted(node.left) === 'process.exitCode')
    if (node.right.type === 'Literal' && Number(node.right.value) === 0) return true;
  return childrenOf(node).some((child) => saysAllIsWell(child, depth - 1));
}

function dotted(node: Node): string {
  if (node.type === 'Identifier') return node.name;
  if (node.type !== 'MemberExpression' || node.property.type !== 'Identifier') return '';
  return `${dotted(node.object)}.${node.property.name}`;
}
