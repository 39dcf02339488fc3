import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { programLimits } from '../../../src/runners/limits.ts';
import { findCgroupPlace } from '../../../src/runners/sandbox/cgroup-place.ts';
import { inheritedDescriptors } from '../../../src/runners/sandbox/channels.ts';
import { chooseSandbox } from '../../../src/runners/sandbox/choose.ts';
import { guaranteeWords, missingWords, wordsOf } from '../../../src/runners/sandbox/guarantees.ts';
import { launch } from '../../../src/runners/sandbox/launch.ts';
import { probe } from '../../../src/runners/sandbox/probe.ts';
import { cachedProbe, keepProbe, probeKey } from '../../../src/runners/sandbox/probe-cache.ts';
import type { ConfineRequest, Sandbox } from '../../../src/runners/sandbox/sandbox.ts';
import { inFolder } from '../support.ts';

/** No sandbox at all that claims to be one. */
function pretender(become: (request: ConfineRequest) => string[] = () => []): Sandbox {
  return {
    level: 'L2',
    guarantees: [],
    confine: (request) => {
      const [file = '', ...args] = [...become(request), ...request.argv];
      return { file, args, env: request.env, cwd: request.cwd };
    },
  };
}

it('finds that a sandbox which is none holds nothing', async () => {
  const root = process.getuid?.() === 0;
  // Root in the machine’s own namespaces is not asked to hurt it; an ordinary user is.
  const drop = ({ root: folder = '' }: ConfineRequest): string[] => {
    chmodSync(folder, 0o777);
    return root ? ['/usr/bin/setpriv', '--reuid=61000', '--regid=61000', '--clear-groups'] : [];
  };
  const { rows, failed } = await probe(pretender(drop));
  expect(failed).toBeNull();
  const held = rows.filter((row) => row.held).map((row) => row.guarantee);
  const broken = rows.filter((row) => !row.held).map((row) => row.guarantee);
  expect(broken).toEqual(
    expect.arrayContaining([
      'files-read',
      'files-write',
      'check-files',
      'network',
      'process-list',
      'kernel',
      'memory-process',
      'temporary-files',
      'processes-process',
      'cleanup',
    ]),
  );
  // Another user keeps root’s processes from an ordinary one.
  expect(held.every((guarantee) => ['signals', 'trace', 'environment'].includes(guarantee))).toBe(true);
});

it('does not let root hurt the machine when nothing confines the probe', async ({ skip }) => {
  if (process.getuid?.() !== 0) skip('not root');
  const { rows } = await probe(pretender());
  for (const guarantee of ['files-write', 'signals', 'memory-process', 'processes-process']) {
    const row = rows.find((one) => one.guarantee === guarantee);
    expect(row?.held).toBe(false);
    expect(row?.detail).toContain('not tried: root in the namespaces of the machine');
  }
});

it('says of a sandbox that does not start that it failed, and why', async () => {
  const broken: Sandbox = {
    ...pretender(),
    confine: (request) => ({ file: '/nonexistent/bwrap', args: [], env: {}, cwd: request.cwd }),
  };
  const { rows, failed } = await probe(broken);
  expect(rows).toEqual([]);
  expect(failed).toContain('ENOENT');
});

it('chooses what was asked for, remembers its probes, and never less than the minimum', () =>
  inFolder(async (cacheDirectory) => {
    const lowest = await chooseSandbox({ minLevel: 'L0', wanted: 'L0', cacheDirectory });
    expect(lowest.kind).toBe('chosen');
    const below = await chooseSandbox({ minLevel: 'L2', wanted: 'L0', cacheDirectory });
    expect(below).toMatchObject({ kind: 'unavailable', missing: missingWords('L2', 'L0') });
    const best = await chooseSandbox({ minLevel: 'L0', wanted: 'auto', cacheDirectory });
    if (best.kind !== 'chosen') throw new Error(best.why);
    expect(best.probes.every((row) => row.held)).toBe(true);
    if (best.sandbox.level === 'L0') return;
    const kept = readFileSync(path.join(cacheDirectory, 'sandbox-probes.json'), 'utf8');
    const again = await chooseSandbox({ minLevel: 'L0', wanted: 'auto', cacheDirectory });
    expect(again).toMatchObject({ kind: 'chosen', probes: best.probes });
    expect(readFileSync(path.join(cacheDirectory, 'sandbox-probes.json'), 'utf8')).toBe(kept);
  }));

it('says what is missing and what to install where an engine is not there', () =>
  inFolder(async (cacheDirectory) => {
    const choice = await chooseSandbox({ minLevel: 'L2', wanted: 'podman', cacheDirectory });
    if (choice.kind === 'chosen') return;
    expect(choice.why).toMatch(/podman (is not installed|cannot be used)/);
    expect(choice.missing).toContain(guaranteeWords.network);
    expect(choice.advice.join(' ')).toMatch(/podman/);
  }));

it('forgets a kept probe for another user, level or tool, and one that others could have written', () =>
  inFolder(async (folder) => {
    const key = probeKey('L2', 'bubblewrap 0.8.0');
    const row = { guarantee: 'network', attempted: 'TCP', held: true, detail: '' } as const;
    keepProbe(folder, key, [{ ...row, held: false }]);
    expect(cachedProbe(folder, key)).toBeNull();
    keepProbe(folder, key, [row]);
    expect(cachedProbe(folder, key)).toEqual([row]);
    expect(cachedProbe(folder, { ...key, tool: 'bubblewrap 0.9.0' })).toBeNull();
    expect(cachedProbe(folder, { ...key, user: key.user + 1 })).toBeNull();
    expect(cachedProbe(folder, { ...key, kernel: '7.0' })).toBeNull();
    const file = path.join(folder, 'sandbox-probes.json');
    chmodSync(file, 0o666);
    expect(cachedProbe(folder, key)).toBeNull();
    chmodSync(file, 0o600);
    writeFileSync(file, '{"version":1,"entries":{"x":[{"held":"yes"}]}}');
    expect(cachedProbe(folder, key)).toBeNull();
  }));

it('promises more at each level, and no closed network where it is open', () => {
  expect(missingWords('L2', 'L2')).toEqual([]);
  expect(missingWords('L2', 'L3')).toEqual([]);
  expect(missingWords('L3', 'L2')).toEqual(
    ['total memory, exact', 'number of processes, exact'].toReversed(),
  );
  expect(missingWords('L1', 'L0')).toContain(guaranteeWords['files-read']);
  expect(wordsOf('L2', 'localhost')).toContain(guaranteeWords.network);
  for (const [level, profile] of [
    ['L2', 'network'],
    ['L1', 'localhost'],
  ] as const) {
    expect(wordsOf(level, profile)).not.toContain(guaranteeWords.network);
  }
});

it('finds the nearest group that was delegated, and no other', () =>
  inFolder(async (folder) => {
    const own = path.join(folder, 'user.slice', 'app.slice', 'shell.scope');
    mkdirSync(own, { recursive: true });
    const mountinfo = `31 23 0:28 / ${folder} rw - cgroup2 cgroup2 rw\n`;
    const cgroup = '0::/user.slice/app.slice/shell.scope\n';
    const nothing = findCgroupPlace({ cgroup, mountinfo });
    expect(nothing).toEqual({
      kind: 'missing',
      why: 'the memory and pids controllers are not delegated to this user',
    });
    // A plain folder where a group would be: settings cannot be made in it, so it is no place.
    writeFileSync(path.join(folder, 'user.slice/app.slice/cgroup.subtree_control'), 'cpu memory pids\n');
    writeFileSync(path.join(folder, 'user.slice/app.slice/cgroup.procs'), '');
    expect(findCgroupPlace({ cgroup, mountinfo })).toMatchObject({
      kind: 'missing',
      why: expect.stringContaining('ENOENT'),
    });
    expect(findCgroupPlace({ cgroup: '', mountinfo: '' })).toMatchObject({ kind: 'missing' });
  }));

it('passes no descriptor on that our own process was given', async ({ skip }) => {
  if (process.platform !== 'linux') skip('no /proc');
  expect(inheritedDescriptors().includes(openSync('/dev/null', 'r'))).toBe(false);
  // Node takes care of the first sixteen itself.
  const script = `import { inheritedDescriptors } from ${JSON.stringify(path.resolve('src/runners/sandbox/channels.ts'))}; console.log(JSON.stringify(inheritedDescriptors()));`;
  const { build } = await import('esbuild');
  const bundled = await build({
    stdin: { contents: script, resolveDir: process.cwd(), loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    write: false,
    logLevel: 'error',
  });
  const given = openSync('/dev/null', 'r');
  const stdio = Array.from({ length: 61 }, (_, descriptor) =>
    descriptor === 60 ? given : descriptor === 1 ? 'pipe' : 'ignore',
  );
  const child = spawn(process.execPath, ['-e', bundled.outputFiles[0]?.text ?? ''], {
    stdio: stdio as never,
  });
  const told = await new Promise<string>((resolve) =>
    child.stdout?.on('data', (part) => resolve(String(part))),
  );
  expect(JSON.parse(told)).toContain(60);
});

it('hands bytes in, takes bytes out, and hides inherited descriptors from the run', async () => {
  const give = (text: string) => ({ kind: 'give', bytes: new TextEncoder().encode(text) }) as const;
  const sandbox: Sandbox = {
    ...pretender(),
    confine: (request) => ({
      file: '/bin/sh',
      args: ['-c', 'cat <&4; cat <&6; echo told >&5; readlink /proc/$$/fd/8'],
      env: request.env,
      cwd: request.cwd,
      channels: [give('one '), { kind: 'take', mostBytes: 3 }, give('two\n')],
      inherited: [8],
      judge: ({ taken }) => ({ kind: 'sandbox', why: taken.join('|') }),
    }),
  };
  const { stdout, end } = await launch(sandbox, {
    argv: ['/bin/true'],
    env: { PATH: '/usr/bin:/bin' },
    cwd: '/',
    limits: programLimits,
    addressBytes: 0,
  });
  expect(stdout).toBe('one two\n/dev/null\n');
  expect(end).toEqual({ kind: 'sandbox', why: 'tol' });
});
