import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path, { dirname } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { drain } from '../../src/core/stream.ts';
import { assetPath } from '../../src/runners/asset.ts';
import { isolateRunner } from '../../src/runners/isolate.ts';
import { type IsolateKind, installedEngines, startIsolate } from '../../src/runners/isolate-process.ts';
import { programLimits } from '../../src/runners/limits.ts';
import { limitsOnly } from '../../src/runners/sandbox/limits-only.ts';
import { workerPool } from '../../src/runners/workers/pool.ts';
import type { Worker } from '../../src/runners/workers/worker.ts';
import { entryJob, filesOf, inFolder, isAlive, never, until } from './support.ts';

const [engine] = installedEngines();
const kind: IsolateKind = { engine: engine ?? 'quickjs', memoryMegabytes: 32, limits: programLimits };
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

function makeRunner() {
  const runner = isolateRunner();
  open.push(runner);
  return runner;
}

/** Processes that wait for a program or run one, started by this process. */
function isolates(): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        const parent = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
        const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
        return Number(parent) === process.pid && command.includes('isolate-child.cjs') && isAlive(pid);
      } catch {
        return false;
      }
    });
}

/** Past the shell that sets its limits. */
function isReady(pid: number): boolean {
  return readFileSync(`/proc/${pid}/cmdline`, 'latin1').startsWith(process.execPath);
}

const hello = entryJob(
  'javascript',
  filesOf({ 'a.js': "console.log('hello', typeof globalThis.left); globalThis.left = 1;" }),
);
const folders = () => readdirSync(tmpdir()).filter((name) => /^kintsugi-[0-9a-f]{12}-/.test(name));

describe.skipIf(process.platform !== 'linux' || engine === undefined)(
  'a process that waits for its program',
  () => {
    test('is there after warm, does one job, and is another one for the next', async () => {
      const runner = makeRunner();
      expect(isolates()).toEqual([]);
      runner.warm();
      await until(() => isolates().length === 1, 'one waits');
      const [first = 0] = isolates();
      const results = [await drain(runner.run(hello, never()))];
      await until(() => !isAlive(first), 'its process is gone');
      runner.warm();
      await until(() => isolates().length === 1, 'the next one waits');
      const [second = 0] = isolates();
      results.push(await drain(runner.run(hello, never())));
      await until(() => !isAlive(second), 'its process is gone too');
      expect(second).not.toBe(first);
      // Nothing of the first is left for the second.
      for (const result of results)
        expect(result).toMatchObject({ exitCode: 0, stdout: 'hello undefined\n' });
    });

    test('is replaced without a word when it was killed while it waited', async () => {
      const runner = makeRunner();
      runner.warm();
      await until(() => isolates().some(isReady), 'one waits');
      const [waiting = 0] = isolates();
      process.kill(waiting, 'SIGKILL');
      // Both before and after our side hears of it.
      expect(await drain(runner.run(hello, never()))).toMatchObject({
        status: 'exited',
        exitCode: 0,
        stderr: '',
      });
    });

    test('has a clock that starts with its program', async () => {
      const runner = makeRunner();
      const limits = { wallMs: 1_000 };
      const job = entryJob('javascript', filesOf({ 'a.js': 'console.log(1);' }), { limits });
      runner.warm(job.limits);
      await until(() => isolates().some(isReady), 'one waits');
      const late = Date.now() + 1_200;
      await until(() => Date.now() > late, 'it waited longer than the program may take');
      expect(await drain(runner.run(job, never()))).toMatchObject({ status: 'exited', exitCode: 0 });
      const endless = entryJob('javascript', filesOf({ 'a.js': 'for (;;);' }), { limits });
      expect(await drain(runner.run(endless, never()))).toMatchObject({ status: 'timed-out' });
    });

    test('is gone with its folder after close, and a closed runner still runs programs but has nobody wait', async () => {
      const before = new Set(folders());
      const runner = makeRunner();
      runner.warm();
      await until(() => isolates().length === 1, 'one waits');
      await runner.close();
      expect(isolates()).toEqual([]);
      await until(() => folders().every((name) => before.has(name)), 'its folder is removed');
      expect(await drain(runner.run(hello, never()))).toMatchObject({ exitCode: 0 });
      await until(() => isolates().length === 0, 'the process of the program is gone');
      runner.warm();
      expect(isolates()).toEqual([]);
    });

    test('keeps no process alive, and ends with it', async () => {
      const script = `
      import { isolateRunner } from ${JSON.stringify(new URL('../../src/runners/isolate.ts', import.meta.url).href)};
      isolateRunner().warm();
    `;
      const { build } = await import('esbuild');
      const bundle = await build({
        stdin: {
          contents: script.replace(/file:\/\//, ''),
          resolveDir: dirname(assetPath('isolate-child.cjs')),
          loader: 'ts',
        },
        bundle: true,
        write: false,
        format: 'esm',
        platform: 'node',
        external: ['esbuild'],
        define: {
          'import.meta.url': JSON.stringify(new URL('../../src/runners/isolate.ts', import.meta.url).href),
        },
      });
      await inFolder(async (folder) => {
        const file = path.join(folder, 'agent.mjs');
        writeFileSync(file, `${bundle.outputFiles[0]?.text}\nsetTimeout(() => {}, 300);`);
        symlinkSync(
          path.resolve(import.meta.dirname, '../../node_modules'),
          path.join(folder, 'node_modules'),
        );
        const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
        const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
        const children = () => readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim();
        let waiting = 0;
        await until(() => {
          try {
            waiting = Number(children().split(' ')[0]) || waiting;
          } catch {
            return true;
          }
          return waiting > 0;
        }, 'it waits');
        expect(await exit).toBe(0);
        expect(waiting).toBeGreaterThan(0);
        await until(() => !isAlive(waiting), 'it ended too');
      });
    });
  },
);

describe.skipIf(process.platform !== 'linux' || engine === undefined)('the place where one waits', () => {
  test('gives out the one that waits once, and a fresh one where another kind is wanted', async () => {
    const pool = workerPool((wanted: IsolateKind) => startIsolate(limitsOnly(), wanted));
    open.push(pool);
    const taken: Worker[] = [];
    const take = async (wanted: IsolateKind) => {
      const worker = await pool.take(wanted);
      if (typeof worker === 'string') throw new Error(worker);
      taken.push(worker);
      return worker;
    };
    pool.warm(kind);
    await until(() => isolates().length === 1, 'one waits');
    const other = await take({ ...kind, memoryMegabytes: 16 });
    await until(() => isolates().length === 1, 'the one of the other kind is gone');
    pool.warm(kind);
    const first = await take(kind);
    const second = await take(kind);
    expect(new Set([other, first, second]).size).toBe(3);
    for (const worker of taken) {
      await worker.dispose();
      expect(worker.isIdle()).toBe(false);
    }
    expect(isolates()).toEqual([]);
  });

  test('says why nothing can be started', async () => {
    const broken = {
      ...limitsOnly(),
      confine: () => ({ file: '/no/such/file', args: [], env: {}, cwd: '/' }),
    };
    const pool = workerPool((wanted: IsolateKind) => startIsolate(broken, wanted));
    expect(await pool.take(kind)).toMatch(/could not be started/);
    expect(existsSync('/no/such/file')).toBe(false);
  });
});
