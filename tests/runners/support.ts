import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Language, Program, RunLimits, SourceFile } from '../../src/core/domain.ts';
import type { RunJob } from '../../src/core/seams.ts';
import { programLimits } from '../../src/runners/limits.ts';

const programs = path.resolve(import.meta.dirname, '../fixtures/programs');

/** A program of tests/fixtures/programs. */
export function fixture(name: string): SourceFile {
  return { path: name, content: readFileSync(path.join(programs, name), 'utf8') };
}

export function filesOf(contents: Record<string, string>): SourceFile[] {
  return Object.entries(contents).map(([name, content]) => ({ path: name, content }));
}

export function programOf(language: Language, contents: Record<string, string>): Program {
  return { language, entry: Object.keys(contents)[0] ?? '', files: filesOf(contents) };
}

export interface EntryOptions {
  args?: string[];
  stdin?: string;
  limits?: Partial<RunLimits>;
  capabilities?: RunJob['capabilities'];
}

/** A job that runs the first of `files`. */
export function entryJob(language: Language, files: SourceFile[], options: EntryOptions = {}): RunJob {
  return {
    language,
    files,
    checkFiles: [],
    action: {
      kind: 'entry',
      entry: files[0]?.path ?? '',
      args: options.args ?? [],
      stdin: options.stdin ?? '',
    },
    capabilities: options.capabilities ?? [],
    limits: { ...programLimits, ...options.limits },
  };
}

export function never(): AbortSignal {
  return new AbortController().signal;
}

/** Whether a process is there and not only waits to be reaped. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Waits until `condition` holds; fails after ten seconds. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const end = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`Waited in vain: ${what}`);
    // Not at once: what is waited for needs the processor too.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A folder that is removed when `work` is done. */
export async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kintsugi-test-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
