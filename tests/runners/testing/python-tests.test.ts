import { describe, expect, test } from 'vitest';
import { check } from './support.ts';

const good = { 'add.py': 'def add(a, b):\n    return a + b\n' };
const bad = {
  'add.py': 'def add(a, b):\n    if a < 0:\n        raise ValueError(f"no {a}")\n    return a - b\n',
};
const unit = [
  'import unittest',
  'from add import add',
  'class TestAdd(unittest.TestCase):',
  '    def test_adds(self):',
  '        self.assertEqual(add(1, 2), 3)',
  '    def test_negative(self):',
  '        self.assertEqual(add(-1, -2), -3)',
  '    @unittest.skip("not yet")',
  '    def test_later(self):',
  '        pass',
  '    def test_parts(self):',
  '        for number in (1, 2):',
  '            with self.subTest(number=number):',
  '                self.assertEqual(add(number, 0), number)',
  'if __name__ == "__main__":',
  '    unittest.main()',
].join('\n');

describe('unittest', () => {
  test('that passes is ok, with every test by its name', async () => {
    const { report } = await check('python', good, { 'test_add.py': unit }, { tests: ['test_add.py'] });
    expect(report).toMatchObject({ framework: 'unittest', ok: true, passed: 3, skipped: 1 });
    expect(report.cases.map((one) => one.name)).toContain('TestAdd.test_adds');
  });

  test('that fails says what was expected, what came, and where', async () => {
    const { report } = await check('python', bad, { 'test_add.py': unit }, { tests: ['test_add.py'] });
    expect(report).toMatchObject({ ok: false, passed: 1, failed: 2, skipped: 1 });
    const adds = report.cases.find((one) => one.name === 'TestAdd.test_adds');
    expect(adds).toMatchObject({ actual: '-1', expected: '3', frame: { file: 'test_add.py', line: 5 } });
    const negative = report.cases.find((one) => one.name === 'TestAdd.test_negative');
    expect(negative).toMatchObject({ frame: { file: 'add.py', line: 3, name: 'add' } });
    expect(negative?.message).toContain('ValueError: no -1');
    expect(negative?.message).not.toMatch(/python_tests|\/tmp\/|\/usr\//);
  });

  test('finds modules beside the test and in the folder of the program', async () => {
    const tests = { 'tests/test_add.py': `from helper import x\n${unit}`, 'tests/helper.py': 'x = 1' };
    expect((await check('python', good, tests, { tests: ['tests/test_add.py'] })).report).toMatchObject({
      ok: true,
      passed: 3,
    });
  });

  test.each([
    ['sys.exit at import', 'import sys\nsys.exit(0)'],
    ['os._exit at import', 'import os\nos._exit(0)'],
    ['os._exit in a test', 'import os\ndef add(a, b):\n    os._exit(0)'],
    [
      'os._exit after a test that passed',
      'import os\ndef add(a, b):\n    return os._exit(0) if a < 0 else a + b',
    ],
    ['sys.exit in a test', 'import sys\ndef add(a, b):\n    sys.exit(0)'],
    ['quit at import', 'quit()'],
    ['SystemExit at import', 'raise SystemExit'],
  ])('is not ok when the program ends the process early: %s', async (_how, program) => {
    const { report } = await check(
      'python',
      { 'add.py': program },
      { 'test_add.py': unit },
      { tests: ['test_add.py'] },
    );
    expect(report.ok).toBe(false);
    expect(report.failed).toBeGreaterThan(0);
  });

  test('is not ok when there are no tests', async () => {
    const empty = 'import unittest\nclass TestNothing(unittest.TestCase):\n    pass';
    expect(
      (await check('python', good, { 'test_add.py': empty }, { tests: ['test_add.py'] })).report.ok,
    ).toBe(false);
  });
});

describe('test functions without a framework', () => {
  const functions =
    'from add import add\ndef test_adds():\n    assert add(1, 2) == 3\ndef test_zero():\n    assert add(0, 0) == 0\n';

  test('are run one by one', async () => {
    const { report } = await check('python', good, { 'test_add.py': functions }, { tests: ['test_add.py'] });
    expect(report).toMatchObject({ ok: true, passed: 2 });
    expect(['pytest', 'script']).toContain(report.framework);
    const failing = await check('python', bad, { 'test_add.py': functions }, { tests: ['test_add.py'] });
    expect(failing.report).toMatchObject({ ok: false, passed: 1, failed: 1 });
    expect(failing.report.cases[0]).toMatchObject({
      name: 'test_adds',
      frame: { file: 'test_add.py', line: 3 },
    });
    expect(failing.report.cases[0]?.message).toContain('assert');
  });

  test('that use pytest are run by it, or say that it is missing', async () => {
    const tests =
      'import pytest\nfrom add import add\n@pytest.mark.parametrize("a, b", [(1, 2), (3, 4)])\ndef test_adds(a, b):\n    assert add(a, b) == a + b\n';
    const { report } = await check('python', good, { 'test_add.py': tests }, { tests: ['test_add.py'] });
    if (report.framework === 'pytest') {
      expect(report.cases.map((one) => one.name)).toEqual(['test_adds[1-2]', 'test_adds[3-4]']);
      expect(report.ok).toBe(true);
      const failing = await check(
        'python',
        { ...bad, 'conftest.py': 'import os; os._exit(0)' },
        { 'test_add.py': tests },
        { tests: ['test_add.py'] },
      );
      expect(failing.report).toMatchObject({ ok: false, failed: 2 });
      expect(failing.report.cases[0]?.message).toContain('assert -1 == (1 + 2)');
    } else {
      expect(report).toMatchObject({ ok: false });
      expect(report.cases[0]?.message).toContain("No module named 'pytest'");
    }
  });
});

describe('a plain Python script as a test', () => {
  const script = 'from add import add\nassert add(1, 2) == 3, f"got {add(1, 2)}"\nprint("ok")\n';

  test('passes by its exit code, and fails with the whole error', async () => {
    expect(
      (await check('python', good, { 'check.py': script }, { tests: ['check.py'] })).report,
    ).toMatchObject({ framework: 'script', ok: true, passed: 1 });
    const { report } = await check('python', bad, { 'check.py': script }, { tests: ['check.py'] });
    expect(report.cases).toMatchObject([
      { name: 'check.py', status: 'failed', frame: { file: 'check.py', line: 2 } },
    ]);
    expect(report.cases[0]?.message).toContain('AssertionError: got -1');
    expect(report.cases[0]?.message).not.toContain('python_guard');
  });

  test.each([
    ['sys.exit()', 'import sys\nsys.exit()'],
    ['raise SystemExit', 'raise SystemExit(0)'],
    ['os._exit(0)', 'import os\nos._exit(0)'],
    ['exit inside a function', 'def add(a, b):\n    exit(0)'],
  ])('is not passed by a program that ends it early: %s', async (_how, program) => {
    for (const wanted of [
      { tests: ['check.py'] },
      { command: 'python3 check.py' },
      { command: 'python3 -u ./check.py' },
    ]) {
      const { report } = await check('python', { 'add.py': program }, { 'check.py': script }, wanted);
      expect(report).toMatchObject({ ok: false, failed: 1 });
      expect(report.cases[0]?.message).toContain('ended the test process early');
    }
  });

  test('may itself end with sys.exit, catch what the program raises, and fork', async () => {
    const program = { 'add.py': 'import sys\ndef stop():\n    sys.exit(0)\n' };
    const tests =
      'import os, sys\nfrom add import stop\ntry:\n    stop()\nexcept SystemExit as error:\n    assert error.code == 0\npid = os.fork()\nif pid == 0:\n    os._exit(0)\nos.waitpid(pid, 0)\nsys.exit(0)\n';
    expect((await check('python', program, { 'check.py': tests }, { tests: ['check.py'] })).report.ok).toBe(
      true,
    );
    const last = 'from add import stop\nprint("done")\nstop()\n';
    expect(
      (await check('python', program, { 'check.py': last }, { command: 'python3 check.py' })).report.ok,
    ).toBe(true);
  });

  test('sees the arguments, the name and the import path it would see without us', async () => {
    const tests =
      'import sys, pickle, inspect\nclass Mark: pass\nprint(__name__, sys.argv, __file__, sys.path[0] == __import__("os").getcwd(), pickle.loads(pickle.dumps(Mark())).__class__ is Mark, inspect.getsource(Mark).strip())';
    const { run } = await check('python', good, { 'check.py': tests }, { command: 'python3 check.py a b' });
    expect(run.stdout).toBe("__main__ ['check.py', 'a', 'b'] check.py True True class Mark: pass\n");
  });
});
