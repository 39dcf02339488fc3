import { describe, expect, test } from 'vitest';
import { check } from './support.ts';

const nodeTest = [
  "const { describe, test } = require('node:test');",
  "const assert = require('node:assert');",
  "const { add } = require('./add.js');",
  "test('adds', () => assert.strictEqual(add(1, 2), 3));",
  "describe('numbers', () => {",
  "  test('negative', () => assert.deepStrictEqual({ sum: add(-1, -2) }, { sum: -3 }));",
  "  test('later', { skip: 'not yet' }, () => {});",
  '});',
].join('\n');

describe('node:test', () => {
  test('that passes is ok, with every test by its full name', async () => {
    const { report, run } = await check(
      'javascript',
      { 'add.js': 'exports.add = (a, b) => a + b;' },
      { 'add.test.js': nodeTest },
      { tests: ['add.test.js'] },
    );
    expect(report).toMatchObject({ framework: 'node:test', ok: true, passed: 2, failed: 0, skipped: 1 });
    expect(report.cases.map((one) => [one.name, one.status])).toEqual([
      ['adds', 'passed'],
      ['numbers > negative', 'passed'],
      ['numbers > later', 'skipped'],
    ]);
    expect(report.cases[0]?.ms).toBeGreaterThan(0);
    expect(run).toMatchObject({ status: 'exited', exitCode: 0 });
  });

  test('that fails says what was expected, what came, and where', async () => {
    const program = {
      'add.js':
        'exports.add = (a, b) => {\n  if (a < 0) throw new RangeError("no " + a);\n  return a - b;\n};',
    };
    const { report } = await check(
      'javascript',
      program,
      { 'add.test.js': nodeTest },
      { tests: ['add.test.js'] },
    );
    expect(report).toMatchObject({ ok: false, passed: 0, failed: 2, skipped: 1 });
    const [adds, negative] = report.cases;
    expect(adds).toMatchObject({
      status: 'failed',
      expected: '3',
      actual: '-1',
      frame: { file: 'add.test.js', line: 4 },
    });
    expect(adds?.message).toMatch(/^AssertionError.*\n\n-1 !== 3\n/);
    expect(negative).toMatchObject({ frame: { file: 'add.js', line: 2 } });
    expect(negative?.message).toContain('RangeError: no -1');
    expect(negative?.message).toContain('add.js:2 | if (a < 0)');
    expect(negative?.message).not.toMatch(/node:internal|\/tmp\//);
  });

  test('works on TypeScript, with frames of the source', async () => {
    const tests =
      "import assert from 'node:assert';\nimport { test } from 'node:test';\nimport { add } from './add';\n\ntest('adds', () => {\n  assert.equal(add(1, 2), 3);\n});";
    const good = await check(
      'typescript',
      { 'add.ts': 'export const add = (a: number, b: number): number => a + b;' },
      { 'add.test.ts': tests },
      { tests: ['add.test.ts'] },
    );
    expect(good.report).toMatchObject({ framework: 'node:test', ok: true, passed: 1 });
    const bad = await check(
      'typescript',
      {
        'add.ts':
          '// one\nexport function add(a: number, b: number): number {\n  return (a as any).nope(b);\n}',
      },
      { 'add.test.ts': tests },
      { tests: ['add.test.ts'] },
    );
    expect(bad.report.cases).toMatchObject([
      { name: 'adds', status: 'failed', frame: { file: 'add.ts', line: 3 } },
    ]);
    const broken = await check(
      'typescript',
      { 'add.ts': 'export const add = (: number;' },
      { 'add.test.ts': tests },
      { tests: ['add.test.ts'] },
    );
    expect(broken.report).toMatchObject({ ok: false, failed: 1 });
    expect(broken.report.cases[0]?.message).toContain('add.ts:1:20: ERROR: ');
  });

  test('is not ok when no test ran', async () => {
    const { report } = await check(
      'javascript',
      { 'a.js': '' },
      { 'a.test.js': "require('node:test');" },
      { tests: ['a.test.js'] },
    );
    expect(report).toMatchObject({ ok: false, passed: 0, failed: 1 });
    expect(report.cases[0]?.message).toContain('No tests ran');
  });

  test.each([
    ['at import', 'process.exit(0);'],
    ['in the middle', 'exports.add = (a) => (a < 0 ? process.exit(0) : 3);'],
    ['from a timer', 'exports.add = (a, b) => a + b;\nsetTimeout(() => process.exit(0), 0);'],
    ['at import, around process.exit', 'process.reallyExit(0);'],
    ['by killing itself', "process.kill(process.pid, 'SIGKILL');"],
  ])('is not ok when the program ends the process early: %s', async (_when, program) => {
    const tests = `${nodeTest}\ntest('slow', () => new Promise((resolve) => setTimeout(resolve, 100)));`;
    const { report } = await check(
      'javascript',
      { 'add.js': program },
      { 'add.test.js': tests },
      { tests: ['add.test.js'] },
    );
    expect(report.ok).toBe(false);
    expect(report.failed).toBeGreaterThan(0);
  });

  test('is not ok when the module cannot be loaded, and says why', async () => {
    const { report } = await check(
      'javascript',
      { 'add.js': 'throw new TypeError("at load");' },
      { 'add.test.js': nodeTest },
      { tests: ['add.test.js'] },
    );
    expect(report.ok).toBe(false);
    expect(report.cases.at(-1)).toMatchObject({ status: 'failed', frame: { file: 'add.js', line: 1 } });
    expect(report.cases.at(-1)?.message).toContain('TypeError: at load');
  });

  test('of several files is run file by file and told apart', async () => {
    const file = (name: string, passes: boolean) =>
      `require('node:test').test('${name}', () => { if (!${passes}) throw new Error('no'); });`;
    const { report } = await check(
      'javascript',
      { 'a.js': '' },
      { 'one.test.js': file('one', true), 'two.test.js': file('two', false) },
      { tests: ['one.test.js', 'two.test.js'] },
    );
    expect(report.cases.map((one) => [one.name, one.status])).toEqual([
      ['one.test.js > one', 'passed'],
      ['two.test.js > two', 'failed'],
    ]);
    expect(report.ok).toBe(false);
  });

  test('that hangs is told as a time-out in words', async () => {
    const { report, run } = await check(
      'javascript',
      { 'add.js': 'exports.add = () => { for (;;); };' },
      { 'add.test.js': nodeTest },
      { tests: ['add.test.js'] },
      { wallMs: 800 },
    );
    expect(run.status).toBe('timed-out');
    expect(report.cases.at(-1)?.message).toContain('timed out after 0.8 s');
  });
});
