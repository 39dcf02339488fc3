import { contains, type Value } from './value.ts';

const local = /^([a-z+]+:\/\/)?([^@/]*@)?(localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[?::1?\]?|::1)([:/?#]|$)/i;

/** Whether the only host that is named among the arguments is this machine. */
export function isLocalOnly(args: readonly Value[], named: ReadonlyMap<string, Value>): boolean {
  const all: Value = { kind: 'list', items: [...args, ...named.values()] };
  const isLocal = contains(all, (value) => value.kind === 'text' && local.test(value.text));
  const isRemote = contains(
    all,
    (value) => value.kind === 'text' && /^[a-z+]+:\/\//i.test(value.text) && !local.test(value.text),
  );
  return isLocal && !isRemote;
}

/** A port alone: Node then connects to this machine. */
export function isPortOnly(args: readonly Value[]): boolean {
  const [first, second] = args;
  return first?.kind === 'number' && (second === undefined || second.kind !== 'text');
}
