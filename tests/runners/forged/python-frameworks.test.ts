import { describe, test } from 'vitest';
import { command, file, functions, trial, unit } from './python-trials.ts';
import { expectForged, type Way } from './support.ts';

describe('unittest is not passed by', () => {
  const module: Way = { command: 'python3 -m unittest' };
  test.each<[string, string, RegExp, Way[]]>([
    [
      'replacing an assertion',
      'import unittest\nunittest.TestCase.assertEqual = lambda *a, **k: None\ndef add(a, b): return 1',
      /unittest\.case\.TestCase\.assertEqual was replaced \(add\.py:2\)/,
      [file, command, module],
    ],
    [
      'replacing an assertion by a built-in function',
      'import unittest\nunittest.TestCase.assertEqual = print\ndef add(a, b): return 1',
      /assertEqual was replaced/,
      [file],
    ],
    [
      'having its tests skipped',
      'import unittest\ndef add(a, b):\n    if a == 0: return 0\n    raise unittest.SkipTest("later")',
      /had the test .* skipped \(add\.py:4\)/,
      [file, command, module],
    ],
    [
      'running no test',
      'import unittest\nunittest.TestCase.run = lambda *a, **k: None\ndef add(a, b): return 1',
      /TestCase\.run was replaced|No tests ran|ran no tests/,
      [file, command],
    ],
    [
      'a loader that finds one test only',
      'import unittest\nfind = unittest.TestLoader.getTestCaseNames\nunittest.TestLoader.getTestCaseNames = lambda *a: find(*a)[1:]\ndef add(a, b): return 0',
      /tests did not run: TestAdd\.test_adds|was replaced/,
      [file, command],
    ],
    [
      'another unittest',
      'import sys\nclass Fake:\n    class TestCase: pass\n    main = staticmethod(lambda *a: None)\nsys.modules["unittest"] = Fake\ndef add(a, b): return 1',
      /unittest/,
      [command],
    ],
    [
      '_exit in the middle',
      'import posix\ndef add(a, b): posix._exit(0)',
      /did not run to its end|ended early|No tests ran/,
      [file, command, module],
    ],
    [
      'a value that is equal to anything',
      'class Any:\n    def __eq__(self, other): return True\ndef add(a, b): return Any()',
      /the class Any/,
      [file, command],
    ],
    [
      'test methods put in the place of its own',
      'import sys\ndef add(a, b):\n    for module in list(sys.modules.values()):\n        if hasattr(module, "TestAdd"): module.TestAdd.test_zero = module.TestAdd.test_adds = lambda self: None\n    return a + b if a else 7',
      /of the check was replaced/,
      [command],
    ],
  ])('%s', async (_how, program, reason, ways) => {
    await expectForged('python', trial(program, ways, unit), reason);
  });
});

describe('pytest is not passed by', () => {
  const module: Way = { command: 'python3 -m pytest -q' };
  test.each<[string, string, RegExp, Way[]]>([
    [
      'having a test skipped',
      'import pytest\ndef add(a, b): pytest.skip("later")',
      /had the test test_adds skipped \(add\.py:2\)/,
      [file, module],
    ],
    [
      'expecting its own failure',
      'import pytest\ndef add(a, b): pytest.xfail("later")',
      /had the test test_adds skipped/,
      [file],
    ],
    [
      'a value that is equal to anything',
      'class Any:\n    def __eq__(self, other): return True\ndef add(a, b): return Any()',
      /the class Any/,
      [file, module],
    ],
    [
      '_exit in the middle',
      'import posix\ndef add(a, b): posix._exit(0)',
      /did not run to its end|ended early|No tests ran/,
      [file, module],
    ],
    [
      'reports made to be passed',
      'import _pytest.reports as reports\nfirst = reports.TestReport.from_item_and_call\nclass Passed(reports.TestReport):\n    failed = property(lambda self: False)\nreports.TestReport.failed = property(lambda self: False)\ndef add(a, b): return 0',
      /TestReport|test_adds|assert 0 == 3/,
      [file, module],
    ],
  ])('%s', async (_how, program, reason, ways) => {
    await expectForged('python', trial(program, ways, functions), reason);
  });

  test.each<[string, Record<string, string>, Way]>([
    ['a conftest.py of the program', { 'conftest.py': 'collect_ignore = ["test_add.py"]' }, module],
    [
      'settings of the program',
      { 'pyproject.toml': '[tool.pytest.ini_options]\naddopts = "--collect-only"\n' },
      module,
    ],
    ['a pytest.py of the program', { 'pytest.py': 'main = lambda *a: 0' }, file],
    ['a unittest package of the program', { 'unittest/__init__.py': 'main = lambda *a: 0' }, file],
    ['a sitecustomize.py of the program', { 'sitecustomize.py': 'import os; os._exit(0)' }, file],
  ])('%s', async (_how, files, way) => {
    await expectForged(
      'python',
      trial({ 'add.py': 'add = None', ...files }, [way], functions),
      /The program's file/,
    );
  });
});
