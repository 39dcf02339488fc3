import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BenchRow, BenchTotal } from '../../src/cli/bench-report.ts';
import { full } from '../support/full.ts';
import {
  codeRule,
  type Ended,
  eventsOf,
  jsonLines,
  kintsugi,
  makePlace,
  type Place,
} from '../support/kintsugi.ts';

let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(async () => await place.remove());

const goalOf = (id: string, more: object = {}) => ({
  ...{ id, goal: `[${id}] print 120`, language: 'javascript', check: ['node main.js | grep -qx 120'] },
  ...more,
});

function suite(...goals: object[]): string {
  return place.file('suite.jsonl', goals.map((goal) => `${JSON.stringify(goal)}\n`).join(''));
}

async function bench(...args: string[]): Promise<Ended & { rows: BenchRow[]; total: BenchTotal }> {
  const ended = await kintsugi(place, ['bench', 'suite.jsonl', '--json', ...args]);
  const lines = jsonLines(ended.stdout) as { type: string }[];
  const total = lines.pop();
  return { ...ended, rows: lines as BenchRow[], total: total as BenchTotal };
}

const good = codeRule('console.log(120);');

describe('bench', () => {
  it('tells each goal and then all of them, and ends with 0 when all are verified', async () => {
    suite(goalOf('a'), goalOf('b'));
    const { code, rows, total } = await bench('-m', place.script(good));
    expect(code).toBe(0);
    expect(rows.map((row) => row.id)).toEqual(['a', 'b']);
    expect(rows[0]).toEqual({
      type: 'goal',
      id: 'a',
      verified: true,
      proof: 'user-checks',
      ending: 'verified',
      why: "Proven by the user's checks.",
      attempts: 1,
      model_calls: 2,
      input_tokens: expect.any(Number),
      output_tokens: expect.any(Number),
      cost_usd: 0,
      wall_ms: expect.any(Number),
      cpu_ms: expect.any(Number),
      verdicts: ['passed'],
      memories_used: [],
      lessons_learned: [],
      journal: expect.stringContaining(path.join(place.home, 'logs')),
    });
    expect(total).toMatchObject({
      ...{ type: 'total', goals: 2, finished: 2, verified: 2, pass_at: { '1': 1 }, attempts: 2 },
      ...{ verified_at_attempt: { '1': 2 }, endings: { verified: 2 }, model_calls: 4 },
    });
    expect(place.journals()).toHaveLength(2);
  });

  it('counts what was mended at the second attempt, and what was not, and ends with 3', async () => {
    suite(goalOf('a'), goalOf('b'));
    const model = place.script(
      codeRule('console.log(24);', 'main.js', { when: ['[a]'], times: 1 }),
      codeRule('console.log(120);', 'main.js', { when: ['[a]'] }),
      codeRule('console.log(24);'),
    );
    const { code, rows, total } = await bench('-m', model, '--max-attempts', '2');
    expect(code).toBe(3);
    expect(rows.map((row) => [row.id, row.ending, row.attempts])).toEqual([
      ['a', 'verified', 2],
      ['b', 'max-attempts', 2],
    ]);
    expect(total).toMatchObject({ verified: 1, pass_at: { '1': 0, '2': 0.5 } });
    const text = await kintsugi(place, ['bench', 'suite.jsonl', '-m', model, '--max-attempts', '1']);
    expect(text.code).toBe(3);
    expect(text.stderr).toMatch(
      /✗ b: max-attempts, 1 attempt, 3 calls|✗ b: max-attempts, 1 attempt, 2 calls/,
    );
    expect(text.stdout).toMatch(/^\d of 2 verified/);
  });

  it.skipIf(!full)(
    'takes only so many goals, in the order of the suite or of a seed, which is always the same',
    async () => {
      const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
      suite(...ids.map((id) => goalOf(id, { check: [], language: 'shell' })));
      const model = place.script(codeRule(':', 'main.sh'));
      const order = async (...flags: string[]) =>
        (await bench('-m', model, ...flags)).rows.map((row) => row.id);
      expect(await order('--limit', '2')).toEqual(['a', 'b']);
      const first = await order('--seed', '7');
      expect(await order('--seed', '7', '--limit', '3')).toEqual(first.slice(0, 3));
      expect(await order('--seed', '8', '--limit', '3')).not.toEqual(first.slice(0, 3));
      expect([...first].sort()).toEqual(ids);
      expect(first).not.toEqual(ids);
    },
  );

  it('works on several goals at once, each in its own journal', async () => {
    suite(...['a', 'b', 'c'].map((id) => goalOf(id)));
    const slow = codeRule('console.log(120);', 'main.js', { latencyMs: 700 });
    const { code, rows, total } = await bench('-m', place.script(slow), '--jobs', '3');
    expect(code).toBe(0);
    expect(rows.map((row) => row.id).sort()).toEqual(['a', 'b', 'c']);
    const all = place.journals().map(eventsOf);
    const begun = all.map((events) => Date.parse(events[0]?.at ?? ''));
    const ended = all.map((events) => Date.parse(events.at(-1)?.at ?? ''));
    expect(Math.max(...begun)).toBeLessThan(Math.min(...ended));
    expect(total.wall_ms).toBeLessThan(rows.reduce((sum, row) => sum + row.wall_ms, 0));
  });

  it('puts each program in a folder of its own, never outside --out', async () => {
    suite(goalOf('x/1'), goalOf('../../escape'), goalOf('/etc/passwd'));
    const { code } = await bench('-m', place.script(good), '--out', 'out');
    expect(code).toBe(0);
    expect(readFileSync(path.join(place.cwd, 'out', 'x', '1', 'main.js'), 'utf8')).toBe(
      'console.log(120);\n',
    );
    const made = place.listing().filter((name) => name.endsWith('main.js'));
    expect(made).toHaveLength(3);
    expect(made.every((name) => name.startsWith('work/out/'))).toBe(true);
    expect(existsSync(path.join(place.root, 'escape'))).toBe(false);
  });

  it('plays the demo for each goal from its start', async () => {
    suite({ id: 'a', goal: 'factorial of 5' }, { id: 'b', goal: 'factorial of 5' }, { id: 'c', goal: 'fly' });
    const { code, rows } = await bench('-m', 'demo');
    expect(code).toBe(3);
    expect(rows.map((row) => row.ending)).toEqual(['verified', 'verified', 'authentication']);
  });

  it.skipIf(!full)('gives each goal its own time', async () => {
    suite(goalOf('a'), goalOf('b'));
    const late = codeRule('', 'main.js', { when: ['[a]'], latencyMs: 60_000 });
    const { rows } = await bench('-m', place.script(late, good), '--timeout', '3s');
    expect(rows.map((row) => row.ending)).toEqual(['timeout', 'verified']);
  });
});

describe('a suite that cannot be used', () => {
  for (const [what, text, expected] of [
    ['a line that is no JSON', `${JSON.stringify(goalOf('a'))}\n{oops\n`, 'suite.jsonl:2: '],
    ['a goal without an id', '\n\n{"goal":"x"}\n', 'suite.jsonl:3: "id": '],
    ['an empty goal', '{"id":"a","goal":"  "}\n', 'suite.jsonl:1: "goal": '],
    [
      'an unknown language',
      '{"id":"a","goal":"x","language":"cobol"}\n',
      'suite.jsonl:1: "language": "cobol"',
    ],
    ['an id that comes twice', `${JSON.stringify(goalOf('a'))}\n`.repeat(2), 'suite.jsonl:2: the id "a"'],
    [
      'a path that climbs out',
      '{"id":"a","goal":"x","files":[{"path":"../x","content":""}]}\n',
      'suite.jsonl:1: "../x" is not a path inside',
    ],
    [
      'two tests in one place',
      `{"id":"a","goal":"x","tests":[{"path":"t.test.js","content":""},{"path":"t.test.js","content":""}]}\n`,
      'suite.jsonl:1: "tests": two files would stand at t.test.js',
    ],
    ['an empty check', '{"id":"a","goal":"x","check":[" "]}\n', 'suite.jsonl:1: "check.0": '],
    ['no goal at all', '\n\n', 'suite.jsonl holds no goal'],
    ['bytes that are no text', Buffer.from([0xff, 0x00]), 'suite.jsonl is not text'],
  ] as const) {
    it(`is named with its line: ${what}`, async () => {
      place.file('suite.jsonl', text);
      const ended = await kintsugi(place, ['bench', 'suite.jsonl', '-m', 'demo', '--json']);
      expect(ended).toMatchObject({ code: 42, stdout: '' });
      expect(ended.stderr).toContain(expected);
      expect(place.journals()).toEqual([]);
    });
  }

  it('is said to be missing, and numbers that make no sense are usage errors', async () => {
    expect(await kintsugi(place, ['bench', 'none.jsonl', '-m', 'demo'])).toMatchObject({
      code: 42,
      stdout: '',
    });
    suite(goalOf('a'));
    for (const flags of [
      ['--jobs', '0'],
      ['--limit', 'few'],
      ['--output-format', 'xml'],
    ]) {
      const ended = await kintsugi(place, ['bench', 'suite.jsonl', '-m', 'demo', ...flags]);
      expect(ended).toMatchObject({ code: 2, stdout: '' });
      expect(ended.stderr).toContain(flags[0]);
    }
    expect((await kintsugi(place, ['bench', '-m', 'demo'])).code).toBe(2);
  });
});
