import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BenchRow, BenchTotal } from '../../src/cli/bench-report.ts';
import { parseScript } from '../../src/models/scripted.ts';
import { packageRoot } from '../../src/package-root.ts';
import { full } from '../support/full.ts';
import {
  eventsOf,
  jsonLines,
  kintsugi,
  makePlace,
  type Place,
  type StartOptions,
} from '../support/kintsugi.ts';
import { answerFromScript, startModelServer } from '../support/model-server.ts';

/** Real bugs of public benchmarks, mended by a scripted model that answers only what a failure really showed. KINTSUGI_FULL=1 takes all of them. */

const shared = path.resolve(packageRoot(), '..', 'shared');
const maker = path.join(shared, 'tools', 'make-suite.mjs');
const missing = existsSync(maker) ? '' : 'the corpora are not here (../shared/tools/make-suite.mjs)';
const minutes = 60_000;

type Order = 'bug-first' | 'fix-first' | 'bug-only';
let suites: string;
let place: Place;
beforeAll(() => {
  suites = mkdtempSync(path.join(tmpdir(), 'kintsugi-suites-'));
});
afterAll(() => rmSync(suites, { recursive: true, force: true }));
beforeEach(() => {
  place = makePlace();
});
afterEach(async () => await place.remove());

/** The folder of a suite and its script, made once. */
function suiteOf(corpus: string, order: Order): string {
  const folder = path.join(suites, `${corpus}-${order}`);
  if (existsSync(folder)) return folder;
  mkdirSync(folder);
  const args = [maker, path.join(shared, 'corpora', `${corpus}.jsonl.gz`), folder, '--order', order];
  const made = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(made.stderr);
  return folder;
}

async function bench(
  folder: string,
  limit: number | null,
  flags: readonly string[],
  options: StartOptions = {},
): Promise<{ code: number | null; rows: BenchRow[]; total: BenchTotal }> {
  const some = limit === null || full ? [] : ['--limit', String(limit)];
  const args = [
    'bench',
    path.join(folder, 'suite.jsonl'),
    '--json',
    '--no-memory',
    '--jobs',
    '3',
    ...some,
    ...flags,
  ];
  const ended = await kintsugi(place, args, options);
  const lines = jsonLines(ended.stdout);
  const total = lines.pop() as BenchTotal;
  return { code: ended.code, rows: lines as BenchRow[], total };
}

const scripted = (folder: string) => ['-m', `scripted:${path.join(folder, 'script.jsonl')}`];

/** What went otherwise than it should have, to be compared with nothing. */
const strays = (rows: readonly BenchRow[], fits: (row: BenchRow) => boolean) =>
  rows
    .filter((row) => !fits(row))
    .map((row) => `${row.id}: ${row.ending} after ${row.attempts}: ${row.verdicts.join(' | ')}`);

const corpora = { humanevalpack_js: 81, humanevalpack_py: 82, mbpp_py: 74, mbxp_js: 69 };

describe.skipIf(missing !== '')(`suites of real bugs ${missing}`, () => {
  for (const [corpus, size] of Object.entries(corpora)) {
    it.skipIf(!full && !['humanevalpack_py', 'mbxp_js'].includes(corpus))(
      `${corpus}: every bug is caught at the first attempt and mended at the second`,
      {
        timeout: 15 * minutes,
      },
      async () => {
        const folder = suiteOf(corpus, 'bug-first');
        const { code, rows, total } = await bench(folder, 1, scripted(folder));
        expect(
          strays(
            rows,
            (row) => row.verified && row.attempts === 2 && row.verdicts[0]?.startsWith('failed') === true,
          ),
        ).toEqual([]);
        expect(total).toMatchObject({ verified: full ? size : 1, pass_at: { '1': 0, '2': 1 } });
        expect(code).toBe(0);
      },
    );
  }

  for (const corpus of ['humanevalpack_js', 'humanevalpack_py'] as const) {
    it.skipIf(!full && corpus !== 'humanevalpack_py')(
      `${corpus}: what is right is verified at the first attempt`,
      { timeout: 15 * minutes },
      async () => {
        const folder = suiteOf(corpus, 'fix-first');
        const { code, rows, total } = await bench(folder, 1, scripted(folder));
        expect(strays(rows, (row) => row.verified && row.attempts === 1)).toEqual([]);
        expect(total).toMatchObject({ verified: full ? corpora[corpus] : 1, pass_at: { '1': 1 } });
        expect(code).toBe(0);
      },
    );

    it.skipIf(!full && corpus !== 'humanevalpack_js')(
      `${corpus}: what stays wrong is never called verified`,
      { timeout: 30 * minutes },
      async () => {
        const folder = suiteOf(corpus, 'bug-only');
        const { code, rows, total } = await bench(folder, 1, scripted(folder));
        expect(
          strays(
            rows,
            (row) => !row.verified && row.verdicts.every((verdict) => verdict.startsWith('failed')),
          ),
        ).toEqual([]);
        expect(total).toMatchObject({ verified: 0, goals: full ? corpora[corpus] : 1 });
        expect(code).toBe(3);
      },
    );
  }

  it('mbxp_ts: every broken reply ends in a verdict with a message, none in a crash', {
    timeout: 15 * minutes,
  }, async () => {
    const folder = suiteOf('mbxp_ts', 'bug-only');
    const { code, rows } = await bench(folder, 3, [...scripted(folder), '--max-attempts', '1']);
    expect(code).toBe(3);
    const isTold = ({ verdicts: [verdict = ''] }: BenchRow) =>
      verdict === 'malformed' || (verdict.startsWith('failed: ') && verdict.length > 'failed: '.length + 3);
    expect(strays(rows, (row) => row.ending === 'max-attempts' && isTold(row))).toEqual([]);
  });

  for (const [dialect, corpus] of [
    ['Anthropic', 'humanevalpack_js'],
    ['OpenAI', 'humanevalpack_py'],
  ] as const) {
    it(`${corpus}: the same through the real ${dialect} SDK over loopback`, {
      timeout: 15 * minutes,
    }, async () => {
      const folder = suiteOf(corpus, 'bug-first');
      const name = path.join(folder, 'script.jsonl');
      const script = parseScript(readFileSync(name, 'utf8'), name);
      if (!script.ok) throw new Error(script.error);
      const server = await startModelServer({ answer: answerFromScript(script.rules), apiKey: 'test-key' });
      try {
        const model = dialect === 'Anthropic' ? 'anthropic/claude-sonnet-5-5' : `${server.url}/v1#local`;
        const env = {
          ANTHROPIC_BASE_URL: server.url,
          ANTHROPIC_API_KEY: 'test-key',
          OPENAI_API_KEY: 'test-key',
        };
        const limit = full ? '20' : '1';
        const { code, rows, total } = await bench(folder, null, ['-m', model, '--limit', limit], { env });
        expect(strays(rows, (row) => row.verified && row.attempts === 2)).toEqual([]);
        expect(total).toMatchObject({ verified: Number(limit), pass_at: { '1': 0, '2': 1 } });
        expect(code).toBe(0);
        expect(server.requests.length).toBe(total.model_calls);
        expect(rows.every((row) => row.input_tokens > 0 && row.output_tokens > 0)).toBe(true);
        const [journal = ''] = place.journals();
        expect(JSON.stringify(eventsOf(journal))).not.toContain('test-key');
      } finally {
        await server.close();
      }
    });
  }
});
