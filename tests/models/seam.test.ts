import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { continuationOf } from '../../src/models/seam.ts';

const open = '```js path=a.js\n';

describe('continuationOf', () => {
  it.each([
    ['goes on in the middle of a word', `${open}const a = 1`, '2;\n```\n', '2;\n```\n'],
    ['drops a fence that is opened again', `${open}let a = 1;\n`, `${open}let b;\n\`\`\``, 'let b;\n```'],
    ['drops the unfinished line when it is repeated', `${open}  const b = `, '  const b = 2;\n', '2;\n'],
    ['drops fence and line together', `${open}  const b = `, `${open}  const b = 2;\n`, '2;\n'],
    [
      'drops a long repeat across lines',
      `${open}const total = sum(a);\nret`,
      'const total = sum(a);\nreturn',
      'urn',
    ],
    ['keeps a brace after a brace', `${open}a {\n  b {\n  }\n`, '}\n```\n', '}\n```\n'],
    ['keeps a closing fence on its own line', `${open}a();`, '```\n', '\n```\n'],
    ['keeps a new block after a closed one', `${open}a();\n\`\`\`\n`, `${open}b();\n`, `${open}b();\n`],
    ['keeps short repeats', 'a, b, ', 'b, c', 'b, c'],
  ])('%s', (_name, soFar, next, fresh) => {
    expect(continuationOf(soFar, next)).toBe(fresh);
  });

  it('loses nothing of a text that is cut anywhere, in a fence or out of it', () => {
    const text = `Here it is.\n\n${open}function add(a, b) {\n  return a + b;\n}\nconsole.log(add(1, 2));\n\`\`\`\nDone.\n`;
    const joined = (at: number) => text.slice(0, at) + continuationOf(text.slice(0, at), text.slice(at));
    // Cut inside the opening fence's own line, what follows is not a program yet.
    for (let at = 1; at < text.length; at += 1) expect(joined(at)).toBe(text);
  });

  it('joins again what repeats its whole unfinished line', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{3,40}$/), fc.stringMatching(/^[A-Z]{1,40}$/), (line, rest) => {
        expect(continuationOf(`first\n${line}`, line + rest)).toBe(rest);
      }),
      { numRuns: 50 },
    );
  });
});
