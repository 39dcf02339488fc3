import { type Call, choice, optionsOf, type Value } from './value.ts';

/** What is given to a call to be called there: `map(os.remove, paths)`, `Thread(target=f, args=(x,))`, `paths.forEach(fs.rmSync)`. */
export interface Passed {
  path: string;
  args: Value[];
}

/** Each item of a list may be the argument; anything else is the argument itself. */
function spreadItems(value: Value): Value {
  return value.kind === 'list' ? choice(value.items) : value;
}

/**
 * The functions among a call's arguments, each with what it may be called with: the arguments after it, or those named for it.
 * `receiver` is the list whose method is called, if there is one.
 */
export function* passedFunctions(
  call: Call,
  isFunction: (path: string) => boolean,
  receiver?: Value,
): Iterable<Passed> {
  for (const [index, argument] of call.args.entries())
    for (const option of optionsOf(argument))
      if (option.kind === 'name' && isFunction(option.path)) {
        const rest = call.args.slice(index + 1).map(spreadItems);
        yield { path: option.path, args: receiver === undefined ? rest : [spreadItems(receiver), ...rest] };
      }
  for (const [key, argument] of call.named)
    for (const option of optionsOf(argument)) {
      if (option.kind !== 'name' || !isFunction(option.path)) continue;
      const given = call.named.get('args') ?? call.named.get(`${key.slice(0, 4)}args`);
      yield {
        path: option.path,
        args: given?.kind === 'list' ? given.items : given === undefined ? [] : [given],
      };
    }
}
