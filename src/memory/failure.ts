/** Something the world refused: a full disk, a folder that cannot be written, a lock nobody gives back. `why` is for a person. */
export interface MemoryFailure {
  kind: 'failed';
  why: string;
}

/** The errno name of a system error (`ENOENT` …), or null. */
export function errorCode(error: unknown): string | null {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return null;
}

const hints: Record<string, string> = {
  ENOSPC: 'the disk is full; free some space',
  EDQUOT: 'the disk quota is used up; free some space',
  EFBIG: 'the file size limit is reached; raise it (ulimit -f)',
  EIO: 'the disk reports an error; check it, or restore the file from a copy',
  EROFS: 'the file system is read-only; set KINTSUGI_HOME to a folder that can be written',
  EACCES: 'permission denied; give this user the right to it, or set KINTSUGI_HOME to another folder',
  EPERM: 'permission denied; give this user the right to it, or set KINTSUGI_HOME to another folder',
  ENOTDIR: 'a part of its path is not a folder; move that file away or set KINTSUGI_HOME',
  EISDIR: 'it is a folder; move it away',
  EMFILE: 'too many files are open; raise the limit (ulimit -n)',
  ENOENT: 'the folder is gone; make it again or set KINTSUGI_HOME',
  ELOOP: 'its symbolic links go round in a circle',
};

/** A failure with what to do. `doing` reads after "cannot": `write the memory`. */
export function failure(doing: string, file: string, error: unknown): MemoryFailure {
  const code = errorCode(error);
  const known = code === null ? undefined : hints[code];
  const why = known ?? (error instanceof Error ? error.message : String(error));
  return { kind: 'failed', why: `cannot ${doing} ${file}: ${why}${code === null ? '' : ` (${code})`}` };
}
