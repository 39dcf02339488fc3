import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { interpreters, interpreterVersion } from '../../src/runners/interpreter.ts';
import { inFolder } from './support.ts';

function script(folder: string, name: string, content: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, name), `#!/bin/sh\n${content}\n`);
  chmodSync(path.join(folder, name), 0o755);
}

describe('an interpreter', () => {
  test('of Node is the one that runs us, and comes first in the search path', async () => {
    const known = interpreters('');
    expect(await known.find('node')).toEqual({ kind: 'found', path: process.execPath });
    expect((await known.searchPath(['node'])).split(':')[0]).toBe(path.dirname(process.execPath));
    expect(await interpreterVersion(process.execPath)).toBe(process.version);
  });

  test('behind a shim is found itself, and the shim is asked once', async () => {
    await inFolder(async (folder) => {
      const log = path.join(folder, 'log');
      script(folder, 'python3', `echo asked >> '${log}'; echo '${folder}/real/python3'`);
      const known = interpreters(folder);
      expect(await known.find('python3')).toEqual({ kind: 'found', path: `${folder}/real/python3` });
      await known.find('python3');
      expect((await known.searchPath(['python3'])).split(':')[0]).toBe(`${folder}/real`);
      const { readFileSync } = await import('node:fs');
      expect(readFileSync(log, 'utf8')).toBe('asked\n');
    });
  });

  test('whose shim is broken is missing, and says what to do', async () => {
    await inFolder(async (folder) => {
      script(folder, 'python3', 'echo "no version set" >&2; exit 127');
      const found = await interpreters(folder).find('python3');
      expect(found).toMatchObject({ kind: 'missing', why: expect.stringContaining('Install Python 3') });
    });
  });

  test('of a relative folder of the search path is never taken', async () => {
    await inFolder(async (folder) => {
      script(path.join(folder, 'bin'), 'bash', 'echo wrong');
      const relative = path.relative(process.cwd(), path.join(folder, 'bin'));
      const found = await interpreters(relative).find('bash');
      expect(found).toMatchObject({ kind: 'found', path: expect.not.stringContaining(folder) });
    });
  });
});
