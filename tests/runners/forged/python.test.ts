import { describe, test } from 'vitest';
import { command, early, file, notToItsEnd, shell, tampered, trial } from './python-trials.ts';
import { expectForged, type Way } from './support.ts';

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
      'import sys\ndef jump(frame, event, arg):\n    frame.f_lineno = 3\ndef add(a, b):\n    sys.settrace(lambda *a: None)\n    caller = sys._getframe(1)\n    caller.f_trace = jump\n    return 0',
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
