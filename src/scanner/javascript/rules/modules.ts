import { posix } from 'node:path';
import { environmentMatch } from '../../code.ts';
import { type CodeRule, needs, scriptLanguages } from '../../rule.ts';
import { nodeGlobals, nodeModules } from '../names.ts';

export const modules: CodeRule = {
  name: 'modules',
  about: "Loads modules of Node, unknown ones, or files outside the program's folder.",
  languages: scriptLanguages,
  bad: [
    "import _ from 'lodash';",
    "require('left-pad');",
    "const util = require('util');",
    'console.log(process.argv);',
    "Buffer.from('a');",
    'import.meta.url;',
    "require('../outside.js');",
    "require('/abs/file.js');",
  ],
  good: [
    "import { a } from './own.js';\nexport const b = a;",
    'module.exports = { f: 1 };\nexports.g = 2;',
    'console.log(Math.max(1, 2), JSON.stringify({}), new Map());\nsetTimeout(() => {}, 1);',
  ],
  *check(facts) {
    for (const use of facts.uses) {
      const top = use.path.split('.')[0]?.replace(/\(\)$/, '') ?? use.path;
      if (use.form !== 'import') {
        const isImportMeta = use.path.startsWith('import.meta');
        if (nodeGlobals.has(isImportMeta ? 'import.meta' : top) && use.path !== 'React')
          yield needs(
            'module.builtin',
            use.at,
            `${isImportMeta ? 'import.meta' : top} belongs to Node, not to the language.`,
          );
        continue;
      }
      if (/^\.\.?(\/|$)/.test(use.path)) {
        if (posix.join(posix.dirname(facts.file), use.path).startsWith('..'))
          yield needs('fs.read.outside', use.at, `Loads ${use.path}, which is outside the program's folder.`);
      } else if (use.path.startsWith('/') || /^(file|data|https?|blob):/.test(use.path))
        yield needs(
          'escape.reflection',
          use.at,
          `Loads ${use.path.slice(0, 60)}, which is no file of the program.`,
        );
      else if (nodeModules.has(use.path) || nodeModules.has(top))
        yield needs('module.builtin', use.at, `The module ${use.path.replaceAll('.', '/')} belongs to Node.`);
      else
        yield needs(
          'import.unknown',
          use.at,
          `The module ${use.path.replaceAll('.', '/')} is neither Node's own nor a file of the program; it may not be installed.`,
        );
    }
  },
};

export const environment: CodeRule = {
  name: 'environment',
  about: 'Reads environment variables that look like secrets.',
  languages: scriptLanguages,
  cwe: 'CWE-526',
  bad: [
    'process.env.OPENAI_API_KEY;',
    'const { AWS_SECRET_ACCESS_KEY } = process.env;\nuse(AWS_SECRET_ACCESS_KEY);',
    "process['env']['GITHUB_TOKEN'];",
  ],
  good: ['process.env.NODE_ENV;', 'const env = { API_KEY: 1 };\nenv.API_KEY;', 'Object.keys(process.env);'],
  *check(facts) {
    for (const use of facts.uses) {
      if (use.form === 'import') continue;
      const variable = /^process\.env\.(\w+)$/.exec(use.path)?.[1];
      if (variable !== undefined) yield environmentMatch(variable, use.at);
      else if (use.path === 'process.env' || use.path === 'process.env.*')
        yield environmentMatch(null, use.at);
    }
  },
};

export const input: CodeRule = {
  name: 'input',
  about: 'Waits for input, which there is none of.',
  languages: scriptLanguages,
  bad: [
    "process.stdin.on('data', console.log);",
    "const readline = require('readline');\nreadline.createInterface({ input: process.stdin });",
    "require('fs').readFileSync('/dev/stdin');",
    "require('fs').readFileSync(0, 'utf8');",
    "const name = prompt('Name?');",
    "import { createInterface } from 'node:readline/promises';\ncreateInterface({ input: process.stdin });",
    'const { stdin } = process;\nstdin.resume();',
  ],
  good: [
    "console.log('process.stdin'); // process.stdin",
    "const prompt = (x) => x;\nprompt('a');",
    "const fs = require('fs');\nconst readline = require('readline');\nreadline.createInterface({ input: fs.createReadStream('a.txt') });",
  ],
  *check(facts) {
    const message =
      'waits for input, and there is none: a program runs with an empty standard input. Take values from arguments, files or constants.';
    for (const use of facts.uses) {
      if (use.form === 'import') continue;
      if (
        /^process\.(stdin|openStdin)\b/.test(use.path) ||
        /^(prompt|confirm|readline-sync\.\w+|prompt-sync(\(\))?|inquirer\.prompt)$/.test(use.path)
      )
        yield needs('stdin', use.at, `${use.path} ${message}`);
      const [first] = use.args;
      const opens =
        /^fs\.(readFileSync|readFile|createReadStream|openSync|readSync)$/.test(use.path) &&
        use.form === 'call';
      if (
        opens &&
        first !== undefined &&
        ((first.kind === 'number' && first.number === 0) ||
          (first.kind === 'text' && /^\/dev\/(stdin|fd\/0)$/.test(first.text)) ||
          (first.kind === 'name' && first.path.startsWith('process.stdin')))
      )
        yield needs('stdin', use.at, `${use.path} ${message}`);
    }
  },
};

export const native: CodeRule = {
  name: 'native',
  about: 'Loads native code.',
  languages: scriptLanguages,
  cwe: 'CWE-111',
  bad: [
    "require('ffi-napi').Library('libc');",
    "require('./addon.node');",
    "process.dlopen(module, './x.node');",
    "require('koffi').load('libc.so.6');",
  ],
  good: ["require('./addon.js');"],
  *check(facts) {
    for (const use of facts.uses) {
      if (
        use.form === 'import'
          ? /\.node$|^(ffi-napi|ref-napi|koffi|ffi|bindings|node-gyp-build)\b/.test(use.path)
          : use.path === 'process.dlopen'
      )
        yield needs(
          'native.ffi',
          use.at,
          `${use.path} is native code, which no rule can read. Use Node's modules.`,
        );
    }
  },
};

export const deserialisation: CodeRule = {
  name: 'deserialisation',
  about: 'Reads data in a form that can hide code, or changes the engine.',
  languages: scriptLanguages,
  cwe: 'CWE-502',
  bad: [
    "require('node-serialize').unserialize(text);",
    "const yaml = require('js-yaml');\nyaml.load(text, { schema: yaml.DEFAULT_FULL_SCHEMA });",
    "require('v8').setFlagsFromString('--allow-natives-syntax');",
  ],
  good: ['JSON.parse(text);', "const yaml = require('js-yaml');\nyaml.load(text);"],
  *check(facts) {
    for (const use of facts.uses) {
      if (use.form === 'import') continue;
      if (
        /^(node-serialize|serialize-to-js|funcster)\.\w*(un|de)serialize\w*$/.test(use.path) ||
        /DEFAULT_FULL_SCHEMA$/.test(use.path)
      )
        yield needs('deserialise', use.at, `${use.path} can run code that is hidden in the data. Use JSON.`);
      else if (
        /^(v8\.(setFlagsFromString|startupSnapshot|writeHeapSnapshot|setHeapSnapshotNearHeapLimit)|inspector\.(open|Session))/.test(
          use.path,
        )
      )
        yield needs('introspection', use.at, `${use.path} changes or inspects the engine itself.`);
    }
  },
};
