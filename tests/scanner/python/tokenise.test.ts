// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the programs under test are text.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tokenise } from '../../../src/scanner/python/tokenise.ts';

const shown = (content: string) =>
  tokenise(content)
    .tokens.filter(({ kind }) => kind !== 'newline')
    .map(({ kind, text }) => (kind === 'string' ? JSON.stringify(text) : text === '' ? `<${kind}>` : text));

describe('tokenise', () => {
  it.each([
    ["x = 'a\\x62\\u0063\\n'", ['x', '=', '"abc\\n"']],
    ["r'\\x62' b'\\x62' rb'\\d'", ['"\\\\x62"', '"b"', '"\\\\d"']],
    ["'''a\n'b' # no comment\n'''", ['"a\\n\'b\' # no comment\\n"']],
    ["'\\101\\N{BULLET}!'", ['"A\ufffd!"']],
    ['"a" \'b\'', ['"a"', '"b"']],
    [
      "f'a{x!r:>{w}}b{{c}}'",
      ['<format-start>', '"a"', 'f{', 'x', 'f{', 'w', 'f}', 'f}', '"b{c}"', '<format-end>'],
    ],
    ['f"{d["k"]}"', ['<format-start>', 'f{', 'd', '[', '"k"', ']', 'f}', '<format-end>']],
    ['a  # comment\nb', ['a', 'b']],
    ['(a,\n b)', ['(', 'a', ',', 'b', ')']],
    ['a \\\n + b', ['a', '+', 'b']],
    ['ｅｖａｌ(ﬁ)', ['eval', '(', 'fi', ')']],
    ['0x1F 1_000 1.5e-3 2j', ['0x1F', '1_000', '1.5e-3', '2j']],
    [
      'if a:\n  b\n\n  # c\n  if d:\n\te\nf',
      ['if', 'a', ':', '<indent>', 'b', 'if', 'd', ':', '<indent>', 'e', '<dedent>', '<dedent>', 'f'],
    ],
    ['a //= b ** c := d -> e', ['a', '//=', 'b', '**', 'c', ':=', 'd', '->', 'e']],
  ])('splits %j', (content, expected) => {
    expect(shown(content)).toEqual(expected);
  });

  it('keeps where each token begins', () => {
    const content = 'x = f"{ y }" + z';
    const names = tokenise(content).tokens.filter(({ kind }) => kind === 'name');
    expect(names.map(({ text, offset }) => [text, content.indexOf(text, offset)])).toEqual(
      names.map(({ text, offset }) => [text, offset]),
    );
  });

  it('pairs brackets, those of formatted strings too', () => {
    const { tokens, partner } = tokenise('f"{a[0]}"(b)');
    tokens.forEach((_, index) => {
      const other = partner[index] ?? -1;
      if (other !== -1) expect(partner[other]).toBe(index);
    });
    expect([...partner].filter((other) => other !== -1)).toHaveLength(8);
  });

  it.each([
    ["x = 'a", 'a string is not closed'],
    ["x = '''a", 'a string is not closed'],
    ['x = (1', 'a bracket has no partner'],
    ['x = 1)', 'a bracket has no partner'],
    ['x = (1]', 'a bracket has no partner'],
    ['x = 1 ? 2', '"?" cannot stand here'],
    ['if a:\n    b\n  c', 'the indentation fits no outer level'],
  ])('says what is wrong with %j', (content, message) => {
    expect(tokenise(content).problem?.message).toBe(message);
  });

  it('never throws and always comes to an end', () => {
    const pieces = fc.constantFrom(
      'f"',
      '{',
      '}',
      '"',
      "'",
      '"""',
      '\\',
      '\n',
      '  ',
      '(',
      ')',
      '[',
      '#',
      'x',
      ':',
      '!',
      '\r',
      'é',
      '\u2028',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => {
        const content = parts.join('');
        const { tokens } = tokenise(content);
        expect(tokens.length).toBeLessThanOrEqual(content.length * 4 + 10);
      }),
      { numRuns: 500 },
    );
  });
});
