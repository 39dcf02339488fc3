import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { packageRoot } from '../src/package-root.ts';
import { isPromptError, loadPrompts, promptPlaceholders } from '../src/prompts.ts';

const shipped = path.join(packageRoot(), 'prompts');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kintsugi-prompts-'));
  cpSync(shipped, folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, content: string | Buffer) =>
  writeFileSync(path.join(folder, `${name}.md`), content);
const valuesFor = (name: keyof typeof promptPlaceholders, value = 'x') =>
  Object.fromEntries(promptPlaceholders[name].map((placeholder) => [placeholder, value]));

function errorOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (isPromptError(error)) return error.message;
    throw error;
  }
  throw new Error('nothing was thrown');
}

it('fills every prompt that is shipped, and leaves no placeholder in it', () => {
  const prompt = loadPrompts(shipped);
  for (const name of ['system', 'plan', 'code', 'diagnose', 'lesson'] as const) {
    const text = prompt(name, valuesFor(name, 'the value'));
    expect(text).not.toMatch(/\{\{|\}\}/);
    for (const _ of promptPlaceholders[name]) expect(text).toContain('the value');
  }
});

it('inserts a value as it is, whatever stands in it', () => {
  write('diagnose', 'Before\r\n{{history}}\r\nafter {{history}}\n\n');
  const prompt = loadPrompts(folder);
  for (const value of ['{{history}}', '{{goal}}', "$& $1 $' $$", '\\n', '', '\u2028']) {
    expect(prompt('diagnose', { history: value })).toBe(`Before\n${value}\nafter ${value}`.trim());
  }
  fc.assert(
    fc.property(
      fc.string(),
      (value) => prompt('diagnose', { history: value }) === `Before\n${value}\nafter ${value}`.trim(),
    ),
  );
});

it('names the file, the line and the placeholder when one is unknown', () => {
  write('code', 'one\n{{history}} {{recalled}} {{language}}\n{{histroy}}\n');
  expect(errorOf(() => loadPrompts(folder))).toBe(
    `${path.join(folder, 'code.md')}:3 has the unknown placeholder {{histroy}}. This file knows {{language}}, {{history}}, {{recalled}}.`,
  );
});

it.each(['{{ history }}', '{{history}', '{{}}', '{{a b}}', '{{'])(
  'refuses %s, which is not of the form',
  (text) => {
    write('diagnose', `{{history}}\n${text}\n`);
    expect(errorOf(() => loadPrompts(folder))).toContain('diagnose.md:2 has "{{');
  },
);

it('names the placeholder that a file lacks', () => {
  write('code', 'nothing but {{language}}\n');
  expect(errorOf(() => loadPrompts(folder))).toMatch(/code\.md lacks \{\{history\}\}, \{\{recalled\}\}/);
});

it('names the value that is missing or that nobody asked for when a prompt is filled', () => {
  const prompt = loadPrompts(shipped);
  expect(errorOf(() => prompt('diagnose', {}))).toContain('diagnose.md was given no value for {{history}}');
  expect(errorOf(() => prompt('system', { goal: 'x' }))).toContain('system.md has no placeholder {{goal}}');
  expect(errorOf(() => prompt('diagnose', Object.create({ history: 'inherited' })))).toContain('{{history}}');
});

it('says which file is missing, is a folder, is binary or is too large', () => {
  rmSync(path.join(folder, 'plan.md'));
  expect(errorOf(() => loadPrompts(folder))).toContain(
    `${path.join(folder, 'plan.md')} cannot be read (ENOENT)`,
  );
  mkdirSync(path.join(folder, 'plan.md'));
  expect(errorOf(() => loadPrompts(folder))).toContain('cannot be read (EISDIR)');
  rmSync(path.join(folder, 'plan.md'), { recursive: true });
  write('plan', Buffer.from([0xff, 0xfe, 0x00]));
  expect(errorOf(() => loadPrompts(folder))).toContain('is not a text file in UTF-8');
  write('plan', 'x'.repeat(256 * 1024 + 1));
  expect(errorOf(() => loadPrompts(folder))).toContain('is larger than 256 KB');
});

it('reads a file with a byte order mark', () => {
  write('system', `\ufeff${readFileSync(path.join(shipped, 'system.md'), 'utf8')}`);
  expect(loadPrompts(folder)('system', {})).toBe(loadPrompts(shipped)('system', {}));
});
