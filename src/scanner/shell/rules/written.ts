import { nameSet } from '../../code.ts';
import { type Command, type Match, needs, type ShellRule } from '../../rule.ts';
import { text, textsOf, type Value } from '../../value.ts';
import { isCalled, namesOf, operands, optionValue, wordTexts } from '../words.ts';
import { interpreters } from './network.ts';

function plain(path: string): string {
  return path.replace(/^\.\//, '');
}

/** The files a command writes its output to. */
function outputs(command: Command): string[] {
  const files = isCalled(command, nameSet('tee')) ? operands(command) : [];
  const targets = command.redirects
    .filter(({ operator }) => operator.startsWith('>'))
    .map(({ target }) => target);
  return [...files, ...targets].flatMap(wordTexts).map(plain);
}

/** What a command writes, where that is known: a here-document, or the words of `echo` and `printf`. */
function contentOf(command: Command): string | null {
  const source = command.input === null && command.fedBy !== null ? command.fedBy : command;
  if (source.input !== null) return wholeOf([source.input]);
  if (!namesOf(source).some((name) => name === 'echo' || name === 'printf')) return null;
  const content = wholeOf(operands(source));
  return content?.replaceAll('\\n', '\n').replaceAll('\\t', '\t') ?? null;
}

function wholeOf(values: readonly Value[]): string | null {
  const texts = values.map((value) => textsOf(value).find(({ whole }) => whole)?.text);
  return texts.every((one) => one !== undefined) ? texts.join(' ') : null;
}

/** The files a command runs: itself, or what an interpreter or `source` is given. */
function started(command: Command): string[] {
  const runs = isCalled(command, interpreters) || isCalled(command, nameSet('. source'));
  const [file] = runs ? operands(command) : [];
  return [...wordTexts(command.name), ...(file === undefined ? [] : wordTexts(file))].map(plain);
}

const compilers = nameSet('gcc g++ cc c++ clang clang++ rustc go ghc tcc');

/** A script that writes a file and runs it: what it wrote is read like the script. */
export const writtenAndRun: ShellRule = {
  name: 'written-and-run',
  about: 'Runs a file that it has written itself.',
  languages: ['shell'],
  cwe: 'CWE-94',
  bad: [
    "cat > a.sh <<'EOF'\nrm -rf /\nEOF\nbash a.sh",
    'echo \'import os; os.system("id")\' > x.py; python3 x.py',
    'make_it > gen.sh; sh gen.sh',
    "tee run <<< 'rm -rf /home'; chmod +x run; ./run",
  ],
  good: [
    "printf '#!/bin/sh\\necho hi\\n' > hi.sh\nchmod +x hi.sh\n./hi.sh",
    'echo x > data.txt; ./run.sh data.txt',
  ],
  *check(facts, context): Iterable<Match> {
    const run = new Set(facts.commands.flatMap(started));
    for (const command of facts.commands) {
      const [made] = isCalled(command, compilers) ? [optionValue(command, ['-o']) ?? text('a.out')] : [];
      if (made !== undefined && wordTexts(made).some((file) => run.has(plain(file))))
        yield needs(
          'native.ffi',
          command.at,
          'Runs a program that it has compiled itself, which no rule reads. Use the language itself.',
        );
      for (const file of outputs(command)) {
        if (file === '' || !run.has(file)) continue;
        const content = contentOf(command);
        if (content === null) {
          yield needs(
            'eval.dynamic',
            command.at,
            `Runs ${file}, which it makes itself, so that it cannot be read before.`,
          );
          continue;
        }
        const language = /\.py$/.test(file) ? 'python' : /\.[cm]?js$/.test(file) ? 'javascript' : 'shell';
        yield* context.scanText(language, content, command.at);
      }
    }
  },
};
