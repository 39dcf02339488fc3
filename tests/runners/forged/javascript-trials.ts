import type { Trial, Way } from './support.ts';

export const script =
  "const assert = require('node:assert');\nconst { add } = require('./add.js');\nassert.strictEqual(add(1, 2), 3);\nconsole.log('ok');\n";
export const late =
  "const { add } = require('./add.js');\nconst assert = require('assert');\nassert.strictEqual(add(1, 2), 3);\nconsole.log('ok');\n";
export const module =
  "import assert from 'node:assert';\nimport { add } from './add.mjs';\nassert.strictEqual(await add(1, 2), 3);\n";
export const timed =
  "const assert = require('node:assert');\nconst { add } = require('./add.js');\nsetTimeout(() => assert.strictEqual(add(1, 2), 3), 30);\n";
export const waiting =
  "const assert = require('node:assert');\nconst { add } = require('./add.js');\n(async () => { assert.strictEqual(await add(1, 2), 3); })();\n";
export const coded =
  "const { add } = require('./add.js');\nif (add(1, 2) !== 3) process.exit(1);\nconsole.log('ok');\n";
export const counted = "const { add } = require('./add.js');\nif (add(1, 2) !== 3) process.exitCode = 1;\n";
export const framework =
  "const assert = require('node:assert');\nconst { test } = require('node:test');\nconst { add } = require('./add.js');\ntest('adds', () => assert.strictEqual(add(1, 2), 3));\ntest('zero', async () => assert.strictEqual(await add(0, 0), 0));\n";

export const file: Way = { tests: ['add.test.js'] };
export const command: Way = { command: 'node add.test.js' };
export const shell: Way = { command: 'node add.test.js 2>&1' };
export const moduleFile: Way = { tests: ['add.test.mjs'] };

export function trial(program: string | Record<string, string>, ways: Way[], check = script): Trial {
  const modular = check.startsWith('import');
  return {
    program: typeof program === 'string' ? { [modular ? 'add.mjs' : 'add.js']: program } : program,
    checks: { [modular ? 'add.test.mjs' : 'add.test.js']: check },
    ways,
  };
}

export const notToItsEnd = /did not run to its end/;
export const early = /ended the test process early/;
export const wrong = /0 !== 3|undefined !== 3/;
