import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { drain } from '../../src/core/stream.ts';
import { subprocessRunner } from '../../src/runners/subprocess.ts';
import { type EntryOptions, entryJob, filesOf, fixture, isAlive, never, until } from './support.ts';

const runner = subprocessRunner();
const megabyte = 1024 ** 2;
const linux = process.platform === 'linux';

async function run(name: string, options: EntryOptions = {}) {
  const language = name.endsWith('.py') ? 'python' : name.endsWith('.sh') ? 'shell' : 'javascript';
  return drain(runner.run(entryJob(language, [fixture(name)], options), never()));
}

describe('limits of a run', () => {
  test('memory of one process, in Python and in Node', async () => {
    const limits = { memoryBytes: 128 * megabyte };
    const python = await run('memory_hog.py', { limits });
    const node = await run('memory_hog.js', { limits });
    expect([python.status, node.status]).toEqual(['out-of-memory', 'out-of-memory']);
  });

  test.runIf(linux)('memory of one process outside of the heap of Node', async () => {
    const source =
      'const held = [];\nfor (let n = 0; n < 400; n += 1) held.push(Buffer.alloc(1 << 20, 1));\nconsole.log(held.length);';
    const limits = { memoryBytes: 256 * megabyte, totalMemoryBytes: 4096 * megabyte };
    const job = entryJob('javascript', filesOf({ 'a.js': source }), { limits });
    expect((await drain(runner.run(job, never()))).status).toBe('out-of-memory');
  });

  test.runIf(linux)('memory of all processes together', async () => {
    const limits = { totalMemoryBytes: 100 * megabyte };
    const result = await run('fat_children.py', { args: ['4', '40'], limits });
    expect(result.status).toBe('out-of-memory');
    expect(result.peakBytes).toBeGreaterThan(100 * megabyte);
  });

  test.runIf(linux)('children that share what they hold are not counted as if each had its own', async () => {
    const script = [
      'import os, time',
      "held = bytearray(b'x' * (40 << 20))",
      'children = [os.fork() for _ in range(2)]',
      'time.sleep(0.3)',
      'if 0 in children: os._exit(0)',
      'for _ in children: os.wait()',
    ].join('\n');
    const job = entryJob('python', filesOf({ 'a.py': script }), {
      limits: { totalMemoryBytes: 110 * megabyte },
    });
    expect(await drain(runner.run(job, never()))).toMatchObject({ status: 'exited', exitCode: 0 });
  });

  test.runIf(linux)('number of processes', async () => {
    const result = await run('spawner.py', { args: ['12'], limits: { processes: 8 } });
    expect(result.status).toBe('process-limit');
    expect(await run('spawner.py', { args: ['0'], limits: { processes: 1 } })).toMatchObject({ exitCode: 0 });
  });

  test.runIf(linux)('disk use of the folder', async () => {
    const result = await run('many_files.py', { args: ['60'], limits: { diskBytes: 3_000_000 } });
    expect(result.status).toBe('disk-limit');
  });

  test('size of one file', async () => {
    const files = filesOf({ 'a.sh': 'head -c 300000 /dev/zero > big' });
    const job = entryJob('shell', files, { limits: { fileBytes: 100_000 } });
    expect((await drain(runner.run(job, never()))).status).toBe('disk-limit');
  });

  test('open files', async () => {
    const files = filesOf({ 'a.py': "held = [open('/dev/null') for _ in range(100)]" });
    const job = entryJob('python', files, { limits: { openFiles: 40 } });
    expect(await drain(runner.run(job, never()))).toMatchObject({
      status: 'exited',
      exitCode: 1,
      stderr: expect.stringContaining('Too many open files'),
    });
  });

  test.runIf(linux)('CPU time of all processes together, earlier than the clock', async () => {
    const result = await run('two_busy_loops.py', { limits: { cpuMs: 500, wallMs: 8_000 } });
    expect(result.status).toBe('cpu-limit');
    expect(result.cpuMs).toBeGreaterThan(500);
    expect(result.ms).toBeLessThan(4_000);
  });

  test('the clock ends what ignores every other signal, or is stopped', async () => {
    const stubborn = await run('stubborn.sh', { limits: { wallMs: 400 } });
    expect(stubborn).toMatchObject({ status: 'timed-out', stdout: 'waiting\n' });
    const stopped = entryJob('shell', filesOf({ 'a.sh': 'kill -STOP $$' }), { limits: { wallMs: 400 } });
    expect((await drain(runner.run(stopped, never()))).status).toBe('timed-out');
  });

  test('a program that may not be fed more reads to its end and is not waited for', async () => {
    const files = filesOf({ 'a.sh': 'exit 4' });
    const job = entryJob('shell', files, { stdin: 'x'.repeat(2_000_000) });
    expect(await drain(runner.run(job, never()))).toMatchObject({ status: 'exited', exitCode: 4 });
  });
});

describe.runIf(linux)('processes that a program leaves behind', () => {
  test('a daemon that keeps the output open is gone, and nobody waits for it', async () => {
    const result = await run('daemon.py');
    expect(result).toMatchObject({ status: 'exited', exitCode: 0, stdout: 'started\n' });
    expect(result.ms).toBeLessThan(4_000);
    expect(isAlive(Number(result.files.find((file) => file.path === 'daemon.pid')?.content))).toBe(false);
  });

  test('a daemon with its own session and no streams is gone too', async () => {
    const result = await run('quiet_daemon.py');
    expect(result.stdout).toBe('started\n');
    const pid = Number(result.files.find((file) => file.path === 'daemon.pid')?.content);
    expect(pid).toBeGreaterThan(1);
    expect(isAlive(pid)).toBe(false);
  });

  test('a daemon that cleared its environment is found by its folder', async () => {
    const script =
      "env -i setsid sh -c 'echo $$ > daemon.pid; while :; do sleep 0.1; done' >/dev/null 2>&1 </dev/null &\nwhile ! [ -s daemon.pid ]; do :; done";
    const result = await drain(runner.run(entryJob('shell', filesOf({ 'a.sh': script })), never()));
    const pid = Number(result.files[0]?.content);
    expect(pid).toBeGreaterThan(1);
    expect(isAlive(pid)).toBe(false);
  });

  test('the program has no child that it does not know of', async () => {
    const script = "import os\ntry:\n    os.wait()\nexcept ChildProcessError:\n    print('alone')";
    const result = await drain(runner.run(entryJob('python', filesOf({ 'a.py': script })), never()));
    expect(result.stdout).toBe('alone\n');
  });

  test('we hold no more open files than before', async () => {
    const open = () => readdirSync('/proc/self/fd').length;
    const short = () => run('spawner.py', { args: ['1'], limits: { wallMs: 150 } });
    await short();
    const before = open();
    for (let round = 0; round < 3; round += 1) await short();
    await until(() => open() <= before, 'the pipes of the runs are closed');
  });
});
