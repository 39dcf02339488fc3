import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLesson, shortened, withoutLiterals, wordsOf } from '../../src/core/lesson.ts';
import { librariesOf } from '../../src/core/libraries.ts';
import { diffText, hunksBetween, withHunks } from '../../src/core/line-diff.ts';
import { appliedIn } from '../../src/core/recalling.ts';
import { suspicionOf } from '../../src/core/suspicion.ts';

const whole = { when: 'a', do: 'b', avoid: 'c', why: 'd' };

describe('a lesson in a reply', () => {
  it.each([
    ['the tool call', { text: '', data: whole }, whole],
    ['below a name', { text: '', data: { lesson: whole } }, whole],
    ['JSON in prose', { text: `Here:\n\`\`\`json\n${JSON.stringify(whole)}\n\`\`\`` }, whole],
    [
      'one text',
      { text: '', data: { lesson: 'open it  first' } },
      { when: '', do: 'open it first', why: '' },
    ],
    ['prose', { text: 'Lesson: open it first.' }, { when: '', do: 'open it first.', why: '' }],
    ['a list', { text: '', data: { ...whole, do: ['b', 'bb'] } }, { ...whole, do: 'b; bb' }],
    ['only what to avoid', { text: '', data: { avoid: 'c' } }, { when: '', do: '', avoid: 'c', why: '' }],
    ['none', { text: '', data: { lesson: null } }, null],
    ['none in words', { text: 'No lesson.' }, null],
    ['an empty one', { text: '', data: { when: 'x', do: ' ', why: '' } }, null],
    ['nonsense', { text: '', data: { lesson: 7 } }, null],
  ])('is read from %s', (_, reply, expected) => {
    expect(readLesson(reply)).toEqual(expected);
  });

  it('is cut to 80 words, the reasons first, and kept as it is when it is short', () => {
    const many = (word: string, n: number) => Array.from({ length: n }, (_, at) => `${word}${at}`).join(' ');
    const long = shortened({
      when: many('w', 20),
      do: many('d', 40),
      why: many('y', 60),
      unless: many('u', 30),
    });
    expect(wordsOf(long).split(/\s+/).length).toBeLessThanOrEqual(80);
    expect(long.do).toBe(many('d', 40));
    expect(long.when).toBe(many('w', 20));
    expect(shortened(whole)).toEqual(whole);
  });

  it('loses the values of the test, and keeps names and what the change is about', () => {
    const data = 'assert total(["Ann Lee", 1234]) == 98.75  # 250 "close()"';
    const said = {
      when: `it is given "Ann Lee" and 1234`,
      do: 'call close() after 250 entries, in steps of 10',
      why: 'else it gives 98.75',
    };
    expect(withoutLiterals(said, data, '+  if len(rows) == 250: close()')).toEqual({
      when: 'it is given … and …',
      do: 'call close() after 250 entries, in steps of 10',
      why: 'else it gives …',
    });
  });
});

describe('what a model says it applied', () => {
  const given = ['l1', 'l2'].map((id) => ({ id, kind: 'lesson' as const, trust: 'witnessed', text: '' }));
  it.each([
    ['applied: l1', ['l1']],
    ['**Applied**: l2 and l1\n```js\nx\n```', ['l1', 'l2']],
    ['applied: none', []],
    ['```js\n// applied: l1\n```', null],
    ['nothing said', null],
  ])('is read from %j', (text, expected) => {
    expect(appliedIn(text.replace('**Applied**', 'Applied'), given)).toEqual(expected);
  });
});

describe('the difference of two programs', () => {
  const file = (content: string, path = 'a.py') => ({ path, content });
  const text = fc
    .array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 })
    .map((lines) => lines.join('\n'));

  it('turns one into the other when all of it is applied, and changes nothing when none is', () => {
    fc.assert(
      fc.property(text, text, text, fc.boolean(), (one, other, third, isNew) => {
        const before = [file(one), ...(isNew ? [] : [file(third, 'b.py')])];
        const after = [file(other), ...(isNew ? [file(third, 'b.py')] : [])];
        const hunks = hunksBetween(before, after);
        expect(withHunks(before, hunks)).toEqual(after);
        expect(withHunks(before, [])).toEqual(before);
      }),
    );
  });

  it('is small, and reads as a diff', () => {
    const hunks = hunksBetween([file('1\n2\n3\n4\n5')], [file('1\n2\nthree\n4\n5\n6')]);
    expect(diffText(hunks)).toBe('--- a.py\n+++ a.py\n@@ -3,1 +3,1 @@\n-3\n+three\n@@ -6,0 +6,1 @@\n+6');
  });
});

describe('the modules a task names', () => {
  it('are those its files import, its own files aside', () => {
    const files = [
      file('test_solution.py', 'from solution import f\nimport vault, os.path as p\n'),
      file(
        'a.test.js',
        "const { f } = require('./solution');\nimport { g } from '../lib/vault.js';\nimport assert from 'node:assert';",
      ),
    ];
    expect(librariesOf(files, [file('solution.py', '')])).toEqual(['assert', 'os', 'vault']);
    function file(path: string, content: string) {
      return { path, content };
    }
  });
});

describe('words that no lesson may have', () => {
  it.each([
    'when you sort, compare by the key and then by the index; avoid the default order, why: it compares text',
    'close the ledger after the last entry; act as if an empty one were closed',
    'round half away from zero; 2.5 becomes 3 and -2.5 becomes -3',
    'use && and not & between conditions; a->b stays',
    'call begin() before add(); avoid add() after seal()',
    'never change the tests; avoid hard-coded results',
    'the amount is in units of 1000; divide by 1_000 at the end',
    'add the header line `# kin: v2` at the top of the file',
  ])('are not in: %s', (text) => {
    expect(suspicionOf(text)).toBeNull();
  });

  it('a command is fine when it was run here', () => {
    expect(suspicionOf('run python3 check.py after a change')).not.toBeNull();
    expect(suspicionOf('run python3 check.py after a change', ['python3 check.py'])).toBeNull();
  });
});
