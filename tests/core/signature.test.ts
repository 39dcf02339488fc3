import { describe, expect, it } from 'vitest';
import { headline, signatureOf, templateOf } from '../../src/core/signature.ts';
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
  ])('of %s', (_, output, line, name) => {
    expect(headline(output)).toEqual({ line, class: name });
  });

  it('is the first line where nothing names an error', () => {
    expect(headline('\nsh: 1: foo: not found\nmore')).toEqual({ line: 'sh: 1: foo: not found' });
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

  it('differs by class and by what is said', () => {
    expect(failing('ValueError: a').hash).not.toBe(failing('TypeError: a').hash);
    expect(failing('ValueError: a').hash).not.toBe(failing('ValueError: b').hash);
  });

  it('says how a run ended that did not end by itself', () => {
    const run = { ...runResult(), status: 'timed-out' } as never;
    expect(signatureOf({ run, tool: 'script' }, digest)).toMatchObject({
      key: 'timed out',
      class: 'timed-out',
    });
  });

  it('keeps what matters in its template', () => {
    expect(templateOf("name 'foo_1' is not defined, line 3")).toBe("name 'foo_1' is not defined, line <n>");
  });
});
