import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Task } from '../../src/core/domain.ts';
import { full } from '../support/full.ts';
import { codeRule, kintsugi, makePlace, type Place, resultIn, start } from '../support/kintsugi.ts';

let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(async () => await place.remove());

/** Plans only: what is asked of a session stands in its first event, and nothing is run. */
async function taskOf(
  args: readonly string[],
  options: { stdin?: string | Buffer; cwd?: string } = {},
): Promise<Task & { stderr: string }> {
  const model = place.script({ purpose: 'lesson', reply: '' });
  const ended = await kintsugi(place, ['--permission-mode', 'plan', '-m', model, ...args], options);
  expect(ended.code, ended.stderr).toBe(3);
  const [started] = place.events();
  if (started?.type !== 'session.started') throw new Error('the session did not start');
  return { ...started.task, stderr: ended.stderr };
}

async function refused(args: readonly string[], code: number, options = {}): Promise<string> {
  const ended = await kintsugi(
    place,
    ['-m', place.script({ purpose: 'lesson', reply: '' }), ...args],
    options,
  );
  expect(ended, ended.stderr).toMatchObject({ code, stdout: '', signal: null });
  expect(place.journals()).toEqual([]);
  return ended.stderr;
}

describe('the goal', () => {
  it('is the argument', async () => {
    expect((await taskOf(['print 120'])).goal).toBe('print 120');
  });

  it('comes from standard input when there is no argument, or a dash', async () => {
    expect((await taskOf([], { stdin: 'print 120\n' })).goal).toBe('print 120');
    const other = makePlace();
    try {
      const args = ['--permission-mode', 'plan', '-', '--json', '-m', 'demo'];
      const ended = await kintsugi(other, args, { stdin: 'factorial of 5' });
      expect(ended.stdout).toContain('"goal":"factorial of 5"');
    } finally {
      await other.remove();
    }
  });

  it('is the argument, with standard input behind it in tags, when both are there', async () => {
    const { goal } = await taskOf(['sum these up'], { stdin: '1\n2\n' });
    expect(goal).toBe('sum these up\n\n<stdin>\n1\n2\n</stdin>');
  });

  it('keeps every character it is made of', async () => {
    const text = 'prüfe „日本語“ 👩‍👩‍👧‍👦 — $HOME `x` \\ "q" \u00e9 e\u0301';
    expect((await taskOf([text])).goal).toBe(text);
  });

  it('may begin with a dash behind --', async () => {
    expect((await taskOf(['--', '-5 plus 3'])).goal).toBe('-5 plus 3');
  });

  for (const [what, args, stdin] of [
    ['an empty argument', ['-p', ''], ''],
    ['an argument of spaces', ['-p', ' \n '], ''],
    ['an empty argument with something on standard input', ['-p', ''], 'text'],
    ['an empty standard input', ['-p'], ''],
    ['a standard input of spaces', [], ' \n\t'],
    ['an empty standard input behind a dash', ['-'], ''],
  ] as const) {
    it(`is missing: ${what}`, async () => {
      expect(await refused(args, 2, { stdin })).toContain('There is no goal.');
    });
  }

  it.skipIf(!full)(
    'is not waited for on standard input when it is there already; else it is, with a word about it',
    async () => {
      const other = makePlace();
      try {
        const args = ['--permission-mode', 'plan', '-m', place.script({ purpose: 'lesson', reply: '' })];
        const given = start(place, ['print 120', ...args], { stdin: null });
        const awaited = start(other, args, { stdin: null });
        await awaited.until('Still reading standard input');
        awaited.type('print 120');
        awaited.endInput();
        expect((await given.ended).code).toBe(3);
        expect((await awaited.ended).code).toBe(3);
        expect(given.stderr()).toContain('Nothing came on standard input within 3 s; going on without it.');
        for (const events of [place.events(), other.events()])
          expect(events[0]).toMatchObject({ task: { goal: 'print 120' } });
      } finally {
        await other.remove();
      }
    },
  );
});

describe('standard input', () => {
  it('must be text', async () => {
    expect(await refused(['-'], 42, { stdin: Buffer.from([0x61, 0xff, 0x62]) })).toContain('UTF-8');
    expect(await refused(['sum up'], 42, { stdin: 'a\0b' })).toContain('Standard input is not text');
  });

  it('has a limit, and what is beyond it is not read', async () => {
    const message = await refused(['sum up'], 42, { stdin: 'x'.repeat(3_000_000) });
    expect(message).toContain('larger than 1000000 bytes');
    const [piped] = [await taskOf(['sum up'], { stdin: 'x'.repeat(900_000) })];
    expect(piped.goal.length).toBeGreaterThan(900_000);
  });
});

describe('@file', () => {
  it('attaches files by their names, quoted ones with spaces too', async () => {
    place.file('notes.md', 'one\n');
    place.file('my file.txt', 'two\n');
    place.file('deep/er/data.csv', 'a,b\n');
    const { goal, attachments } = await taskOf(['sum up @notes.md, @"my file.txt" and @deep/er/data.csv.']);
    expect(goal).toBe('sum up @notes.md, @"my file.txt" and @deep/er/data.csv.');
    expect(attachments).toEqual([
      { path: 'notes.md', content: 'one\n' },
      { path: 'my file.txt', content: 'two\n' },
      { path: 'deep/er/data.csv', content: 'a,b\n' },
    ]);
  });

  it('reaches outside the folder where the user says so', async () => {
    const outside = place.file(path.join(place.root, 'elsewhere.txt'), 'three\n');
    place.file(path.join(place.env.HOME ?? '', 'mine.txt'), 'four\n');
    const { attachments } = await taskOf([`sum up @${outside} @../elsewhere.txt @~/mine.txt`]);
    expect(attachments.map((file) => file.content)).toEqual(['three\n', 'three\n', 'four\n']);
  });

  it('leaves words alone that only look a little like it', async () => {
    const words =
      'mail bob@example.com, @ 5 pm, use @functools.cache, @property, @types/node and @babel/core';
    const { goal, attachments } = await taskOf([words]);
    expect({ goal, attachments }).toEqual({ goal: words, attachments: [] });
  });

  it('is not looked for in what is piped in behind a goal', async () => {
    expect((await taskOf(['explain'], { stdin: '@missing.py\n' })).attachments).toEqual([]);
  });

  it('ends with the reason when it cannot be read', async () => {
    place.file('picture.png', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0xff]));
    place.file('huge.txt', 'x'.repeat(300_000));
    mkdirSync(path.join(place.cwd, 'folder'));
    expect(await refused(['sum up @missing.txt'], 42)).toContain('@missing.txt: there is no such file in');
    expect(await refused(['sum up @"no such file"'], 42)).toContain('@no such file: there is no such file');
    expect(await refused(['sum up @./folder'], 42)).toContain('@./folder is a folder');
    expect(await refused(['describe @picture.png'], 42)).toContain('@picture.png is not text');
    expect(await refused(['sum up @huge.txt'], 42)).toContain('@huge.txt is larger than');
  });
});

describe('--tests', () => {
  const rule = (name: string, content: string) => place.script(codeRule(content, name));

  it('are files that must be there and be text', async () => {
    mkdirSync(path.join(place.cwd, 'tests'));
    place.file('image.test.js', Buffer.from([0, 1, 2, 0xff]));
    expect(await refused(['go', '--tests', 'missing.test.js'], 42)).toContain('there is no such file');
    expect(await refused(['go', '--tests', 'tests'], 42)).toContain(
      'tests is a folder; name the files in it',
    );
    expect(await refused(['go', '--tests', 'image.test.js'], 42)).toContain('is not text');
    place.file('readme.md', 'text\n');
    expect(await refused(['go', '--tests', 'readme.md'], 2)).toContain('none of readme.md is a source file');
  });

  it('may stand before the goal, and a misspelt file is never taken for it', async () => {
    place.file('a.test.js', "require('node:test')('a', () => {});\n");
    place.file('b.test.js', "require('node:test')('b', () => {});\n");
    const { goal, checks } = await taskOf(['--tests', 'a.test.js', 'b.test.js', 'make them pass']);
    expect(goal).toBe('make them pass');
    expect(checks?.checks).toMatchObject([{ kind: 'tests', files: ['a.test.js', 'b.test.js'] }]);
    const ended = await kintsugi(place, ['--tests', 'a.test.js', 'c.test.js'], { stdin: 'the goal' });
    expect(ended.code).toBe(42);
    expect(ended.stderr).toContain('--tests: c.test.js cannot be read: there is no such file');
  });

  it('are run beside the program, in JavaScript, with a file that helps them', async () => {
    place.file('spec/helper.js', 'exports.want = 120;\n');
    place.file(
      'spec/factorial.test.js',
      "const { test } = require('node:test');\nconst { equal } = require('node:assert');\nconst { want } = require('./helper');\nconst { factorial } = require('../factorial');\ntest('of 5', () => equal(factorial(5), want));\n",
    );
    const model = rule(
      'factorial.js',
      'exports.factorial = (n) => (n < 2 ? 1 : n * exports.factorial(n - 1));',
    );
    const files = ['spec/factorial.test.js', 'spec/helper.js'];
    const ended = await kintsugi(place, ['go', '-m', model, '--output-format', 'json', '--tests', ...files]);
    expect(resultIn(ended)).toMatchObject({ verified: true, proof: 'user-checks' });
    expect(resultIn(ended).checks).toMatchObject([{ name: 'spec/factorial.test.js', passed: 1, failed: 0 }]);
  });

  it('are run beside the program, in TypeScript', async () => {
    place.file(
      'add.test.ts',
      "import { equal } from 'node:assert';\nimport { test } from 'node:test';\nimport { add } from './add';\ntest('adds', () => equal(add(1, 2), 3 as number));\n",
    );
    const model = rule('add.ts', 'export const add = (a: number, b: number): number => a + b;');
    const ended = await kintsugi(place, ['go', '-m', model, '--json', '--tests', 'add.test.ts']);
    expect(ended.code, ended.stderr).toBe(0);
    expect(place.events()[0]).toMatchObject({ task: { language: 'typescript' } });
  });

  it('are run beside the program, in Python, and decide against it too', async () => {
    place.file(
      'test_add.py',
      'import unittest\nfrom add import add\n\nclass Adding(unittest.TestCase):\n    def test_small(self):\n        self.assertEqual(add(1, 2), 3)\n    def test_large(self):\n        self.assertEqual(add(10, 20), 30)\n',
    );
    const model = place.script(
      codeRule('def add(a, b):\n    return 3', 'add.py', { times: 1 }),
      codeRule('def add(a, b):\n    return a + b', 'add.py', { when: ['30'] }),
    );
    const ended = await kintsugi(place, [
      'go',
      '-m',
      model,
      '--output-format',
      'json',
      '--tests',
      'test_add.py',
    ]);
    expect(resultIn(ended)).toMatchObject({ verified: true, attempts: 2, proof: 'user-checks' });
    const reports = place.events().filter((event) => event.type === 'tests.reported' && event.attempt === 1);
    expect(reports).toMatchObject([{ report: { passed: 1, failed: 1 } }]);
  });
});

describe('--check', () => {
  it.skipIf(!full)('may be given again and again, and all of them must hold', async () => {
    const model = place.script(codeRule('console.log(120);'));
    const checks = ['--check', 'node main.js | grep -qx 120', '--check', 'test -f main.js'];
    const ended = await kintsugi(place, ['print 120', '-m', model, '--output-format', 'json', ...checks]);
    expect(resultIn(ended)).toMatchObject({ verified: true, proof: 'user-checks' });
    expect(resultIn(ended).checks.map((check) => check.name)).toEqual([
      'node main.js | grep -qx 120',
      'test -f main.js',
    ]);
    const failing = [...checks, '--check', 'node main.js | grep -qx 121', '--max-attempts', '1'];
    expect(await kintsugi(place, ['print 120', '-m', model, ...failing])).toMatchObject({
      code: 3,
      stdout: '',
    });
  });

  it('is a command', async () => {
    expect(await refused(['go', '--check', '  '], 2)).toContain('--check: the command is empty.');
  });
});

describe('--language', () => {
  it('knows its short names, and says which there are', async () => {
    expect((await taskOf(['go', '--language', 'PY'])).language).toBe('python');
    const ended = await kintsugi(place, ['go', '--language', 'cobol', '-m', 'demo']);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain('"cobol" is not one of javascript, typescript, python, shell');
  });
});

describe('flags', () => {
  it('that do not exist end with what was meant', async () => {
    expect(await refused(['go', '--max-attemps', '3'], 2)).toContain('Did you mean --max-attempts?');
    expect(await refused(['print', '120'], 2)).toContain('A goal of several words goes in quotes.');
  });

  it('with values that make no sense name themselves and what they take', async () => {
    for (const [flag, value, expected] of [
      ['--max-attempts', '0', 'a whole number from 1 to 100'],
      ['--timeout', 'soon', 'a duration such as 90s'],
      ['--max-budget-usd', '-1', 'a number of dollars above 0'],
      ['--permission-mode', 'root', 'one of plan, dontAsk'],
      ['--color', 'pink', 'one of auto, always, never'],
    ] as const) {
      const message = await refused(['go', flag, value], 2);
      expect(message).toContain(flag);
      expect(message).toContain(expected);
    }
  });

  it('that mean nothing to a command are refused by it', async () => {
    place.file('suite.jsonl', '');
    for (const [args, flag] of [
      [['bench', 'suite.jsonl', '--tests', 'a.js'], '--tests'],
      [['sessions', '--max-attempts', '2'], '--max-attempts'],
      [['doctor', '--out', 'x'], '--out'],
      [['replay', 'latest', '--check', 'true'], '--check'],
    ] as const) {
      const ended = await kintsugi(place, args);
      expect(ended).toMatchObject({ code: 2, stdout: '' });
      expect(ended.stderr).toContain(`${flag} means nothing to kintsugi ${args[0]}`);
    }
    const resumed = await kintsugi(place, ['resume', '--max-attempts', '9']);
    expect(resumed.code).toBe(2);
    expect(resumed.stderr).toContain('--fork-session');
  });
});
