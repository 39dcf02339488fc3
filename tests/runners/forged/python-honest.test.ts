import { describe, test } from 'vitest';
import { command, file, script, shell, trial } from './python-trials.ts';
import { expectHonest, type Way } from './support.ts';

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
