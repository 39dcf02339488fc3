import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import type { RunJob } from '../../src/core/seams.ts';
import { drain } from '../../src/core/stream.ts';
import { type Execution, execute } from '../../src/runners/execute.ts';
import { compiledGuard } from '../../src/runners/guard-python.ts';
import { interpreters } from '../../src/runners/interpreter.ts';
import { programLimits } from '../../src/runners/limits.ts';
import { chooseSandbox } from '../../src/runners/sandbox/choose.ts';
import { limitsOnly } from '../../src/runners/sandbox/limits-only.ts';
import type { Sandbox } from '../../src/runners/sandbox/sandbox.ts';
import { commandReport } from '../../src/runners/testing/command-report.ts';
import { testsReport } from '../../src/runners/testing/tests-report.ts';
import { interpretersAhead } from '../../src/runners/workers/interpreter-ahead.ts';
import { full } from '../support/full.ts';
import { type Case, cases, checkOf } from './ahead-cases.ts';
import { filesOf, never, until } from './support.ts';

// Several processes each, one after the other.
vi.setConfig({ testTimeout: 300_000 });

const cacheDirectory = mkdtempSync(path.join(tmpdir(), 'kintsugi-probes-'));
afterAll(() => rmSync(cacheDirectory, { recursive: true, force: true }));
const choice = await chooseSandbox({ minLevel: 'L0', wanted: 'auto', cacheDirectory });
const best = choice.kind === 'chosen' ? choice.sandbox : limitsOnly();
/** All of them in what confines best here; without a confinement, where it is not the best, every eighth. */
const places: [Sandbox, readonly Case[]][] =
  best.level === 'L0'
    ? [[best, cases]]
    : [
        [limitsOnly(), cases.filter((_, at) => full || at % 8 === 0)],
        [best, cases],
      ];

function jobOf(one: Case): RunJob {
  const check = checkOf(one);
  const files = filesOf(one.files);
  const entry = {
    kind: 'entry' as const,
    entry: files[0]?.path ?? '',
    args: one.args ?? [],
    stdin: one.stdin ?? '',
  };
  return {
    language: one.language,
    files,
    checkFiles: filesOf(one.check?.files ?? {}),
    action: check === null || check.kind === 'output' ? entry : check,
    capabilities: one.language === 'shell' ? ['process.spawn'] : [],
    limits: programLimits,
  };
}

/** All that a run and its report say, but for times and what is drawn anew for each. */
function said(one: Case, execution: Execution) {
  const check = checkOf(one);
  const { run, tampered, rewritten } = execution;
  const own = filesOf(one.files);
  const tested = {
    files: [...own, ...filesOf(one.check?.files ?? {})],
    program: new Set(own.map((file) => file.path)),
  };
  const report =
    check === null || check.kind === 'output'
      ? null
      : check.kind === 'command'
        ? commandReport(check, execution, programLimits, tested)
        : testsReport(check, execution, programLimits, tested);
  const kept = { run: { ...run, ms: 0, cpuMs: 0, peakBytes: 0 }, tampered, rewritten, report };
  const text = JSON.stringify(kept, (name, value) => (name === 'ms' ? 0 : value));
  // Durations in what is printed, addresses of objects.
  return JSON.parse(text.replace(/\b\d+\.\d+m?s?\b/g, '#').replace(/0x[0-9a-f]{6,}/g, '0x'));
}

/** Processes of this machine that read from their standard input now; null where the kernel does not tell. */
function reading(): Set<string> | null {
  if (process.platform !== 'linux') return null;
  try {
    readFileSync('/proc/self/syscall');
  } catch {
    return null;
  }
  const isReading = (pid: string): boolean => {
    try {
      return /^(0|63) 0x0 /.test(readFileSync(`/proc/${pid}/syscall`, 'utf8'));
    } catch {
      return false;
    }
  };
  return new Set(readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && isReading(pid)));
}

describe.each(places.map((place) => [place[0].level, ...place] as const))(
  'at %s',
  (_level, sandbox, some) => {
    const alone = { sandbox, interpreters: interpreters(), guard: compiledGuard() };
    const ahead = interpretersAhead(alone);
    const taken: boolean[] = [];
    const waiting = {
      ...alone,
      ahead: {
        ...ahead,
        take: async (job: RunJob) => {
          const standby = await ahead.take(job);
          taken.push(standby !== null);
          return standby;
        },
        // Only what a test asks for is to wait.
        leave: () => {},
      },
    };
    afterAll(ahead.close);

    test.each(some.map((one) => [one.title, one] as const))(
      'an interpreter that waited gives the same: %s',
      async (_title, one) => {
        const job = jobOf(one);
        const cold = await drain(execute(job, alone, never()));
        const before = reading();
        ahead.warm(job);
        expect(ahead.waiting()).toBe(1);
        // There for its program before the program is.
        if (before !== null)
          await until(
            () => [...(reading() ?? [])].some((pid) => !before.has(pid)),
            'one waits for its program',
          );
        const warm = await drain(execute(job, waiting, never()));
        expect(taken.pop()).toBe(true);
        expect(said(one, warm)).toEqual(said(one, cold));
      },
    );
  },
);
