import type { RunLimits } from '../../core/domain.ts';
import type { RunJob } from '../../core/seams.ts';
import type { Prepared } from '../commands.ts';
import type { ProcessEnd } from '../process.ts';
import type { Opened } from '../workspace.ts';

/** An interpreter that waits for the program of a job, confined as for that job, in a folder that holds its check files already. */
export interface Standby {
  readonly opened: Extract<Opened, { kind: 'opened' }>;
  readonly prepared: Extract<Prepared, { kind: 'ready' }>;
  /** False once it died, or was given its job. */
  isIdle(): boolean;
  /** Has it begin: the clock starts now. To be called once, after the program was written. */
  dispatch(limits: RunLimits, signal: AbortSignal, onBytes: OnBytes): Promise<ProcessEnd>;
  /** Ends it if it still waits and removes its folder. Never throws. */
  dispose(): Promise<void>;
}

type OnBytes = (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void;

/** Interpreters that wait for the next jobs like those that were done, used once each. */
export interface Ahead {
  /** The one that waits for this job, the program written beside its checks; null when there is none that fits: the job then starts its own. */
  take(job: RunJob): Promise<Standby | null>;
  /** A job begins; nothing is started ahead while one runs. */
  enter(): void;
  /** A job is over. One like it is expected: an interpreter for it starts once nothing runs any more. */
  leave(job: RunJob): void;
  /** Has one wait for jobs like this. */
  warm(job: RunJob): void;
  /** How many wait. */
  waiting(): number;
  /** Ends those that wait. Nothing waits any more afterwards. */
  close(): Promise<void>;
}

/** Of different kinds, all together. */
const most = 2;
/** A job is often followed by the next at once, the checks after the program: that one is not to be slowed down. */
const quietMs = 50;

/** `keyOf` is null for jobs that nothing can be started ahead for; `start` gets them without their program and says null where it cannot. */
export function startedAhead(
  keyOf: (job: RunJob) => string | null,
  start: (job: RunJob) => Promise<Standby | null>,
): Ahead {
  const wanted = new Map<string, RunJob>();
  const waiting = new Map<string, Promise<Standby | null>>();
  const leaving = new Set<Promise<void>>();
  let running = 0;
  let closed = false;
  let quiet: NodeJS.Timeout | undefined;

  const discard = (key: string): void => {
    const gone = waiting.get(key)?.then((standby) => standby?.dispose());
    waiting.delete(key);
    if (gone === undefined) return;
    leaving.add(gone);
    void gone.finally(() => leaving.delete(gone));
  };
  const want = (job: RunJob): string | null => {
    const key = closed ? null : keyOf(job);
    if (key === null) return null;
    wanted.delete(key);
    wanted.set(key, { ...job, files: [] });
    for (const old of [...wanted.keys()].slice(0, -most)) {
      wanted.delete(old);
      discard(old);
    }
    return key;
  };
  const begin = (key: string): void => {
    const job = wanted.get(key);
    if (job !== undefined && !waiting.has(key)) waiting.set(key, start(job));
  };
  return {
    take: async (job) => {
      const key = keyOf(job);
      const found = key === null ? undefined : waiting.get(key);
      if (key === null || found === undefined) return null;
      waiting.delete(key);
      const standby = await found;
      if (standby === null) return null;
      try {
        if (standby.isIdle()) {
          standby.opened.workspace.fill(job.files);
          return standby;
        }
      } catch {
        // What cannot be written here gets its message where it is written afresh.
      }
      await standby.dispose();
      return null;
    },
    enter: () => {
      running += 1;
      clearTimeout(quiet);
    },
    leave: (job) => {
      running -= 1;
      want(job);
      clearTimeout(quiet);
      if (running === 0 && !closed) quiet = setTimeout(() => [...wanted.keys()].map(begin), quietMs).unref();
    },
    warm: (job) => {
      const key = want(job);
      if (key !== null) begin(key);
    },
    waiting: () => waiting.size,
    close: async () => {
      closed = true;
      clearTimeout(quiet);
      for (const key of [...waiting.keys()]) discard(key);
      await Promise.all(leaving);
    },
  };
}
