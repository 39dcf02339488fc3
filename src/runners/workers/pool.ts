import type { Worker } from './worker.ts';

/** At most one worker waits; each does one job. `Kind` is what a worker must be started with: plain data. */
export interface WorkerPool<Kind> {
  /** Has one of this kind wait, in the background. */
  warm(kind: Kind): void;
  /** The one that waits if it is of this kind and still there, else a fresh one; or why none can be started. The caller dispatches or disposes it. */
  take(kind: Kind): Promise<Worker | string>;
  /** Ends the one that waits. Nothing waits any more afterwards; `take` still gives fresh ones. */
  close(): Promise<void>;
}

export function workerPool<Kind>(start: (kind: Kind) => Promise<Worker | string>): WorkerPool<Kind> {
  let waiting: { key: string; worker: Promise<Worker | string> } | null = null;
  let closed = false;
  const keyOf = (kind: Kind): string => JSON.stringify(kind);
  const release = async (worker: Promise<Worker | string>): Promise<void> => {
    const started = await worker;
    if (typeof started !== 'string') await started.dispose();
  };
  const discard = async (): Promise<void> => {
    const one = waiting;
    waiting = null;
    if (one !== null) await release(one.worker);
  };
  return {
    warm: (kind) => {
      if (closed || waiting?.key === keyOf(kind)) return;
      void discard();
      waiting = { key: keyOf(kind), worker: start(kind) };
    },
    take: async (kind) => {
      const one = waiting;
      waiting = null;
      if (one === null) return start(kind);
      if (one.key !== keyOf(kind)) {
        void release(one.worker);
        return start(kind);
      }
      const worker = await one.worker;
      if (typeof worker !== 'string' && worker.isIdle()) return worker;
      void release(one.worker);
      return start(kind);
    },
    close: async () => {
      closed = true;
      await discard();
    },
  };
}
