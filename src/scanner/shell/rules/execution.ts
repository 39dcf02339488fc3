import { nameSet } from '../../code.ts';
import { type Command, type Match, needs, type ScanContext, type ShellRule, shows } from '../../rule.ts';
import { concatenateAll, text, textsOf, unknown, type Value } from '../../value.ts';
import { downstream, hasArgument, isCalled, namesOf, operands, optionValue, wordTexts } from '../words.ts';
import { interpreters } from './network.ts';

const decoders = nameSet('base64 base32 xxd uudecode gunzip zcat gpg openssl');

function decodes(command: Command): boolean {
  if (!isCalled(command, decoders)) return false;
  return (
    hasArgument(command, /^(-d|-D|-di|--decode|-r|-p|-r -p|enc)$|^-\w*[dr]/) ||
    isCalled(command, nameSet('uudecode gunzip zcat'))
  );
}

/** What is decoded is run. */
export const decodeAndRun: ShellRule = {
  name: 'decode-and-run',
  about: 'Runs code that was hidden behind an encoding.',
  languages: ['shell'],
  cwe: 'CWE-506',
  bad: [
    'echo cm0gLXJmIC8= | base64 -d | sh',
    'eval "$(echo aWQ= | base64 --decode)"',
    'bash -c "$(echo 6964 | xxd -r -p)"',
    'base64 -d <<< aWQ= | bash',
    'x=$(echo aWQ= | base64 -d); $x',
  ],
  good: ['echo aWQ= | base64 -d > out.bin', 'base64 -d file.txt | wc -c', 'echo aWQ= | base64'],
  *check(facts): Iterable<Match> {
    for (const command of facts.commands) {
      const runs =
        isCalled(command, interpreters) ||
        namesOf(command).some((name) => name === 'eval' || name === 'source' || name === '.');
      const piped =
        decodes(command) &&
        downstream(command).some((next) => isCalled(next, interpreters) && operands(next).length === 0);
      const hidden = [command.name, ...(runs ? command.args : [])].some((word) =>
        textsOf(word).some(({ decoded }) => decoded),
      );
      const inner =
        runs && command.substitutions.some((one) => decodes(one) || downstream(one).some(decodes));
      if (piped || hidden || inner)
        yield shows(
          'deny',
          command.at,
          'Runs code that was hidden behind an encoding. Write the code itself into the program.',
          ['eval.dynamic', 'obfuscation'],
        );
    }
  },
};

function joined(words: readonly Value[]): Value {
  return concatenateAll(words.flatMap((word, index) => (index === 0 ? [word] : [text(' '), word])));
}

/** The code that a command is given as text: after `-c`, `-e`, `eval`, in a here-document, or through a pipe from `echo`. */
function codeOf(
  command: Command,
  upstream: Command | undefined,
): { language: 'shell' | 'python' | 'javascript' | null; code: Value } | null {
  const names = namesOf(command);
  if (names.includes('env')) {
    const split = optionValue(command, ['-S', '--split-string']);
    if (split !== undefined) return { language: 'shell', code: split };
  }
  if (names.includes('eval')) return { language: 'shell', code: joined(command.args) };
  if (names.includes('.') || names.includes('source')) {
    const own = operands(command)
      .flatMap(wordTexts)
      .some((word) => /^(-|\/dev\/(stdin|fd\/0))$/.test(word));
    if (
      operands(command)
        .flatMap(wordTexts)
        .some((word) => /^[/~]/.test(word) && !descriptor.test(word))
    )
      return { language: 'shell', code: unknown };
    return own && command.input !== null ? { language: 'shell', code: command.input } : null;
  }
  if (names.includes('trap'))
    return command.args[0] === undefined ? null : { language: 'shell', code: command.args[0] };
  const name = names.find((one) => interpreters.has(one));
  if (name === undefined) return null;
  const language = /^python/.test(name)
    ? 'python'
    : /^(node|nodejs|deno|bun)$/.test(name)
      ? 'javascript'
      : /sh$/.test(name)
        ? 'shell'
        : null;
  const given =
    optionValue(
      command,
      language === 'javascript' || language === null
        ? ['-e', '-p', '--eval', '--print', '-pe', '-r']
        : ['-c', '-ic', '-lc', '-ec', '-xc'],
    ) ?? clustered(command, language === null ? /^-[a-zA-Z0-9.]*[eE]$/ : /^-[a-zA-Z]*c$/);
  if (given !== undefined) return { language, code: given };
  if (operands(command).some((word) => wordTexts(word).some((text) => descriptor.test(text))))
    return { language, code: command.input ?? unknown };
  if (operands(command).some((word) => !wordTexts(word).includes('-'))) return null;
  if (command.input !== null) return { language, code: command.input };
  // Alone it does what it is told later on.
  if (upstream === undefined)
    return language === 'shell' && !readsOwnScript(command) && !hasArgument(command, /^-[^is]/)
      ? { language, code: unknown }
      : null;
  const constant = namesOf(upstream).some((one) => one === 'echo' || one === 'printf');
  return { language, code: constant ? joined(operands(upstream)) : { kind: 'unknown' } };
}

/** A file that is whatever was put behind a descriptor. */
const descriptor = /^(\/dev|\/proc\/(self|\d+))\/fd\/\d+$|^\/dev\/stdin$/;

/** `sh < build.sh`: the file is read with the others. */
function readsOwnScript({ redirects }: Command): boolean {
  return redirects.some(
    ({ operator, target }) =>
      operator === '<' && wordTexts(target).some((file) => /^[^/~]*\.(sh|bash)$/.test(file)),
  );
}

/** `perl -lane 'code'`: several options in one word, of which the last takes the code. */
function clustered(command: Command, option: RegExp): Value | undefined {
  const at = command.args.findIndex((argument) => wordTexts(argument).some((text) => option.test(text)));
  return at === -1 ? undefined : command.args[at + 1];
}

export const evaluation: ShellRule = {
  name: 'evaluation',
  about: 'Runs text as code, or a command whose name is not known.',
  languages: ['shell'],
  cwe: 'CWE-95',
  bad: [
    'eval "$1"',
    'run() { eval "$1"; }\nrun "ls -a /app/"',
    'bash -c "$command"',
    'python3 -c "import os; os.system(\'id\')"',
    "sh <<'EOF'\nrm -rf /\nEOF",
    "echo 'rm -rf /' | sh",
    'node -e \'require("child_process").exec("id")\'',
    '$command',
    'cat script | bash',
    'perl -e \'system("id")\'',
    "alias tidy='rm -rf'\ntidy /home",
    "env -S 'rm -rf /home'",
    "echo 'rm -rf /home' | xargs -I{} sh -c '{}'",
    '/bin/r? -rf x',
    "perl -lane 'print `id`' a.txt",
    'coproc sh',
    "for c in 'rm -rf /home' 'rm -rf /var'; do $c; done",
    "exec 9<<<'rm -rf /home'; bash /dev/fd/9",
  ],
  good: [
    'python3 main.py',
    "python3 -c 'print(1)'",
    "node -e 'console.log(1)'",
    "eval 'x=1'",
    'cmd="sort -n"\n$cmd data.txt',
    "alias ll='ls -l'\nll",
    'printf "%s" a | xargs -I{} echo {}',
    "bash -c 'echo hi'",
    'echo "eval $x"',
  ],
  *check(facts, context): Iterable<Match> {
    const upstream = new Map<Command, Command>();
    for (const command of facts.commands)
      if (command.pipedInto !== null) upstream.set(command.pipedInto, command);
    for (const command of facts.commands) {
      if (textsOf(command.name).every(({ whole }) => !whole))
        yield needs(
          'process.spawn',
          command.at,
          'Starts a command whose name is not known before the script runs. Name it.',
        );
      for (const { text: whole } of textsOf(command.name))
        if (/\s/.test(whole)) yield* context.scanText('shell', whole, command.at);
      for (const name of namesOf(command)) {
        const alias = facts.aliases.get(name);
        if (alias === undefined) continue;
        const words = [alias, ...command.args].map((word) => wordTexts(word)[0] ?? '"$unknown"');
        yield* context.scanText('shell', words.join(' '), command.at);
      }
      const given = codeOf(command, upstream.get(command));
      if (given !== null) yield* ran(given.language, given.code, command, context);
    }
  },
};

function* ran(
  language: 'shell' | 'python' | 'javascript' | null,
  code: Value,
  command: Command,
  context: ScanContext,
): Iterable<Match> {
  const known = textsOf(code);
  const what = namesOf(command)[0] ?? 'A command';
  if (language !== null)
    for (const { text: content } of known) yield* context.scanText(language, content, command.at);
  const constant = language !== null && known.length > 0 && known.every(({ whole }) => whole);
  // A parameter that every call in the script gives as a constant is still a parameter: somebody else may give another.
  const parameter = code.kind === 'text' && what === 'eval' && constant && !/^[\w=+\s'"-]*$/.test(code.text);
  if (constant && !parameter)
    yield needs(
      'eval.dynamic',
      command.at,
      `${what} runs constant text as code; the text was read as part of the script.`,
      'note',
    );
  else
    yield needs(
      'eval.dynamic',
      command.at,
      `${what} runs code that cannot be read before the script runs. Write the commands themselves into the script.`,
    );
}

export const forkBomb: ShellRule = {
  name: 'fork-bomb',
  about: 'Starts itself again and again.',
  languages: ['shell'],
  cwe: 'CWE-400',
  bad: [
    ':(){ :|:& };:',
    'bomb() { bomb | bomb & }\nbomb',
    'function f { f & f & }\nf',
    'while true; do "$0" & done',
  ],
  good: ['walk() { walk "$1"; }\nwalk a', 'sleep 1 &\nwait', 'f() { echo a | cat & }\nf'],
  *check(facts) {
    for (const command of facts.commands) {
      const names = namesOf(command);
      const itself = command.within !== null && names.includes(command.within);
      const again = command.name.kind === 'unknown' && command.background && command.args.length === 0;
      if ((itself && (command.background || command.pipedInto !== null)) || again)
        yield shows('deny', command.at, 'Starts itself again and again in the background: a fork bomb.', [
          'process.spawn',
          'resource',
        ]);
    }
  },
};
