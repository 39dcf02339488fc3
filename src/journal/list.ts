import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { errorCode, journalError, readFailure } from './error.ts';
import { type Named, type SessionEntry, summaryOf } from './summary.ts';

const nameForm = /^(\d{4}-\d\d-\d\dT)(\d\d)-(\d\d)-(\d\d)Z-(.+)\.jsonl$/;

function named(directory: string, name: string): Named {
  const path = join(directory, name);
  const [, day, hour, minute, second, id] = nameForm.exec(name) ?? [];
  if (id === undefined) return { path, id: name.replace(/\.jsonl$/, ''), at: '' };
  return { path, id, at: `${day}${hour}:${minute}:${second}.000Z` };
}

/** Newest first; of one second, by id, which for ULIDs is the order of time. */
async function journalsIn(directory: string): Promise<Named[]> {
  let names: string[];
  try {
    names = await readdir(directory);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw readFailure(directory, error);
  }
  return names
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => named(directory, name))
    .sort((one, other) => compare(other.at, one.at) || compare(other.id, one.id));
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/**
 * Every journal of a folder, newest first. One that cannot be read is listed with its reason. An ended one costs its first and last
 * line; only one without an end is read through. A missing folder is an empty list; one that cannot be read throws a JournalError.
 */
export async function listSessions(directory: string): Promise<SessionEntry[]> {
  const journals = await journalsIn(directory);
  const entries: SessionEntry[] = [];
  for (let from = 0; from < journals.length; from += 16) {
    entries.push(...(await Promise.all(journals.slice(from, from + 16).map(summaryOf))));
  }
  return entries;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return !(await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

function naming(journals: readonly Named[]): string {
  const shown = journals.slice(0, 5).map(({ id, at }) => (at === '' ? id : `${id} (${at.slice(0, 16)}Z)`));
  const more = journals.length > shown.length ? ` and ${journals.length - shown.length} more` : '';
  return shown.join(', ') + more;
}

/**
 * The path of the journal a person means: `latest`, a file, a session's id or the beginning of one (letters in any case).
 * Throws a JournalError: `not-found`, or `ambiguous` with the ids it could be.
 */
export async function findSession(directory: string, wanted: string): Promise<string> {
  const query = wanted.trim();
  const journals = await journalsIn(directory);
  const [newest] = journals;
  if (query === 'latest' || query === '') {
    if (newest !== undefined) return newest.path;
    throw journalError(
      'not-found',
      directory,
      `there is no session yet in ${directory}. Start one: kintsugi "goal"`,
    );
  }
  const exact = journals.filter(({ id, path }) => id === query || basename(path) === query);
  const [only, second] = exact;
  if (only !== undefined && second === undefined) return only.path;
  if (exact.length === 0 && (/[\\/]/.test(query) || query.endsWith('.jsonl'))) {
    if (await isFile(query)) return resolve(query);
    throw journalError(
      'not-found',
      query,
      `there is no journal ${query}. \`kintsugi sessions\` lists what there is`,
    );
  }
  const prefix = query.toLowerCase();
  const meant = exact.length > 1 ? exact : journals.filter(({ id }) => id.toLowerCase().startsWith(prefix));
  const [match, another] = meant;
  if (match !== undefined && another === undefined) return match.path;
  if (match !== undefined) {
    throw journalError(
      'ambiguous',
      directory,
      `${query} could be ${meant.length} sessions: ${naming(meant)}. Write more of the id, or the file's path`,
    );
  }
  if (await isFile(query)) return resolve(query);
  const known = journals.length === 0 ? 'there is none yet' : `the newest are ${naming(journals)}`;
  throw journalError(
    'not-found',
    directory,
    `no session begins with ${query} in ${directory}; ${known}. \`kintsugi sessions\` lists them all`,
  );
}
