import { Socket } from 'node:net';
import {
  type Following,
  follow,
  notStarted,
  type ProcessEnd,
  type ProcessRequest,
  start,
} from '../process.ts';
import { readProcess } from '../process-table.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { openWorkspace, type Workspace } from '../workspace.ts';

export interface WorkerJob extends Following {
  /**
   * Gets the promise of its death. When given, the job is done as soon as it `isOver`, with nothing measured but its time: the process is
   * killed then, and what a sandbox needs to take it down is not waited for.
   */
  onDying?: (gone: Promise<unknown>) => void;
}

/**
 * A confined process that was started ahead of its one job and waits for it on standard input. It does not keep our process alive, and it ends
 * with it. It has a folder of its own, made with it and removed with it.
 */
export interface Worker {
  /** False once it died, or was given its job. */
  isIdle(): boolean;
  /** Its folders by every name, for what is to be taken out of its output. */
  readonly folders: readonly string[];
  /** Gives it its job, `stdin`, and brings it to its end as `follow` does: the clock starts now. Once. */
  dispatch(job: WorkerJob): Promise<ProcessEnd>;
  /** Ends it if it still waits; then nothing of it is left, its folder included. Never throws. */
  dispose(): Promise<void>;
}

/** Starts a worker with the command that `requestOf` makes for its folder, which goes with it; or says why it cannot be started. */
export async function startWorker(
  sandbox: Sandbox,
  requestOf: (workspace: Workspace) => ProcessRequest,
): Promise<Worker | string> {
  const opened = openWorkspace([], []);
  if (opened.kind !== 'opened') return opened.why;
  return startIn(opened.workspace, sandbox, requestOf(opened.workspace), 'removed');
}

/** As `startWorker`, in a folder that is there; `kept`: once the job is dispatched the folder is the caller's to remove. */
export async function startIn(
  workspace: Workspace,
  sandbox: Sandbox,
  request: ProcessRequest,
  folder: 'removed' | 'kept',
): Promise<Worker | string> {
  // An exit that nobody announced: the worker ends by its closed input, its folder is ours to remove.
  const left = (): void => workspace.remove();
  process.once('exit', left);
  const remove = (): void => {
    process.removeListener('exit', left);
    workspace.remove();
  };
  // There is a pipe to write to, and nothing in it yet.
  const running = await start(sandbox, { ...request, stdin: '' });
  if (typeof running === 'string') {
    remove();
    return running;
  }
  const { child } = running.started;
  const sockets = child.stdio.filter((stream) => stream instanceof Socket);
  child.stdin?.on('error', () => {});
  child.unref();
  for (const socket of sockets) socket.unref();
  let idle = true;
  child.once('exit', () => {
    idle = false;
  });
  let used = false;
  const bringToEnd = (job: Following): Promise<ProcessEnd> => {
    idle = false;
    used = true;
    child.ref();
    for (const socket of sockets) socket.ref();
    return follow(running, job);
  };
  return {
    // Its end may not have been told to us yet.
    isIdle: () => idle && (running.members === null || readProcess(child.pid ?? 0, 1) !== null),
    folders: [workspace.folder, workspace.root],
    dispatch: async (job) => {
      if (folder === 'kept') process.removeListener('exit', left);
      const begun = performance.now();
      let finish: (end: ProcessEnd) => void = () => {};
      const over = new Promise<ProcessEnd>((resolve) => {
        finish = resolve;
      });
      const isOver = (): boolean => {
        const done = job.isOver?.() === true;
        if (done && job.onDying)
          finish({ ...notStarted({ killed: null, why: null }), ms: performance.now() - begun });
        return done;
      };
      const gone = bringToEnd({ ...job, isOver }).finally(() => {
        // Nobody needs to wait for it, and an exit before it removes the folder too.
        if (folder === 'removed') setImmediate(remove);
      });
      job.onDying?.(gone);
      return await Promise.race([over, gone]);
    },
    dispose: async () => {
      if (used) return;
      try {
        const { limits } = request;
        await bringToEnd({ stdin: null, limits, signal: AbortSignal.abort(), onBytes: () => {} });
      } finally {
        remove();
      }
    },
  };
}
