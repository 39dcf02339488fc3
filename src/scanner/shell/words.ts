import type { Command } from '../rule.ts';
import { textsOf, type Value } from '../value.ts';

/** The names a command may go by, folders left out: `/bin/rm` is `rm`. */
export function namesOf(command: Command): string[] {
  return textsOf(command.name)
    .filter(({ whole }) => whole)
    .map(({ text }) => text.replace(/^.*\//, ''));
}

export function isCalled(command: Command, names: ReadonlySet<string>): boolean {
  return namesOf(command).some((name) => names.has(name));
}

/** Every text that an argument may be. */
export function wordTexts(value: Value): string[] {
  return textsOf(value).map(({ text }) => text);
}

/** Whether one of the arguments is, or may be, a text that fits. */
export function hasArgument(command: Command, pattern: RegExp): boolean {
  return command.args.some((argument) => wordTexts(argument).some((text) => pattern.test(text)));
}

/** The arguments that are no options; after `--` everything counts. */
export function operands(command: Command): Value[] {
  const end = command.args.findIndex((argument) => wordTexts(argument).includes('--'));
  const before = end === -1 ? command.args : command.args.slice(0, end);
  const after = end === -1 ? [] : command.args.slice(end + 1);
  return [...before.filter((argument) => !wordTexts(argument).some((text) => /^[-+]./.test(text))), ...after];
}

/** The value of an option: `-o x`, `-ox`, `--output=x`. */
export function optionValue(command: Command, names: readonly string[]): Value | undefined {
  for (const [index, argument] of command.args.entries()) {
    for (const text of wordTexts(argument)) {
      if (names.includes(text)) return command.args[index + 1];
      const name = names.find((one) =>
        one.startsWith('--') ? text.startsWith(`${one}=`) : text.startsWith(one) && text.length > one.length,
      );
      if (name !== undefined)
        return { kind: 'text', text: text.slice(name.length + (name.startsWith('--') ? 1 : 0)), whole: true };
    }
  }
  return undefined;
}

/** The commands that a pipeline runs after this one. */
export function downstream(command: Command): Command[] {
  const found: Command[] = [];
  for (let next = command.pipedInto; next !== null && found.length < 50; next = next.pipedInto)
    found.push(next);
  return found;
}
