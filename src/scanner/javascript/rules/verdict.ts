import { type CodeRule, needs, scriptLanguages, shows, type Use } from '../../rule.ts';
import { optionsOf, type Value, wholeText } from '../../value.ts';

/** What runs the tests, and what they compare with. */
const judges = /^(assert|test|chai|expect|vitest|jest|mocha)(\.|$)/;
/** What judges are made of: whoever replaces it decides what they see. */
const foundations =
  /^(Object\.(is|keys|entries|getPrototypeOf|prototype\.(toString|hasOwnProperty|valueOf))|JSON\.(stringify|parse)|Array\.isArray|Function\.prototype\.(call|apply|bind)|Promise\.prototype\.(then|catch)|RegExp\.prototype\.(exec|test)|Number\.is\w+|Error|AssertionError|process\.(exit|reallyExit|on|once|emit|exitCode\.\w+))$/;

/** What is replaced: by an assignment, or by a call that sets properties. */
function replaced(use: Use): string | null {
  if (use.form === 'assignment') return use.path;
  if (use.form !== 'call') return null;
  if (
    !/^(Object\.(defineProperty|defineProperties|assign|setPrototypeOf)|Reflect\.(set|defineProperty)|test\.mock\.method)$/.test(
      use.path,
    )
  )
    return null;
  const [owner, key] = use.args;
  if (owner?.kind !== 'name') return null;
  const property = wholeText(key);
  return property === undefined ? owner.path : `${owner.path}.${property}`;
}

function isForeign(value: Value | undefined): boolean {
  return (
    value !== undefined && optionsOf(value).some((option) => option.kind === 'number' && option.number >= 3)
  );
}

/** A descriptor that the program did not open: `fs.writeSync(3, …)`, `fs.createWriteStream('', { fd: 3 })`. */
function writesForeign(use: Use): boolean {
  if (use.form !== 'call') return false;
  if (
    /^fs\.(write|writev)(Sync)?$|^fs\.(closeSync|close|writeFileSync|writeFile|appendFileSync)$|^tty\.WriteStream$/.test(
      use.path,
    )
  )
    return isForeign(use.args[0]);
  if (!/^(fs\.createWriteStream|net\.Socket)$/.test(use.path)) return false;
  return use.args.some((value) => value.kind === 'record' && isForeign(value.entries.get('fd')));
}

/** A program must not decide by itself how its tests went. */
export const verdict: CodeRule = {
  name: 'verdict-tampering',
  about:
    'Changes what judges the program: the test runner, assertions, equality, how it ends, where results go.',
  languages: scriptLanguages,
  cwe: 'CWE-693',
  bad: [
    "const assert = require('assert');\nassert.strictEqual = () => {};",
    "import assert from 'node:assert/strict';\nObject.assign(assert, { equal() {} });",
    "import test from 'node:test';\ntest.it = () => {};",
    'Object.is = () => true;',
    'JSON.stringify = () => "";',
    "process.on('uncaughtException', () => process.exit(0));",
    "process.on('exit', () => { process.exitCode = 0; });",
    'process.reallyExit(0);',
    "function end() { process.exit(0); }\nprocess.once('unhandledRejection', end);",
    "require('fs').writeSync(3, 'ok');",
    'process.send({ passed: true });',
  ],
  good: [
    "process.on('uncaughtException', (error) => { console.error(error); process.exit(1); });",
    "process.on('SIGINT', () => process.exit(0));",
    'process.exitCode = 1;\nprocess.exit(0);',
    "const assert = require('assert');\nassert.strictEqual(1, 1);",
    'const o = {};\no.equal = () => true;\nObject.assign(o, { a: 1 });',
    'Array.prototype.last = function () { return this.at(-1); };',
    "require('fs').writeSync(1, 'x');",
    "const fs = require('fs');\nconst fd = fs.openSync('a', 'w');\nfs.writeSync(fd, 'x');\nfs.closeSync(fd);",
  ],
  *check(facts) {
    for (const use of facts.uses) {
      if (use.form === 'import') continue;
      const { path, at } = use;
      const target = replaced(use);
      if (target !== null && judges.test(target))
        yield shows('deny', at, `Replaces ${target}, which judges the program. Leave it as it is.`);
      else if (target !== null && foundations.test(target))
        yield shows('ask', at, `Replaces ${target}, on which tests rely. Leave it as it is.`);
      else if (path === '?.quietEnd')
        yield shows('deny', at, 'Ends the program as if all were well, whatever happened before.');
      else if (path === 'process.reallyExit')
        yield shows(
          'ask',
          at,
          'process.reallyExit ends the program at once, tests and all. Use process.exit.',
        );
      else if (writesForeign(use))
        yield needs('introspection', at, `${path} uses a descriptor that the program did not open.`, 'ask');
      else if (path === 'process.send' && use.form === 'call')
        yield needs(
          'introspection',
          at,
          'process.send talks to whatever started the program. Print the result.',
          'ask',
        );
    }
  },
};
