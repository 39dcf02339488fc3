import { describe, expect, it } from 'vitest';
import { readImport } from '../../src/memory/import.ts';

const read = (...rows: object[]) =>
  readImport(rows.map((row) => JSON.stringify(row)).join('\n'), 'in.jsonl', (value) => value);
const program = { entry: 'main.py', files: [{ path: 'main.py', content: 'print(42)\n' }] };

describe('a file of memories from elsewhere', () => {
  it('may name the language of a solution beside its program, and is told in words what is missing', () => {
    const solution = { kind: 'solution', about: 'print 42', program };
    expect(read({ ...solution, language: 'py' })).toMatchObject({
      drafts: [{ kind: 'solution', program: { language: 'python' }, scope: { language: 'python' } }],
      bad: [],
    });
    expect(read(solution).bad).toEqual(['in.jsonl:1: program.language is missing']);
  });

  it('keeps the body of a fact as where it comes from, and takes no command from it', () => {
    const [fact] = read({
      kind: 'fact',
      about: 'the build writes to out',
      body: 'seen in: package.json\ncheck: rm -r out\nsaid by a colleague',
    }).drafts;
    expect(fact).toMatchObject({ citations: ['package.json', 'said by a colleague'] });
    expect(fact).not.toHaveProperty('check');
  });
});
