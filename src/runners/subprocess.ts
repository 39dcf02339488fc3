import type { Chunk, RunJob, Runner } from '../core/seams.ts';
import type { Stream } from '../core/stream.ts';
import { type Execution, execute } from './execute.ts';
import { compiledGuard } from './guard-python.ts';
import { interpreters } from './interpreter.ts';
import { limitsOnly } from './sandbox/limits-only.ts';
import type { Sandbox } from './sandbox/sandbox.ts';
import { interpretersAhead } from './workers/interpreter-ahead.ts';

/** A runner that also tells what a test framework recorded, and whether the checks were left alone. */
export interface CheckRunner extends Runner {
  execute(job: RunJob, signal: AbortSignal): Stream<Chunk, Execution>;
}

/** A runner that has interpreters wait for jobs like the last ones. */
export interface SubprocessRunner extends CheckRunner {
  /** Has an interpreter wait for jobs like this, in the background. */
  warm(job: RunJob): void;
  /** How many wait. */
  waiting(): number;
  /** Ends those that wait. Programs can still be run afterwards. */
  close(): Promise<void>;
}

/**
 * Runs JavaScript, TypeScript, Python and shell as processes of this machine, under `sandbox`. Any capability is granted that the sandbox leaves
 * open. `ahead`: after a job an interpreter is started that waits for the next like it, so that somebody must call `close`.
 */
export function subprocessRunner(
  sandbox: Sandbox = limitsOnly(),
  options: { ahead?: boolean } = {},
): SubprocessRunner {
  const alone = { sandbox, interpreters: interpreters(), guard: compiledGuard() };
  const ahead = interpretersAhead(alone);
  const needs = options.ahead === true ? { ...alone, ahead } : alone;
  return {
    name: 'subprocess',
    accepts: () => process.platform !== 'win32',
    run: async function* (job, signal) {
      return (yield* execute(job, needs, signal)).run;
    },
    execute: (job, signal) => execute(job, needs, signal),
    warm: ahead.warm,
    waiting: ahead.waiting,
    close: async () => {
      await Promise.all([ahead.close(), alone.guard.close()]);
    },
  };
}

export function isCheckRunner(runner: Runner): runner is CheckRunner {
  return 'execute' in runner && typeof runner.execute === 'function';
}
