import type { Check, Language } from '../../src/core/domain.ts';

/** One job, run by an interpreter that was started for it and by one that waited. */
export interface Case {
  title: string;
  language: Language;
  files: Record<string, string>;
  /** A check of the program; absent: the program itself. */
  check?: { files: Record<string, string>; by: string[] | string };
  args?: string[];
  stdin?: string;
}

const program =
  (language: Language, name: string) =>
  (title: string, content: string | Record<string, string>, more: Partial<Case> = {}): Case => ({
    title,
    language,
    files: typeof content === 'string' ? { [name]: content } : content,
    ...more,
  });
const python = program('python', 'main.py');
const node = program('javascript', 'main.js');
const shell = program('shell', 'main.sh');

const programs: Case[] = [
  python(
    'a Python error with a cause',
    'def f():\n    try:\n        1 / 0\n    except ZeroDivisionError as e:\n        raise ValueError("w") from e\nf()\n',
  ),
  python('a Python syntax error', 'def f(:\n'),
  python(
    'arguments, names and folders of Python',
    'import os, sys\nprint(sys.argv, sys.orig_argv[1:], __name__, __file__, os.listdir("."), sys.path[0] == os.getcwd(), __spec__, __builtins__)\n',
    { args: ['a b', '--c'] },
  ),
  python(
    'the environment and the modules of Python',
    'import os, sys\nprint(sorted(k for k in os.environ if k != "_"), sorted(sys.modules), sorted(vars()), sys.flags, len(sys.path))\n',
  ),
  python('an exit code', 'import sys\nsys.exit(3)\n'),
  python('an exit with words', 'import sys\nsys.exit("gone")\n'),
  python('an exit by the system', 'import os\nprint("lost")\nos._exit(4)\n'),
  python(
    'atexit and an exit within',
    'import atexit, sys\natexit.register(lambda: print("bye"))\nprint("hi")\nsys.exit(5)\n',
  ),
  python(
    'no input for Python',
    'import sys\nprint(repr(sys.stdin.read()), sys.stdin.name, sys.stdin.mode, sys.stdin.seekable(), sys.stdin is sys.__stdin__, sys.stdin.encoding)\n',
  ),
  python('input for Python', 'import sys\nprint(input(), input(), repr(sys.stdin.buffer.read()))\n', {
    stdin: 'öne\ntwo\nthree',
  }),
  python(
    'threads',
    'import threading\nt = [threading.Thread(target=print, args=(i,)) for i in range(3)]\nfor x in t:\n    x.start(); x.join()\nraise SystemExit(len(t))\n',
  ),
  python(
    'a child that is Python',
    'import subprocess, sys\nr = subprocess.run([sys.executable, "-c", "import sys, os; print(len(sys.path), sys.stdin.read(), sys.argv); raise KeyError(1)"], capture_output=True, text=True)\nprint(r)\n',
  ),
  python(
    'worker processes of multiprocessing',
    'import multiprocessing as m\ndef f(x):\n    return x * x\nif __name__ == "__main__":\n    with m.get_context("spawn").Pool(1) as p:\n        print(p.map(f, [1, 2]))\n',
  ),
  python('a signal to itself', 'import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\n'),
  python(
    'a hook for errors',
    'import sys\nsys.excepthook = lambda *a: print("hook", a[0].__name__, a[2].tb_frame.f_code.co_name, a[2].tb_frame.f_back)\n1 / 0\n',
  ),
  python('a module beside and a package', {
    'main.py': 'import beside, pack.inner\nprint(beside.x, pack.inner.__file__)\n',
    'beside.py': 'x = 1\n',
    'pack/__init__.py': '',
    'pack/inner.py': '',
  }),
  python('a module in the place of one of the library', {
    'main.py': 'import random, sitecustomize\nprint(random.x)\n',
    'random.py': 'x = 2\n',
    'sitecustomize.py': 'print("mine")\n',
  }),
  python('a file that is written', 'open("out/a.txt", "w")\n'),
  node(
    'an error of Node',
    'function f() {\n  throw new TypeError("w", { cause: new Error("c") });\n}\nf();\n',
  ),
  node('a syntax error of Node', 'let = ;\n'),
  node(
    'arguments, names and modules of Node',
    'console.log(process.argv.slice(1), process.execArgv, require.main === module, __filename, Object.keys(require.cache), module.paths.length, process.mainModule === module, Object.keys(process.env).sort().join(), process.argv0);',
    { args: ['a b', '--c'] },
  ),
  node('an exit code of Node', 'process.exitCode = 3; console.log("hi");'),
  node(
    'an exit in a listener',
    'process.on("exit", (c) => { console.log("bye", c); process.exit(7); }); process.exit(2);',
  ),
  node(
    'a rejection that nobody handles',
    'Promise.reject(new Error("lost"));\nsetTimeout(() => console.log("never"), 50);\n',
  ),
  node(
    'an error that is caught at last',
    'process.on("uncaughtException", (e, o) => { console.log(o, e.message); process.exit(9); }); setImmediate(() => { throw new Error("x"); });',
  ),
  node(
    'no input for Node',
    'process.stdin.on("data", (d) => console.log("data", d)).on("end", () => console.log("end", process.stdin.fd));',
  ),
  node('input for Node', 'process.stdin.setEncoding("utf8").on("data", (d) => console.log(d));', {
    stdin: 'öne\ntwo',
  }),
  node('modules of the new kind', {
    'main.mjs':
      'import { x } from "./x.mjs";\nimport c from "./c.cjs";\nconsole.log(x, c, import.meta.url.endsWith("main.mjs"), await Promise.resolve(1));\nthrow new Error("m");\n',
    'x.mjs': 'export const x = 1;',
    'c.cjs': 'module.exports = 2;',
  }),
  node('a package.json that says what kind', {
    'main.js': 'export const a = 1; console.log(typeof require);',
    'package.json': '{"type":"module"}',
  }),
  node(
    'a thread of Node',
    'const { Worker } = require("worker_threads"); new Worker("console.log(process.execArgv, Object.keys(process.env).sort().join(), process.argv.length); throw new RangeError(\'t\')", { eval: true }).on("error", (e) => console.log(String(e)));',
  ),
  node(
    'a child that is Node',
    'const { fork } = require("child_process"); if (process.send) { process.send([process.execArgv, process.argv.length]); process.disconnect(); } else fork(__filename).on("message", (m) => console.log(m)).on("exit", (c) => console.log(c));',
  ),
  node('a signal to itself, in Node', 'process.kill(process.pid, "SIGKILL"); setTimeout(() => {}, 1000);'),
  shell(
    'an exit code, arguments and input of a shell',
    'echo "$0 $# $1 $kintsugi_word"; cat; env | cut -d= -f1 | sort; exit 3\n',
    { args: ['x y'], stdin: 'in\n' },
  ),
  shell('no input for a shell', 'cat; nosuchcommand\n'),
];

const add = { 'add.py': 'def add(a, b):\n    return a + b\n' };
const lying = {
  'add.py':
    'class Same:\n    def __eq__(self, other):\n        return True\ndef add(a, b):\n    return Same()\n',
};
const leaving = { 'add.py': 'import sys\nsys.exit(0)\n' };
const unit =
  'import unittest\nfrom add import add\nclass T(unittest.TestCase):\n    def test_adds(self):\n        self.assertEqual(add(1, 2), 3)\n    def test_wrong(self):\n        self.assertEqual(add(1, 1), 3)\n';
const script = 'from add import add\nassert add(1, 2) == 3, "wrong"\n';
const pytest =
  'import pytest\nfrom add import add\n@pytest.mark.parametrize("n", [1, 2])\ndef test_adds(n):\n    assert add(n, 2) == 3\n';

const pythonChecks: Case[] = [
  ['unittest', add, unit, ['test_add.py']],
  ['unittest by command', add, unit, 'python3 -m unittest test_add'],
  ['pytest', add, pytest, ['test_add.py']],
  ['pytest by command', add, pytest, 'python3 -m pytest -q test_add.py'],
  ['a script', add, script, ['test_add.py']],
  ['two files', add, script, ['test_add.py', 'test_add.py']],
  ['a script by command', add, script, 'python3 test_add.py && python3 -c "import add; print(1)"'],
  [
    'a command on the program',
    { ...add, 'main.py': 'import sys\nprint(sys.argv, repr(sys.stdin.read()))\n' },
    script,
    'python3 main.py a',
  ],
  ['a forged comparison', lying, unit, ['test_add.py']],
  ['an early end', leaving, script, ['test_add.py']],
  [
    'a changed framework',
    {
      'add.py':
        'import unittest\nunittest.TestCase.assertEqual = lambda *a: None\ndef add(a, b):\n    return 0\n',
    },
    unit,
    ['test_add.py'],
  ],
  [
    'a module in the place of one of the library',
    { ...add, 'random.py': 'raise SystemError("mine")\n', 'difflib.py': 'x = 1\n' },
    `import random\n${unit}`,
    ['test_add.py'],
  ],
  ['no such module', { 'other.py': '' }, unit, ['test_add.py']],
].map(([title, files, test, by]) => ({
  title: `a Python check: ${title}`,
  language: 'python',
  files: files as Record<string, string>,
  check: { files: { 'test_add.py': test as string }, by: by as string[] | string },
}));

const adding = { 'add.js': 'exports.add = (a, b) => a + b;\n' };
const nodeTest =
  "const test = require('node:test');\nconst assert = require('node:assert');\nconst { add } = require('./add.js');\ntest('adds', () => assert.strictEqual(add(1, 2), 3));\ntest('wrong', async () => assert.deepStrictEqual([add(1, 1)], [3]));\n";
const nodeScript =
  "const assert = require('node:assert');\nconst { add } = require('./add.js');\nassert.strictEqual(add(1, 2), 3);\n";

const nodeChecks: Case[] = [
  ['node:test', adding, nodeTest, ['add.test.js']],
  ['node:test by command', adding, nodeTest, 'node add.test.js'],
  ['a script', adding, nodeScript, ['add.test.js']],
  ['a text', adding, nodeScript, `node -e "require('./add.js').add(1) || process.exit(2)"`],
  [
    'a command on the program',
    {
      ...adding,
      'main.js':
        'console.log(process.argv.length, process.execArgv, require("fs").readFileSync(0, "utf8").length)',
    },
    nodeScript,
    'node main.js a',
  ],
  ['an early end', { 'add.js': 'process.exit(0)' }, nodeScript, ['add.test.js']],
  [
    'a changed assert',
    { 'add.js': "require('node:assert').strictEqual = () => {};\nexports.add = () => 0;\n" },
    nodeScript,
    ['add.test.js'],
  ],
  [
    'a swallowed error',
    { 'add.js': "process.on('uncaughtException', () => {});\nexports.add = () => 0;\n" },
    nodeScript,
    ['add.test.js'],
  ],
].map(([title, files, test, by]) => ({
  title: `a Node check: ${title}`,
  language: 'javascript',
  files: files as Record<string, string>,
  check: { files: { 'add.test.js': test as string }, by: by as string[] | string },
}));

export const cases: Case[] = [
  ...programs,
  ...pythonChecks,
  ...nodeChecks,
  {
    title: 'a check that is a shell script',
    language: 'shell',
    files: { 'add.sh': 'echo $(($1 + $2))\n' },
    check: { files: { 'test.sh': '[ "$(bash add.sh 1 2)" = 3 ] || exit 1\n' }, by: 'bash test.sh' },
  },
];

export function checkOf({ check }: Case): Check | null {
  if (check === undefined) return null;
  const one = { name: 'the check', origin: 'user' } as const;
  return typeof check.by === 'string'
    ? { kind: 'command', ...one, command: check.by }
    : { kind: 'tests', ...one, files: check.by };
}
