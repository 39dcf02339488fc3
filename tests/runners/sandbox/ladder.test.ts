import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SandboxLevel } from '../../../src/core/domain.ts';
import { findCgroupPlace } from '../../../src/runners/sandbox/cgroup-place.ts';
import { pidsWith } from '../../../src/runners/sandbox/probe-targets.ts';
import { isAlive } from '../support.ts';
import type { Answer, Job, JobResult } from './programs/sandboxed.ts';
import { capture, openStage, ordinaryUser, type Person, type Stage } from './support.ts';

const python = '/usr/bin/python3';
const attack = readFileSync(path.join(import.meta.dirname, 'programs/attack.py'), 'utf8');
const here = process.getuid?.() === 0 ? 'root' : 'an ordinary user';
/** Whether bwrap can make its namespaces here: it may be missing, or a container may forbid them. */
const bubblewrapWorks =
  process.platform === 'linux' &&
  existsSync(python) &&
  spawnSync('/usr/bin/bwrap', ['--unshare-all', '--ro-bind', '/', '/', '--', '/bin/true']).status === 0;

let stage: Stage;
let person: Awaited<ReturnType<typeof ordinaryUser>>;
let victim: ChildProcess;

beforeAll(async () => {
  [stage, person] = await Promise.all([openStage(), ordinaryUser()]);
  // Owned by the ordinary user where there is one: what keeps it alive must not be that somebody else owns it.
  victim = spawn('/bin/sleep', ['120'], { stdio: 'ignore', detached: true, ...owner() });
});
afterAll(async () => {
  victim?.kill('SIGKILL');
  stage?.remove();
  if (person?.user !== null) await person?.remove();
});

function owner(): { uid?: number; gid?: number } {
  return person.user === null ? {} : { uid: person.user, gid: person.user };
}

function personOf(name: Person['name']): Person {
  return { name, user: name === 'root' || here !== 'root' ? null : person.user };
}

async function run(name: Person['name'], level: SandboxLevel, jobs: Job[]): Promise<JobResult[]> {
  const { argv, env } = stage.command(personOf(name), level, jobs);
  const { code, stdout, stderr } = await capture(argv, env);
  if (code !== 0) throw new Error(`The stage failed with ${code}: ${stderr}`);
  const answer = JSON.parse(stdout) as Answer;
  if (answer.kind === 'unavailable') throw new Error(`${answer.why} ${answer.advice.join(' ')}`);
  expect(answer.level).toBe(level);
  return answer.results;
}

/** Which rungs this machine must have. An ordinary user has no groups of version 1. */
const rungs: [Person['name'], SandboxLevel][] = [
  ...(here === 'root'
    ? ([
        ['root', 'L3'],
        ['root', 'L2'],
        ['root', 'L1'],
      ] as [Person['name'], SandboxLevel][])
    : []),
  ['an ordinary user', 'L2'],
  ['an ordinary user', 'L1'],
];

const refusedByFilter = [
  'ptrace',
  'process_vm_readv',
  'kcmp',
  'pidfd_getfd',
  'bpf',
  'io_uring_setup',
  'keyctl',
  'add_key',
  'userfaultfd',
  'perf_event_open',
  'open_by_handle_at',
  'mount',
  'remount',
  'chroot',
  'unshare',
  'setns',
  'clone with a new user namespace',
  'memfd_create',
  'memfd_secret',
  'shmget',
  'swapoff',
  'reboot',
  'clock_settime',
  'init_module',
  'syslog',
  'typing into the terminal',
  'shared anonymous mapping',
];

describe.skipIf(!bubblewrapWorks)(
  'the ladder on this machine (skipped where bubblewrap is missing or may not work)',
  () => {
    it.each(rungs)('refuses every attack of the list as %s at %s', async (name, level) => {
      const [result] = await run(name, level, [
        { argv: [python, 'attack.py', String(victim.pid)], files: { 'attack.py': attack } },
      ]);
      const results = JSON.parse(result?.stdout || '{}') as Record<string, string>;
      expect(Object.entries(results).filter(([, end]) => end === 'done')).toEqual([]);
      for (const call of refusedByFilter) expect([call, results[call]]).toEqual([call, 'EPERM']);
      expect(results).toMatchObject({ clone3: 'ENOSYS', vsock: 'EAFNOSUPPORT', netlink: 'EAFNOSUPPORT' });
      expect(results).toMatchObject({ crypto: 'EAFNOSUPPORT', packet: 'EAFNOSUPPORT' });
      if (process.arch === 'x64') expect(results).toMatchObject({ x32: 'ENOSYS' });
      expect(isAlive(victim.pid ?? 0)).toBe(true);
    });

    it.each(rungs.filter(([, level]) => level !== 'L1'))(
      'lets ordinary programs do their work as %s at %s',
      async (name, level) => {
        const server = `const net = require('node:net');
        const server = net.createServer((socket) => socket.end('hello')).listen(0, 'localhost', () =>
          net.connect(server.address().port, 'localhost').on('data', (text) => { console.log(String(text)); server.close(); }));`;
        const pool = `import multiprocessing
def square(number): return number * number
if __name__ == '__main__':
    with multiprocessing.get_context('fork').Pool(2) as pool: print(sum(pool.map(square, range(5))))`;
        const results = await run(name, level, [
          { argv: [python, '-c', 'import os, pwd; print(pwd.getpwuid(os.getuid()).pw_name)'] },
          { argv: [process.execPath, 'server.js'], files: { 'server.js': server } },
          { argv: [python, 'pool.py'], files: { 'pool.py': pool } },
          { argv: ['/bin/sh', '-c', 'echo one > a.txt && cat a.txt && mkdir b && mv a.txt b/ && exit 3'] },
          { argv: [process.execPath, '-e', 'process.kill(process.pid, "SIGSEGV")'] },
        ]);
        expect(results.map(({ stdout }) => stdout.trim())).toEqual(['program', 'hello', '30', 'one', '']);
        expect(
          results.map(({ end }) => (end.kind === 'program' ? (end.exitCode ?? end.signal) : end)),
        ).toEqual([0, 0, 0, 3, 'SIGSEGV']);
        expect(results[3]?.left).toEqual(['b', 'b/a.txt']);
      },
    );

    it.each(rungs.filter(([, level]) => level !== 'L1'))(
      'keeps check files and the folders above them as %s at %s',
      async (name, level) => {
        const script = `echo no > tests/unit/check.txt; rm -f tests/unit/check.txt; mv tests tests.old; mv tests/unit tests/u
        chmod 666 tests/unit/check.txt; ln -sf /etc/passwd tests/unit/check.txt; echo new > tests/unit/new.txt; cat tests/unit/check.txt`;
        const [result] = await run(name, level, [
          {
            argv: ['/bin/sh', '-c', script],
            files: { 'tests/unit/check.txt': 'intact' },
            fixed: ['tests/unit/check.txt'],
          },
        ]);
        expect(result?.stdout).toBe('intact');
        expect(result?.left).toEqual(['tests', 'tests/unit', 'tests/unit/check.txt', 'tests/unit/new.txt']);
      },
    );

    it.each(rungs.filter(([, level]) => level !== 'L1'))(
      'gives a program only what its profile names, as %s at %s',
      async (name, level) => {
        const script =
          'cat in.txt; echo x > out.txt; echo x > /tmp/t && echo tmp; ls /sys /root /home /run /var; pwd';
        const job = {
          argv: ['/bin/sh', '-c', script] as [string, ...string[]],
          files: { 'in.txt': 'input\n' },
        };
        const [none, read, write] = await run(name, level, [
          { ...job, profile: 'none' },
          { ...job, profile: 'workspace-read' },
          { ...job, profile: 'workspace-write' },
        ]);
        expect(none?.stdout).toBe('tmp\n/tmp\n');
        expect(none?.left).toEqual(['in.txt']);
        expect(read?.stdout).toMatch(/^input\ntmp\n\//);
        expect(read?.left).toEqual(['in.txt']);
        expect(write?.stdout).toMatch(/^input\ntmp\n\//);
        expect(write?.left).toEqual(['in.txt', 'out.txt']);
      },
    );

    it.each(rungs.filter(([, level]) => level !== 'L1'))(
      'stops a fork bomb at the limit as %s at %s',
      async (name, level) => {
        const bomb = `import os, sys
count = 0
try:
    for _ in range(100):
        if os.fork() == 0:
            import time; time.sleep(5); os._exit(0)
        count += 1
except OSError as error:
    print(count, error.errno == 11)`;
        const [result] = await run(name, level, [
          { argv: [python, '-c', bomb], limits: { processes: 30, wallMs: 8_000 } },
        ]);
        if (level === 'L3') expect(result?.meter?.processRefused).toBe(true);
        const [count, refused] = (result?.stdout ?? '').trim().split(' ');
        expect(refused).toBe('True');
        expect(Number(count)).toBeGreaterThan(10);
        expect(Number(count)).toBeLessThanOrEqual(30);
      },
    );

    it('ends processes that together use too much at L3, and says so', async ({ skip }) => {
      if (here !== 'root') skip('groups of version 1 are root’s');
      const children = `import os, time
for _ in range(6):
    if os.fork() == 0:
        kept = bytearray(40 << 20)
        for at in range(0, len(kept), 4096): kept[at] = 1
        time.sleep(1); os._exit(0)
codes = [os.wait()[1] for _ in range(6)]
print(any(codes))`;
      const [result] = await run('root', 'L3', [
        { argv: [python, '-c', children], limits: { totalMemoryBytes: 128 * 1024 ** 2, wallMs: 9_000 } },
      ]);
      expect(result?.meter?.outOfMemory).toBe(true);
      expect(result?.meter?.peakBytes).toBeLessThanOrEqual(128 * 1024 ** 2);
    });

    it.each(rungs)('tells its own failure from the program’s as %s at %s', async (name, level) => {
      const [missing, forged] = await run(name, level, [
        { argv: ['/usr/bin/no-such-interpreter'] },
        {
          argv: [
            python,
            '-c',
            'import os\nfor fd in range(3, 300):\n  try: os.write(fd, b\'{ "exit-code": 0 }\\nstarted\\n\'); print(fd, flush=True)\n  except OSError: pass\nos._exit(9)',
          ],
        },
      ]);
      expect(missing?.end.kind).toBe('sandbox');
      expect(forged?.end).toEqual({ kind: 'program', exitCode: 9, signal: null });
      // What our own starter passed on, far up, leads to /dev/null; of the sandbox's own nothing is open.
      expect((forged?.stdout ?? '').split('\n').filter((open) => open !== '' && Number(open) < 16)).toEqual(
        [],
      );
    });

    it('stops at the wall clock and leaves nothing behind', async () => {
      const mark = `47.${Math.floor(Math.random() * 1e9)}`;
      const script = `trap '' TERM HUP INT; setsid sleep ${mark} & setsid sh -c 'sleep ${mark}' & sleep ${mark}`;
      const [result] = await run(here, here === 'root' ? 'L3' : 'L2', [
        { argv: ['/bin/sh', '-c', script], limits: { wallMs: 400 } },
      ]);
      expect(result?.end.kind).toBe('timed-out');
      await expect.poll(() => pidsWith(mark), { timeout: 5_000 }).toEqual([]);
    });

    it.each(rungs.filter(([, level]) => level !== 'L1'))(
      'dies with whoever started it, daemons too, as %s at %s',
      async (name, level) => {
        const mark = `48.${Math.floor(Math.random() * 1e9)}`;
        const script = `setsid sleep ${mark} & sleep ${mark}`;
        const { argv, env } = stage.command(personOf(name), level, [{ argv: ['/bin/sh', '-c', script] }]);
        const starter = spawn(argv[0] ?? '', argv.slice(1), { env, stdio: 'ignore' });
        const sleepers = (): number =>
          pidsWith(mark).filter((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'sleep').length;
        await expect.poll(sleepers, { timeout: 10_000, interval: 20 }).toBe(2);
        starter.kill('SIGKILL');
        await expect.poll(() => pidsWith(mark), { timeout: 5_000, interval: 20 }).toEqual([]);
      },
    );

    it('keeps no control group of a starter that was killed', async ({ skip }) => {
      if (here !== 'root') skip('groups of version 1 are root’s');
      const found = findCgroupPlace();
      if (found.kind === 'missing') return skip(found.why);
      await run('root', 'L3', [{ argv: ['/bin/true'] }]);
      const folders =
        found.place.kind === 'v1' ? [found.place.memory, found.place.pids] : [found.place.parent];
      const makers = folders
        .flatMap((folder) => readdirSync(folder))
        .flatMap((group) => /^kintsugi-run-(\d+)-/.exec(group)?.[1] ?? []);
      expect(makers.filter((pid) => !isAlive(Number(pid)))).toEqual([]);
    });
  },
);
