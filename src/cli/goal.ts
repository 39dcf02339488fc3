import { fstatSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import type { SourceFile } from '../core/domain.ts';
import { exitCodes, isProblem, problem } from '../problem.ts';

const largestInput = 1_000_000;
const largestAttachment = 256 * 1024;
/** With a goal on the command line, standard input that says nothing for so long is not waited for; without one a person is told what is waited for. */
const silentInputMs = 3_000;

export interface GoalInput {
  /** The argument; undefined or '-' means standard input. */
  argument: string | undefined;
  stdin: Readable & { isTTY?: boolean; fd?: number };
  cwd: string;
  /** Asks a person for one line; null when nobody can answer. */
  prompt: (() => Promise<string>) | null;
  warn: (line: string) => void;
}

/**
 * The goal and the files attached to it with `@file`. An argument is the instruction and standard input, when there is some, is appended
 * in `<stdin>` tags. Throws a usage error (2) for an empty goal and an input error (42) for what cannot be read as text.
 */
export async function readGoal(input: GoalInput): Promise<{ goal: string; attachments: SourceFile[] }> {
  const given = input.argument === '-' ? undefined : input.argument;
  let goal = given?.trim() ?? '';
  if (given === undefined) {
    if (input.stdin.isTTY) {
      if (!input.prompt) throw noGoal();
      goal = (await input.prompt()).trim();
    } else goal = (await readAll(input.stdin, 'wait', input.warn)).trim();
    if (goal === '') throw noGoal();
  } else {
    if (goal === '') throw noGoal();
    if (!input.stdin.isTTY && mayCarryText(input.stdin.fd ?? 0)) {
      const piped = (await readAll(input.stdin, 'skip', input.warn)).trim();
      if (piped !== '') goal = `${goal}\n\n<stdin>\n${piped}\n</stdin>`;
    }
  }
  return { goal, attachments: attachmentsOf(given ?? goal, input.cwd) };
}

function noGoal(): Error {
  return problem(
    exitCodes.usage,
    'There is no goal. Give one: kintsugi "write a program that …", or pipe it in: echo "…" | kintsugi -p',
  );
}

/** A pipe, a socket or a file; not /dev/null or a terminal. */
function mayCarryText(fd: number): boolean {
  try {
    const stat = fstatSync(fd);
    return stat.isFIFO() || stat.isFile() || stat.isSocket();
  } catch {
    return false;
  }
}

/** All of standard input. When it is silent for a while: `wait` says so and waits on; `skip` goes on without it, unless some of it came. */
function readAll(stdin: Readable, silence: 'wait' | 'skip', warn: (line: string) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const onSilence = () => {
      if (silence === 'wait' || size > 0) {
        warn('Still reading standard input; it has not ended. Ctrl+C stops.');
        return;
      }
      warn(
        `Nothing came on standard input within ${silentInputMs / 1000} s; going on without it. (< /dev/null skips the wait.)`,
      );
      stdin.pause();
      finish(() => resolve(''));
    };
    const silent = setTimeout(onSilence, silentInputMs);
    const onData = (chunk: Buffer | string) => {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      size += bytes.length;
      if (size > largestInput) {
        stdin.pause();
        finish(() =>
          reject(
            problem(
              exitCodes.unreadable,
              `Standard input is larger than ${largestInput} bytes. Put it in a file and attach a part of it with @file.`,
            ),
          ),
        );
      } else chunks.push(bytes);
    };
    const onEnd = () =>
      finish(() => settle(() => decode(Buffer.concat(chunks), 'Standard input'), resolve, reject));
    const onError = (error: Error) =>
      finish(() => reject(problem(exitCodes.unreadable, `Standard input cannot be read: ${error.message}`)));
    const finish = (then: () => void) => {
      clearTimeout(silent);
      stdin.off('data', onData);
      stdin.off('end', onEnd);
      stdin.off('error', onError);
      (stdin as Readable & { unref?: () => void }).unref?.();
      then();
    };
    stdin.on('data', onData);
    stdin.on('end', onEnd);
    stdin.on('error', onError);
  });
}

function settle<Value>(
  make: () => Value,
  resolve: (value: Value) => void,
  reject: (error: unknown) => void,
): void {
  try {
    resolve(make());
  } catch (error) {
    reject(error);
  }
}

/** UTF-8 text without NUL, or an input error that names `what`. */
export function decode(bytes: Buffer, what: string): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch {
    // Said below.
  }
  throw problem(exitCodes.unreadable, `${what} is not text in UTF-8. Kintsugi reads text only.`);
}

/** What a word behind `@` must end in to have been meant as a file even when there is none. */
const fileEnding =
  /\.(?:[cm]?[jt]sx?|py|sh|bash|md|txt|json[lc]?|ya?ml|toml|ini|cfg|conf|env|csv|tsv|xml|html?|css|sql|log|diff|patch|rs|go|java|rb|php|[ch](?:pp)?|png|jpe?g|gif|pdf|zip)$/i;

/**
 * Files named `@path` in a goal. A word that names no file stays a word (a mail address, a decorator, a package), unless it can only
 * have been meant as a path.
 */
function attachmentsOf(goal: string, cwd: string): SourceFile[] {
  const found = new Map<string, SourceFile>();
  for (const match of goal.matchAll(/(?:^|\s)@(?:"([^"]+)"|(\S+))/g)) {
    const quoted = match[1];
    const word = quoted ?? match[2] ?? '';
    const candidates = quoted ? [word] : [word, word.replace(/[.,;:!?)\]]+$/, '')];
    const name = candidates.find((candidate) => isFile(placeOf(candidate, cwd)));
    if (name !== undefined) {
      const content = readText(placeOf(name, cwd), `@${name}`, largestAttachment);
      found.set(name, { path: name, content });
      continue;
    }
    const meant = candidates.at(-1) ?? word;
    if (quoted === undefined && !/^(?:\.{1,2}\/|\/|~\/)/.test(meant) && !fileEnding.test(meant)) continue;
    const isFolder = statSync(placeOf(meant, cwd), { throwIfNoEntry: false })?.isDirectory() === true;
    throw problem(
      exitCodes.unreadable,
      isFolder
        ? `@${meant} is a folder; attach the files in it by name.`
        : `@${meant}: there is no such file in ${cwd}.`,
    );
  }
  return [...found.values()];
}

function placeOf(name: string, cwd: string): string {
  return name.startsWith('~/') ? path.join(homedir(), name.slice(2)) : path.resolve(cwd, name);
}

function isFile(file: string): boolean {
  try {
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** A text file, or an input error (42) that names `what`. */
export function readText(file: string, what: string, limit: number): string {
  let bytes: Buffer;
  try {
    const { size } = statSync(file);
    if (size > limit) throw problem(exitCodes.unreadable, `${what} is larger than ${limit} bytes.`);
    bytes = readFileSync(file);
  } catch (error) {
    if (isProblem(error)) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    const why =
      code === 'ENOENT'
        ? 'there is no such file'
        : code === 'EISDIR'
          ? 'it is a folder'
          : code === 'EACCES'
            ? 'no permission'
            : code;
    throw problem(exitCodes.unreadable, `${what} cannot be read: ${why}.`);
  }
  return decode(bytes, what);
}
