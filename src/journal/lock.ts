import { randomBytes } from 'node:crypto';
import {
  linkSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { errorCode, journalError, writeFailure } from './error.ts';

/** The owner touches the lock this often; only a reader in another process-id namespace has to go by it. */
const heartbeatMs = 5_000;
const silentMs = 15_000;
/** A lock that cannot be read is somebody's write under way until it is this old. */
const halfWrittenMs = 2_000;

/** Who holds a lock. `started` tells a process from a later one with the same id; `place` is the machine, its boot and its process-id namespace. */
interface Owner {
  pid: number;
  started: string | null;
  place: string;
  nonce: string;
}

export interface Lock {
  /** Gives the lock up. Safe to call twice. */
  release(): void;
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** Field 22 of /proc/<pid>/stat, in clock ticks since boot; null where there is no such file. */
function startOf(pid: number): string | null {
  const text = read(`/proc/${pid}/stat`);
  return text === null ? null : (text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null);
}

function place(): string {
  let namespace = '';
  try {
    namespace = readlinkSync('/proc/self/ns/pid');
  } catch {
    // Only Linux has namespaces.
  }
  return [hostname(), read('/proc/sys/kernel/random/boot_id')?.trim() ?? '', namespace].join(' ');
}

function parseOwner(text: string): Owner | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return null;
    const { pid, started, place, nonce } = value as Record<string, unknown>;
    if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return null;
    if (typeof place !== 'string' || typeof nonce !== 'string' || !/^[0-9a-f]{16}$/.test(nonce)) return null;
    return { pid, started: typeof started === 'string' ? started : null, place, nonce };
  } catch {
    return null;
  }
}

function processLives(owner: Owner): boolean {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if (errorCode(error) !== 'EPERM') return false;
  }
  const started = startOf(owner.pid);
  return owner.started === null || started === null || owner.started === started;
}

function age(path: string): number {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** The owner is where we cannot see its process: its heartbeat decides. A reboot of this machine ends it. */
function beats(lockPath: string, owner: Owner): boolean {
  const [host, boot] = owner.place.split(' ');
  const [ourHost, ourBoot] = place().split(' ');
  if (host === ourHost && boot !== ourBoot) return false;
  return age(lockPath) < silentMs;
}

function lives(lockPath: string, owner: Owner): boolean {
  return owner.place === place() ? processLives(owner) : beats(lockPath, owner);
}

/** Where the lock of a journal stands. */
export function lockPathOf(journal: string): string {
  return `${journal}.lock`;
}

/** The id of the living process that writes this journal, or null. */
export function writerOf(journal: string): number | null {
  const path = lockPathOf(journal);
  const text = read(path);
  const owner = text === null ? null : parseOwner(text);
  return owner !== null && lives(path, owner) ? owner.pid : null;
}

function locked(journal: string, lockPath: string, owner: Owner): Error {
  const away =
    owner.place === place()
      ? `Wait for it or end it (kill ${owner.pid})`
      : `It runs on ${owner.place.split(' ')[0]} or in another container; if it is dead, try again in ${silentMs / 1000} seconds or remove ${lockPath}`;
  return journalError(
    'locked',
    journal,
    `cannot write the journal ${journal}: process ${owner.pid} is writing it. ${away}`,
  );
}

/** Links the owner file to its place; false when there is a lock already. Without hard links it is written in place, and may be seen half-written. */
function placed(temporary: string, lockPath: string): boolean {
  try {
    linkSync(temporary, lockPath);
    return true;
  } catch (error) {
    const code = errorCode(error) ?? '';
    if (code === 'EEXIST') return false;
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(code)) throw error;
  }
  try {
    writeFileSync(lockPath, readFileSync(temporary), { mode: 0o600, flag: 'wx' });
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Puts our owner file at `lockPath`, atomically. A dead owner's file is replaced only by the holder of a second lock named after the
 * dead owner's nonce, so that of many who find it dead only one takes over, and none takes over a lock that has changed since.
 */
function take(journal: string, lockPath: string, ours: Owner, depth: number): void {
  const temporary = `${lockPath}.${ours.pid}.${ours.nonce}.${depth}`;
  writeFileSync(temporary, `${JSON.stringify(ours)}\n`, { mode: 0o600, flag: 'wx' });
  try {
    for (let round = 0; round < 100; round += 1) {
      if (placed(temporary, lockPath)) return;
      const text = read(lockPath);
      if (text === null) continue;
      const owner = parseOwner(text);
      if (owner === null && age(lockPath) < halfWrittenMs) {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
        continue;
      }
      if (owner !== null && lives(lockPath, owner)) throw locked(journal, lockPath, owner);
      if (depth >= 4) break;
      const generation = owner?.nonce ?? 'damaged';
      const takeover = `${lockPath}.${generation}`;
      take(journal, takeover, { ...ours, nonce: randomBytes(8).toString('hex') }, depth + 1);
      try {
        if (read(lockPath) === text) {
          renameSync(temporary, lockPath);
          return;
        }
      } finally {
        rmSync(takeover, { force: true });
      }
    }
    throw journalError(
      'locked',
      journal,
      `cannot write the journal ${journal}: its lock ${lockPath} keeps changing hands. Remove it when nothing writes the journal`,
    );
  } finally {
    rmSync(temporary, { force: true });
  }
}

/**
 * Makes this process the only writer of a journal. A lock of a dead process is taken over at once.
 * Throws a JournalError: `locked` with the process id of the living writer, `unwritable` or `full` when the lock cannot be made.
 */
export function lockJournal(journal: string): Lock {
  const path = lockPathOf(journal);
  const ours: Owner = {
    pid: process.pid,
    started: startOf(process.pid),
    place: place(),
    nonce: randomBytes(8).toString('hex'),
  };
  try {
    take(journal, path, ours, 0);
  } catch (error) {
    throw error instanceof Error && error.name === 'JournalError'
      ? error
      : writeFailure(path, 'make the lock', error);
  }
  const heart = setInterval(() => {
    try {
      utimesSync(path, new Date(), new Date());
    } catch {
      // The folder is gone; the next write tells.
    }
  }, heartbeatMs);
  heart.unref();
  let held = true;
  return {
    release() {
      if (!held) return;
      held = false;
      clearInterval(heart);
      const text = read(path);
      if (text !== null && parseOwner(text)?.nonce === ours.nonce) rmSync(path, { force: true });
    },
  };
}
