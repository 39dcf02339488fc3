import { describe, expect, test } from 'vitest';
import type { RunJob } from '../../src/core/seams.ts';
import { drain } from '../../src/core/stream.ts';
import { execute } from '../../src/runners/execute.ts';
import { limitsOnly } from '../../src/runners/sandbox/limits-only.ts';
import { subprocessRunner } from '../../src/runners/subprocess.ts';
import { runnerContract } from '../contracts/runner.ts';
import { entryJob, filesOf, never } from './support.ts';

const runner = subprocessRunner();
const make = () => runner;

runnerContract('subprocess', make, {
  language: 'javascript',
  file: 'main.js',
  hello: "console.log('hello, wörld ✓');",
  fails: "// a comment\nthrow new Error('broken on purpose');",
  unparsable: 'let = = ;',
  loops: 'for (;;);',
  floods: "for (;;) require('node:fs').writeSync(1, 'flood\\n');",
  hoards: 'const held = []; for (;;) held.push(new Array(10_000).fill(Math.random()));',
});
runnerContract('subprocess', make, {
  language: 'typescript',
  file: 'main.ts',
  hello: "const text: string = 'hello, wörld ✓';\nconsole.log(text);",
  fails: "const value: number = 1;\nthrow new Error('broken on purpose' + value);",
  unparsable: 'const x: = ;',
  loops: 'for (;;);',
  floods: "import { writeSync } from 'node:fs';\nfor (;;) writeSync(1, 'flood\\n');",
  hoards: 'const held: number[][] = []; for (;;) held.push(new Array(10_000).fill(Math.random()));',
});
runnerContract('subprocess', make, {
  language: 'python',
  file: 'main.py',
  hello: "print('hello, wörld ✓')",
  fails: "# a comment\nraise ValueError('broken on purpose')",
  unparsable: 'def (:',
  loops: 'while True: pass',
  floods: "while True: print('flood')",
  hoards: "held = []\nwhile True: held.append(bytearray(b'x' * (1 << 20)))",
});
runnerContract('subprocess', make, {
  language: 'shell',
  file: 'main.sh',
  hello: "echo 'hello, wörld ✓'",
  fails:
    '# a comment\nnosuchcommand \'broken on purpose\' || { echo "main.sh:2: broken on purpose" >&2; exit 1; }',
  unparsable: 'if then (',
  loops: 'while :; do :; done',
  floods: 'while :; do echo flood; done',
  hoards: 'x=0123456789abcdef; while :; do x=$x$x; done',
});

const run = (job: RunJob) => drain(runner.run(job, never()));

describe('a program of the subprocess runner', () => {
  test('gets its arguments and its standard input', async () => {
    const files = filesOf({ 'main.py': 'import sys\nprint(sys.argv[1:], sys.stdin.read())' });
    const result = await run(entryJob('python', files, { args: ['a b', '$HOME'], stdin: 'größe' }));
    expect(result.stdout).toBe("['a b', '$HOME'] größe\n");
  });

  test('finds an empty standard input when it is given none', async () => {
    const result = await run(entryJob('shell', filesOf({ 'main.sh': 'read line || echo nothing' })));
    expect(result.stdout).toBe('nothing\n');
  });

  test('sees nothing of our environment, and its own folder as home', async () => {
    process.env.KINTSUGI_TEST_SECRET = 'do not leak';
    try {
      const result = await run(entryJob('shell', filesOf({ 'main.sh': 'env; cd; pwd; pwd -P' })));
      expect(result.stdout).not.toContain('do not leak');
      expect(result.stdout).not.toContain('ANTHROPIC');
      expect(result.stdout.trimEnd().split('\n').slice(-2)).toEqual(['.', '.']);
    } finally {
      delete process.env.KINTSUGI_TEST_SECRET;
    }
  });

  test('has what it wrote in the result, and not its caches and links', async () => {
    const script = [
      'mkdir -p out/deep node_modules/x __pycache__',
      'printf new > out/deep/new.txt',
      'printf changed > main.txt',
      'printf x > node_modules/x/y.txt; printf x > __pycache__/z.txt',
      'ln -s /etc/passwd link.txt; printf "\\377\\376" > binary.bin; head -c 70000 /dev/zero | tr "\\0" a > large.txt',
    ].join('\n');
    const files = filesOf({ 'main.sh': script, 'main.txt': 'before', 'same.txt': 'same' });
    const result = await run(entryJob('shell', files));
    expect(result.files).toEqual([
      { path: 'main.txt', content: 'changed' },
      { path: 'out/deep/new.txt', content: 'new' },
    ]);
  });

  test('can import its own modules, and nothing of ours is left in what it prints about places', async () => {
    const files = filesOf({
      'app/main.mjs':
        "import { where } from './lib/where.mjs';\nconsole.log(where, import.meta.url, process.cwd());",
      'app/lib/where.mjs': 'export const where = import.meta.dirname;',
    });
    const result = await run(entryJob('javascript', files));
    expect(result.stdout).toBe('app/lib app/main.mjs .\n');
  });

  test('may have names in any script', async () => {
    const files = filesOf({
      'größe/программа 1.py':
        "import os\nprint(os.path.basename(__file__))\nopen('übung.txt', 'w').write('ok')",
    });
    const result = await run(entryJob('python', files));
    expect(result).toMatchObject({ stdout: 'программа 1.py\n', exitCode: 0 });
    expect(result.files).toEqual([{ path: 'übung.txt', content: 'ok' }]);
  });

  test('that crashes is told apart from one that fails', async () => {
    const files = filesOf({ 'main.py': 'import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)' });
    expect(await run(entryJob('python', files))).toMatchObject({ status: 'crashed', signal: 'SIGSEGV' });
  });

  test('finds python3 and node on its search path in a command', async () => {
    const job: RunJob = {
      ...entryJob('shell', filesOf({ 'a.py': 'print(1)', 'b.js': 'console.log(2)' })),
      action: { kind: 'command', command: 'python3 a.py && node b.js && echo $0 | grep -c sh' },
    };
    expect(await run(job)).toMatchObject({ status: 'exited', exitCode: 0, stdout: '1\n2\n1\n' });
  });

  test('without its interpreter is a sandbox failure that says what to install, never the program’s', async () => {
    const missing = {
      find: async () => ({ kind: 'missing' as const, why: 'python3 is not on the PATH. Install Python 3.' }),
      searchPath: async () => '/usr/bin:/bin',
    };
    const job = entryJob('python', filesOf({ 'main.py': 'print(1)' }));
    const { run: result } = await drain(
      execute(job, { sandbox: limitsOnly(), interpreters: missing }, never()),
    );
    expect(result).toMatchObject({
      status: 'sandbox-failed',
      why: expect.stringContaining('Install Python 3'),
    });
  });

  test('whose sandbox cannot start is a sandbox failure too', async () => {
    const broken = {
      ...limitsOnly(),
      confine: () => ({ file: '/nonexistent/bwrap', args: [], env: {}, cwd: '/' }),
    };
    const job = entryJob('shell', filesOf({ 'main.sh': 'echo hi' }));
    const result = await drain(subprocessRunner(broken).run(job, never()));
    expect(result).toMatchObject({
      status: 'sandbox-failed',
      why: expect.stringContaining('/nonexistent/bwrap'),
    });
  });
});
