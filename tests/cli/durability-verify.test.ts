import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect } from 'vitest';
import { packageRoot } from '../../src/package-root.ts';
import { full } from '../support/full.ts';
import { codeRule, kintsugi, makePlace, type Place, planToPrint, start } from '../support/kintsugi.ts';
import { demoJournals, goldenJournals, it, linesIn, severalAtOnce, verify } from '../support/sessions.ts';

async function expectAgreement(place: Place, file: string): Promise<number> {
  const { code, divergence, agreed, total } = await verify(place, file);
  expect(divergence, file).toBeNull();
  expect(code).toBe(0);
  expect(agreed).toBe(total);
  return total;
}

const demos = demoJournals();
/** In the gate the second demo and the golden journals are left to laws.test.ts, which plays them again. */
const some = full ? [...demos, ...goldenJournals()] : demos.filter((_, at) => at !== 1);
const factorial = demos.find((demo) => demo.name === 'factorial')?.file ?? '';

describe('a recorded session runs again to the same events', { timeout: 300_000 }, () => {
  it.concurrent('for every demo but the second (npm run record:demos records them anew) and, in full, every demo and golden journal', async ({
    place,
  }) => {
    await severalAtOnce(some, 2, async ({ name, file }) => {
      expect(await expectAgreement(place, file), name).toBeGreaterThan(20);
    });
    expect(place.journals(), 'nothing is recorded').toEqual([]);
  });

  const suites = path.join(packageRoot(), '..', 'shared', 'tools', 'make-suite.mjs');
  const each = full ? 10 : 1;

  it.skipIf(!existsSync(suites)).concurrent(
    `for ${2 * each} sessions of the suites of bugs (skipped where ../shared is not there)`,
    async ({ place }) => {
      for (const corpus of ['humanevalpack_py', 'humanevalpack_js']) {
        const made = path.join(place.root, corpus);
        const source = path.join(path.dirname(suites), '..', 'corpora', `${corpus}.jsonl.gz`);
        execFileSync(process.execPath, [suites, source, made], { stdio: 'pipe' });
        const suite = path.join(made, 'suite.jsonl');
        const model = `scripted:${path.join(made, 'script.jsonl')}`;
        const ended = await kintsugi(place, [
          'bench',
          suite,
          '-m',
          model,
          '--limit',
          String(each),
          '-j',
          '2',
        ]);
        expect(ended.code, ended.stderr).toBe(0);
      }
      const journals = place.journals();
      expect(journals).toHaveLength(2 * each);
      await severalAtOnce(journals, 2, async (file) => {
        expect(await expectAgreement(place, file)).toBeGreaterThan(20);
      });
    },
  );
});

describe('a session that did not come to its end verifies up to where it stopped', {
  timeout: 300_000,
}, () => {
  const slow = 'await new Promise((resolve) => setTimeout(resolve, 60_000));';

  it.concurrent('when its time was up in a run, when it was interrupted, and when it was killed', async ({
    place,
  }) => {
    const model = place.script(planToPrint('42'), codeRule(slow));
    const timed = await kintsugi(place, ['-p', 'print 42', '-m', model, '--timeout', '3s']);
    expect(timed.code, timed.stderr).toBe(56);
    for (const signal of ['SIGINT', 'SIGKILL'] as const) {
      const running = start(place, ['-p', 'print 42', '-m', model, '--verbose']);
      await running.until('runs the program');
      running.kill(signal);
      await running.ended;
    }
    const journals = place.journals();
    expect(journals).toHaveLength(3);
    for (const file of journals) await expectAgreement(place, file);
  });

  it.skipIf(!full).concurrent('where it was cut off, between events and within one', async ({ place }) => {
    const lines = linesIn(factorial);
    for (let kept = 1; kept < lines.length; kept += 1) {
      const file = place.file(
        `${kept}.jsonl`,
        lines
          .slice(0, kept)
          .map((line) => `${line}\n`)
          .join(''),
      );
      await expectAgreement(place, file);
    }
    const cut = path.join(place.cwd, '21.jsonl');
    writeFileSync(cut, `${readFileSync(cut, 'utf8')}{"type":"run.`);
    const ended = await kintsugi(place, ['replay', cut, '--verify']);
    expect(ended.code).toBe(0);
    expect(ended.stdout).toMatch(/^no divergence: \d+ events agree, up to where the session was cut off/);
    expect(ended.stderr).toContain('is torn (13 bytes)');
  });

  it.skipIf(!full).concurrent(
    'and a verification that is interrupted itself says so, and leaves nothing running',
    async ({ place }) => {
      const began = path.join(place.root, 'began');
      const gate = place.file('gate', '');
      const source = `import { existsSync, writeFileSync } from 'node:fs';
writeFileSync(${JSON.stringify(began)}, '');
if (!existsSync(${JSON.stringify(gate)})) ${slow}
console.log(42);`;
      const model = place.script(planToPrint('42'), codeRule(source));
      // The program tells this test of itself by files outside, which no sandbox would let it.
      const open = ['--sandbox', 'danger-full-access', '--accept-danger'];
      const ended = await kintsugi(place, ['-p', 'print 42', '-m', model, ...open]);
      expect(ended.code, ended.stderr).toBe(0);
      rmSync(gate);
      rmSync(began);
      const verifying = start(place, ['replay', 'latest', '--verify', ...open]);
      await expect.poll(() => existsSync(began), { timeout: 120_000 }).toBe(true);
      verifying.kill('SIGINT');
      const stopped = await verifying.ended;
      expect(stopped).toMatchObject({ code: 130, stdout: '' });
      expect(stopped.stderr).toContain('the verification was stopped: Interrupted by Ctrl+C');
    },
  );
});

it.skipIf(!full).concurrent('knows a secret again that another installation took out', async ({ place }) => {
  const source = "console.log(['ghp', '_', 'aB3dE5gH7jK9mN1pQ3sT5vX7zA9cE1gI3kM5'].join(''));";
  const ran = await kintsugi(place, ['-p', 'print a token', '-m', place.script(codeRule(source))]);
  expect(ran.code, ran.stderr).toBe(3);
  const [journal = ''] = place.journals();
  expect(readFileSync(journal, 'utf8')).toMatch(/"stdout":"<secret:github:[0-9a-f]{8}>/);
  const elsewhere = makePlace();
  try {
    const ended = await kintsugi(elsewhere, ['replay', journal, '--verify']);
    expect(ended.code, ended.stdout).toBe(0);
  } finally {
    await elsewhere.remove();
  }
});

it.concurrent('finds out a program that does something else each time', async ({ place }) => {
  const source = 'console.log(Math.random(), Date.now());';
  const ran = await kintsugi(place, ['-p', 'print a random number', '-m', place.script(codeRule(source))]);
  expect(ran.code).toBe(3);
  const { code, divergence } = await verify(place, place.journals()[0] ?? '');
  expect(code).toBe(3);
  expect(divergence).toMatchObject({ type: 'run.ended', path: 'result.stdout' });
});
