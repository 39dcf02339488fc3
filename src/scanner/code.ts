import type { Capability } from '../core/domain.ts';
import { type Access, accessMatches } from './access.ts';
import { writeClass } from './paths.ts';
import type { CodeFacts, Match, Place, ScanContext, Use } from './rule.ts';
import { needs, shows } from './rule.ts';
import { contains, itemsOf, optionsOf, textsOf, unknown, type Value, wholeText } from './value.ts';

/** Checks that the rules for Python and for JavaScript share. */

export interface FileOperation {
  access: Access;
  /** Which argument is the path; 'receiver' for methods of path objects. */
  argument: number | 'receiver';
  named?: string;
}

/** Every use that is an operation of the table, as accesses to its path. */
export function* fileOperations(
  facts: CodeFacts,
  operationsOf: (use: Use) => readonly FileOperation[],
): Iterable<Match> {
  for (const use of facts.uses) {
    if (use.form === 'import') continue;
    for (const { access, argument, named } of operationsOf(use)) {
      const given =
        argument === 'receiver'
          ? use.receiver?.args[0]
          : ((named === undefined ? undefined : use.named.get(named)) ?? use.args[argument]);
      yield* accessMatches(access, use.form === 'call' ? given : undefined, use.at);
    }
  }
}

/** A name table: exact paths, and prefixes that end in `.`. */
export function matchesName(path: string, names: ReadonlySet<string>): boolean {
  if (names.has(path)) return true;
  for (let dot = path.lastIndexOf('.'); dot > 0; dot = path.lastIndexOf('.', dot - 1))
    if (names.has(path.slice(0, dot + 1))) return true;
  return false;
}

/** Names separated by white space, as a set. */
export function nameSet(names: string): ReadonlySet<string> {
  return new Set(names.trim().split(/\s+/));
}

/** Uses (not imports) of any of the names need the capability. */
export function* usesNeed(
  facts: CodeFacts,
  names: ReadonlySet<string>,
  capability: Capability,
  message: (use: Use) => string,
): Iterable<Match> {
  for (const use of facts.uses)
    if (use.form !== 'import' && matchesName(use.path, names)) yield needs(capability, use.at, message(use));
}

/** A connection; one to this machine is fine for a program that has a server of its own. */
export function connects(what: string, isLocal: boolean, at: Place): Match {
  const message = `${what} uses the network. Programs run without one; work on local files or on data in the program.`;
  const match: Match = { kind: 'needs', capability: 'net.client', message, at };
  return isLocal ? { ...match, unless: 'net.server' } : match;
}

const secretName =
  /(^|_)(API_?KEY|KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASS|CREDENTIALS?|PRIVATE|AUTH)(_|$|\d)|^(AWS|AZURE|GCP|GITHUB|OPENAI|ANTHROPIC|NPM)_/i;

export function isSecretName(variable: string): boolean {
  return secretName.test(variable);
}

/** Reading one environment variable; null is all of them or an unknown one. */
export function environmentMatch(variable: string | null, at: Place): Match {
  if (variable !== null && isSecretName(variable))
    return needs(
      'env.secret',
      at,
      `Reads the environment variable ${variable}, which looks like a secret. Give the program what it needs as a file or an argument.`,
    );
  return needs(
    'env.read',
    at,
    'Reads environment variables; a program sees only a small, clean environment.',
  );
}

const decoders =
  /(b64decode|b32decode|b16decode|a85decode|b85decode|a2b_\w+|unhexlify|fromhex|codecs\.decode|zlib\.decompress|atob|fromCharCode|fromCodePoint|Buffer\.from|unescape|decodeURIComponent|gunzipSync|inflateSync|marshal\.loads)\(\)/;

/** Whether a value was hidden behind an encoding. */
export function isDecoded(value: Value): boolean {
  return contains(
    value,
    (inner) =>
      (inner.kind === 'text' && inner.decoded === true) ||
      (inner.kind === 'name' && decoders.test(inner.path)),
  );
}

/** Whether a value came over the network. */
export function isDownloaded(value: Value): boolean {
  return contains(
    value,
    (inner) =>
      inner.kind === 'name' &&
      /^(urllib\.request\.urlopen|requests\.(get|post|request)|httpx\.(get|post)|fetch|https?\.get|axios(\.get)?)\(\)|\.recv\(\)/.test(
        inner.path,
      ),
  );
}

/** Code given as a string: decoded or downloaded code is plainly dangerous, constant code is read like the program itself, the rest asks. */
export function* evaluated(
  language: 'javascript' | 'python',
  what: string,
  code: Value,
  at: Place,
  context: ScanContext,
): Iterable<Match> {
  if (isDecoded(code)) {
    yield shows(
      'deny',
      at,
      `${what} runs code that was hidden behind an encoding. Write the code itself into the program.`,
      ['eval.dynamic', 'obfuscation'],
    );
    return;
  }
  if (isDownloaded(code)) {
    yield shows(
      'deny',
      at,
      `${what} runs code that comes over the network. Write the code itself into the program.`,
      ['eval.dynamic', 'net.client'],
    );
    return;
  }
  const known = textsOf(code);
  if (code.kind === 'number' || (known.length > 0 && known.every(({ whole }) => whole)))
    yield needs('eval.dynamic', at, `${what} runs text as code. Write the code itself into the program.`);
  else
    yield needs(
      'eval.dynamic',
      at,
      `${what} runs code that is made while the program runs, so it cannot be read before. Call a function, or parse the value (a number, JSON) instead.`,
    );
  for (const { text } of known) yield* context.scanText(language, text, at);
}

/** A command that is started; constant ones are read as shell. */
export function* spawned(
  what: string,
  command: Value | undefined,
  list: Value | undefined,
  isShell: boolean,
  at: Place,
  context: ScanContext,
): Iterable<Match> {
  const items = command?.kind === 'list' ? command.items : [command ?? unknown, ...itemsOf(list)];
  const words = items.map((item) => wholeText(item));
  if (runsOwnFile(items, isShell)) {
    yield needs('process.spawn', at, `${what} runs another file of the program.`, 'note');
    return;
  }
  const constant = words.length > 0 && words.every((word) => word !== undefined);
  const shown = constant ? words.join(' ').slice(0, 80) : null;
  yield needs(
    'process.spawn',
    at,
    shown === null
      ? `${what} starts a command that is not known before the program runs. Use the language itself instead of other programs.`
      : `${what} starts another program: ${shown}. Use the language itself instead of other programs.`,
  );
  const texts = isShell && items.length === 1 ? textsOf(items[0]) : [];
  for (const { text } of texts) yield* context.scanText('shell', text, at);
  if (texts.length === 0 && words[0] !== undefined)
    yield* context.scanText(
      'shell',
      words.map((word) => (word === undefined ? '"$unknown"' : quoted(word))).join(' '),
      at,
    );
}

const ownInterpreters = /^(sys\.executable|process\.(execPath|argv0|argv\.0))$/;

/** `[sys.executable, 'main.py', …]`, `node main.js`: what that file does was read with the program. */
function runsOwnFile(items: readonly Value[], isShell: boolean): boolean {
  const [command] = items;
  const plain = isShell && items.length === 1 ? wholeText(command) : undefined;
  if (plain !== undefined) {
    const [interpreter, file] = plain.split(/\s+/);
    return !/[;&|`$<>()\n]/.test(plain) && /^(python3?|node)$/.test(interpreter ?? '') && isOwnFile(file);
  }
  if (command === undefined) return false;
  const isInterpreter = optionsOf(command).every((option) =>
    option.kind === 'name'
      ? ownInterpreters.test(option.path)
      : option.kind === 'text' && /^(python3?|node)$/.test(option.text),
  );
  const files = items.slice(1).map(wholeText);
  const start = files[0] === '-m' || files[0] === '--test' || files[0] === '-u' ? 1 : 0;
  if (files[0] === '-m') return isInterpreter && /^(unittest|pytest)$/.test(files[1] ?? '');
  return isInterpreter && isOwnFile(files[start]);
}

function isOwnFile(path: string | undefined): boolean {
  return (
    path !== undefined &&
    /\.(py|[cm]?[jt]s)$/.test(path) &&
    writeClass({ text: path, whole: true, decoded: false }) === 'workspace' &&
    !path.startsWith('/')
  );
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
