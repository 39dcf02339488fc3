import { describe, test } from 'vitest';
import { command, early, file, framework, notToItsEnd, trial, wrong } from './javascript-trials.ts';
import { expectForged, type Way } from './support.ts';

describe('node:test is not passed by', () => {
  test.each<[string, string, RegExp, Way[]]>([
    [
      'a replaced test function',
      "require('node:test').test = () => {}; exports.add = () => 0;",
      /node:test\.test was replaced \(add\.js:1\)|0 !== 3/,
      [file, command],
    ],
    [
      'a replaced assertion',
      "require('node:assert').strictEqual = () => {}; exports.add = () => 0;",
      /assert\.strictEqual was replaced/,
      [file, command],
    ],
    [
      'records of its own',
      'const fs = require(\'fs\'); for (const name of fs.readdirSync(\'..\')) { try { for (const one of fs.readdirSync(\'../\' + name)) if (one.startsWith(\'report\')) fs.appendFileSync(\'../\' + name + \'/\' + one, \'{"kind":"case","name":"adds","status":"passed"}\\n{"kind":"end"}\\n\'); } catch {} } process.reallyExit(0);',
      /ended early|Something else|early/,
      [file],
    ],
    [
      'our reporter called by itself',
      "const path = Object.keys(require.cache).find((one) => one.includes('node-guard.cjs')); if (path) require(path).reporter?.((async function* () { yield { type: 'test:pass', data: { nesting: 0, name: 'adds', details: {} } }; })()).next(); exports.add = () => 3 - 3;",
      /called by somebody else|0 !== 3/,
      [file],
    ],
    [
      'events changed on their way',
      "const { Readable } = require('stream'); const push = Readable.prototype.push; Readable.prototype.push = function (event, ...rest) { if (event?.type === 'test:fail') { event.type = 'test:pass'; } return push.call(this, event, ...rest); }; process.on('exit', () => { process.exitCode = 0; }); exports.add = () => 0;",
      /Readable\.prototype\.push was replaced/,
      [file],
    ],
    [
      'a process that is ended while tests wait',
      'setTimeout(process.exit, 20, 0); exports.add = (a, b) => (a ? a + b : new Promise((resolve) => setTimeout(resolve, 500, 0)));',
      early,
      [file, command],
    ],
  ])('%s', async (_how, program, reason, ways) => {
    await expectForged('javascript', trial(program, ways, framework), reason);
  });
});

describe('TypeScript is not passed by', () => {
  const check =
    "import assert from 'node:assert';\nimport { add } from './add';\n\nassert.strictEqual(add(1, 2), 3);\n";
  test.each<[string, string, RegExp, string?]>([
    [
      'a listener that swallows errors',
      "process.on('uncaughtException', () => {});\nexport const add = (a: number, b: number): number => 0;",
      wrong,
    ],
    [
      'a replaced assertion',
      "import assert from 'node:assert';\nassert.strictEqual = (() => {}) as never;\nexport const add = (a: number, b: number): number => 0;",
      /assert\.strictEqual was replaced \(add\.ts:2\)/,
    ],
    [
      'an exit in a function',
      'export const add = (a: number, b: number): number => process.exit(0);',
      /early[\s\S]*add\.ts:1/,
    ],
    [
      'a promise that never settles',
      'process.exitCode = 0;\nexport const add = (a: number, b: number) => new Promise(() => {});',
      notToItsEnd,
      "import assert from 'node:assert';\nimport { add } from './add';\n\nassert.strictEqual(await add(1, 2), 3);\n",
    ],
    [
      'a process.exit that does nothing',
      'process.exit = (() => {}) as never;\nexport const add = (a: number, b: number): number => 0;',
      /process\.exit was replaced/,
      "import { add } from './add';\nif (add(1, 2) !== 3) process.exit(1);\nconsole.log('ok');\n",
    ],
  ])('%s', async (_how, program, reason, test = check) => {
    const checks = { 'add.test.ts': test };
    await expectForged(
      'typescript',
      { program: { 'add.ts': program }, checks, ways: [{ tests: ['add.test.ts'] }] },
      reason,
    );
  });
});
