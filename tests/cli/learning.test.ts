import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { packageRoot } from '../../src/package-root.ts';
import { full } from '../support/full.ts';
import type { Place } from '../support/kintsugi.ts';
import { it } from '../support/sessions.ts';

/** Small versions of the streams of bench:learning, through the built program: real memory, real runs, a scripted model. */

const corpora = path.join(packageRoot(), '..', 'shared', 'corpora');
const hasCorpora = existsSync(path.join(corpora, 'humanevalpack_py.jsonl.gz'));
const minutes = 20 * 60_000;
/** KINTSUGI_FULL=1 runs the streams as large as the bench does. */
const sizes = full ? { families: 14, tasks: 10 } : { families: 2, tasks: 3 };

interface Rate {
  firstTry: number;
  n: number;
  verified: number;
}

async function benchLearning(place: Place, ...args: string[]) {
  const report = path.join(place.root, 'report.json');
  const child = spawn(
    process.execPath,
    [path.join(packageRoot(), '.ci', 'bench-learning.mjs'), ...args, '--json', report],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect(code, said).toBe(0);
  const results = JSON.parse(readFileSync(report, 'utf8'));
  rmSync(report);
  return results;
}

it(
  'a private convention is learned from its first failure, and the next goals of its kind are met at once',
  async ({ place }) => {
    const { quirks } = await benchLearning(
      place,
      '--only',
      'quirks',
      '--families',
      `${sizes.families}`,
      '--tasks',
      `${sizes.tasks}`,
    );
    const rates: Record<string, Rate> = quirks.rates;
    expect(rates.off?.firstTry).toBe(0);
    expect(rates.placebo?.firstTry).toBe(0);
    expect(rates.oracle?.firstTry).toBe(1);
    expect(quirks.shareOfOracle).toBeGreaterThanOrEqual(0.8);
    expect(Object.values(rates).map((rate) => rate.verified)).toEqual(
      Array(4).fill(sizes.families * sizes.tasks),
    );
  },
  minutes,
);

it(
  'a lesson that turns passes into failures is quarantined within eight injections, and one about something else is never injected',
  async ({ place }) => {
    const { harm } = await benchLearning(place, '--only', 'harm');
    expect(harm.quarantined).toMatchObject({ id: 'harmful', state: 'quarantined' });
    expect(harm.harmfulInjections).toBeGreaterThan(0);
    expect(harm.harmfulInjections).toBeLessThanOrEqual(8);
    expect(harm.irrelevantInjections).toBe(0);
  },
  minutes,
);

/** A small stream, and one as large as the bench's. */
const small = 4;
for (const limit of [small, 74]) {
  it.skipIf(!full || !hasCorpora)(
    `what was learned of ${limit} problems in Python helps with them in JavaScript, and unrelated goals are left alone (needs the corpora beside the project)`,
    async ({ place }) => {
      const { transfer } = await benchLearning(place, corpora, '--only', 'transfer', '--limit', `${limit}`);
      const { off, on, placebo, oracle } = transfer.rates;
      expect([off.firstTry, placebo.firstTry, oracle.firstTry]).toEqual([0, 0, 1]);
      expect(on.firstTry).toBeGreaterThanOrEqual(0.5);
      expect(on.unrelated.injected / on.unrelated.n).toBeLessThan(0.05);
      expect(off.unrelated.firstTry).toBe(1);
      expect(on.unrelated.firstTry).toBe(off.unrelated.firstTry);
      if (limit === small) expect(on.unrelated.injected).toBe(0);
    },
    minutes,
  );
}
