import { readFileSync } from 'node:fs';

/** Reads what a person wrote: `.env` and JSON settings. A missing file is an empty one; every other trouble is a problem. */

export interface ConfigProblem {
  /** The flag, the variable or the file (with its line where there is one). */
  where: string;
  what: string;
  /** What to do about it. */
  fix: string;
  /** 2 for a flag, 52 for everything else. */
  exitCode: 2 | 52;
}

export interface FileRead<Value> {
  values: Record<string, Value>;
  problems: ConfigProblem[];
}

const mostBytes = 1024 * 1024;

/** The text of a small UTF-8 file; null when there is none; else what is wrong with it. */
function readSmallText(file: string): { text: string } | { problem: ConfigProblem } | null {
  const problem = (what: string, fix: string) => ({
    problem: { where: file, what, fix, exitCode: 52 as const },
  });
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    if (code === 'EISDIR') return problem('is a folder', 'Put a file there, or remove the folder.');
    return problem(`cannot be read (${code ?? 'unknown error'})`, 'Make it readable for you, or remove it.');
  }
  if (bytes.length > mostBytes)
    return problem('is larger than 1 MB', 'Settings are small: is this the right file?');
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return { text };
  } catch {
    // Not UTF-8: the same answer as for NUL bytes.
  }
  return problem('is not a text file in UTF-8', 'Save it as UTF-8 text.');
}

/** Line numbers (from 1) of a `.env` text that dotenv would skip or misread in silence, each with its reason. */
function malformedLines(text: string): { line: number; what: string }[] {
  const found: { line: number; what: string }[] = [];
  const lines = text.split(/\r\n?|\n/);
  for (let index = 0; index < lines.length; index += 1) {
    const content = (lines[index] ?? '').trim();
    if (content === '' || content.startsWith('#')) continue;
    const assignment = /^(?:export\s+)?[\w.-]+(?:\s*=|:\s)\s*(.*)$/.exec(content);
    if (!assignment) {
      found.push({ line: index + 1, what: 'is not of the form NAME=value' });
      continue;
    }
    const value = assignment[1] ?? '';
    const quote = value[0];
    if (quote !== '"' && quote !== "'" && quote !== '`') continue;
    const closes = (part: string) => part.replaceAll(`\\${quote}`, '').includes(quote);
    if (closes(value.slice(1))) continue;
    const last = lines.findIndex((later, at) => at > index && closes(later));
    if (last < 0) {
      found.push({ line: index + 1, what: `opens a ${quote} that is never closed` });
      break;
    }
    index = last;
  }
  return found;
}

/** Reads a `.env` file without touching the environment. Values are never part of a problem. */
export async function readDotenv(file: string): Promise<FileRead<string>> {
  const read = readSmallText(file);
  if (read === null) return { values: {}, problems: [] };
  if ('problem' in read) return { values: {}, problems: [read.problem] };
  const problems = malformedLines(read.text).map(
    ({ line, what }): ConfigProblem => ({
      where: `${file}:${line}`,
      what,
      fix: 'Write NAME=value, with quotes around a value that has # or line breaks in it, or put # before the line.',
      exitCode: 52,
    }),
  );
  const { default: dotenv } = await import('dotenv');
  return { values: dotenv.parse(read.text), problems };
}

/** The line that the engine's error is about: it names a position, or quotes the text from ten characters before it. Null: not known. */
function lineOfJsonError(text: string, message: string): number | null {
  const lineAt = (position: number) => text.slice(0, position).split('\n').length;
  const position = /position (\d+)/.exec(message)?.[1];
  if (position !== undefined) return lineAt(Number(position));
  if (message.includes('Unexpected end')) return lineAt(text.trimEnd().length);
  const quoted = /, (\.\.\.)?"([\s\S]*)"(\.\.\.)? is not valid JSON$/.exec(message);
  const start = quoted ? text.indexOf(quoted[2] ?? '') : -1;
  if (!quoted || start < 0) return null;
  return lineAt(quoted[1] === undefined ? start : start + 10);
}

/** Reads a JSON file that holds one object. */
export function readJsonObject(file: string): FileRead<unknown> {
  const read = readSmallText(file);
  if (read === null) return { values: {}, problems: [] };
  if ('problem' in read) return { values: {}, problems: [read.problem] };
  const broken = (where: string, what: string, fix: string): FileRead<unknown> => ({
    values: {},
    problems: [{ where, what, fix, exitCode: 52 }],
  });
  try {
    const value: unknown = JSON.parse(read.text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return { values: { ...value }, problems: [] };
    }
    return broken(file, 'is not one JSON object', 'Write settings as {"maxAttempts": 3}.');
  } catch (error) {
    // The engine's own message quotes the file, and with it perhaps a key: only the place is passed on.
    const line = lineOfJsonError(read.text, error instanceof Error ? error.message : '');
    const where = line === null ? file : `${file}:${line}`;
    return broken(where, 'is not valid JSON', 'Look for a missing comma or quote, or for a comma too many.');
  }
}
