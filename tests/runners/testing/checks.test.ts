import { describe, expect, test } from 'vitest';
import { check } from './support.ts';

describe('a plain script of JavaScript as a test', () => {
  const script =
    "const { add } = require('./add.js');\nif (add(1, 2) !== 3) throw new Error('got ' + add(1, 2));\nconsole.log('ok');\n";

  test('passes by its exit code, and fails with the whole error', async () => {
    const good = await check(
      'javascript',
      { 'add.js': 'exports.add = (a, b) => a + b;' },
      { 'check.js': script },
      { tests: ['check.js'] },
    );
    expect(good.report).toMatchObject({
      framework: 'script',
      ok: true,
      passed: 1,
      cases: [{ name: 'check.js' }],
    });
    const bad = await check(
      'javascript',
      { 'add.js': 'exports.add = () => 0;' },
      { 'check.js': script },
      { tests: ['check.js'] },
    );
    expect(bad.report.cases).toMatchObject([{ status: 'failed', frame: { file: 'check.js', line: 2 } }]);
    expect(bad.report.cases[0]?.message).toContain('Error: got 0');
  });

  test.each([
    ['at import', 'process.exit(0);'],
    ['with an exit code set before', 'process.exitCode = 0;\nprocess.exit();'],
    ['in a function', 'exports.add = () => process.exit();'],
    ['around process.exit', 'process.reallyExit(0);'],
  ])('is not passed by a program that ends it early: %s', async (_how, program) => {
    for (const wanted of [
      { tests: ['check.js'] },
      { command: 'node check.js' },
      { command: 'node -e "require(\'./check.js\')"' },
    ]) {
      const { report } = await check('javascript', { 'add.js': program }, { 'check.js': script }, wanted);
      expect(report).toMatchObject({ ok: false, failed: 1 });
      expect(report.cases[0]?.message).toContain('ended the test process early');
    }
  });

  test.each([{ tests: ['check.js'] }, { command: 'node check.js' }])(
    'is not passed by a program that swallows its errors: %o',
    async (wanted) => {
      const program =
        "process.exitCode = 0;\nprocess.on('uncaughtException', () => {});\nexports.add = () => 0;";
      const { report } = await check('javascript', { 'add.js': program }, { 'check.js': script }, wanted);
      expect(report).toMatchObject({ ok: false, failed: 1 });
      expect(report.cases[0]?.message).toContain('add.js:2');
    },
  );

  test('may listen for errors itself', async () => {
    const tests =
      "process.on('uncaughtException', () => process.exit(0));\nrequire('./add.js');\nthrow new Error('expected');";
    const { report } = await check(
      'javascript',
      { 'add.js': 'exports.add = 1;' },
      { 'check.js': tests },
      { tests: ['check.js'] },
    );
    expect(report.ok).toBe(true);
  });

  test('is not passed so in TypeScript either', async () => {
    const tests = "import { add } from './add';\nif (add !== 1) throw new Error('no');";
    const { report } = await check(
      'typescript',
      { 'add.ts': 'export const add = 2;\nprocess.exit(0);' },
      { 'check.ts': tests },
      { tests: ['check.ts'] },
    );
    expect(report.cases[0]?.message).toContain('ended the test process early');
    expect(report.cases[0]?.message).toContain('add.ts:2');
  });

  test('may itself end with process.exit, and its last call may', async () => {
    const program = { 'add.js': 'exports.stop = () => process.exit(0);' };
    const own =
      "const { spawnSync } = require('node:child_process');\nrequire('./add.js');\nprocess.exit(0);";
    expect((await check('javascript', program, { 'check.js': own }, { tests: ['check.js'] })).report.ok).toBe(
      true,
    );
    const last = "const { stop } = require('./add.js');\nconsole.log('ok');\nstop();\n// done\n";
    expect(
      (await check('javascript', program, { 'check.js': last }, { command: 'node check.js' })).report.ok,
    ).toBe(true);
  });
});

describe('a command', () => {
  test('passes by its exit code and is one case by its own name', async () => {
    const { report } = await check('shell', { 'a.sh': 'echo hi' }, {}, { command: 'sh a.sh | grep -q hi' });
    expect(report).toMatchObject({
      framework: 'command',
      ok: true,
      cases: [{ name: 'sh a.sh | grep -q hi', status: 'passed' }],
    });
    const failed = await check('shell', { 'a.sh': 'echo ho' }, {}, { command: 'sh a.sh | grep hi' });
    expect(failed.report.cases[0]?.message).toBe('exit code 1');
  });

  test('that runs a test framework shows its failed tests', async () => {
    const program = { 'add.js': 'exports.add = (a, b) => a - b;' };
    const tests =
      "const { test } = require('node:test');\nconst assert = require('node:assert');\nconst { add } = require('./add.js');\ntest('zero', () => assert.equal(add(0, 0), 0));\ntest('adds', () => assert.equal(add(1, 2), 3));";
    const node = await check(
      'javascript',
      program,
      { 'add.test.js': tests },
      { command: 'node --test --test-reporter=tap' },
    );
    expect(node.report).toMatchObject({ framework: 'command', ok: false, passed: 1, failed: 1 });
    expect(node.report.cases[1]).toMatchObject({
      name: 'adds',
      expected: '3',
      actual: '-1',
      frame: { file: 'add.test.js', line: 5 },
    });

    const unit =
      'import unittest\nclass T(unittest.TestCase):\n    def test_a(self):\n        self.assertEqual(1, 2)\n    def test_b(self):\n        pass\n';
    const python = await check(
      'python',
      { 'x.py': '' },
      { 'test_x.py': unit },
      { command: 'python3 -m unittest' },
    );
    expect(python.report).toMatchObject({ ok: false, passed: 1, failed: 1 });
    expect(python.report.cases[0]).toMatchObject({
      name: 'test_a',
      actual: '1',
      expected: '2',
      frame: { file: 'test_x.py', line: 4 },
    });
  });

  test('that runs no tests proves nothing', async () => {
    const { report } = await check(
      'python',
      { 'x.py': '' },
      { 'y.py': '' },
      { command: 'python3 -m unittest' },
    );
    expect(report.ok).toBe(false);
  });

  test('tells in words how it was ended', async () => {
    const slow = await check(
      'shell',
      { 'a.sh': '' },
      {},
      { command: 'echo begun; sleep 20' },
      { wallMs: 300 },
    );
    expect(slow.report.cases[0]?.message).toBe('timed out after 0.3 s\nbegun');
    const fat = await check(
      'python',
      { 'a.py': "x = bytearray(b'x' * (200 << 20))" },
      {},
      { command: 'python3 a.py' },
      { memoryBytes: 100 * 1024 ** 2 },
    );
    expect(fat.report.cases[0]?.message).toMatch(
      /^out of memory \(limit 100 MB a process, 768 MB in all\)\n/,
    );
  });
});

describe('an expected output', () => {
  test('is compared without white space at the ends of lines and of the whole', async () => {
    const { report, run } = await check(
      'javascript',
      { 'a.js': "console.log('1  ');\nconsole.log('2\\n\\n');" },
      {},
      { stdout: '1\n2' },
    );
    expect(report).toMatchObject({ framework: 'output', ok: true, passed: 1 });
    expect(run.status).toBe('exited');
  });

  test('that differs shows both, and the first line that does', async () => {
    const { report } = await check(
      'python',
      { 'a.py': 'import sys\nprint(sys.argv[1], input())\nprint(2)' },
      {},
      { stdout: 'x y\n3\n', args: ['x'], stdin: 'y\n' },
    );
    expect(report).toMatchObject({
      ok: false,
      cases: [{ status: 'failed', expected: 'x y\n3', actual: 'x y\n2' }],
    });
    expect(report.cases[0]?.message).toBe('The output differs.\nline 2: expected "3", got "2"');
  });

  test('does not pass when the program fails after it', async () => {
    const { report } = await check(
      'python',
      { 'a.py': 'print(1)\nraise KeyError("late")' },
      {},
      { stdout: '1' },
    );
    expect(report.ok).toBe(false);
    expect(report.cases[0]).toMatchObject({ frame: { file: 'a.py', line: 2 } });
    expect(report.cases[0]?.message).toContain("KeyError: 'late'");
  });
});

describe('check files', () => {
  const tests = {
    'check.js':
      "require('node:test').test('x', () => { if (require('./a.js').value !== 1) throw new Error('no'); });",
  };

  test('win over files of the program with the same path', async () => {
    const program = { 'a.js': 'exports.value = 2;', 'check.js': "require('node:test').test('x', () => {});" };
    expect((await check('javascript', program, tests, { tests: ['check.js'] })).report.ok).toBe(false);
  });

  test.each([
    [
      'written',
      "const fs = require('node:fs'); fs.chmodSync('check.js', 0o644); fs.writeFileSync('check.js', '');",
    ],
    ['removed', "require('node:fs').unlinkSync('check.js');"],
    [
      'replaced by a link',
      "const fs = require('node:fs'); fs.unlinkSync('check.js'); fs.symlinkSync('a.js', 'check.js');",
    ],
  ])('that the program changed fail the check: %s', async (_how, attack) => {
    for (const wanted of [{ tests: ['check.js'] }, { command: 'node check.js' }]) {
      const { report } = await check(
        'javascript',
        { 'a.js': `${attack}\nexports.value = 1;` },
        tests,
        wanted,
      );
      expect(report.ok).toBe(false);
      expect(report.cases.at(-1)).toMatchObject({ name: 'check.js', status: 'failed' });
      expect(report.cases.at(-1)?.message).toContain('changed this file of the check');
    }
  });

  test('that are asked for and not there are a failure that names them', async () => {
    const { report, run } = await check('javascript', { 'a.js': '' }, {}, { tests: ['gone.js'] });
    expect(report.ok).toBe(false);
    expect(run).toMatchObject({ status: 'sandbox-failed', why: expect.stringContaining('gone.js') });
  });

  test('are told of in at most four thousand characters a case', async () => {
    const program = { 'a.js': "throw new Error('long '.repeat(5000));" };
    const { report } = await check(
      'javascript',
      program,
      { 'check.js': "require('./a.js');" },
      { tests: ['check.js'] },
    );
    const message = report.cases[0]?.message ?? '';
    expect(message.length).toBeLessThan(4_100);
    expect(message).toContain('a.js:1');
    expect(message).toContain('characters left out');
  });
});
