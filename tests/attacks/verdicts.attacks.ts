import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Language, RunResult } from '../../src/core/domain.ts';
import { isolateRunner } from '../../src/runners/isolate.ts';
import { programLimits } from '../../src/runners/limits.ts';
import { bubblewrapSandbox } from '../../src/runners/sandbox/bubblewrap.ts';
import { seccompArchitecture } from '../../src/runners/sandbox/seccomp.ts';
import { subprocessRunner } from '../../src/runners/subprocess.ts';
import { tester } from '../../src/runners/testing/tester.ts';
import { entryJob, filesOf, inFolder, never, programOf } from '../runners/support.ts';

async function resultOf(stream: AsyncGenerator<unknown, RunResult>): Promise<RunResult> {
  let step = await stream.next();
  while (!step.done) step = await stream.next();
  return step.value;
}

/** Each says ESCAPED when it holds something of the world outside. */
const escapes = [
  'this.constructor.constructor("return process")().pid',
  '(async () => {}).constructor("return process")().pid',
  'Object.getPrototypeOf(function* () {}).constructor("return process")().next().value.pid',
  'globalThis.process.mainModule.require("fs").readdirSync("/")',
  'require("node:child_process").execSync("id")',
  'console.log.constructor("return process")().pid',
  'new Error().constructor.constructor("return process")().pid',
  'Reflect.construct(Function, ["return process"])().pid',
  'Error.prepareStackTrace = (_, frames) => frames[0].getThis(); new Error().stack.process.pid',
  'WebAssembly.constructor.constructor("return process")().pid',
  '(() => { const kept = new ArrayBuffer(8, { maxByteLength: 64 }); kept.resize(64); return process.pid; })()',
  'import.meta.dirname.process.pid',
];

describe('group 17: the isolate', () => {
  it.each(escapes)('gives nothing of the outside away: %s', async (expression) => {
    const runner = isolateRunner();
    const content = `try { const got = ${expression}; console.log(got === undefined ? 'nothing' : 'ESCAPED ' + got); } catch (error) { console.log('stopped'); }\n`;
    const job = entryJob('javascript', filesOf({ 'main.js': content }), { limits: { wallMs: 5_000 } });
    const run = await resultOf(runner.run(job, never()));
    expect(run.stdout).not.toContain('ESCAPED');
  });
});

/** A program, and a test that it has to fail. */
const forgeries: [string, Language, Record<string, string>][] = [
  [
    'Python that leaves in the middle',
    'python',
    {
      'solution.py': 'import os, sys\nprint("OK")\nsys.stdout.flush()\nos._exit(0)\n',
      'test_solution.py':
        'import unittest\nimport solution\nclass T(unittest.TestCase):\n    def test_it(self):\n        self.assertEqual(solution.f(), 1)\n',
    },
  ],
  [
    'JavaScript that leaves in the middle',
    'javascript',
    {
      'solution.js': 'console.log("ok 1 - it\\n# pass 1\\n# fail 0");\nprocess.exit(0);\n',
      'solution.test.js':
        'const test = require("node:test");\nconst assert = require("node:assert");\nconst { f } = require("./solution.js");\ntest("it", () => assert.equal(f(), 1));\n',
    },
  ],
  [
    'Python that leaves from a function',
    'python',
    {
      'solution.py': 'import sys\ndef f():\n    sys.exit(0)\n',
      'test_solution.py': 'from solution import f\nassert f() == 1\n',
    },
  ],
];

describe('group 18: forged results (more of them in tests/runners/forged)', () => {
  it.each(forgeries)('do not pass: %s', async (_, language, files) => {
    const [solution = '', test = ''] = Object.keys(files);
    const checks = {
      checks: [],
      files: filesOf({ [test]: files[test] ?? '' }),
      hash: '',
    };
    const check = { kind: 'tests' as const, name: test, origin: 'user' as const, files: [test] };
    const runners = [subprocessRunner()];
    const program = programOf(language, { [solution]: files[solution] ?? '' });
    const stream = tester({ runners, limits: programLimits }).test(program, check, checks, [], never());
    let step = await stream.next();
    while (!step.done) step = await stream.next();
    expect(step.value.report.ok).toBe(false);
  });
});

const architecture = seccompArchitecture();

describe.skipIf(process.platform !== 'linux' || architecture === null)('group 19: a broken sandbox', () => {
  const shims: [string, string | null][] = [
    ['bwrap is gone', null],
    ['user namespaces are off', 'echo "bwrap: No permissions to create new namespace" >&2; exit 1'],
    ['a folder cannot be bound', 'echo "bwrap: Can\'t find source path /nowhere" >&2; exit 1'],
    ['it says nothing and ends well', 'exit 0'],
    ['it is killed', 'kill -KILL $$'],
  ];
  it.each(shims)('is told as such, never as the program’s end: %s', (_, script) =>
    inFolder(async (folder) => {
      const file = path.join(folder, 'bwrap');
      if (script !== null) {
        writeFileSync(file, `#!/bin/sh\n${script}\n`);
        chmodSync(file, 0o755);
      }
      const identity = { kind: 'namespace' as const, user: process.getuid?.() ?? 0 };
      const sandbox = bubblewrapSandbox({ file, architecture: architecture ?? 'x64', identity, proc: true });
      const job = entryJob('shell', filesOf({ 'main.sh': 'echo ran\nexit 0\n' }));
      const run = await resultOf(subprocessRunner(sandbox).run(job, never()));
      expect(run).toMatchObject({ status: 'sandbox-failed', stdout: '' });
    }),
  );
});
