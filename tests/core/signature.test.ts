import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endedBadly, signatureOf, signatureOfText } from '../../src/core/signature.ts';
import { parseError } from '../../src/core/signature-parse.ts';
import { templateOf } from '../../src/core/signature-template.ts';
import { digest, runResult } from '../support/toolkit.ts';

describe('the line that names an error', () => {
  it.each([
    [
      'a Python traceback: its last line',
      'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\nZeroDivisionError: division by zero\n',
      'ZeroDivisionError: division by zero',
      'ZeroDivisionError',
    ],
    [
      'a chain of tracebacks: the last one',
      'Traceback (most recent call last):\nKeyError: 1\n\nDuring handling…\n\nTraceback (most recent call last):\n  x\nAssertionError: KeyError: 1 [evidence 6]',
      'AssertionError: KeyError: 1 [evidence 6]',
      'AssertionError',
    ],
    [
      'Node: the first error line',
      '/a.js:1\nthrow x\n^\n\nError: outer\n    at a\n  [cause]: TypeError: inner',
      'Error: outer',
      'Error',
    ],
    [
      'Node with a code',
      'node:assert:1\n\nAssertionError [ERR_ASSERTION]: no\n',
      'AssertionError [ERR_ASSERTION]: no',
      'AssertionError',
    ],
    [
      'a qualified class',
      'Traceback (most recent call last):\njson.decoder.JSONDecodeError: Expecting value',
      'json.decoder.JSONDecodeError: Expecting value',
      'JSONDecodeError',
    ],
    ['an exit code before the error', 'exit code 1\nSyntaxError: no', 'SyntaxError: no', 'SyntaxError'],
    [
      'pytest',
      "    def test_a():\n>       a['x']\nE       KeyError: 'x'\n\ntest_a.py:3: KeyError",
      "KeyError: 'x'",
      'KeyError',
    ],
    [
      'TypeScript',
      "solution.ts(3,7): error TS2322: Type 'string' is not assignable to type 'number'.",
      "error TS2322: Type 'string' is not assignable to type 'number'.",
      'TS2322',
    ],
    [
      'esbuild',
      '✘ [ERROR] Expected ";" but found "x"\n\n    a.ts:1:2:',
      'Expected ";" but found "x"',
      'build-error',
    ],
    [
      'bash',
      'bash: line 3: frobnicate: command not found',
      'bash: line 3: frobnicate: command not found',
      'not-found',
    ],
    ['sh', '\nsh: 1: foo: not found\nmore', 'sh: 1: foo: not found', 'not-found'],
    [
      'a script without a file',
      'main.sh: line 2: x.txt: No such file or directory',
      'main.sh: line 2: x.txt: No such file or directory',
      'no-such-file',
    ],
    [
      'an unset variable',
      'main.sh: line 2: NAME: unbound variable',
      'main.sh: line 2: NAME: unbound variable',
      'unbound-variable',
    ],
    [
      'a shell syntax error',
      'main.sh: line 9: syntax error: unexpected end of file',
      'main.sh: line 9: syntax error: unexpected end of file',
      'syntax-error',
    ],
    ['coloured text', '\u001b[31mTypeError\u001b[39m: no', 'TypeError: no', 'TypeError'],
  ])('of %s', (_, output, line, name) => {
    expect(parseError(output)).toMatchObject({ line, class: name });
  });

  it('is the first line where nothing names an error', () => {
    expect(parseError('\nit went wrong\nmore')).toEqual({ line: 'it went wrong', frames: [] });
  });

  it('comes with the tool’s code: an assertion’s operator, a system error', () => {
    expect(
      parseError(
        "AssertionError [ERR_ASSERTION]: no\n  code: 'ERR_ASSERTION',\n  operator: 'deepStrictEqual'\n}",
      ).code,
    ).toBe('deepStrictEqual');
    expect(parseError("Error: ENOENT: no such file or directory, open 'x'").code).toBe('ENOENT');
  });

  it('comes with our own frames, the innermost first', () => {
    const python =
      'Traceback (most recent call last):\n  File "/w/test_a.py", line 2, in test\n  File "/usr/lib/python3.11/json/decoder.py", line 3, in decode\n  File "/w/a.py", line 9, in f\nValueError: x';
    expect(parseError(python).frames).toEqual([
      { file: 'a.py', line: 9, name: 'f' },
      { file: 'test_a.py', line: 2, name: 'test' },
    ]);
    const node =
      'TypeError: x\n    at f (/w/a.js:3:9)\n    at node:internal/modules:1:2\n    at Object.<anonymous> (/w/b.js:1:1)\n    at /w/node_modules/x/y.js:1:1';
    expect(parseError(node).frames).toEqual([
      { file: 'a.js', line: 3, column: 9, name: 'f' },
      { file: 'b.js', line: 1, column: 1, name: 'Object.<anonymous>' },
    ]);
  });

  it('is found quickly in one line of a million characters', () => {
    expect(parseError(`A${'.a'.repeat(500_000)}`).class).toBeUndefined();
    expect(templateOf('a'.repeat(1_000_000))).toHaveLength(300);
  });
});

describe('an error signature', () => {
  const failing = (message: string) =>
    signatureOf(
      {
        run: runResult({ exitCode: 1 }),
        tool: 'script',
        failedCase: { name: 't', status: 'failed', message },
      },
      digest,
    );

  it('is the same for other numbers, paths and addresses', () => {
    expect(failing('ValueError: 12 in /tmp/a1/x.py at 0x7f').hash).toBe(
      failing('ValueError: -3.5 in /home/b/y.py at 0x12').hash,
    );
  });

  it('has the same h1 whatever numbers, paths, addresses and ids an error names', () => {
    const varying = fc.record({
      number: fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })),
      path: fc.array(fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/), { minLength: 2, maxLength: 5 }),
      ip: fc.ipV4(),
      id: fc.uuid(),
      hex: fc.integer({ min: 1, max: 0xffffff }),
      date: fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }),
      mail: fc.stringMatching(/^[a-z]{1,8}@[a-z]{1,8}\.com$/),
      port: fc.integer({ min: 1, max: 65535 }),
    });
    const message = (name: string, one: typeof varying extends fc.Arbitrary<infer Value> ? Value : never) =>
      `${name}: got ${one.number} from /${one.path.join('/')} at ${one.ip}:${one.port}, id ${one.id} 0x${one.hex.toString(16)} on ${one.date.toISOString()} by ${one.mail}`;
    fc.assert(
      fc.property(varying, varying, (one, other) => {
        const first = failing(message('ValueError', one));
        expect(failing(message('ValueError', other)).h1).toBe(first.h1);
        expect(failing(message('TypeError', other)).h1).not.toBe(first.h1);
        expect(failing(message('TypeError', other)).h2).not.toBe(first.h2);
      }),
    );
  });

  it('differs by class and by what is said', () => {
    expect(failing('ValueError: a').hash).not.toBe(failing('TypeError: a').hash);
    expect(failing('ValueError: a').hash).not.toBe(failing('ValueError: b').hash);
  });

  it('backs off: h0 knows the place, h1 what is said, h2 only the class', () => {
    const at = (name: string, message: string) =>
      failing(`TypeError: ${message}\n    at ${name} (/w/a.js:3:9)`);
    const one = at('f', 'a');
    expect(at('g', 'a')).toMatchObject({ h1: one.h1, h2: one.h2 });
    expect(at('g', 'a').h0).not.toBe(one.h0);
    expect(at('f', 'b').h2).toBe(one.h2);
    expect(at('f', 'b').h1).not.toBe(one.h1);
  });

  it('is the same wherever in its file a function stands', () => {
    const at = (line: number) => failing(`TypeError: a\n    at f (/w/a.js:${line}:9)`).h0;
    expect(at(3)).toBe(at(40));
  });

  it.each([
    'timed-out',
    'cpu-limit',
    'out-of-memory',
    'output-limit',
    'disk-limit',
    'process-limit',
    'cancelled',
  ] as const)('says how a run ended that did not end by itself: %s', (status) => {
    const run = { ...runResult(), status } as never;
    expect(signatureOf({ run, tool: 'script' }, digest)).toMatchObject({
      v: 2,
      key: endedBadly(run),
      class: status,
    });
  });

  it('can be read from a text, or not', () => {
    expect(
      signatureOfText('It divides by nothing.\nZeroDivisionError: division by zero', 'python', digest)?.class,
    ).toBe('ZeroDivisionError');
    expect(signatureOfText('It prints the wrong number.', 'python', digest)).toBeNull();
  });

  it('keeps what matters in its template', () => {
    expect(templateOf("name 'foo_1' is not defined, line 3")).toBe("name 'foo_1' is not defined, line <n>");
    expect(templateOf('commit 9f86d081884c7d659a2feaa0c55ad015 at [::1]:80 and localhost:8080')).toBe(
      'commit <hex> at [<ip>]:<n> and <ip>',
    );
  });
});
