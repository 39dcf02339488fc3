import { describe, test } from 'vitest';
import { expectForged, expectHonest, type Trial, type Way } from './support.ts';

const script = 'from add import add\nassert add(1, 2) == 3, "wrong"\nprint("ok")\n';
const unit =
  'from add import add\nimport unittest\nclass TestAdd(unittest.TestCase):\n    def test_adds(self):\n        self.assertEqual(add(1, 2), 3)\n    def test_zero(self):\n        self.assertEqual(add(0, 0), 0)\nif __name__ == "__main__":\n    unittest.main()\n';
const functions =
  'import pytest\nfrom add import add\ndef test_adds():\n    assert add(1, 2) == 3\n\ndef test_none():\n    assert True\n';

const file: Way = { tests: ['test_add.py'] };
const command: Way = { command: 'python3 test_add.py' };
const shell: Way = { command: 'python3 test_add.py 2>&1' };

function trial(program: string | Record<string, string>, ways: Way[], test = script): Trial {
  return {
    program: typeof program === 'string' ? { 'add.py': program } : program,
    checks: { 'test_add.py': test },
    ways,
  };
}

const notToItsEnd = /did not run to its end/;
const early = /ended the test process early/;
const tampered = /tampered with its test/;

describe('a Python script as a check is not passed by', () => {
  test.each<[string, string, RegExp, Way[], string?]>([
    [
      'the interpreter’s own _exit',
      'import posix\ndef add(a, b):\n    posix._exit(0)',
      notToItsEnd,
      [file, command, shell],
    ],
    [
      'os._exit from a thread',
      'import threading, os, time\ndef add(a, b):\n    threading.Thread(target=lambda: os._exit(0)).start()\n    time.sleep(5)',
      early,
      [file],
    ],
    [
      'os._exit handed to a thread',
      'import threading, os, time\ndef add(a, b):\n    threading.Thread(target=os._exit, args=(0,)).start()\n    time.sleep(5)',
      notToItsEnd,
      [file],
    ],
    [
      'another program in its place',
      'import os\ndef add(a, b):\n    os.execvp("true", ["true"])',
      /replaced the test process with another program \(add\.py:3\)/,
      [file, command, shell],
    ],
    [
      'another program, from a thread pool',
      'import os\nfrom concurrent.futures import ThreadPoolExecutor\ndef add(a, b):\n    ThreadPoolExecutor().submit(os.execv, "/bin/true", ["true"]).result()',
      tampered,
      [file],
    ],
    [
      'native code that exits',
      'import ctypes\nctypes.CDLL(None)._exit(0)',
      /used native code/,
      [file, command],
    ],
    [
      'a hook for errors that exits with 0',
      'import sys\nsys.excepthook = lambda *a: sys.exit(0)\ndef add(a, b): return 0',
      /wrong/,
      [file, command],
    ],
    [
      'an exit code changed at the end',
      'import atexit, os\natexit.register(lambda: os._exit(0))\ndef add(a, b): return 0',
      /wrong|early/,
      [file],
    ],
    [
      'exit in code made from a string',
      'def add(a, b):\n    exec("import sys; sys.exit(0)")',
      early,
      [file, command],
    ],
    [
      'exit in code that bears the name of the check',
      'import os\nexec(compile("import os; os._exit(0)", os.path.abspath("test_add.py"), "exec"))',
      tampered,
      [file],
    ],
    [
      'exit inside the last assertion',
      'import sys\ndef add(a, b): sys.exit(0)',
      early,
      [file, command],
      'from add import add\nassert add(1, 2) == 3\n',
    ],
    [
      'a value that is equal to anything',
      'class Any:\n    def __eq__(self, other): return True\ndef add(a, b): return Any()',
      /the class Any calls itself equal to anything \(add\.py:2\)/,
      [file, command],
    ],
    [
      'a value that is equal to any number',
      'class Any:\n    def __eq__(self, other): return isinstance(other, int)\ndef add(a, b): return Any()',
      tampered,
      [file],
    ],
    [
      'a value that agrees with whatever it is asked first',
      'class Any:\n    seen = None\n    def __eq__(self, other):\n        self.seen = self.seen or other\n        return self.seen == other\ndef add(a, b): return Any()',
      tampered,
      [file],
    ],
    [
      'a number that is equal to anything',
      'class Any(int):\n    def __eq__(self, other): return True\ndef add(a, b): return Any(0)',
      tampered,
      [file],
    ],
    [
      'a value inside a list that is equal to anything',
      'class Any:\n    def __eq__(self, other): return True\ndef add(a, b): return [Any()]',
      tampered,
      [file],
      'from add import add\nassert add(1, 2) == [3]\nassert 1\n',
    ],
    [
      'a value that is unequal to nothing',
      'class Any:\n    def __eq__(self, other): return True\ndef add(a, b): return Any()',
      /the class Any/,
      [file],
      'from add import add\nif add(1, 2) != 3:\n    raise ValueError("differs")\n',
    ],
    [
      'jumping over the assertion',
      'import sys\ndef jump(frame, event, arg):\n    frame.f_lineno = 3\ndef add(a, b):\n    caller = sys._getframe(1)\n    sys.settrace(lambda *a: None)\n    caller.f_trace = jump\n    return 0',
      /set a trace function/,
      [file],
    ],
    [
      'replacing sys.exit',
      'import sys\nsys.exit = lambda *a: None\ndef add(a, b): return 0',
      /sys\.exit was replaced \(add\.py:2\)/,
      [file, command],
      'from add import add\nimport sys\nif add(1, 2) != 3:\n    sys.exit(1)\n',
    ],
    [
      'replacing what the check compares with',
      'import math\nmath.isclose = lambda *a, **k: True\ndef add(a, b): return 0',
      /math\.isclose was replaced \(add\.py:2\)/,
      [file],
      'from add import add\nimport math\nassert math.isclose(add(1, 2), 3)\n',
    ],
    [
      'replacing a built-in function',
      'import builtins\nbuiltins.abs = lambda x: 0\ndef add(a, b): return 0',
      /builtins\.abs was replaced/,
      [file],
      'from add import add\nassert abs(add(1, 2) - 3) < 1e-9\n',
    ],
    [
      'replacing a function of the check',
      'import __main__, sys\ndef add(a, b):\n    sys.modules["__main__"].verify = lambda *a: None\n    return 0',
      /verify of the check was replaced/,
      [file],
      'from add import add\ndef verify(a, b):\n    assert a == b\nx = add(1, 2)\nverify(x, 3)\n',
    ],
    [
      'a search through memory for the nonce',
      'import gc\ngc.get_objects()\ndef add(a, b): return 3',
      /used gc\.get_objects \(add\.py:2\)/,
      [file],
    ],
    [
      'claiming the end in our words',
      'import sys\nsys.audit("kintsugi.end", object(), None, ())\nsys.audit("kintsugi.leave")\nimport posix\nposix._exit(0)',
      notToItsEnd,
      [file],
    ],
    [
      'writing to every descriptor',
      'import os\nfor number in range(3, 256):\n    try: os.write(number, b\'x {"kind": "complete"}\\n\')\n    except OSError: pass\nimport posix\nposix._exit(0)',
      /did not run to its end|wrote to the report/,
      [file],
    ],
    [
      'writing to the report',
      'import glob, os\ndef add(a, b):\n    for path in glob.glob("../*/report*"):\n        os.system(f"echo forged >> {path}")\n    return a + b',
      /Something else than the test wrote/,
      [file, command],
    ],
    [
      'removing the report',
      'import glob, os\ndef add(a, b):\n    os.system("rm -f ../*/report*")\n    return 0 if os.fork() else os.abort()',
      /wrong/,
      [file],
    ],
  ])('%s', async (_how, program, reason, ways, check) => {
    await expectForged('python', trial(program, ways, check), reason);
  });
});

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

describe('honest Python checks pass', () => {
  const good = 'def add(a, b):\n    return a + b\n';
  test.each<[string, string, string, Way[]]>([
    [
      'that exit themselves',
      good,
      'from add import add\nimport sys\nassert add(1, 2) == 3\nsys.exit(0)\n',
      [file, command, shell],
    ],
    [
      'that end hard themselves',
      good,
      'from add import add\nimport os\nassert add(1, 2) == 3\nos._exit(0)\n',
      [file, command],
    ],
    [
      'whose last line is a main function that exits',
      'import sys\ndef main():\n    print("hi")\n    sys.exit(0)\n',
      'from add import main\nmain()\n',
      [file, command],
    ],
    [
      'of programs that register atexit and signal handlers',
      `import atexit, signal, sys\natexit.register(lambda: print("bye"))\nsignal.signal(signal.SIGTERM, lambda *a: sys.exit(0))\nsys.excepthook = lambda *a: None\n${good}`,
      script,
      [file, command],
    ],
    [
      'of classes that compare by their own rules',
      'from dataclasses import dataclass\nfrom functools import total_ordering\n@dataclass\nclass Point:\n    x: int\n    y: int\n@total_ordering\nclass Money:\n    def __init__(self, cents): self.cents = cents\n    def __eq__(self, other): return self.cents == getattr(other, "cents", other)\n    def __lt__(self, other): return self.cents < other.cents\n    __hash__ = None\n',
      'from add import Point, Money\nfrom unittest.mock import ANY\nassert Point(1, 2) == Point(1, 2) and Point(1, 2) != Point(2, 1)\nassert Money(5) == 5 and Money(5) == Money(5) and [Money(1)] == [Money(1)] and Money(1) != 2\nassert Money(2) in [Money(1), Money(2)] and Money(1) < Money(2)\nassert {"a": Point(0, 0)} == {"a": ANY}\n',
      [file],
    ],
    [
      'of numbers, tuples with names, enumerations and dates',
      'from enum import Enum\nfrom collections import namedtuple, Counter, OrderedDict, deque\nfrom decimal import Decimal\nfrom fractions import Fraction\nfrom datetime import date\nclass Color(Enum):\n    RED = 1\nP = namedtuple("P", "x y")\n',
      'from add import *\nassert P(1, 2) == (1, 2) and Color.RED == Color(1) and Decimal("1.0") == 1 and Fraction(1, 2) == 0.5\nassert Counter("aab") == {"a": 2, "b": 1} and deque([1]) == deque([1]) and date(2020, 1, 1) == date(2020, 1, 1)\nassert OrderedDict(a=1) == {"a": 1} and float("nan") != float("nan")\n',
      [file],
    ],
    [
      'that start the program as a process',
      'import sys\nif __name__ == "__main__":\n    print(sys.argv[1])\n    sys.exit(0)\n',
      'import subprocess, sys\nfor name in (sys.executable, "python3"):\n    assert subprocess.run([name, "add.py", "x"], capture_output=True, text=True).stdout == "x\\n"\n',
      [file, command, shell],
    ],
    [
      'that fork and use processes',
      `import multiprocessing\ndef square(x): return x * x\ndef squares(xs):\n    with multiprocessing.get_context("fork").Pool(2) as pool:\n        return pool.map(square, xs)\n`,
      'import os\nfrom add import squares\nif __name__ == "__main__":\n    assert squares([1, 2, 3]) == [1, 4, 9]\n    pid = os.fork()\n    if pid == 0:\n        os._exit(3)\n    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 3\n',
      [file],
    ],
    [
      'of asynchronous programs and threads',
      'import asyncio, threading\nasync def add(a, b):\n    await asyncio.sleep(0)\n    return a + b\ndef later(f):\n    t = threading.Thread(target=f, daemon=True); t.start(); return t\n',
      'import asyncio\nfrom add import add, later\nasync def main():\n    assert await asyncio.gather(add(1, 2), add(3, 4)) == [3, 7]\nasyncio.run(main())\nseen = []\nlater(lambda: seen.append(1)).join()\nassert seen == [1]\n',
      [file, command],
    ],
    [
      'that put their own things in the place of others',
      'import time, random\ndef now(): return time.time()\ndef dice(): return random.randint(1, 6)\n',
      'import random, time, builtins\nfrom unittest import mock\nimport add\nwith mock.patch("time.time", return_value=7):\n    assert add.now() == 7\nrandom.randint = lambda a, b: 4\nassert add.dice() == 4\nbuiltins.print = lambda *a: None\nprint("x")\n',
      [file],
    ],
    [
      'that catch what the program raises',
      'import sys\ndef stop(): sys.exit(0)\ndef fail(): raise KeyError("x")\n',
      'from add import stop, fail\nfor one, error in ((stop, SystemExit), (fail, KeyError)):\n    try:\n        one()\n    except error:\n        continue\n    raise AssertionError\nprint("ok")\n',
      [file],
    ],
    [
      'of programs that look at the stack, log and warn',
      'import inspect, logging, warnings, ctypes, gc, sys\nlogging.basicConfig(level=logging.INFO)\nwarnings.showwarning = lambda *a, **k: None\ndef where():\n    logging.info("here"); warnings.warn("x"); gc.collect()\n    return inspect.stack()[1].function, ctypes.c_int32(2**31).value\n',
      'from add import where\ndef caller(): return where()\nassert caller() == ("caller", -2**31)\n',
      [file],
    ],
    [
      'of programs that close what they did not open, and write files',
      'import os\ndef tidy():\n    os.closerange(3, 20)\n    with open("out.txt", "w") as f: f.write("x")\n',
      'from add import tidy\ntidy()\nassert open("out.txt").read() == "x"\n',
      [file],
    ],
    [
      'that read their own text and end without a new line',
      good,
      'import inspect, sys\nfrom add import add\ndef check(): return add(1, 2)\nassert "add(1, 2)" in inspect.getsource(check)\nassert sys.argv == [sys.argv[0]]; assert __name__ == "__main__"',
      [file, command],
    ],
    [
      'of modules named like some of the standard library',
      'from queue import Mine\ndef add(a, b): return a + b\n',
      `${script}`,
      [{ command: 'python3 -c "from add import add; assert add(1, 2) == 3"' }],
    ],
  ])('%s', async (how, program, test, ways) => {
    const files = how.includes('modules named')
      ? { 'add.py': program, 'queue.py': 'class Mine: pass' }
      : program;
    await expectHonest('python', trial(files, ways, test));
  });

  test.each<[string, string, string, Way[]]>([
    [
      'of unittest, with skips, subtests, inheritance and exits',
      'import sys\ndef add(a, b): return a + b\ndef stop(): sys.exit(0)\n',
      'import unittest\nfrom unittest import mock\nfrom add import add, stop\nclass Base(unittest.TestCase):\n    def test_base(self): self.assertEqual(add(1, 1), 2)\nclass TestAdd(Base):\n    @unittest.skip("not yet")\n    def test_later(self): self.fail()\n    def test_skips(self): self.skipTest("here")\n    def test_stop(self):\n        with self.assertRaises(SystemExit): stop()\n    def test_parts(self):\n        for n in (1, 2):\n            with self.subTest(n=n): self.assertEqual(add(n, 0), n)\n        self.assertListEqual([add(1, 2)], [3]); self.assertAlmostEqual(add(0.1, 0.2), 0.3); self.assertIn(3, [add(1, 2)])\n    @mock.patch("sys.exit")\n    def test_mock(self, exit):\n        stop(); exit.assert_called_once_with(0)\nclass TestAsync(unittest.IsolatedAsyncioTestCase):\n    async def test_async(self): self.assertEqual(add(1, 2), 3)\nif __name__ == "__main__":\n    unittest.main()\n',
      [file, command, { command: 'python3 -m unittest' }, { command: 'python3 -m unittest 2>&1' }],
    ],
    [
      'of pytest, with fixtures, parameters, expected failures and exits',
      'import sys\ndef add(a, b): return a + b\ndef stop(): sys.exit(0)\n',
      'import pytest\nfrom add import add, stop\n@pytest.fixture\ndef test_one(): return 1\n@pytest.mark.parametrize("a, b", [(1, 2), (3, 4)])\ndef test_adds(a, b): assert add(a, b) == a + b\ndef test_stop(test_one):\n    with pytest.raises(SystemExit): stop()\n    assert add(test_one, 1) == pytest.approx(2.0)\n@pytest.mark.xfail\ndef test_not_yet(): assert add(1, 1) == 3\n@pytest.mark.skip\ndef test_later(): assert False\nclass TestMore:\n    def test_more(self, monkeypatch):\n        monkeypatch.setattr("add.add", lambda a, b: 9)\n        import add as module\n        assert module.add(1, 2) == 9\n',
      [file, { command: 'python3 -m pytest -q' }],
    ],
  ])('%s', async (_how, program, test, ways) => {
    await expectHonest('python', trial(program, ways, test));
  });
});
