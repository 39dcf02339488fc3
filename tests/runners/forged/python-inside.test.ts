import { describe, test } from 'vitest';
import { command, file, functions, script, tampered, trial, unit } from './python-trials.ts';
import { expectForged, expectHonest, type Way } from './support.ts';

const module: Way = { command: 'python3 -m unittest' };
const session: Way = { command: 'python3 -m pytest -q' };

describe('a Python check that loads a file of its own is not passed by', () => {
  const checks = {
    'test_add.py': 'import add\nimport cases\n',
    'cases.py': 'from add import add\nassert add(1, 2) == 3\n',
  };
  const notRun = /of its files it did not run cases\.py/;
  test.each<[string, string, RegExp]>([
    [
      'a module put in its place',
      'import sys, types\nsys.modules["cases"] = types.ModuleType("cases")',
      notRun,
    ],
    [
      'a loader that runs nothing',
      'import importlib.machinery as m\nm.SourceFileLoader.exec_module = lambda self, module: None',
      notRun,
    ],
    [
      'a loader that reads nothing',
      'import importlib.machinery as m\nm.SourceFileLoader.get_data = lambda self, path: b""',
      notRun,
    ],
    [
      'a finder before all others',
      'import sys, importlib.machinery as m\nclass Loader:\n    def create_module(self, spec): return None\n    def exec_module(self, module): pass\nclass Finder:\n    def find_spec(self, name, path, target=None):\n        return m.ModuleSpec(name, Loader()) if name == "cases" else None\nsys.meta_path.insert(0, Finder())',
      notRun,
    ],
    [
      'another folder to search first',
      'import sys, tempfile\nfolder = tempfile.mkdtemp()\nopen(folder + "/cases.py", "w").close()\nsys.path.insert(0, folder)',
      notRun,
    ],
    [
      'a value that is equal to anything, compared in that file',
      'class Any:\n    def __eq__(self, other): return True\nadd_ = Any()',
      /the class Any calls itself equal/,
    ],
  ])('%s', async (_how, program, reason) => {
    const add = `${program}\ndef add(a, b): return ${program.includes('add_') ? 'add_' : '0'}\n`;
    await expectForged('python', { program: { 'add.py': add }, checks, ways: [file, command] }, reason);
  });

  test('but by a program that does what it should', async () => {
    const program = { 'add.py': 'def add(a, b): return a + b\n' };
    const ran = {
      ...checks,
      'test_add.py':
        'import add\nimport runpy\ntry:\n    runpy.run_path("cases.py")\nexcept ValueError:\n    raise\n',
    };
    await expectHonest('python', { program, checks, ways: [file, command] });
    // The other way round: of one program the same place is taken.
    await expectHonest('python', { program, checks: ran, ways: [command, file] });
  });
});

describe('a Python check is not passed by', () => {
  test.each<[string, string, RegExp, Way[], string]>([
    [
      'an assertion that is changed from inside',
      'import unittest\nunittest.TestCase.assertEqual.__code__ = (lambda self, first, second, msg=None: None).__code__\ndef add(a, b): return 1',
      /changed the inside of a function/,
      [file, command, module],
      unit,
    ],
    [
      'a step of unittest that is changed from inside',
      'import unittest\nunittest.TestCase._callTestMethod.__code__ = (lambda self, method: None).__code__\ndef add(a, b): return 1',
      /changed the inside of a function/,
      [file, module],
      unit,
    ],
    [
      'a step of pytest that is changed from inside',
      'import _pytest.python as p\np.Function.runtest.__code__ = (lambda self: None).__code__\ndef add(a, b): return 0',
      /changed the inside of a function/,
      [file, session],
      functions,
    ],
    [
      'an end of the session that is a success',
      'import pytest\ndef add(a, b): pytest.exit("done", returncode=0)',
      /ended the test session/,
      [session],
      functions,
    ],
    [
      'cases of the check that are taken away',
      'import sys\ndef add(a, b):\n    sys._getframe(1).f_globals["cases"].clear()\n    return 3',
      /reached into the frames of its check/,
      [file, command],
      'from add import add\ncases = [(1, 2, 3), (5, 5, 10)]\nfor a, b, c in cases:\n    assert add(a, b) == c\n',
    ],
    [
      'a checker of examples that agrees',
      'import doctest\ndoctest.OutputChecker.check_output = lambda *a: True\ndef add(a, b): return 0',
      /doctest\.OutputChecker\.check_output was replaced/,
      [file],
      'import doctest\nfrom add import add\ndef t():\n    """\n    >>> add(1, 2)\n    3\n    """\nassert doctest.testmod().failed == 0\n',
    ],
    [
      'a value of the standard library that is equal to anything',
      'from unittest.mock import ANY\ndef add(a, b): return ANY',
      tampered,
      [file, command],
      script,
    ],
    [
      'the same where unittest runs the check',
      'from unittest.mock import ANY\ndef add(a, b): return ANY',
      tampered,
      [file, module],
      unit,
    ],
    [
      'a value that is unequal to nothing',
      'class N:\n    def __ne__(self, other): return False\ndef add(a, b): return N()',
      tampered,
      [file],
      'from add import add\nif add(1, 2) != 3:\n    raise ValueError\n',
    ],
    [
      'a value between any two numbers',
      'class N:\n    def __lt__(self, other): return True\n    __gt__ = __lt__\ndef add(a, b): return N()',
      /both less and more than any number/,
      [file],
      'from add import add\nassert 2 < add(1, 2) < 4\n',
    ],
    [
      'a value that is near to any number',
      'class N:\n    def __sub__(self, other): return 0\n    __rsub__ = __sub__\ndef add(a, b): return N()',
      /as large as any number/,
      [file],
      'from add import add\nassert abs(add(1, 2) - 3) < 1e-9\n',
    ],
    [
      'a list that holds anything',
      'class N(list):\n    def __contains__(self, other): return True\ndef add(a, b): return N()',
      /a container of anything/,
      [file],
      'from add import add\nassert 3 in add(1, 2)\n',
    ],
  ])('%s', async (_how, program, reason, ways, check) => {
    await expectForged('python', trial(program, ways, check), reason);
  });

  test('but by classes with an order, a difference and contents of their own', async () => {
    const program =
      'import sys\nfrom collections import namedtuple\nfrom functools import total_ordering\n@total_ordering\nclass Money:\n    def __init__(self, cents): self.cents = cents\n    def __eq__(self, other): return self.cents == getattr(other, "cents", other)\n    def __lt__(self, other): return self.cents < getattr(other, "cents", other)\n    def __sub__(self, other): return max(0, self.cents - getattr(other, "cents", other))\nclass Range:\n    def __contains__(self, x): return isinstance(x, int)\nPoint = namedtuple("Point", "x y", defaults=[0])\ndef own():\n    def inner(a=1): return a\n    inner.__defaults__ = (2,)\n    inner.__code__ = (lambda a: a + 1).__code__\n    return inner() + len(sys._getframe().f_code.co_name)\n';
    const check =
      'from add import *\nassert Money(1) < Money(2) <= Money(2) and Money(3) - 2 == 1 and Money(1) - 5 == 0\nassert 1 < Money(2) < 3 and 10**12 in Range() and "a" not in Range() and Point(1) == (1, 0)\nassert own() == 6 and abs(1.5 - 1.5) < 1e-9\n';
    await expectHonest('python', trial(program, [file, command], check));
  });
});
