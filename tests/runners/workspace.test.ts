import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { unsafePath } from '../../src/runners/safe-path.ts';
import { openWorkspace, type Workspace } from '../../src/runners/workspace.ts';
import { filesOf } from './support.ts';

async function withWorkspace(
  files: Record<string, string>,
  checks: Record<string, string>,
  work: (workspace: Workspace) => Promise<void>,
): Promise<void> {
  const opened = openWorkspace(filesOf(files), filesOf(checks));
  if (opened.kind !== 'opened') throw new Error(opened.why);
  try {
    await work(opened.workspace);
  } finally {
    opened.workspace.remove();
    expect(existsSync(opened.workspace.root)).toBe(false);
  }
}

describe('the folder of a run', () => {
  test('is new, private, and holds the files; check files win and are read-only', async () => {
    const files = { 'src/a.py': 'program', 'test_a.py': 'forged' };
    await withWorkspace(files, { 'test_a.py': 'check' }, async ({ root, folder }) => {
      expect(statSync(root).mode & 0o777).toBe(0o700);
      expect(readFileSync(path.join(folder, 'src/a.py'), 'utf8')).toBe('program');
      expect(readFileSync(path.join(folder, 'test_a.py'), 'utf8')).toBe('check');
      expect(statSync(path.join(folder, 'test_a.py')).mode & 0o777).toBe(0o444);
    });
  });

  test('tells which check files were changed, replaced by a link, or removed', async () => {
    const checks = { 'a.txt': 'a', 'b.txt': 'b', 'c.txt': 'c', 'd.txt': 'd' };
    await withWorkspace({}, checks, async ({ folder, tampered }) => {
      expect(tampered()).toEqual([]);
      const { rmSync } = await import('node:fs');
      rmSync(path.join(folder, 'a.txt'));
      rmSync(path.join(folder, 'b.txt'));
      writeFileSync(path.join(folder, 'elsewhere'), 'b');
      symlinkSync('elsewhere', path.join(folder, 'b.txt'));
      rmSync(path.join(folder, 'c.txt'));
      writeFileSync(path.join(folder, 'c.txt'), 'x');
      expect(tampered()).toEqual(['a.txt', 'b.txt', 'c.txt']);
    });
  });

  test('hands back at most 32 small files, sorted, links and check files aside', async () => {
    await withWorkspace({ 'same.txt': '1' }, { 'check.txt': 'c' }, async ({ folder, changed }) => {
      for (let number = 10; number < 50; number += 1)
        writeFileSync(path.join(folder, `f${number}.txt`), `${number}`);
      symlinkSync('/etc/hostname', path.join(folder, 'a-link'));
      symlinkSync('/', path.join(folder, 'a-root'));
      const files = changed();
      expect(files).toHaveLength(32);
      expect(files[0]).toEqual({ path: 'f10.txt', content: '10' });
      expect(files.map((file) => file.path)).toEqual([...files.map((file) => file.path)].sort());
    });
  });

  test('goes away even when the program took our rights to it away, and what a link pointed at stays', async () => {
    const outside = path.join(tmpdir(), `kintsugi-outside-${process.pid}`);
    mkdirSync(outside);
    writeFileSync(path.join(outside, 'keep.txt'), 'kept');
    try {
      await withWorkspace({}, {}, async ({ folder }) => {
        mkdirSync(path.join(folder, 'locked', 'deep'), { recursive: true });
        symlinkSync(outside, path.join(folder, 'link'));
        const { chmodSync } = await import('node:fs');
        chmodSync(path.join(folder, 'locked'), 0o000);
      });
      expect(readdirSync(outside)).toEqual(['keep.txt']);
    } finally {
      const { rmSync } = await import('node:fs');
      rmSync(outside, { recursive: true });
    }
  });

  test('is refused, and nothing written, when a path is not safe', async () => {
    const opened = openWorkspace(filesOf({ 'ok.txt': '', '../up.txt': '' }), []);
    expect(opened).toMatchObject({ kind: 'refused', why: expect.stringContaining('"../up.txt"') });
  });

  test('is a failure with its reason when a file stands where a folder should be', async () => {
    const opened = openWorkspace(filesOf({ a: '', 'a/b': '' }), []);
    expect(opened.kind).toBe('failed');
  });
});

describe('a path a program may not use', () => {
  test.each([
    ['', 'empty'],
    ['/etc/passwd', 'absolute'],
    ['C:\\x', 'absolute'],
    ['a/../../b', 'climbs'],
    ['a\\..\\b', 'climbs'],
    ['a//b', 'empty segments'],
    ['./a', 'empty segments'],
    ['a\0b', 'control'],
    ['a\nb', 'control'],
    ['.git/hooks/pre-commit', '.git'],
    ['sub/.GIT/config', '.git'],
    ['.git. /config', '.git'],
    ['.g\u200cit/config', '.git'],
    ['GIT~1/config', '.git'],
  ])('%j: %s', (name, reason) => {
    expect(unsafePath(name)).toContain(reason);
  });

  test.each(['a.py', '.gitignore', 'src/git/main.ts', 'größe/файл.py', 'a b.txt', '..a/b', '.github/x.yml'])(
    'not %j',
    (name) => {
      expect(unsafePath(name)).toBeNull();
    },
  );
});
