import { evaluated } from '../../code.ts';
import { type CodeRule, needs, scriptLanguages, type Use } from '../../rule.ts';
import { textsOf, unknown, type Value } from '../../value.ts';

function codeOf(use: Use): Value {
  if (use.form !== 'call') return unknown;
  const isFunction = /Function$|constructor$/.test(use.path);
  return (isFunction ? use.args.at(-1) : use.args[0]) ?? unknown;
}

export const evaluation: CodeRule = {
  name: 'evaluation',
  about: 'Runs text as code.',
  languages: scriptLanguages,
  cwe: 'CWE-95',
  bad: [
    'eval(text);',
    "eval('1 + 1');",
    'Function`return process`;',
    "Reflect.construct(Function, ['return 1']);",
    "setTimeout('run()', 1);",
    "new Function('a', body)(1);",
    '(0, eval)(text);',
    "globalThis['ev' + 'al'](text);",
    "eval(atob('Y29uc29sZS5sb2coMSk='));",
    "eval(Buffer.from(x, 'base64').toString());",
    "require('vm').runInNewContext(text);",
    'const e = eval;\ne(text);',
    "[].constructor.constructor('return process')();",
    "setTimeout('run(' + x + ')', 10);",
    "eval(\"require('child_process').execSync('id')\");",
    '\\u0065val(text);',
    "(async () => {}).constructor('return 1')();",
    'Reflect.apply(eval, null, [text]);',
  ],
  good: [
    'class Interpreter { eval(x) { return x; } }\nnew Interpreter().eval(tree);',
    'const copy = new this.constructor(1);',
    'setTimeout(() => run(), 10);',
    "console.log('eval(x)'); // eval(x)",
    'JSON.parse(text);',
    'function f(x) { return x.constructor === Array || x.constructor.name; }',
    'fn instanceof Function;\ntypeof f === "function" && f instanceof Function;',
  ],
  *check(facts, context) {
    for (const use of facts.uses) {
      const { path, at } = use;
      if (use.form === 'import') continue;
      if (path === 'Function' && use.form === 'reference' && !use.handedOn) continue;
      if (/^(eval|execScript|Function)$/.test(path))
        yield* evaluated('javascript', path, codeOf(use), at, context);
      else if (/^vm\.(run\w+|compileFunction|Script|SourceTextModule|\*)$/.test(path))
        yield* evaluated('javascript', path, codeOf(use), at, context);
      else if (
        /^module(\(\))?\.(prototype\._compile|_compile|_load|constructor\._load)$|^(module\.)?Module\._load$/.test(
          path,
        )
      )
        yield needs('escape.reflection', at, `${path} reaches Node's loader. Import the module by name.`);
      else if (/^repl\.start$/.test(path)) yield needs('eval.dynamic', at, 'Runs whatever is typed.');
      else if (/^set(Timeout|Interval|Immediate)$/.test(path) && use.form === 'call') {
        const [callback] = use.args;
        if (callback !== undefined && textsOf(callback).length > 0)
          yield* evaluated('javascript', path, callback, at, context);
      } else if (
        /constructor\.constructor$/.test(path) ||
        (/\.constructor$/.test(path) &&
          use.form === 'call' &&
          use.args.some((argument) => textsOf(argument).length > 0))
      )
        yield needs(
          'escape.reflection',
          at,
          'Makes a function out of text through a constructor. Write the function itself.',
        );
    }
  },
};

export const loading: CodeRule = {
  name: 'loading',
  about: 'Loads modules whose names are not known before the program runs.',
  languages: scriptLanguages,
  cwe: 'CWE-829',
  bad: [
    'require(name);',
    'await import(name);',
    'const r = require;\nr(name);',
    '[name].map(require);',
    "import { createRequire } from 'module';\ncreateRequire(import.meta.url)(name);",
  ],
  good: [
    "require('./own.js');",
    "require('path');",
    "await import('./own.js');",
    'if (require.main === module) console.log(1);',
  ],
  *check(facts) {
    for (const use of facts.uses)
      if (
        use.form !== 'import' &&
        (use.path === 'require' || use.path === 'import' || use.path === 'process.getBuiltinModule')
      )
        yield needs(
          'escape.reflection',
          use.at,
          `${use.path} loads a module whose name is not known before the program runs. Load it by name.`,
        );
  },
};
