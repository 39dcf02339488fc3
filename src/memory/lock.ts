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
import { setTimeout as pause } from 'node:timers/promises';
import { errorCode, failure, type MemoryFailure } from './failure.ts';

/** A lock file that many processes take in turn, each for some milliseconds. One left by a dead process is taken over at once. */

/** The owner touches the lock this often; only a process in another process-id namespace has to go by it. */
const heartbeatMs = 5_000;
const silentMs = 15_000;
/** A lock that cannot be read is somebody's write under way until it is this old. */
const halfWrittenMs = 2_000;
/** How long somebody waits for the others before it is a failure. */
const patienceMs = 30_000;

interface Owner {
  pid: number;
  /** Tells a process from a later one with the same id. */
  started: string | null;
  /** The machine, its boot and its process-id namespace. */
  place: string;
  nonce: string;
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

function age(path: string): number {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

function lives(path: string, owner: Owner, here: string): boolean {
  if (owner.place !== here) {
    const [host, boot] = owner.place.split(' ');
    const [ourHost, ourBoot] = here.split(' ');
    return !(host === ourHost && boot !== ourBoot) && age(path) < silentMs;
  }
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if (errorCode(error) !== 'EPERM') return false;
  }
  const started = startOf(owner.pid);
  return owner.started === null || started === null || owner.started === started;
}

/** Links the owner file to its place; false when there is a lock already. Without hard links it is written in place. */
function placed(temporary: string, path: string): boolean {
  try {
    linkSync(temporary, path);
    return true;
  } catch (error) {
    const code = errorCode(error) ?? '';
    if (code === 'EEXIST') return false;
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(code)) throw error;
  }
  try {
    writeFileSync(path, readFileSync(temporary), { mode: 0o600, flag: 'wx' });
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/**
 * One try at the lock: null when we have it, else the text of the living owner's file ('' while it is being written). The file of a
 * dead owner is replaced only by the holder of a second lock named after the dead owner's nonce, so that of many who find it dead only
 * one takes over, and none takes over a lock that has changed since.
 */
function attempt(path: string, ours: Owner, depth = 0): string | null {
  const temporary = `${path}.${ours.pid}.${ours.nonce}.${depth}`;
  writeFileSync(temporary, `${JSON.stringify(ours)}\n`, { mode: 0o600, flag: 'wx' });
  try {
    if (placed(temporary, path)) return null;
    const text = read(path);
    if (text === null) return '';
    const owner = parseOwner(text);
    if (owner === null && age(path) < halfWrittenMs) return '';
    if (owner !== null && lives(path, owner, ours.place)) return text;
    if (depth >= 4) return text;
    const takeover = `${path}.${owner?.nonce ?? 'damaged'}`;
    const other = attempt(takeover, { ...ours, nonce: randomBytes(8).toString('hex') }, depth + 1);
    if (other !== null) return text;
    try {
      if (read(path) !== text) return '';
      renameSync(temporary, path);
      return null;
    } finally {
      rmSync(takeover, { force: true });
    }
  } finally {
    rmSync(temporary, { force: true });
  }
}

/**
 * Does `work` while no other process, and nobody else in this one, holds the lock file `path`. Fails, without having done it, when the
 * lock cannot be made or its living owner does not give it up within `patience` milliseconds. What `work` throws passes through.
 */
export async function withLock<Value>(
  path: string,
  work: () => Value | Promise<Value>,
  patience = patienceMs,
): Promise<{ kind: 'done'; value: Value } | MemoryFailure> {
  const ours: Owner = {
    pid: process.pid,
    started: startOf(process.pid),
    place: place(),
    nonce: randomBytes(8).toString('hex'),
  };
  const until = Date.now() + patience;
  try {
    for (let wait = 1; ; wait = Math.min(wait * 1.5, 20)) {
      const other = attempt(path, ours);
      if (other === null) break;
      if (Date.now() > until) {
        const pid = parseOwner(other)?.pid;
        const who = pid === undefined ? 'somebody' : `process ${pid}`;
        return {
          kind: 'failed',
          why: `cannot lock the memory: ${who} has held ${path} for ${Math.round(patience / 1000)} s. Wait for it, or remove that file when nothing uses the memory`,
        };
      }
      await pause(wait * (0.5 + Math.random()));
    }
  } catch (error) {
    return failure('make the lock', path, error);
  }
  const heart = setInterval(() => {
    try {
      utimesSync(path, new Date(), new Date());
    } catch {
      // The folder is gone; the write under the lock tells.
    }
  }, heartbeatMs);
  heart.unref();
  try {
    return { kind: 'done', value: await work() };
  } finally {
    clearInterval(heart);
    const text = read(path);
    if (text !== null && parseOwner(text)?.nonce === ours.nonce) rmSync(path, { force: true });
  }
}
