import path from 'node:path';
import type { Check, CheckSet, Language, SourceFile } from '../core/domain.ts';
import { languageOf, safePath } from '../core/reply.ts';
import { freeze } from '../core/structured.ts';
import { exitCodes, problem } from '../problem.ts';
import { readText } from './goal.ts';
import { isFolder } from './is-folder.ts';

const largestTest = 1_000_000;

/**
 * The user's checks from `--tests` and `--check`, frozen; null when there are none. A test file keeps its path relative to `cwd`, so its
 * imports mean the same beside the program; one from elsewhere keeps its name. Of several files those that look like tests are run and
 * the others stand beside them. Throws an input error (42) for a file that cannot be read, a usage error (2) for an empty command.
 */
export function userChecks(
  given: { tests: readonly string[]; commands: readonly string[]; cwd: string },
  digest: (text: string) => string,
): CheckSet | null {
  if (given.tests.length === 0 && given.commands.length === 0) return null;
  const files = given.tests.map((name) => testFile(name, given.cwd));
  return checkSet({ files, commands: given.commands, what: '--tests' }, digest);
}

/**
 * Checks over test files and commands. Files that look like tests are run by the language's runner (`runTests` false: only the commands
 * run); the others stand beside them. Throws a usage error (2) that begins with `what`.
 */
export function checkSet(
  given: { files: SourceFile[]; commands: readonly string[]; what: string; runTests?: boolean },
  digest: (text: string) => string,
): CheckSet {
  const { files, what } = given;
  const twice = files.find((file, at) => files.findIndex((other) => other.path === file.path) !== at);
  if (twice) throw problem(exitCodes.usage, `${what}: two files would stand at ${twice.path}.`);
  const checks: Check[] = [];
  if (files.length > 0 && given.runTests !== false) {
    const code = files.filter((file) => languageOf(file.path) !== null);
    const paths = testsAmong(code.map((file) => file.path));
    if (paths.length === 0) {
      throw problem(
        exitCodes.usage,
        `${what}: none of ${files.map((file) => file.path).join(', ')} is a source file that a test runner can run.`,
      );
    }
    checks.push({ kind: 'tests', name: paths.join(', '), origin: 'user', files: [...paths] });
  }
  for (const command of given.commands) {
    if (command.trim() === '') throw problem(exitCodes.usage, '--check: the command is empty.');
    if (!checks.some((check) => check.name === command)) {
      checks.push({ kind: 'command', name: command, origin: 'user', command });
    }
  }
  return freeze(checks, files, digest);
}

/** Those named like tests, else those in a folder of tests, else all: a helper beside `x.test.js` is no test that passes. */
function testsAmong(paths: readonly string[]): readonly string[] {
  const looksLikeTests = /(?:^|[/._-])(?:tests?|specs?)(?=[/._-])/i;
  const named = paths.filter((file) => looksLikeTests.test(path.posix.basename(file)));
  const placed = paths.filter((file) => looksLikeTests.test(file));
  return [named, placed].find((some) => some.length > 0) ?? paths;
}

/** The language of the tests, when they agree on one. */
export function languageOfTests(checks: CheckSet | null): Language | null {
  const found = new Set(
    (checks?.files ?? []).map((file) => languageOf(file.path)).filter((one) => one !== null),
  );
  return found.size === 1 ? ([...found][0] ?? null) : null;
}

function testFile(name: string, cwd: string): SourceFile {
  const absolute = path.resolve(cwd, name);
  const relative = path.relative(cwd, absolute).split(path.sep).join('/');
  const place = safePath(relative) ?? safePath(path.basename(absolute));
  if (place === null)
    throw problem(exitCodes.usage, `--tests: ${name} has a name that cannot stand beside a program.`);
  if (isFolder(absolute))
    throw problem(exitCodes.unreadable, `--tests: ${name} is a folder; name the files in it.`);
  return { path: place, content: readText(absolute, `--tests: ${name}`, largestTest) };
}

/**
 * What to say when secrets were taken out of the user's checks: they no longer are what the user wrote, and may fail for that alone.
 * Null when nothing was. A command is shown as it runs now.
 */
export function alteredText(given: CheckSet | null, kept: CheckSet | null): string | null {
  const files = (given?.files ?? []).filter((file, at) => kept?.files[at]?.content !== file.content);
  const commands = (given?.checks ?? []).flatMap((check, at) => {
    const now = kept?.checks[at];
    if (check.kind !== 'command' || now?.kind !== 'command' || now.command === check.command) return [];
    return [`--check '${now.command}'`];
  });
  const altered = [...files.map(({ path: name }) => name), ...commands];
  if (altered.length === 0) return null;
  return `What looks like a secret was taken out of ${altered.join(', ')}, and the checks run without it. If it is a sample, join it from two parts.`;
}
