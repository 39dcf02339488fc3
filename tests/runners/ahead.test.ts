import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { drain } from '../../src/core/stream.ts';
import { limitsOnly } from '../../src/runners/sandbox/limits-only.ts';
import { subprocessRunner } from '../../src/runners/subprocess.ts';
import { entryJob, filesOf, inFolder, isAlive, never, until } from './support.ts';

vi.setConfig({ testTimeout: 300_000 });

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

function makeRunner() {
  const runner = subprocessRunner(limitsOnly(), { ahead: true });
  open.push(runner);
  return runner;
}

/** Interpreters that this process, or `parent`, started and that wait. */
function idle(parent = process.pid): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        const above = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
        const env = readFileSync(`/proc/${pid}/environ`, 'latin1');
        return Number(above) === parent && env.includes('KINTSUGI_WAIT=') && isAlive(pid);
      } catch {
        return false;
      }
    });
}

const hello = (text = 'hello', name = 'a.js') =>
  entryJob('javascript', filesOf({ [name]: `console.log('${text}', process.ppid);` }));

describe.skipIf(process.platform !== 'linux')('interpreters that wait', () => {
  test('are there once a job is over, do the next one like it, and are others for the one after', async () => {
    const runner = makeRunner();
    expect(await drain(runner.run(hello(), never()))).toMatchObject({ exitCode: 0 });
    await until(() => idle().length === 1, 'one waits');
    const [first = 0] = idle();
    expect(await drain(runner.run(hello('again'), never()))).toMatchObject({
      exitCode: 0,
      stdout: `again ${process.pid}\n`,
    });
    expect(isAlive(first)).toBe(false);
    await until(() => idle().length === 1, 'the next one waits');
    expect(idle()).not.toContain(first);
  });

  test('are left alone by a job of another kind, and are never more than two', async () => {
    const runner = makeRunner();
    runner.warm(hello('one', 'one.js'));
    await until(() => idle().length === 1, 'one waits');
    const [first = 0] = idle();
    await drain(runner.run(hello('two', 'two.js'), never()));
    expect(isAlive(first)).toBe(true);
    await until(() => idle().length === 2, 'two wait');
    await drain(runner.run(hello('three', 'three.js'), never()));
    await until(() => !isAlive(first) && idle().length === 2, 'the oldest had to go');
  });

  test('are replaced without a word when they were killed while they waited', async () => {
    const runner = makeRunner();
    runner.warm(hello());
    await until(() => idle().length === 1, 'one waits');
    process.kill(idle()[0] ?? 0, 'SIGKILL');
    await until(() => idle().length === 0, 'it is gone');
    expect(await drain(runner.run(hello(), never()))).toMatchObject({ status: 'exited', exitCode: 0 });
  });

  test('have a clock that starts with their program', async () => {
    const runner = makeRunner();
    const slow = { ...hello(), limits: { ...hello().limits, wallMs: 3_000 } };
    runner.warm(slow);
    await until(() => idle().length === 1, 'one waits');
    const late = Date.now() + 3_100;
    await until(() => Date.now() > late, 'it waited longer than the program may take');
    expect(await drain(runner.run(slow, never()))).toMatchObject({ status: 'exited', exitCode: 0 });
  });

  test('write nothing that the checks hold, and refuse paths as ever', async () => {
    const runner = makeRunner();
    const job = {
      ...hello(),
      files: filesOf({ 'a.js': '', '../out.js': '' }),
    };
    runner.warm(hello());
    expect(await drain(runner.run(job, never()))).toMatchObject({ status: 'refused' });
  });

  test('are gone with their folders after close; a closed runner still runs programs but has nobody wait', async () => {
    await inFolder(async (folder) => {
      vi.stubEnv('TMPDIR', folder);
      const runner = makeRunner();
      runner.warm(hello());
      await until(() => idle().length === 1, 'one waits');
      expect(readdirSync(folder)).toHaveLength(1);
      await runner.close();
      expect(idle()).toEqual([]);
      expect(readdirSync(folder)).toEqual([]);
      expect(await drain(runner.run(hello(), never()))).toMatchObject({ exitCode: 0 });
      runner.warm(hello());
      expect(runner.waiting()).toBe(0);
      vi.unstubAllEnvs();
    });
  });

  test.each([
    ['keep no process alive, and end with it', ''],
    ['end with a process that is killed', 'setInterval(() => {}, 1000);'],
  ])('%s', async (_title, more) => {
    await inFolder(async (folder) => {
      const source = new URL('../../src/runners/subprocess.ts', import.meta.url).href;
      const job = JSON.stringify(hello());
      writeFileSync(
        path.join(folder, 'parent.ts'),
        `import { subprocessRunner } from ${JSON.stringify(fileURLToPath(source))};
import { writeFileSync } from 'node:fs';
${more}
subprocessRunner(undefined, { ahead: true }).warm(${job});
setTimeout(() => writeFileSync(${JSON.stringify(path.join(folder, 'begun'))}, ''), 0);
`,
      );
      const { build } = await import('esbuild');
      const outfile = path.join(folder, 'parent.mjs');
      await build({
        entryPoints: [path.join(folder, 'parent.ts')],
        outfile,
        bundle: true,
        format: 'esm',
        platform: 'node',
        packages: 'external',
        logLevel: 'error',
        define: { 'import.meta.url': JSON.stringify(source) },
      });
      symlinkSync(path.resolve(import.meta.dirname, '../../node_modules'), path.join(folder, 'node_modules'));
      const child = spawn(process.execPath, [outfile], {
        env: { ...process.env, TMPDIR: folder },
        stdio: 'ignore',
      });
      const ended = new Promise((resolve) => child.once('exit', resolve));
      if (more !== '') {
        await until(() => idle(child.pid).length === 1, 'one waits');
        const [pid = 0] = idle(child.pid);
        child.kill('SIGKILL');
        await until(() => !isAlive(pid), 'it ended with its parent');
      }
      await ended;
      const left = () => readdirSync(folder).filter((name) => name.startsWith('kintsugi-'));
      await until(() => left().length === 0, 'no folder is left');
      expect(existsSync(path.join(folder, 'begun'))).toBe(true);
    });
  });
});
