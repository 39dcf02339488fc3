import { describe, test } from 'vitest';
import {
  coded,
  command,
  counted,
  early,
  file,
  late,
  module,
  moduleFile,
  notToItsEnd,
  script,
  shell,
  timed,
  trial,
  waiting,
  wrong,
} from './javascript-trials.ts';
import { expectForged, expectHonest, type Way } from './support.ts';

/** A check that loads a file of its own. */
const loading = {
  'add.test.js': "require('./add.js');\nrequire('./cases.js');\n",
  'cases.js': "require('node:assert').strictEqual(require('./add.js').add(1, 2), 3);\n",
};

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

  test.each<[string, string, RegExp]>([
    [
      'a file of the check that is put into the cache',
      "const path = require('path').resolve('cases.js'); require.cache[path] = { id: path, exports: {}, loaded: true, children: [] };",
      /a file of the check was replaced/,
    ],
    [
      'a file of the check that is read once and put into the cache as another',
      "const path = require('path').resolve('cases.js'); const Module = require('module'); try { new Module(path)._compile(require('fs').readFileSync(path, 'utf8'), path); } catch {} require.cache[path] = { id: path, exports: {}, loaded: true, children: [] };",
      /a file of the check was replaced/,
    ],
    [
      'a way of its own to load files',
      "require.extensions['.js'] = (m) => { m.exports = {}; };",
      /require\.extensions was replaced|0 !== 3/,
    ],
    [
      'a reader that finds files empty',
      "const fs = require('fs'); const read = fs.readFileSync; fs.readFileSync = (path, ...more) => (String(path).endsWith('cases.js') ? '' : read(path, ...more));",
      /fs\.readFileSync was replaced/,
    ],
  ])('%s', async (_how, program, reason) => {
    const files = { 'add.js': `${program} exports.add = () => 0;` };
    await expectForged('javascript', { program: files, checks: loading, ways: [file, command] }, reason);
  });

  test('but a check that loads a file of its own is passed by a program that does what it should', async () => {
    const program = { 'add.js': 'exports.add = (a, b) => a + b;' };
    await expectHonest('javascript', { program, checks: loading, ways: [file, command] });
  });

  test.each<[string, string, RegExp, string]>([
    [
      'assertions that are edited in place',
      "const { Session } = require('inspector'); const s = new Session(); s.connect(); exports.add = () => 0;",
      /opened the inspector/,
      script,
    ],
    [
      'assertions that are edited from a worker',
      "const { Worker } = require('worker_threads'); const { writeFileSync } = require('fs'); new Worker(\"const { Session } = require('inspector'); try { new Session().connectToMainThread(); require('fs').writeSync(2, 'connected'); } catch (e) { setTimeout(() => { throw e; }); }\", { eval: true }).on('error', (e) => { throw e; }); exports.add = (a, b) => a + b;",
      /inspector is refused|ERR_INSPECTOR|connectToMainThread/,
      script,
    ],
    [
      'an inspector that is opened by a timer',
      "const { Session } = require('inspector'); const s = new Session(); setImmediate(s.connect.bind(s)); exports.add = (a, b) => a + b;",
      /opened the inspector/,
      script,
    ],
    [
      'a timer that never comes',
      'globalThis.setTimeout = () => 0; exports.add = () => 0;',
      /globalThis\.setTimeout was replaced/,
      timed,
    ],
    [
      'a comparison of util that agrees',
      "require('util').isDeepStrictEqual = () => true; exports.add = () => 0;",
      /util\.isDeepStrictEqual was replaced/,
      "const { add } = require('./add.js');\nif (!require('node:util').isDeepStrictEqual(add(1, 2), 3)) throw new Error('differs');\n",
    ],
  ])('%s', async (_how, program, reason, check) => {
    await expectForged('javascript', trial(program, [file], check), reason);
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
