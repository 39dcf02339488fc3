import { describe, test } from 'vitest';
import { expectForged, expectHonest, type Trial, type Way } from './support.ts';

const script =
  "const assert = require('node:assert');\nconst { add } = require('./add.js');\nassert.strictEqual(add(1, 2), 3);\nconsole.log('ok');\n";
const late =
  "const { add } = require('./add.js');\nconst assert = require('assert');\nassert.strictEqual(add(1, 2), 3);\nconsole.log('ok');\n";
const module =
  "import assert from 'node:assert';\nimport { add } from './add.mjs';\nassert.strictEqual(await add(1, 2), 3);\n";
const timed =
  "const assert = require('node:assert');\nconst { add } = require('./add.js');\nsetTimeout(() => assert.strictEqual(add(1, 2), 3), 30);\n";
const waiting =
  "const assert = require('node:assert');\nconst { add } = require('./add.js');\n(async () => { assert.strictEqual(await add(1, 2), 3); })();\n";
const coded =
  "const { add } = require('./add.js');\nif (add(1, 2) !== 3) process.exit(1);\nconsole.log('ok');\n";
const counted = "const { add } = require('./add.js');\nif (add(1, 2) !== 3) process.exitCode = 1;\n";
const framework =
  "const assert = require('node:assert');\nconst { test } = require('node:test');\nconst { add } = require('./add.js');\ntest('adds', () => assert.strictEqual(add(1, 2), 3));\ntest('zero', async () => assert.strictEqual(await add(0, 0), 0));\n";

const file: Way = { tests: ['add.test.js'] };
const command: Way = { command: 'node add.test.js' };
const shell: Way = { command: 'node add.test.js 2>&1' };
const moduleFile: Way = { tests: ['add.test.mjs'] };

function trial(program: string | Record<string, string>, ways: Way[], check = script): Trial {
  const modular = check.startsWith('import');
  return {
    program: typeof program === 'string' ? { [modular ? 'add.mjs' : 'add.js']: program } : program,
    checks: { [modular ? 'add.test.mjs' : 'add.test.js']: check },
    ways,
  };
}

const notToItsEnd = /did not run to its end/;
const early = /ended the test process early/;
const wrong = /0 !== 3|undefined !== 3/;

describe('a JavaScript check is not passed by', () => {
  test.each<[string, string, RegExp, Way[], string?]>([
    [
      'process.exit handed to a timer',
      'setTimeout(process.exit, 0, 0); exports.add = () => 0;',
      early,
      [file],
      timed,
    ],
    [
      'process.exit from an event',
      "process.on('beforeExit', () => process.exit(0)); process.on('exit', () => process.reallyExit(0)); exports.add = () => 0;",
      wrong,
      [file, command],
    ],
    [
      'a listener that swallows errors',
      "process.exitCode = 0; process.on('uncaughtException', () => {}); exports.add = () => 0;",
      wrong,
      [file, command, shell],
    ],
    [
      'a capture of errors',
      'process.setUncaughtExceptionCaptureCallback(() => {}); exports.add = () => 0;',
      wrong,
      [file, command],
    ],
    [
      'an end of errors in the runtime',
      'process._fatalException = () => true; exports.add = () => 0;',
      wrong,
      [file],
    ],
    [
      'a listener that swallows rejections',
      "process.on('unhandledRejection', () => {}); exports.add = async () => 0;",
      wrong,
      [file],
      waiting,
    ],
    ['a replaced process.emit', 'process.emit = () => true; exports.add = () => 0;', wrong, [file]],
    [
      'an exit code set back',
      "process.on('exit', () => { process.exitCode = 0; }); exports.add = () => 0;",
      /did not run to its end: it ended with exit code 1/,
      [file, command],
      counted,
    ],
    [
      'an exit code set back before the exit',
      "process.on('beforeExit', () => { process.exitCode = 0; }); exports.add = () => 0;",
      notToItsEnd,
      [file],
      counted,
    ],
    [
      'a process.exit that does nothing',
      'process.exit = () => {}; exports.add = () => 0;',
      /process\.exit was replaced \(add\.js:1\)/,
      [file, command],
      coded,
    ],
    [
      'another process object',
      'globalThis.process = { ...process, exit() {} }; exports.add = () => 0;',
      /globalThis\.process was replaced/,
      [file],
      coded,
    ],
    [
      'a replaced assertion',
      "require('node:assert').strictEqual = () => {}; exports.add = () => 0;",
      /assert\.strictEqual was replaced \(add\.js:1\)/,
      [file, command, shell],
    ],
    [
      'a replaced loader',
      "require('module')._load = () => ({ strictEqual() {} }); exports.add = () => 0;",
      /Module\._load was replaced \(add\.js:1\)/,
      [file, command],
      late,
    ],
    [
      'a replaced require',
      'module.constructor.prototype.require = () => ({ strictEqual() {} }); exports.add = () => 0;',
      /Module\.prototype\.require was replaced/,
      [file],
      late,
    ],
    [
      'a module put into the cache',
      'require.cache.assert = { exports: { strictEqual() {} }, loaded: true, children: [] }; exports.add = () => 0;',
      /require\(assert\) was replaced/,
      [file],
      late,
    ],
    [
      'a hook on the formatting of errors',
      'Error.prepareStackTrace = () => process.exit(0); exports.add = () => 0;',
      early,
      [file, command],
    ],
    [
      'a replaced JSON.stringify',
      "JSON.stringify = () => '{}'; exports.add = () => 0;",
      /JSON\.stringify was replaced \(add\.js\)/,
      [file, command],
      "const { add } = require('./add.js');\nif (JSON.stringify(add(1, 2)) !== JSON.stringify(3)) throw new Error('differs');\n",
    ],
    [
      'a toJSON of every object',
      'Object.prototype.toJSON = () => 1; exports.add = () => ({});',
      /toJSON of a plain value was replaced/,
      [file],
      "const { add } = require('./add.js');\nif (JSON.stringify(add(1, 2)) !== JSON.stringify({ sum: 3 })) throw new Error('differs');\n",
    ],
    [
      'a replaced method of arrays',
      'Array.prototype.every = () => true; exports.add = () => 0;',
      /Array\.prototype\.every was replaced/,
      [file],
      "const { add } = require('./add.js');\nif (![3].every((sum) => sum === add(1, 2))) throw new Error('differs');\n",
    ],
    [
      'a promise that never settles',
      'exports.add = () => new Promise(() => {});',
      /did not run to its end: what it waits for at add\.test\.js:3 never came/,
      [file, command],
      waiting,
    ],
    [
      'a promise that never settles, and an exit code of 0',
      'process.exitCode = 0; export const add = () => new Promise(() => {});',
      /did not run to its end/,
      [moduleFile],
      module,
    ],
    [
      'an early exit from a module',
      'process.exit(0); export const add = 0;',
      early,
      [moduleFile, { command: 'node add.test.mjs' }],
      module,
    ],
    [
      'code that bears the name of the check',
      "require('vm').runInThisContext('process.exit(0)', { filename: require('path').resolve('add.test.js') }); exports.add = () => 0;",
      early,
      [file],
    ],
    [
      'an end claimed in the middle',
      "process.emit('exit', 0); exports.add = () => { throw process.reallyExit(0); };",
      early,
      [file],
    ],
    [
      'another program in its place',
      "require('child_process').spawnSync('true'); process.abort(); exports.add = 0;",
      /crashed|SIGABRT|exit code/,
      [file],
    ],
    [
      'writing to every descriptor',
      'const fs = require(\'fs\'); for (let fd = 3; fd < 40; fd += 1) { try { fs.writeSync(fd, \'x {"kind": "complete"}\\n\'); } catch {} } exports.add = () => 3;',
      /Something else than the test wrote|did not run|crashed/,
      [file],
    ],
    [
      'closing every descriptor it finds of ours',
      "const fs = require('fs'); for (const fd of fs.readdirSync('/proc/self/fd')) { try { if (fs.readlinkSync('/proc/self/fd/' + fd).includes('report')) fs.closeSync(Number(fd)); } catch {} } exports.add = () => 3;",
      /did not run to its end|EBADF/,
      [file],
    ],
    [
      'a call in the last assertion that exits',
      'exports.add = () => process.exit(0);',
      early,
      [file, command],
      "const assert = require('node:assert');\nconst { add } = require('./add.js');\nassert(add(1, 2));\n",
    ],
  ])('%s', async (_how, program, reason, ways, check) => {
    await expectForged('javascript', trial(program, ways, check), reason);
  });

  test('a program that rewrites itself, or a test framework of its own', async () => {
    const rewriting =
      "require('fs').writeFileSync('add.js', 'exports.add = (a, b) => a + b;'); exports.add = (a, b) => a + b;";
    await expectForged('javascript', trial(rewriting, [file, command]), /rewrote its own source/);
    const shadow = {
      'add.js': 'exports.add = 0;',
      'node_modules/chai/index.js': 'exports.expect = () => {};',
    };
    await expectForged('javascript', trial(shadow, [file]), /stands in the place of a test framework/);
  });

  test('a command without any check file', async () => {
    const exits = trial('process.exit(0);', [{ command: 'node -e "require(\'./add.js\'); throw 1"' }]);
    await expectForged('javascript', { ...exits, checks: {} }, early);
    const swallows = trial("process.on('uncaughtException', () => {}); exports.add = 0;", [
      { command: "node -e \"require('./add.js'); throw new Error('wrong')\"" },
    ]);
    await expectForged('javascript', { ...swallows, checks: {} }, /wrong/);
  });
});

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
