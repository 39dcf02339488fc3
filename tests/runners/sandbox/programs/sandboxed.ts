/** Runs jobs under the sandbox of this machine that was asked for, as whoever started it, and prints what came of them as JSON. */
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RunLimits, SandboxLevel } from '../../../../src/core/domain.ts';
import { programLimits } from '../../../../src/runners/limits.ts';
import { type Choice, chooseSandbox } from '../../../../src/runners/sandbox/choose.ts';
import { type Launched, launch } from '../../../../src/runners/sandbox/launch.ts';
import type { Profile } from '../../../../src/runners/sandbox/sandbox.ts';

export interface Job {
  argv: [string, ...string[]];
  files?: Record<string, string>;
  fixed?: string[];
  profile?: Profile;
  limits?: Partial<RunLimits>;
  /** How often, for measuring. */
  times?: number;
}

export interface Order {
  wanted: SandboxLevel;
  cacheDirectory: string;
  jobs: Job[];
}

export type JobResult = Launched & { left: string[]; allMs: number[] };
export type Answer =
  | { kind: 'chosen'; level: SandboxLevel; probes: string[]; results: JobResult[] }
  | Exclude<Choice, { kind: 'chosen' }>;

async function answer(order: Order): Promise<Answer> {
  const { wanted, cacheDirectory } = order;
  const choice = await chooseSandbox({ wanted, minLevel: wanted, cacheDirectory });
  if (choice.kind === 'unavailable') return choice;
  const results: JobResult[] = [];
  for (const job of order.jobs) {
    const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'kintsugi-job-')));
    try {
      for (const [name, content] of Object.entries(job.files ?? {})) {
        mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
        writeFileSync(path.join(root, name), content);
      }
      const request = {
        argv: job.argv,
        env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: root, TMPDIR: '/tmp', LANG: 'C.UTF-8' },
        cwd: root,
        root,
        limits: { ...programLimits, ...job.limits },
        addressBytes: 32 * 1024 ** 3,
        readOnly: (job.fixed ?? []).map((name) => path.join(root, name)),
        ...(job.profile ? { profile: job.profile } : {}),
      };
      const allMs: number[] = [];
      let last = await launch(choice.sandbox, request);
      allMs.push(last.ms);
      for (let more = 1; more < (job.times ?? 1); more += 1) {
        last = await launch(choice.sandbox, request);
        allMs.push(last.ms);
      }
      results.push({ ...last, allMs, left: readdirSync(root, { recursive: true, encoding: 'utf8' }).sort() });
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  }
  const probes = choice.probes.map(({ guarantee }) => guarantee);
  return { kind: 'chosen', level: choice.sandbox.level, probes, results };
}

const [text = ''] = process.argv.slice(2);
process.stdout.write(JSON.stringify(await answer(JSON.parse(text) as Order)));
