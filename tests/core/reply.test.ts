import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Language } from '../../src/core/domain.ts';
import { readProgram, safePath } from '../../src/core/reply.ts';

const fence = '```';
const context = (language: Language = 'python') => ({ language, base: [], baseEntry: null });

function program(text: string, language: Language = 'python') {
  const reading = readProgram(text, context(language));
  if (reading.kind !== 'program') throw new Error(`malformed: ${reading.why}`);
  return reading.program;
}

function why(text: string, language: Language = 'python') {
  const reading = readProgram(text, context(language));
  return reading.kind === 'malformed'
    ? reading.why
    : `read as ${reading.program.files.map((file) => file.path)}`;
}

describe('a program in a reply', () => {
  it('is read from fenced blocks with paths, several files, prose around them', () => {
    const read = program(
      `Here:\n\n${fence}python path=src/store.py\nSTORE = {}\n${fence}\nand\n${fence}python path=main.py\nprint(1)\n${fence}\ndone`,
    );
    expect(read).toEqual({
      language: 'python',
      entry: 'main.py',
      files: [
        { path: 'main.py', content: 'print(1)\n' },
        { path: 'src/store.py', content: 'STORE = {}\n' },
      ],
    });
  });

  it.each([
    ['quoted path', `${fence}js path="src/a b.js"\n1\n${fence}`, 'src/a b.js'],
    ['title', `${fence}ts title='x.ts'\n1\n${fence}`, 'x.ts'],
    ['colon', `${fence}python:lib/x.py\n1\n${fence}`, 'lib/x.py'],
    ['word behind the language', `${fence}js add.js\n1\n${fence}`, 'add.js'],
    ['word behind the language, a folder', `${fence}python lib/x.py\n1\n${fence}`, 'lib/x.py'],
    ['title without quotes', `${fence}python title=app.py\n1\n${fence}`, 'app.py'],
    ['bare path', `${fence}lib/x.py\n1\n${fence}`, 'lib/x.py'],
    ['bold line above', `**lib/x.py**\n${fence}python\n1\n${fence}`, 'lib/x.py'],
    ['heading above, blank between', `### \`x.py\`\n\n${fence}python\n1\n${fence}`, 'x.py'],
    ['tilde fence', `~~~python path=x.py\n1\n~~~`, 'x.py'],
    ['dot segment', `${fence}python path=./x.py\n1\n${fence}`, 'x.py'],
  ])('finds the path: %s', (_, text, path) => {
    expect(program(text).files[0]?.path).toBe(path);
  });

  it('keeps a shorter fence inside a longer one as content', () => {
    const read = program(`${fence}\`python path=x.py\ndoc = """\n${fence}\ninner\n${fence}\n"""\n${fence}\``);
    expect(read.files[0]?.content).toContain('inner');
  });

  it('takes no version, note or the subject of a diff for a path', () => {
    for (const info of ['python 3.12', 'python # v2', 'py copy'])
      expect(program(`${fence}${info}\n1\n${fence}`).entry).toBe('main.py');
    expect(why(`${fence}diff x.py\n-1\n+2\n${fence}`)).toMatch(/none names its file/);
  });

  it('may give a file twice when it is the same twice', () => {
    const block = `${fence}python path=x.py\n1\n${fence}\n`;
    expect(program(`${block}again:\n${block}`).files).toEqual([{ path: 'x.py', content: '1\n' }]);
  });

  it('takes one block without a path as the entry of the language', () => {
    expect(program(`${fence}js\nconsole.log(1)\n${fence}`, 'javascript').entry).toBe('main.js');
    expect(
      program(`run it:\n${fence}bash\npython3 main.py\n${fence}\n${fence}python\n1\n${fence}`).entry,
    ).toBe('main.py');
  });

  it('is not looked for in what a model thinks aloud before it', () => {
    const thought = `<think>\n${fence}python\nwrong\n${fence}\n</think>\n`;
    expect(program(`${thought}${fence}python\nright\n${fence}`).files[0]?.content).toBe('right\n');
  });

  it('takes the file marked entry, whatever its name', () => {
    const read = program(
      `${fence}python path=a.py\n1\n${fence}\n${fence}python path=z.py entry\n2\n${fence}`,
    );
    expect(read.entry).toBe('z.py');
  });

  it('keeps files of the attempt before that the reply leaves out', () => {
    const reading = readProgram(`${fence}python path=b.py\nnew\n${fence}`, {
      language: 'python',
      base: [
        { path: 'a.py', content: 'a\n' },
        { path: 'b.py', content: 'old\n' },
      ],
      baseEntry: 'a.py',
    });
    expect(reading).toEqual({
      kind: 'program',
      program: {
        language: 'python',
        entry: 'a.py',
        files: [
          { path: 'a.py', content: 'a\n' },
          { path: 'b.py', content: 'new\n' },
        ],
      },
    });
  });

  it.each([
    ['as a list', { project_name: 'p', entry_file: 'm.py', files: [{ path: 'm.py', content: 'print(1)' }] }],
    ['as a map', { project_name: 'p', entry_file: 'm.py', files: { 'm.py': 'print(1)' } }],
  ])('is read from the strict JSON form, files %s, bare or fenced', (_, form) => {
    const expected = {
      name: 'p',
      language: 'python',
      entry: 'm.py',
      files: [{ path: 'm.py', content: 'print(1)' }],
    };
    expect(program(JSON.stringify(form))).toEqual(expected);
    expect(program(`${fence}json\n${JSON.stringify(form, null, 2)}\n${fence}`)).toEqual(expected);
  });
});

describe('a reply that cannot be read is malformed, with a reason for the model', () => {
  it.each([
    ['nothing at all', '  \n', /empty/],
    ['prose only', 'I would rather not.', /no fenced code block/],
    ['a fence that never closes', `${fence}python path=main.py\nprint(`, /main\.py is not closed/],
    [
      'a path that climbs out',
      `${fence}python path=../x.py\n1\n${fence}`,
      /"\.\.\/x\.py" is not a path inside/,
    ],
    ['an absolute path', `${fence}python path=/etc/passwd\n1\n${fence}`, /not a path inside/],
    ['an empty entry', `${fence}python path=main.py\n\n${fence}`, /main\.py is empty/],
    [
      'several blocks without names',
      `${fence}python\n1\n${fence}\n${fence}python\n2\n${fence}`,
      /2 code blocks/,
    ],
    ['only data', `${fence}json path=data.json\n{}\n${fence}`, /no file of the program is code/],
    [
      'a file that is also a folder',
      `${fence}python path=a.py\n1\n${fence}\n${fence}python path=a.py/b.py\n1\n${fence}`,
      /both a file and a folder/,
    ],
    [
      'one path with two contents',
      `${fence}python path=a.py\n1\n${fence}\n${fence}python path=./a.py\n2\n${fence}`,
      /gives a\.py twice with different content/,
    ],
    [
      'one path with two contents in JSON',
      '{"project_name":"p","entry_file":"a.py","files":[{"path":"a.py","content":"1"},{"path":"a.py","content":"2"}]}',
      /gives a\.py twice/,
    ],
    ['broken JSON', '{"project_name":"p","entry_file":"a.py","files":[', /does not parse/],
    ['JSON with a wrong type', '{"project_name":"p","entry_file":"a.py","files":3}', /wrong at files/],
    [
      'JSON whose entry is missing',
      '{"project_name":"p","entry_file":"a.py","files":{"b.py":"1"}}',
      /not one of the files/,
    ],
    [
      'JSON with a path outside',
      '{"project_name":"p","entry_file":"../a.py","files":{"../a.py":"1"}}',
      /not a path inside/,
    ],
  ])('%s', (_, text, reason) => {
    expect(why(text)).toMatch(reason);
  });

  it('too many files', () => {
    const text = Array.from({ length: 65 }, (_, at) => `${fence}python path=f${at}.py\n1\n${fence}`).join(
      '\n',
    );
    expect(why(text)).toMatch(/more than 64 files/);
  });

  it('never throws, whatever the text', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom(
        fence,
        '~~~',
        '\n',
        'path=',
        '{"entry_file":',
        'python path=x.py\n',
        '../',
        '\u2028',
        '\r',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const reading = readProgram(pieces.join(''), context());
        if (reading.kind === 'program') {
          for (const file of reading.program.files) expect(safePath(file.path)).toBe(file.path);
        } else expect(reading.why).not.toBe('');
      }),
    );
  });
});
