import { type CodeRule, needs, shows, type Use } from '../../rule.ts';
import { contains, optionsOf, type Value, wholeText } from '../../value.ts';

/** Parts of what runs the tests and tells how they went. */
const judges =
  /^(unittest|pytest|_pytest|doctest)(\.|$)|^(builtins\.)?(AssertionError|__debug__|__build_class__)$|^builtins(\.|$)|^sys\.(exit|flags)$|^os\._exit$/;
/** What is called when a program ends by an error. */
const lastWords = /^(sys\.(excepthook|unraisablehook)|threading\.excepthook)$/;

function endsWell(use: Use): boolean {
  const [code] = use.args;
  if (/^(os\._exit|sys\.exit|exit|quit|SystemExit)$/.test(use.path) && use.form === 'call')
    return code === undefined || (code.kind === 'number' && code.number === 0);
  return false;
}

/** What is replaced: by an assignment, by `setattr`, or for the time of a test by `patch`. */
function replaced(use: Use): string | null {
  if (use.form === 'assignment') return use.path;
  if (use.form !== 'call' || use.path !== 'setattr') return null;
  const [owner, attribute] = use.args;
  if (owner?.kind !== 'name') return null;
  return `${owner.path}.${wholeText(attribute) ?? '*'}`;
}

/** Descriptors that the program did not open: 3 and up, or all of a range. */
function isForeignDescriptor(value: Value | undefined): boolean {
  if (value === undefined) return false;
  return optionsOf(value).some(
    (option) =>
      (option.kind === 'number' && option.number >= 3) ||
      (option.kind === 'name' && /^range\(\)/.test(option.path)) ||
      (option.kind === 'text' && /^\/(dev|proc\/(self|\d+))\/fd\/([3-9]|\d\d)/.test(option.text)),
  );
}

/** A program must not decide by itself how its tests went. */
export const verdict: CodeRule = {
  name: 'verdict-tampering',
  about:
    'Changes what judges the program: the test runner, assertions, equality, how it ends, where results go.',
  languages: ['python'],
  cwe: 'CWE-693',
  bad: [
    'import unittest\nunittest.TestCase.assertEqual = lambda *a: None',
    "import unittest\nsetattr(unittest.TestCase, 'run', fake)",
    'import sys, os\nsys.excepthook = lambda *a: os._exit(0)',
    'import os\nos._exit(0)',
    'import atexit, os\natexit.register(os._exit, 0)',
    'class Answer:\n    def __eq__(self, other):\n        return True',
    "import os\nos.write(3, b'ok')",
    "import os\nos.fdopen(4, 'w').write('ok')",
    "open('/proc/self/fd/5', 'w')",
    'import builtins\nbuiltins.AssertionError = Quiet',
    'import sys\nsys.modules["unittest"] = fake',
  ],
  good: [
    'import sys\nsys.exit(0)',
    'import os\nif os.fork() == 0:\n    os._exit(0)',
    'class Card:\n    def __eq__(self, other):\n        return self.rank == other.rank',
    "import os\nr, w = os.pipe()\nos.write(w, b'x')",
    'import os\nos.write(1, b"x")',
    'import sys, io\nsys.stdout = io.StringIO()',
    'import unittest\nclass T(unittest.TestCase):\n    maxDiff = None\n    def setUp(self):\n        self.x = 1',
    'from unittest.mock import Mock\nm = Mock()\nm.return_value = 3',
    'unittest = 3',
  ],
  *check(facts) {
    const forks = facts.uses.some(({ path }) => /^os\.fork(pty)?$/.test(path));
    const quiet = facts.uses.some(endsWell);
    for (const use of facts.uses) {
      if (use.form === 'import') continue;
      const { path, at } = use;
      const target = replaced(use);
      if (target !== null && lastWords.test(target))
        yield quiet
          ? shows('deny', at, `Replaces ${target} and ends the program as if all were well.`)
          : shows('ask', at, `Replaces ${target}, so that an error need not end the program with one.`);
      else if (target !== null && judges.test(target) && !/\(\)|^unittest\.mock\./.test(target))
        yield shows('deny', at, `Replaces ${target}, which judges the program. Leave it as it is.`);
      else if (path === '?.__eq__')
        yield shows(
          'ask',
          at,
          'Makes every comparison with its objects equal, so that a test of them shows nothing.',
        );
      else if (path === 'os._exit' && !forks)
        yield use.handedOn && endsWell({ ...use, form: 'call' })
          ? shows('deny', at, 'Ends the program as if all were well, whatever happened before.')
          : shows('ask', at, 'os._exit ends the program at once, tests and all. Use sys.exit.');
      else if (
        use.form === 'call' &&
        /^(os\.(write|writev|pwrite|fdopen)|open|io\.FileIO|socket\.(fromfd|socket))$/.test(path) &&
        (isForeignDescriptor(use.args[0]) || isForeignDescriptor(use.named.get('fileno')))
      )
        yield needs(
          'introspection',
          at,
          `${path} writes to a descriptor that the program did not open.`,
          'ask',
        );
    }
    const registered = facts.uses.find(
      (use) =>
        use.form === 'call' &&
        use.path === 'atexit.register' &&
        use.args.some((value) =>
          contains(value, (inner) => inner.kind === 'name' && inner.path === 'os._exit'),
        ),
    );
    if (registered !== undefined && quiet)
      yield shows('deny', registered.at, 'Ends the program as if all were well, whatever happened before.');
  },
};
