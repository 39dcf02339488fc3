/**
 * `unreadable`: no such file, no permission, a folder, binary, empty. `damaged`: a line that is not what it should be.
 * `newer`: written by a later version. `locked`: another living process writes it. `unwritable`: the folder or file cannot be made or written.
 * `full`: no room. `too-large`: one event longer than a line may be. `not-found`, `ambiguous`: a session named by a person.
 */
export type JournalErrorKind =
  | 'unreadable'
  | 'damaged'
  | 'newer'
  | 'locked'
  | 'unwritable'
  | 'full'
  | 'too-large'
  | 'not-found'
  | 'ambiguous';

/** A failure of a journal; `message` names the file, what is wrong and what to do. `line` is 1-based. */
export interface JournalError extends Error {
  name: 'JournalError';
  kind: JournalErrorKind;
  file: string;
  line?: number;
}

/** Builds a JournalError. `cause` keeps the system's own error. */
export function journalError(
  kind: JournalErrorKind,
  file: string,
  message: string,
  more: { line?: number; cause?: unknown } = {},
): JournalError {
  const error = new Error(message, more.cause === undefined ? undefined : { cause: more.cause });
  return Object.assign(error, {
    name: 'JournalError' as const,
    kind,
    file,
    ...(more.line === undefined ? {} : { line: more.line }),
  });
}

/** Whether something caught is a JournalError. */
export function isJournalError(error: unknown): error is JournalError {
  return error instanceof Error && error.name === 'JournalError' && 'kind' in error;
}

/** The errno name of a system error (`ENOENT` …), or null. */
export function errorCode(error: unknown): string | null {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return null;
}

const readHints: Record<string, string> = {
  ENOENT: 'there is no such file; `kintsugi sessions` lists the journals there are',
  ENOTDIR: 'a part of its path is not a folder',
  EISDIR: 'it is a folder; name a .jsonl file in it',
  EACCES: 'permission denied; make it readable for this user (chmod u+r)',
  EPERM: 'permission denied; make it readable for this user (chmod u+r)',
  ELOOP: 'its symbolic links go round in a circle',
  EIO: 'the disk cannot read it; restore it from a copy',
};

/** A failed open or read, as an `unreadable` JournalError with what to do. */
export function readFailure(file: string, error: unknown): JournalError {
  const code = errorCode(error);
  const hint = code === null ? undefined : readHints[code];
  const why = hint ?? (error instanceof Error ? error.message : String(error));
  return journalError('unreadable', file, `cannot read the journal ${file}: ${why}`, { cause: error });
}

const writeHints: Record<string, [JournalErrorKind, string]> = {
  ENOSPC: ['full', 'the disk is full; free some space'],
  EDQUOT: ['full', 'the disk quota is used up; free some space'],
  EFBIG: ['full', 'the file size limit is reached; raise it (ulimit -f)'],
  EIO: ['unwritable', 'the disk reports an error; check it or write elsewhere (KINTSUGI_HOME)'],
  EROFS: ['unwritable', 'the file system is read-only; set KINTSUGI_HOME to a folder that can be written'],
  EACCES: [
    'unwritable',
    'permission denied; make it writable for this user or set KINTSUGI_HOME to a folder that is',
  ],
  EPERM: [
    'unwritable',
    'permission denied; make it writable for this user or set KINTSUGI_HOME to a folder that is',
  ],
  ENOTDIR: ['unwritable', 'a part of its path is not a folder; move that file away or set KINTSUGI_HOME'],
  EEXIST: ['unwritable', 'it is there already; start a session with another id'],
  EMFILE: ['unwritable', 'too many files are open; raise the limit (ulimit -n)'],
  ENOENT: ['unwritable', 'the folder is gone; make it again or set KINTSUGI_HOME'],
};

/** A failed create, write or sync, as a JournalError with what to do. `doing` reads after "cannot": `write the journal`. */
export function writeFailure(file: string, doing: string, error: unknown): JournalError {
  const code = errorCode(error);
  const known = code === null ? undefined : writeHints[code];
  const [kind, why] = known ?? ['unwritable', error instanceof Error ? error.message : String(error)];
  return journalError(kind, file, `cannot ${doing} ${file}: ${why}${code === null ? '' : ` (${code})`}`, {
    cause: error,
  });
}
