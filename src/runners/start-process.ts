import { type ChildProcess, spawn } from 'node:child_process';
import type { ProcessRequest } from './process.ts';
import { serveChannels, stdioFor } from './sandbox/channels.ts';
import type { ConfinedSpawn, ConfineRequest, Sandbox } from './sandbox/sandbox.ts';

export interface Started {
  child: ChildProcess;
  confined: ConfinedSpawn;
  /** What was written to the sandbox's own channels. */
  taken: Promise<string[]>;
}

/** Starts a command under `sandbox`, with `run` as the marker in its environment; or why it could not be started. Never rejects. */
export async function startProcess(
  sandbox: Sandbox,
  request: ProcessRequest,
  run: string,
): Promise<Started | string> {
  let confined: ConfinedSpawn | null = null;
  try {
    confined = sandbox.confine(confineRequest(request, run));
    return await spawned(confined, request.stdin === null ? 'ignore' : 'pipe');
  } catch (error) {
    await confined?.finish?.();
    const reason = error instanceof Error ? error.message : String(error);
    return `${confined?.file ?? 'The sandbox'} could not be started: ${reason}.`;
  }
}

function confineRequest(request: ProcessRequest, run: string): ConfineRequest {
  const { temporary, stdin: _, ...rest } = request;
  return {
    ...rest,
    env: {
      HOME: request.cwd,
      TMPDIR: temporary,
      LANG: 'C.UTF-8',
      NO_COLOR: '1',
      PYTHONDONTWRITEBYTECODE: '1',
      PYTHONNOUSERSITE: '1',
      ...request.env,
      KINTSUGI_RUN: run,
    },
  };
}

function spawned(confined: ConfinedSpawn, stdin: 'ignore' | 'pipe'): Promise<Started> {
  const { stdio, opened } = stdioFor(confined, stdin);
  try {
    const child = spawn(confined.file, confined.args, {
      cwd: confined.cwd,
      env: confined.env,
      detached: true,
      stdio,
    });
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('spawn', () => resolve({ child, confined, taken: serveChannels(child, confined) }));
    });
  } finally {
    opened();
  }
}
