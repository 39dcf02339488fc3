import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Check, Language, SandboxLevel } from '../../../src/core/domain.ts';
import type { CheckResult } from '../../../src/core/seams.ts';
import { drain } from '../../../src/core/stream.ts';
import { programLimits } from '../../../src/runners/limits.ts';
import { chooseSandbox } from '../../../src/runners/sandbox/choose.ts';
import type { Sandbox } from '../../../src/runners/sandbox/sandbox.ts';
import { subprocessRunner } from '../../../src/runners/subprocess.ts';
import { tester } from '../../../src/runners/testing/tester.ts';
import { filesOf, never, programOf } from '../support.ts';

const cacheDirectory = mkdtempSync(path.join(tmpdir(), 'kintsugi-probes-'));
// Landlock hides no folder that is closed to others: an interpreter in a home folder cannot be executed at L1.
beforeAll(() => {
  vi.stubEnv('PATH', `/usr/bin:/bin:${process.env.PATH}`);
});
afterAll(() => vi.unstubAllEnvs());
afterAll(() => rmSync(cacheDirectory, { recursive: true, force: true }));

function verdict(
  sandbox: Sandbox,
  language: Language,
  program: Record<string, string>,
  checkFiles: Record<string, string>,
  command: string | null,
): Promise<CheckResult> {
  const files = filesOf(checkFiles);
  const one = { name: 'the check', origin: 'user' } as const;
  const check: Check =
    command === null
      ? { kind: 'tests', ...one, files: Object.keys(checkFiles) }
      : { kind: 'command', ...one, command };
  const runners = [subprocessRunner(sandbox)];
  const { test: run } = tester({ runners, limits: programLimits });
  return drain(run(programOf(language, program), check, { checks: [check], files, hash: '' }, [], never()));
}

const python = { 'check.py': 'from add import add\nassert add(1, 2) == 3\n' };
const unit = {
  'test_add.py':
    'import unittest\nfrom add import add\nclass T(unittest.TestCase):\n    def test_adds(self): self.assertEqual(add(1, 2), 3)\n',
};
const javascript = {
  'check.js': "require('node:assert').strictEqual(require('./add.js').add(1, 2), 3);\n",
};
const framework = {
  'add.test.js':
    "const { test } = require('node:test');\nconst { add } = require('./add.js');\ntest('adds', () => require('node:assert').equal(add(1, 2), 3));\n",
};
const shell = { 'check.sh': '. ./add.sh\n[ "$(add 1 2)" = 3 ] || exit 1\n' };

const honest = {
  py: 'def add(a, b):\n    return a + b\n',
  js: 'exports.add = (a, b) => a + b;\n',
  sh: 'add() { echo $(($1 + $2)); }\n',
};
const forged = {
  py: 'import posix\nposix._exit(0)\n',
  js: "process.on('uncaughtException', () => {});\nexports.add = () => 0;\n",
  sh: 'builtin exit 0\n',
};

type Row = [string, Language, keyof typeof honest, Record<string, string>, string | null];
const rows: Row[] = [
  ['a Python script', 'python', 'py', python, null],
  ['a Python command', 'python', 'py', python, 'python3 check.py'],
  ['a Python command of a shell', 'python', 'py', python, 'python3 check.py 2>&1'],
  ['unittest', 'python', 'py', unit, null],
  ['a JavaScript script', 'javascript', 'js', javascript, null],
  ['a JavaScript command of a shell', 'javascript', 'js', javascript, 'node check.js 2>&1'],
  ['node:test', 'javascript', 'js', framework, null],
  ['a shell script', 'shell', 'sh', shell, null],
];

describe.each<SandboxLevel>(['L1', 'L2', 'L3'])('verdicts under a sandbox of level %s', (level) => {
  test('are given to honest programs and not to forgeries', async ({ skip }) => {
    const choice = await chooseSandbox({ wanted: level, minLevel: level, cacheDirectory });
    if (choice.kind === 'unavailable') return skip(choice.why);
    for (const [name, language, extension, checks, command] of rows) {
      const file = `add.${extension}`;
      const good = await verdict(choice.sandbox, language, { [file]: honest[extension] }, checks, command);
      expect(good.report, `${name}: ${JSON.stringify(good.report.cases)}`).toMatchObject({ ok: true });
      expect(good.run.sandbox.level).toBe(level);
      const bad = await verdict(choice.sandbox, language, { [file]: forged[extension] }, checks, command);
      expect(bad.report, name).toMatchObject({ ok: false });
      expect(bad.report.cases.map((one) => one.message).join('\n'), name).toMatch(
        /did not run to its end|listens for errors|No tests ran|3/,
      );
    }
  }, 300_000);
});
