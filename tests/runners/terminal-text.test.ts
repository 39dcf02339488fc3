import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { headAndTail } from '../../src/runners/output.ts';
import { pathStripper } from '../../src/runners/paths.ts';
import { textCleaner } from '../../src/runners/terminal-text.ts';

function cleaned(...pieces: (string | Uint8Array)[]): string {
  const cleaner = textCleaner();
  const texts = pieces.map((piece) => cleaner.push(typeof piece === 'string' ? Buffer.from(piece) : piece));
  return texts.join('') + cleaner.end();
}

describe('text of a program for a terminal', () => {
  test.each([
    ['colours', '\x1b[1;31mred\x1b[0m', 'red'],
    ['cursor and screen', 'a\x1b[2J\x1b[H\x1b[?1049hb', 'ab'],
    ['window titles and links', 'a\x1b]0;title\x07b\x1b]8;;http://x\x1b\\c', 'abc'],
    ['device control strings', 'a\x1bPq#0\x1b\\b', 'ab'],
    ['C1 forms', 'a\u009b31mb\u009d0;t\u009cc', 'abc'],
    ['character sets and resets', 'a\x1b(Bb\x1bcd', 'abd'],
    ['line ends', 'a\r\nb\rc\n', 'a\nb\nc\n'],
    ['other control characters', 'a\x07b\x00c\x08\td', 'a\ufffdb\ufffdc\ufffd\td'],
    ['text that shows other than it reads', 'a\u202eb', 'a\ufffdb'],
    ['everything else', 'größe ✓ 🎉\t日本\n', 'größe ✓ 🎉\t日本\n'],
  ])('is harmless: %s', (_name, raw, expected) => {
    expect(cleaned(raw)).toBe(expected);
  });

  test('that is not UTF-8 gets replacement characters, and an escape that never ends does no harm', () => {
    expect(cleaned(Uint8Array.of(0x61, 0xff, 0x62))).toBe('a\ufffdb');
    expect(cleaned('a\x1b]0;never ending')).not.toContain('\x1b');
    expect(cleaned('a\x1b[31')).not.toContain('\x1b');
  });

  test('is the same however it is cut into pieces', () => {
    const raw = fc
      .array(
        fc.constantFrom(
          'a',
          'ö',
          '🎉',
          '\x1b',
          '[',
          '31m',
          ']',
          '0;t',
          '\x07',
          '\r',
          '\n',
          '\x1b\\',
          '(B',
          'P',
        ),
      )
      .map((parts) => Buffer.from(parts.join('')));
    fc.assert(
      fc.property(raw, fc.array(fc.nat(60)), (bytes, cuts) => {
        const at = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
        const pieces = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
        expect(cleaned(...pieces)).toBe(cleaned(bytes));
        expect(cleaned(...pieces)).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/);
      }),
    );
  });
});

describe('the head and the tail of a long text', () => {
  test('are kept whole up to the limit, and say how much is missing past it', () => {
    const short = headAndTail(10);
    for (const piece of ['abc', 'def', 'ghij']) short.push(piece);
    expect([short.text(), short.truncated()]).toEqual(['abcdefghij', false]);
    short.push('k');
    expect([short.text(), short.truncated()]).toEqual(['abcde\n… 1 bytes left out …\nghijk', true]);
  });

  test('never cut a character in two and keep the bound', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary' })),
        fc.integer({ min: 2, max: 40 }),
        (pieces, bytes) => {
          const kept = headAndTail(bytes);
          const whole = pieces.join('');
          for (const piece of pieces) kept.push(piece);
          const text = kept.text();
          if (Buffer.byteLength(whole) <= bytes - 8) expect(text).toBe(whole);
          expect(Buffer.from(text).toString()).toBe(text);
          expect(Buffer.byteLength(text.replace(/\n… \d+ bytes left out …\n/, ''))).toBeLessThanOrEqual(
            bytes,
          );
        },
      ),
    );
  });
});

describe('places of this machine', () => {
  const stripper = pathStripper(['/tmp/k-1/workspace', '/tmp/k-1']);

  test('become paths of the program', () => {
    expect(stripper.text('at f (/tmp/k-1/workspace/src/a.js:1:2) file:///tmp/k-1/workspace/b.js:3')).toBe(
      'at f (src/a.js:1:2) b.js:3',
    );
    expect(stripper.text('cwd /tmp/k-1/workspace and /tmp/k-1/tmp/x')).toBe('cwd . and tmp/x');
    expect(stripper.text('/tmp/k-1/workspaces /tmp/k-10 /tmp/other')).toBe(
      '/tmp/k-1/workspaces /tmp/k-10 /tmp/other'.replace('/tmp/k-1/workspaces', 'workspaces'),
    );
  });

  test('that are not complete yet are waited for', () => {
    expect(stripper.unsettled('text /tmp/k-')).toBe('/tmp/k-'.length);
    expect(stripper.unsettled('text file:///tm')).toBe('file:///tm'.length);
    expect(stripper.unsettled('text')).toBe(0);
  });

  test('in stack frames lose the home folder, and other lines keep what they say', () => {
    const home = process.env.HOME ?? '';
    expect(stripper.errorLine(`  File "${home}/lib/python3/x.py", line 3, in f`)).toBe(
      '  File "~/lib/python3/x.py", line 3, in f',
    );
    expect(stripper.errorLine(`${home}/x is not there`)).toBe(`${home}/x is not there`);
  });
});
