// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the programs under test are text.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { places } from '../../../src/scanner/rule.ts';
import { shellFacts } from '../../../src/scanner/shell/facts.ts';
import { parseShell } from '../../../src/scanner/shell/parse.ts';
import { textsOf, type Value } from '../../../src/scanner/value.ts';

const word = (value: Value) =>
  textsOf(value)
    .map(({ text, whole }) => (whole ? text : `${text}…`))
    .join('|') || '?';
const commandsOf = (script: string) =>
  shellFacts('main.sh', parseShell(script), places(script))
    .commands.filter(({ name }) => word(name) !== '?' || name.kind === 'unknown')
    .map(({ name, args }) => [name, ...args].map(word).join(' '));

describe('the commands of a script', () => {
  it.each([
    ['echo \'a b\' "c $x" d\\ e', ['echo a b c … d e']],
    ['a; b && c || d & e', ['a', 'b', 'c', 'd', 'e']],
    ['x=1 y=$x; echo "$y"', ['echo 1']],
    ['for f in a b; do cat "$f"; done', ['cat a|b']],
    ['f() { rm "$1"; }; f one; f two', ['rm one|two', 'f one', 'f two']],
    ['function g { ls $1; }\ng x', ['ls x', 'g x']],
    ['echo $(pwd; id)', ['pwd', 'id', 'echo ?']],
    ['echo `id`', ['id', 'echo ?']],
    ['diff <(a) <(b)', ['a', 'b', 'diff /dev/fd/63 /dev/fd/63']],
    ['echo ${x:-/etc} ${#x} $((1 + 2))', ['echo /etc ? ?']],
    ['cat > out <<EOF\n$(id)\nEOF\nls', ['id', 'cat', 'ls']],
    ["cat <<'EOF'\n$(id)\nEOF", ['cat']],
    ['if [ -f a ]; then b; elif c; then d; else e; fi', ['[ -f a ]', 'b', 'c', 'd', 'e']],
    ['case $1 in a|b) c ;; *) d ;; esac', ['c', 'd']],
    ['[[ $a == b && $(c) ]] && d', ['c', 'd']],
    ['(( i++ )); arr=(x y); echo ${arr[@]}', ['echo x y']],
    ['env A=1 nice -n 5 rm x', ['env A=1 nice -n 5 rm x', 'nice -n 5 rm x', 'rm x']],
    ['cp a{1,2} b', ['cp a1 a2 b']],
    ['# all comment\necho a#b # c', ['echo a#b']],
    ['a 2>&1 >f 3<&- | b |& c', ['a', 'b', 'c']],
  ])('of %j', (script, expected) => {
    expect(commandsOf(script).sort()).toEqual([...expected].sort());
  });

  it.each([
    ["echo 'a", 'a single quote is not closed'],
    ['echo "a', 'a double quote is not closed'],
    ['echo $(a', 'a parenthesis is not closed'],
    ['echo `a', 'a backquote is not closed'],
    ['echo ${a', 'a brace is not closed'],
    ['cat <<X\na', 'the here-document that ends at X is not closed'],
  ])('are said to be unreadable in %j', (script, message) => {
    expect(parseShell(script).problem?.message).toBe(message);
  });

  it('are found without a throw and without an end missed, whatever the script is', () => {
    const pieces = fc.constantFrom(
      '$(',
      ')',
      '`',
      '"',
      "'",
      '<<A',
      '\n',
      'A',
      '|',
      '&',
      ';',
      '{',
      '}',
      '${',
      'f()',
      'case',
      'in',
      'esac',
      'for',
      'do',
      ' ',
      '\\',
      '<(',
      '((',
      '[[',
      '$1',
      'x=',
      '#',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        const script = parts.join('');
        shellFacts('main.sh', parseShell(script), places(script));
      }),
      { numRuns: 500 },
    );
  });
});
