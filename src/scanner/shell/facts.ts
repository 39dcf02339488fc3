import type { Command, Place, ShellFacts } from '../rule.ts';
import { choice, concatenateAll, mapValue, text, unknown, type Value } from '../value.ts';
import { braces, changed, constantOutput } from './expand.ts';
import type { RawCommand, RawScript } from './parse.ts';
import { literalText, type Part, type Word } from './token.ts';
import { unwrap } from './unwrap.ts';

const declarations: ReadonlySet<string> = new Set(['local', 'export', 'declare', 'typeset', 'readonly']);

/** Works out the words of a script's commands: variables, positional parameters, constant substitutions. */
export function shellFacts(file: string, script: RawScript, at: (offset: number) => Place): ShellFacts {
  const variables = new Map<string, { word: Word; within: string | null }[]>();
  const calls = new Map<string, RawCommand[]>();
  const assign = (name: string, word: Word, within: string | null) => {
    const words = variables.get(name) ?? [];
    if (words.length < 16) words.push({ word, within });
    variables.set(name, words);
  };
  for (const { name, words, within } of script.loops) for (const word of words) assign(name, word, within);
  for (const raw of script.commands) {
    for (const { name, word } of raw.assignments) assign(name, word, raw.within);
    const called = literalText(raw.words[0]);
    if (called === null) continue;
    if (declarations.has(called)) for (const word of raw.words.slice(1)) assignDeclared(word, raw.within);
    if (script.functions.has(called)) {
      const sites = calls.get(called) ?? [];
      if (sites.length < 16) sites.push(raw);
      calls.set(called, sites);
    }
  }

  function assignDeclared(word: Word, within: string | null) {
    const assignment = declaredIn(word);
    if (assignment !== null) assign(assignment.name, assignment.word, within);
  }

  function assignmentsOf(raw: RawCommand): Command['assignments'] {
    const called = literalText(raw.words[0]) ?? '';
    const given = declarations.has(called) || called === 'env' ? raw.words.slice(1).map(declaredIn) : [];
    return [...raw.assignments, ...given]
      .filter((one) => one !== null)
      .map(({ name, word }) => ({ name, value: wordValue(word, raw.within) }));
  }

  const underWay = new Set<string>();
  const known = new Map<string, Value>();
  const variable = (name: string, within: string | null, depth: number): Value => {
    if (name === 'HOME') return text('~');
    if (name === 'IFS') return text(' ');
    if (name === 'PPID') return { kind: 'name', path: 'PPID' };
    if (name === 'PWD' || name === 'OLDPWD') return text('.');
    if (name === 'TMPDIR') return text('/tmp');
    const key = `${within}/${name}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    if (depth > 12 || underWay.has(key)) return unknown;
    underWay.add(key);
    try {
      const value = assigned(name, within, depth);
      known.set(key, value);
      return value;
    } finally {
      underWay.delete(key);
    }
  };

  const assigned = (name: string, within: string | null, depth: number): Value => {
    if (/^[1-9@*]$/.test(name)) {
      if (within === null) return unknown;
      const sites = calls.get(within) ?? [];
      return choice(sites.map((site) => positional(site, name, depth + 1)));
    }
    const words = variables.get(name) ?? [];
    const values = words.map(({ word, within: place }) => wordValue(word, place, depth + 1));
    return values.length === 0 ? unknown : choice(values);
  };

  const positional = (site: RawCommand, name: string, depth: number): Value => {
    if (name === '@' || name === '*') {
      const words = site.words.slice(1).map((word) => wordValue(word, site.within, depth));
      return concatenateAll(words.flatMap((word, index) => (index === 0 ? [word] : [text(' '), word])));
    }
    const word = site.words[Number(name)];
    return word === undefined ? unknown : wordValue(word, site.within, depth);
  };

  const partValue = (part: Part, within: string | null, depth: number): Value => {
    switch (part.kind) {
      case 'literal':
        return text(part.text);
      case 'variable': {
        const value = variable(part.name, within, depth);
        if (part.indirect)
          return mapValue(value, (option) =>
            option.kind === 'text' && option.whole ? variable(option.text, within, depth + 1) : unknown,
          );
        return part.change === undefined ? value : changed(value, part.change);
      }
      case 'substitution':
        return part.process ? text('/dev/fd/63') : constantOutput(part.script, file);
      case 'unknown':
        return unknown;
    }
  };

  const wordValue = (word: Word, within: string | null, depth = 0): Value => {
    const parts = word.parts.map((part) => partValue(part, within, depth));
    const value = concatenateAll(parts);
    const isQuoted = word.parts[0]?.kind === 'literal' && word.parts[0].quoted;
    // A quoted tilde is an ordinary character.
    return isQuoted && word.parts.length === 1
      ? mapValue(value, (option) =>
          option.kind === 'text' && option.text.startsWith('~') ? text(`./${option.text}`) : option,
        )
      : value;
  };

  /** Unquoted expansions are split at white space, so that one word can become a whole command. */
  const expand = (words: readonly Word[], within: string | null): Value[] =>
    words.flatMap((word): Value[] => {
      const items = listOf(word, within);
      if (items !== null) return items;
      const value = wordValue(word, within);
      const splits = word.parts.some((part) => part.kind === 'variable' && !part.quoted);
      if (splits && value.kind === 'text' && /\s/.test(value.text))
        return value.text
          .split(/\s+/)
          .filter(Boolean)
          .map((piece, index, all) => text(piece, value.whole || index < all.length - 1));
      return braces(value);
    });

  /** `"$@"` and `"${list[@]}"`: every word of it. */
  const listOf = (word: Word, within: string | null): Value[] | null => {
    const [part] = word.parts.filter((one) => one.kind !== 'literal' || one.text !== '');
    if (part?.kind !== 'variable' || part.change !== undefined || word.parts.length > 2) return null;
    if (part.each)
      return variables.get(part.name)?.map((one) => wordValue(one.word, one.within)) ?? [unknown];
    if ((part.name !== '@' && part.name !== '*') || within === null) return null;
    const sites = calls.get(within) ?? [];
    return sites.flatMap((site) => site.words.slice(1).map((one) => wordValue(one, site.within)));
  };

  /** Where white space is not what divides words, an unquoted variable can be any command. */
  const isSplitAnew = (word: Word | undefined): boolean =>
    variables.has('IFS') && word?.parts.some((part) => part.kind === 'variable' && !part.quoted) === true;

  const made = new Map<RawCommand, Command>();
  const make = (raw: RawCommand): Command => {
    const before = made.get(raw);
    if (before !== undefined) return before;
    const [name, ...args] = expand(raw.words, raw.within);
    const command: Command = {
      name: isPattern(raw.words[0]) || isSplitAnew(raw.words[0]) ? unknown : (name ?? text('')),
      args,
      assignments: assignmentsOf(raw),
      redirects: raw.redirects.map(({ operator, word }) => ({
        operator: operator.replace(/^\d+/, ''),
        descriptor: /^\d+/.exec(operator)?.[0] ?? null,
        target: wordValue(word, raw.within),
      })),
      input:
        raw.input === null
          ? null
          : raw.input.kind === 'text'
            ? text(raw.input.text)
            : wordValue(raw.input.word, raw.within),
      pipedInto: null,
      fedBy: null,
      background: raw.background,
      substitutions: [],
      within: raw.within,
      at: at(raw.offset),
    };
    made.set(raw, command);
    return command;
  };
  const commands = script.commands.map((raw) => {
    const command = make(raw);
    command.pipedInto = raw.pipedInto === null ? null : make(raw.pipedInto);
    if (command.pipedInto !== null) command.pipedInto.fedBy = command;
    command.substitutions = raw.substitutions.map(make);
    return command;
  });
  return {
    file,
    commands: commands.flatMap((command) => [command, ...unwrap(command)]),
    functions: script.functions,
    aliases: aliasesOf(commands),
  };
}

function aliasesOf(commands: readonly Command[]): Map<string, Value> {
  const aliases = new Map<string, Value>();
  for (const command of commands)
    if (command.name.kind === 'text' && command.name.text === 'alias')
      for (const argument of command.args) {
        const found = argument.kind === 'text' ? /^([^=\s]+)=(.*)$/s.exec(argument.text) : null;
        if (found?.[1] !== undefined)
          aliases.set(found[1], text(found[2] ?? '', argument.kind === 'text' && argument.whole));
      }
  return aliases;
}

/** `name=value` as an argument of `export` and the like. */
function declaredIn(word: Word): { name: string; word: Word } | null {
  const first = word.parts[0];
  const found = first?.kind === 'literal' ? /^(\w+)=/.exec(first.text) : null;
  if (first?.kind !== 'literal' || found?.[1] === undefined) return null;
  const rest = { ...first, text: first.text.slice(found[0].length) };
  return { name: found[1], word: { ...word, parts: [rest, ...word.parts.slice(1)] } };
}

/** Whether a command's name is a pattern, so that files decide what is run. */
function isPattern(word: Word | undefined): boolean {
  return (
    word?.parts.some((part) => part.kind === 'literal' && !part.quoted && /[*?]|\[.+\]/.test(part.text)) ===
    true
  );
}
