import { Socket } from 'node:net';
import { type Following, follow, type ProcessEnd, type ProcessRequest, start } from '../process.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { openWorkspace, type Workspace } from '../workspace.ts';

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
  dispatch(job: Following): Promise<ProcessEnd>;
  /** Ends it if it still waits; then nothing of it is left. Never throws. */
  dispose(): Promise<void>;
}

/** Starts a worker with the command that `requestOf` makes for its folder, or says why it cannot be started. */
export async function startWorker(
  sandbox: Sandbox,
  requestOf: (workspace: Workspace) => ProcessRequest,
): Promise<Worker | string> {
  const opened = openWorkspace([], []);
  if (opened.kind !== 'opened') return opened.why;
  const { workspace } = opened;
  // An exit that nobody announced: the worker ends by its closed input, its folder is ours to remove.
  const left = (): void => workspace.remove();
  process.once('exit', left);
  const remove = (): void => {
    process.removeListener('exit', left);
    workspace.remove();
  };
  // There is a pipe to write to, and nothing in it yet.
  const running = await start(sandbox, { ...requestOf(workspace), stdin: '' });
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
  const bringToEnd = async (job: Following): Promise<ProcessEnd> => {
    idle = false;
    used = true;
    child.ref();
    for (const socket of sockets) socket.ref();
    try {
      return await follow(running, job);
    } finally {
      // Nobody needs to wait for it, and an exit before it removes the folder too.
      setImmediate(remove);
    }
  };
  return {
    isIdle: () => idle,
    folders: [workspace.folder, workspace.root],
    dispatch: bringToEnd,
    dispose: async () => {
      if (used) return;
      const { limits } = requestOf(workspace);
      await bringToEnd({ stdin: null, limits, signal: AbortSignal.abort(), onBytes: () => {} });
    },
  };
}
