import { describe, test } from 'vitest';
import { command, file, module, moduleFile, script, shell, trial, waiting } from './javascript-trials.ts';
import { expectHonest, type Way } from './support.ts';

describe('honest JavaScript checks pass', () => {
  const good = 'exports.add = (a, b) => a + b;';
  test.each<[string, string, string, Way[]]>([
    ['that are plain', good, script, [file, command, shell, { command: 'node add.test.js | grep -q ok' }]],
    ['that exit themselves', good, `${script}process.exit(0);\n`, [file, command, shell]],
    [
      'that exit from a promise or a timer',
      good,
      "const { add } = require('./add.js');\nPromise.resolve(add(1, 2)).then((sum) => { if (sum !== 3) throw new Error(); setTimeout(process.exit, 5, 0); });\n",
      [file, command],
    ],
    [
      'of programs that listen for the exit',
      "process.on('exit', (code) => console.log('bye', code)); process.once('SIGTERM', () => process.exit(0)); exports.add = (a, b) => a + b;",
      script,
      [file, command],
    ],
    [
      'of programs that listen for errors',
      "process.on('uncaughtException', () => process.exit(2)); process.on('unhandledRejection', () => process.exit(3)); exports.add = (a, b) => a + b;",
      script,
      [file],
    ],
    [
      'that wait, in every style',
      'exports.add = async (a, b) => { await new Promise((resolve) => setTimeout(resolve, 10)); return a + b; };',
      `${waiting}add(1, 1).then((sum) => assert.equal(sum, 2)).catch(() => process.exit(1));\nPromise.race([new Promise(() => {}), add(1, 1)]).then(() => {});\n`,
      [file, command, shell],
    ],
    [
      'that catch their own errors',
      'exports.fail = () => { setTimeout(() => { throw new Error("later"); }, 1); };',
      "const { fail } = require('./add.js');\nlet seen = 0;\nprocess.on('uncaughtException', () => { seen += 1; });\nfail();\nprocess.on('exit', () => { if (seen !== 1) process.exitCode = 1; });\n",
      [file, command],
    ],
    [
      'that put their own things in the place of others',
      "exports.now = () => Date.now(); exports.stop = () => process.exit(3); exports.say = () => console.log('x');",
      "const assert = require('node:assert');\nconst { now, stop, say } = require('./add.js');\nDate.now = () => 7;\nassert.equal(now(), 7);\nconst codes = [];\nconst { exit } = process;\nprocess.exit = (code) => { codes.push(code); };\nstop();\nassert.deepEqual(codes, [3]);\nprocess.exit = exit;\nconsole.log = () => {};\nsay();\nMath.random = () => 0.5;\n",
      [file, command],
    ],
    [
      'that start processes and workers',
      "if (require.main === module) { console.log('main'); process.exit(0); } exports.add = (a, b) => a + b;",
      "const assert = require('node:assert');\nconst { execFileSync } = require('node:child_process');\nconst { Worker } = require('node:worker_threads');\nassert.equal(execFileSync(process.execPath, ['add.js'], { encoding: 'utf8' }), 'main\\n');\nnew Worker(\"require('worker_threads').parentPort.postMessage(require('./add.js').add(1, 2))\", { eval: true }).on('message', (sum) => assert.equal(sum, 3));\n",
      [file, command],
    ],
    [
      'of programs that extend what is built in',
      "Array.prototype.last = function () { return this[this.length - 1]; }; BigInt.prototype.toJSON = function () { return String(this); }; Object.defineProperty(String.prototype, 'shout', { value() { return this.toUpperCase(); } }); exports.x = 1;",
      "const assert = require('node:assert');\nrequire('./add.js');\nassert.equal([1, 2].last(), 2);\nassert.equal(JSON.stringify({ a: 1n }), '{\"a\":\"1\"}');\nassert.equal('a'.shout(), 'A');\n",
      [file],
    ],
    [
      'of programs that give proxies and values of their own',
      'exports.make = () => new Proxy({ a: 1 }, {}); exports.money = (n) => ({ valueOf: () => n, toString: () => `$${n}` });',
      "const assert = require('node:assert');\nconst { make, money } = require('./add.js');\nassert.deepStrictEqual(make(), { a: 1 });\nassert.ok(money(2) > money(1));\nassert.equal(`${money(2)}`, '$2');\n",
      [file],
    ],
    [
      'that look at errors and stacks',
      "exports.fail = () => { throw new TypeError('no'); }; Error.stackTraceLimit = 3; exports.where = () => { const { prepareStackTrace } = Error; Error.prepareStackTrace = (_, sites) => sites; const sites = new Error().stack; Error.prepareStackTrace = prepareStackTrace; return sites.length; };",
      "const assert = require('node:assert/strict');\nconst { fail, where } = require('./add.js');\nassert.throws(fail, TypeError);\nassert.equal(where(), 3);\nassert.rejects(async () => fail()).then(() => console.log('ok'));\n",
      [file, command],
    ],
    [
      'that leave servers to the end of the process',
      "exports.serve = () => require('node:http').createServer((_, response) => response.end('hi'));",
      "const { serve } = require('./add.js');\nconst server = serve().listen(0, '127.0.0.1', async () => {\n  const text = await (await fetch(`http://127.0.0.1:${server.address().port}`)).text();\n  if (text !== 'hi') throw new Error(text);\n  server.close();\n  server.closeAllConnections();\n});\n",
      [file],
    ],
    [
      'of modules, with top-level awaits',
      'export const add = async (a, b) => a + b;',
      module,
      [moduleFile, { command: 'node add.test.mjs' }, { command: 'node add.test.mjs && node add.test.mjs' }],
    ],
    [
      'of node:test, with hooks, mocks and skips',
      good,
      "const assert = require('node:assert');\nconst { test, describe, it, before, mock } = require('node:test');\nconst { add } = require('./add.js');\nlet ready = false;\nbefore(() => { ready = true; });\ndescribe('add', () => { it('adds', () => assert.equal(add(1, 2), 3)); it.skip('later', () => assert.fail()); });\ntest('mocks', (t) => { t.mock.method(console, 'log', () => {}); console.log('x'); assert.equal(console.log.mock.calls.length, 1); assert.ok(ready); });\ntest('todo', { todo: true }, () => assert.fail());\ntest('parts', async (t) => { await t.test('one', () => {}); });\n",
      [file, command, { command: 'node --test' }],
    ],
    [
      'that are given as text',
      good,
      '// nothing',
      [
        { command: 'node -e "if (require(\'./add.js\').add(1, 2) !== 3) throw 1"' },
        { command: 'node -e "require(\'./add.js\'); process.exit(0)"' },
      ],
    ],
  ])('%s', async (_how, program, check, ways) => {
    await expectHonest('javascript', trial(program, ways, check));
  });

  test('of TypeScript, which may end themselves and wait', async () => {
    const program = {
      'add.ts':
        "process.on('exit', () => {});\nexport const add = async (a: number, b: number) => a + b;\nexport const stop = () => process.exit(0);\n",
    };
    const check =
      "import assert from 'node:assert';\nimport { add, stop } from './add';\nassert.equal(await add(1, 2), 3);\nprocess.on('exit', () => {});\n";
    const ways: Way[] = [{ tests: ['add.test.ts'] }];
    await expectHonest('typescript', { program, checks: { 'add.test.ts': check }, ways });
    await expectHonest('typescript', {
      program,
      checks: { 'add.test.ts': `${check}process.exit(0);\n` },
      ways,
    });
    await expectHonest('typescript', { program, checks: { 'add.test.ts': `${check}stop();\n` }, ways });
  });
});
