import { describe, expect, test } from 'vitest';
import { drain } from '../../src/core/stream.ts';
import { compile } from '../../src/runners/compile.ts';
import { subprocessRunner } from '../../src/runners/subprocess.ts';
import { entryJob, filesOf, never } from './support.ts';

const runner = subprocessRunner();

async function run(contents: Record<string, string>) {
  return drain(runner.run(entryJob('typescript', filesOf(contents)), never()));
}

async function messages(contents: Record<string, string>): Promise<string> {
  const files = filesOf(contents);
  const compiled = await compile({ folder: '/nowhere', files, entry: files[0]?.path ?? '', target: 'node' });
  return compiled.kind === 'failed' ? compiled.stderr : 'compiled';
}

describe('a TypeScript program', () => {
  test('imports without an extension, with .js for .ts, folders and JSON', async () => {
    const result = await run({
      'src/main.ts': [
        "import { a } from './a';",
        "import { b } from './b.js';",
        "import { c } from '../lib';",
        "import data from './data.json' with { type: 'json' };",
        'console.log(a, b, c, data.n);',
      ].join('\n'),
      'src/a.ts': 'export const a: string = "a";',
      'src/b.ts': 'export const b: string = "b";',
      'lib/index.ts': 'export const c: string = "c";',
      'src/data.json': '{"n": 4}',
    });
    expect(result).toMatchObject({ exitCode: 0, stdout: 'a b c 4\n' });
  });

  test('may use enums, namespaces, parameter properties, decorators and a top-level await', async () => {
    const result = await run({
      'main.ts': [
        'enum Colour { red = 1, blue }',
        'namespace Shapes { export const sides = 3; }',
        'class Point { constructor(readonly x: number, private y = 2) {} sum() { return this.x + this.y; } }',
        'function twice(method: (this: Mark) => number, _: unknown) { return function (this: Mark) { return 2 * method.call(this); }; }',
        'class Mark { @twice value() { return 21; } }',
        'const later = await Promise.resolve(5);',
        'console.log(Colour[2], Shapes.sides, new Point(1).sum(), new Mark().value(), later, Point.name);',
        'export {};',
      ].join('\n'),
    });
    expect(result).toMatchObject({ exitCode: 0, stdout: 'blue 3 3 42 5 Point\n' });
  });

  test('may be a CommonJS one, with require and exports', async () => {
    const result = await run({
      'main.ts':
        "const { b } = require('./b');\nconst path = require('node:path');\nconsole.log(b, path.basename(__filename), typeof module);",
      'b.ts': 'exports.b = 2 as number;',
    });
    expect(result).toMatchObject({ exitCode: 0, stdout: '2 main.ts object\n' });
  });

  test('knows which of its modules is the main one, in every way that is asked', async () => {
    const guards = (name: string) =>
      [
        `if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) console.log('${name}: url');`,
        `if (process.argv[1] === import.meta.filename) console.log('${name}: filename');`,
        `if (require.main === module) console.log('${name}: require');`,
      ].join('\n');
    const head = "import { pathToFileURL } from 'node:url';\n";
    const result = await run({
      'main.ts': `${head}import { other } from './other';\nother();\n${guards('main')}`,
      'other.ts': `${head}export function other(): void {}\n${guards('other')}`,
    });
    expect(result.stderr).toBe('');
    expect(result.stdout).toBe('main: url\nmain: filename\nmain: require\n');
    const common = await run({
      'main.ts': "require('./other');\nif (require.main === module) console.log('main');",
      'other.ts': "if (require.main === module) console.log('other');",
    });
    expect(common.stdout).toBe('main\n');
  });

  test('reads files beside its modules by their own places', async () => {
    const result = await run({
      'main.ts': "import { text } from './lib/read';\nconsole.log(text);",
      'lib/read.ts':
        "import { readFileSync } from 'node:fs';\nexport const text = readFileSync(new URL('./data.txt', import.meta.url), 'utf8') + readFileSync(__dirname + '/data.txt', 'utf8');",
      'lib/data.txt': 'x',
    });
    expect(result.stdout).toBe('xx\n');
  });

  test('fails at a place in its own source', async () => {
    const result = await run({
      'main.ts':
        "import { half } from './half';\n\nconst value: number | null = null;\nhalf(value as unknown as string);",
      'half.ts':
        '// one\n// two\nexport function half(text: string): string {\n  return text.slice(0, text.length / 2);\n}',
    });
    expect(result).toMatchObject({ exitCode: 1 });
    expect(result.stderr).toContain('TypeError: Cannot read properties of null');
    expect(result.stderr).toContain('at half (half.ts:4:15)');
    expect(result.stderr).toContain('(main.ts:4:1)');
  });
});

describe('what the compiler says', () => {
  test('is file, line, column and the line itself', async () => {
    const source = '// one\nconst value = [1, 2].at {\n  at (0)\n};\nexport { value };';
    expect(await messages({ 'solution.ts': source })).toBe(
      'solution.ts:2:24: ERROR: Expected ";" but found "{"\n    2 │ const value = [1, 2].at {\n      │                         ^\n',
    );
    const result = await run({ 'solution.ts': source });
    expect(result).toMatchObject({
      status: 'exited',
      exitCode: 1,
      stderr: await messages({ 'solution.ts': source }),
    });
  });

  test('names missing files, missing exports and missing packages', async () => {
    expect(await messages({ 'a.ts': "import { x } from './b';\nx();" })).toContain(
      'a.ts:1:18: ERROR: Could not resolve "./b"',
    );
    expect(
      await messages({ 'a.ts': "import { x } from './b';\nx();", 'b.ts': 'export const y = 1;' }),
    ).toContain('a.ts:1:9: ERROR: No matching export in "b.ts" for import "x"');
    expect(await messages({ 'a.ts': "import x from 'left-pad';\nx();" })).toContain(
      'Could not resolve "left-pad"',
    );
    expect(
      await messages({ 'a.ts': "import x from 'left-pad';\nx();", 'node_modules/left-pad/index.js': '' }),
    ).toBe('compiled');
  });

  test('counts columns of the source also where a module asks for its own place', async () => {
    expect(await messages({ 'a.ts': 'import.meta.url; let = 4;' })).toContain('a.ts:1:17: ERROR:');
  });

  test('refuses what lies outside of the program, and settings of the program change nothing', async () => {
    expect(await messages({ 'a.ts': "import '/etc/passwd';" })).toContain('only files of the program');
    expect(await messages({ 'a.ts': "import '../../etc/passwd';" })).toContain(
      "outside the program's folder",
    );
    expect(await messages({ 'a.ts': "import 'file:///etc/passwd';" })).toContain('only files of the program');
    const settings = {
      'tsconfig.json':
        '{ "extends": "/etc/passwd", "compilerOptions": { "paths": { "./b": ["/etc/passwd"] }, "jsxFactory": "x" } }',
      'package.json': '{ "browser": { "./b": "/etc/passwd" }, "type": "commonjs" }',
    };
    const result = await run({
      'a.ts': "import { b } from './b';\nconsole.log(b);",
      'b.ts': 'export const b = 1;',
      ...settings,
    });
    expect(result).toMatchObject({ exitCode: 0, stdout: '1\n' });
  });
});
