import { accessMatches } from '../../access.ts';
import { evaluated, nameSet } from '../../code.ts';
import { type CodeRule, needs, scriptLanguages } from '../../rule.ts';
import { textsOf, unknown } from '../../value.ts';

/** Parts of `process` that are harmless, or that a rule of their own is about; any other part asks. */
const readProcess = nameSet(`
  argv argv0 execArgv execPath exit exitCode env cwd chdir platform arch version versions pid ppid title stdin stdout stderr on once off
  addListener removeListener removeAllListeners emit listeners rawListeners listenerCount prependListener prependOnceListener eventNames
  setMaxListeners getMaxListeners nextTick hrtime uptime memoryUsage cpuUsage resourceUsage emitWarning features release config umask
  getuid geteuid getgid getegid getgroups abort allowedNodeEnvironmentFlags constrainedMemory availableMemory noDeprecation throwDeprecation
  traceDeprecation connected channel disconnect send kill _kill binding _linkedBinding dlopen mainModule getBuiltinModule setuid setgid
  seteuid setegid setgroups initgroups openStdin permission assert debugPort finalization ref unref reallyExit constructor default
`);

/** What Node's loader is made of. */
const loader =
  /^module\.(constructor|Module|_\w+|wrap|wrapper|register\w*|runMain|prototype|syncBuiltinESMExports|globalPaths)\b|^require\.(cache|extensions)\b|^module\(\)\./;

/** The constructor of a built-in function or module makes functions out of text. */
const builtInConstructor =
  /^(set(Timeout|Interval|Immediate)|queueMicrotask|Object|Array|Function|Math|JSON|Reflect|Symbol|String|Number|Boolean|BigInt|RegExp|Date|Map|Set|WeakMap|WeakSet|Promise|Proxy|Error|Intl|Atomics|WebAssembly|parse(Int|Float)|isNaN|isFinite|structuredClone|fetch|atob|btoa|(en|de)codeURI(Component)?|console|process|require|globalThis|fs|util|Buffer)(\.[\w$]+)*\.constructor(\.(?!name\b)|\(|$)/;

/** Ways to reach a name that cannot be told before the program runs, and the insides of the engine. */
export const reflection: CodeRule = {
  name: 'reflection',
  about: 'Reaches names in ways that cannot be told before the program runs, or the insides of Node.',
  languages: scriptLanguages,
  cwe: 'CWE-470',
  bad: [
    'globalThis[name](text);',
    "const fs = require('fs');\nfs[name]('/home');",
    'process[name];',
    "new Proxy(require('child_process'), {});",
    'Object.values(process);',
    'with (process) { exit(0); }',
    "require('module').wrap = wrap;",
    "require.extensions['.txt'] = read;",
    'Error.prepareStackTrace = (e, frames) => frames;',
    'setTimeout.constructor`return 1`;',
    "process.report.writeReport('/etc/x');",
    "const { Worker } = require('worker_threads');\nnew Worker('process.exit()', { eval: true });",
    "import { WASI } from 'node:wasi';\nnew WASI({});",
    'const { argv, ...others } = process;\nothers.kill(1);',
    'const o = { __proto__: process };',
    "throw require('child_process');",
    "const load = (n) => require(n);\nload('child_process');",
    "require('node:test').run({ files: ['/tmp/x.js'] });",
  ],
  good: [
    'const table = { a: 1 };\ntable[name];',
    "typeof globalThis.fetch === 'function';",
    'process.stdout.write(String(process.memoryUsage().rss));',
    'module.exports = {};\nif (require.main === module) main();',
    "import { Worker } from 'node:worker_threads';\nnew Worker(new URL('./worker.js', import.meta.url));",
    'console.log(error.constructor.name, this.constructor);',
  ],
  *check(facts, context) {
    for (const use of facts.uses) {
      if (use.form === 'import') continue;
      const { path, at } = use;
      const part = /^process\.(\w+)/.exec(path)?.[1];
      if (/^(globalThis|global|process|fs|fs\.promises|module|vm|Reflect|require)\.\*/.test(path))
        yield needs(
          'escape.reflection',
          at,
          `Takes a part of ${path.replace(/\.\*.*/, '')} whose name is not known before the program runs. Use it by its name.`,
        );
      else if (use.handedOn && use.form === 'reference')
        yield needs(
          'escape.reflection',
          at,
          `Hands ${path} on as a value, so that what is done with it cannot be told. Use its functions by their names.`,
        );
      else if (path === '?.with')
        yield needs('escape.reflection', at, '`with` hides which names are meant. Write them out.');
      else if (loader.test(path) || /^Error\.prepareStackTrace$/.test(path))
        yield needs(
          'escape.reflection',
          at,
          `${path} reaches the insides of Node. Import modules by their names.`,
        );
      else if (builtInConstructor.test(path))
        yield needs(
          'escape.reflection',
          at,
          'Makes a function out of text through a constructor. Write the function itself.',
        );
      else if (part !== undefined && !readProcess.has(part))
        yield needs(
          'introspection',
          at,
          `process.${part} is a part of Node that no rule knows. Use its modules.`,
        );
      else if (path === 'test.run' && use.form === 'call')
        yield needs('eval.dynamic', at, `${path} runs files that it is given.`);
      else if (/^wasi\./.test(path))
        yield needs(
          'native.ffi',
          at,
          `${path} runs compiled code with rights of its own. Use Node's modules.`,
        );
      else if (/^(worker_threads\.)?Worker$/.test(path) && use.form === 'call') {
        const options = use.args[1];
        const [known] = textsOf(use.args[0]);
        if (options?.kind === 'record' && options.entries.has('eval'))
          yield* evaluated('javascript', path, use.args[0] ?? unknown, at, context);
        else if (known === undefined || !known.whole || /^(data|https?|blob):/.test(known.text))
          yield needs('eval.dynamic', at, `${path} runs code that is not known to be a file of the program.`);
        else yield* accessMatches('read', use.args[0], at);
      }
    }
  },
};
