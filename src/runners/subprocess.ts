import type { Chunk, RunJob, Runner } from '../core/seams.ts';
import type { Stream } from '../core/stream.ts';
import { type Execution, execute } from './execute.ts';
import { compiledGuard } from './guard-python.ts';
import { interpreters } from './interpreter.ts';
import { limitsOnly } from './sandbox/limits-only.ts';
import type { Sandbox } from './sandbox/sandbox.ts';

/** A runner that also tells what a test framework recorded, and whether the checks were left alone. */
export interface CheckRunner extends Runner {
  execute(job: RunJob, signal: AbortSignal): Stream<Chunk, Execution>;
}

/** Runs JavaScript, TypeScript, Python and shell as processes of this machine, under `sandbox`. Any capability is granted that the sandbox leaves open. */
export function subprocessRunner(sandbox: Sandbox = limitsOnly()): CheckRunner {
  const known = interpreters();
  const needs = { sandbox, interpreters: known, guard: compiledGuard() };
  return {
    name: 'subprocess',
    accepts: () => process.platform !== 'win32',
    run: async function* (job, signal) {
      return (yield* execute(job, needs, signal)).run;
    },
    execute: (job, signal) => execute(job, needs, signal),
  };
}

export function isCheckRunner(runner: Runner): runner is CheckRunner {
  return 'execute' in runner && typeof runner.execute === 'function';
}
