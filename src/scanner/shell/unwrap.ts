import type { Command } from '../rule.ts';
import { mapValue, text, textsOf, unknown, type Value } from '../value.ts';

/** Commands that only say how another command is run. */
const wrappers: ReadonlySet<string> = new Set(
  'command builtin exec env nice nohup time timeout setsid stdbuf ionice xargs sudo doas busybox toybox unbuffer chroot taskset chrt flock prlimit choom numactl fakeroot xvfb-run cpulimit gosu su-exec'.split(
    ' ',
  ),
);
/** The command inside `env X=1 nice -n 5 rm …`, as a command of its own. */
export function unwrap(command: Command, depth = 12): Command[] {
  const called = textsOf(command.name).map((known) => known.text.replace(/^.*\//, ''));
  if (depth === 0) return [];
  if (called.includes('find')) return executedByFind(command, depth);
  if (!called.some((name) => wrappers.has(name))) return [];
  let index = 0;
  while (index < command.args.length) {
    const argument = textsOf(command.args[index])[0]?.text;
    if (argument === undefined) break;
    if (/^-[nugkILPdsEa]$/.test(argument) && !called.includes('exec')) index += 2;
    else if (called.includes('flock') && index === 0) index += 1;
    else if (
      /^-/.test(argument) ||
      /^\w+=/.test(argument) ||
      (called.includes('timeout') && /^[\d.]+[smhd]?$/.test(argument))
    )
      index += 1;
    else break;
  }
  const name = command.args[index];
  if (name === undefined) return [];
  const rest = command.args.slice(index + 1);
  const inner: Command = {
    ...command,
    name,
    args: called.includes('xargs') ? withInput(command, rest) : rest,
    substitutions: [],
    redirects: [],
  };
  return [inner, ...unwrap(inner, depth - 1)];
}

/** The arguments of what `xargs` starts, with those that it reads from a constant text. */
function withInput(command: Command, args: Value[]): Value[] {
  const given = command.fedBy;
  const isEcho =
    given !== null && textsOf(given.name).some(({ text: called }) => /^(echo|printf)$/.test(called));
  const read = command.input !== null ? [command.input] : isEcho ? given.args : [];
  const mark = command.args.findIndex((argument) =>
    textsOf(argument).some((known) => /^-(I|i)/.test(known.text)),
  );
  if (mark === -1) return [...args, ...read];
  const holder =
    textsOf(command.args[mark])[0]?.text.slice(2) || textsOf(command.args[mark + 1])[0]?.text || '{}';
  return args.map((argument) =>
    mapValue(argument, (option) => {
      if (option.kind !== 'text' || !option.text.includes(holder)) return option;
      const [one] = read.length === 1 ? read : [];
      return one === undefined
        ? unknown
        : mapValue(one, (word) =>
            word.kind === 'text' ? text(option.text.replaceAll(holder, word.text)) : unknown,
          );
    }),
  );
}

/** `find … -exec rm {} +`: the command, applied to the folders that are searched. */
function executedByFind(command: Command, depth: number): Command[] {
  const at = command.args.findIndex((argument) =>
    textsOf(argument).some((known) => /^-(exec|execdir|ok|okdir)$/.test(known.text)),
  );
  const name = command.args[at + 1];
  if (at === -1 || name === undefined) return [];
  const folder = command.args[0] ?? text('.');
  const rest = command.args
    .slice(at + 2)
    .filter((argument) => !textsOf(argument).some((known) => known.text === ';' || known.text === '+'));
  const args = rest.map((argument) =>
    textsOf(argument).some((known) => known.text === '{}') ? folder : argument,
  );
  const inner: Command = { ...command, name, args, substitutions: [], redirects: [], pipedInto: null };
  return [inner, ...unwrap(inner, depth - 1)];
}
