import { createHash, randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openMemories, type SessionMemory } from './compose/memory.ts';
import { decisionsOf } from './compose/policy.ts';
import { openSandbox, withoutSandbox } from './compose/sandbox.ts';
import type { Config } from './config.ts';
import type { Confinement } from './core/confinement.ts';
import { guardedToolkit } from './core/guard.ts';
import { forgetful } from './core/memory.ts';
import type { Approve, MemoryStore, ModelProvider, Runner, Scanner, Tester, Toolkit } from './core/seams.ts';
import type { Redactor } from './journal/redact.ts';
import { exitCodes, problem } from './problem.ts';
import type { Sandbox } from './runners/sandbox/sandbox.ts';

/** The composition root: Config → Toolkit. Plain data in, the loop's seams out; nothing else decides which adapter is used. */

/** What many sessions of one process share. */
export interface Workbench {
  scan: Scanner;
  sandbox: Sandbox;
  confinement: Confinement;
  runners: readonly Runner[];
  tester: Tester;
  redactor: Redactor;
  prompt: Toolkit['prompt'];
  limits: Toolkit['limits'];
  /** Opened at the first session that has memory. */
  memory: () => Promise<SessionMemory>;
  /** Writes what is new, ends the processes that wait for a program and lets everything go. To be called at the end of the last session. */
  close(): Promise<void>;
}

export interface SessionNeeds {
  model: ModelProvider;
  deliver: Toolkit['deliver'];
  approve: Approve;
  /** Absent: nothing is recalled and nothing kept. */
  memory?: MemoryStore;
}

/** SHA-256 in hex. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Nobody is there to say yes or no. */
export const nobodyApproves: Approve = async () => null;

export async function openWorkbench(config: Config): Promise<Workbench> {
  const [
    { makeScanner },
    { subprocessRunner },
    { isolateRunner },
    { tester },
    { programLimits },
    { loadPrompts },
    redactor,
  ] = await Promise.all([
    import('./scanner/scan.ts'),
    import('./runners/subprocess.ts'),
    import('./runners/isolate.ts'),
    import('./runners/testing/tester.ts'),
    import('./runners/limits.ts'),
    import('./prompts.ts'),
    openRedactor(config),
  ]);
  const opened = await openSandbox(config);
  if (opened.kind === 'unavailable') throw problem(exitCodes.sandbox, withoutSandbox(opened));
  const { sandbox, confinement } = opened;
  const subprocess = subprocessRunner(sandbox, { ahead: true });
  const isolate = isolateRunner({ sandbox, instead: subprocess });
  const runners = [isolate, subprocess];
  const memories = openMemories(config);
  return {
    scan: await makeScanner(),
    sandbox,
    confinement,
    runners,
    tester: tester({ runners, limits: programLimits }),
    redactor,
    prompt: loadPrompts(config.prompts),
    limits: programLimits,
    memory: memories.open,
    close: async () => {
      await Promise.all([memories.close(), isolate.close(), subprocess.close()]);
    },
  };
}

/** Takes every secret this process can know of out of text: values of `.env`, of the environment, known shapes. */
export async function openRedactor(config: Config): Promise<Redactor> {
  const { makeRedactor } = await import('./journal/redact.ts');
  return makeRedactor({ env: process.env, dotenv: config.secrets.dotenv(), salt: saltOf(config.logs) });
}

/** A random value of this installation: without it nobody can try passwords against the hashes in a journal. */
function saltOf(directory: string): string {
  const file = path.join(directory, '.salt');
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // The first session here, or a folder that cannot be read: then the journal says why, with a better message.
  }
  const salt = randomBytes(32).toString('hex');
  const fresh = `${file}.${process.pid}`;
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeFileSync(fresh, salt, { mode: 0o600, flag: 'wx' });
    // Whole or not at all, and the first of two that start at once wins.
    linkSync(fresh, file);
  } catch {
    return existsSync(file) ? readFileSync(file, 'utf8') : salt;
  } finally {
    rmSync(fresh, { force: true });
  }
  return salt;
}

export async function composeToolkit(
  config: Config,
  workbench: Workbench,
  needs: SessionNeeds,
): Promise<Toolkit> {
  const { scan, decide, profile } = await decisionsOf(config, workbench);
  const toolkit: Toolkit = {
    memory: forgetful,
    ...needs,
    scan,
    decide,
    profile,
    runners: workbench.runners,
    tester: workbench.tester,
    prompt: workbench.prompt,
    digest,
    limits: workbench.limits,
    replyTokens: config.modelCalls.replyTokens,
  };
  return guardedToolkit(toolkit, workbench.redactor);
}
