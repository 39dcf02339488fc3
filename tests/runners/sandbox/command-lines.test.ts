import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { programLimits } from '../../../src/runners/limits.ts';
import { bubblewrapSandbox } from '../../../src/runners/sandbox/bubblewrap.ts';
import { bubblewrapJudge } from '../../../src/runners/sandbox/bubblewrap-status.ts';
import { containerArguments } from '../../../src/runners/sandbox/container.ts';
import { interpreterPaths } from '../../../src/runners/sandbox/host-files.ts';
import { limitsOnly } from '../../../src/runners/sandbox/limits-only.ts';
import type { ConfineRequest } from '../../../src/runners/sandbox/sandbox.ts';
import { seatbeltProfile, seatbeltSandbox } from '../../../src/runners/sandbox/seatbelt.ts';
import { inFolder } from '../support.ts';

const request: ConfineRequest = {
  argv: ['/usr/bin/python3', 'main.py'],
  env: { PATH: '/usr/bin', HOME: '/runs/one', TMPDIR: '/runs/one/tmp', KINTSUGI_RUN: 'abc' },
  cwd: '/runs/one/workspace',
  root: '/runs/one',
  limits: programLimits,
  addressBytes: 1024 ** 3,
  readOnly: ['/runs/one/workspace/tests/a/check.py'],
  visible: ['/opt/kintsugi/assets'],
};

function bubblewrap(changes: Partial<ConfineRequest> = {}): string {
  const sandbox = bubblewrapSandbox({
    file: '/usr/bin/bwrap',
    architecture: 'x64',
    identity: { kind: 'namespace', user: 1000 },
    proc: true,
  });
  const { args, env } = sandbox.confine({ ...request, ...changes });
  expect(env).toEqual(expect.objectContaining({ KINTSUGI_RUN: 'abc' }));
  return ` ${args.join(' ')} `;
}

it('gives bwrap namespaces, no capability, a clean environment, sized folders and a read-only rest', () => {
  const line = bubblewrap();
  for (const part of [
    '--unshare-user --unshare-ipc --unshare-pid --unshare-uts --unshare-cgroup-try --unshare-net',
    '--die-with-parent --new-session --cap-drop ALL --clearenv',
    '--setenv KINTSUGI_RUN abc',
    '--dev-bind /dev/full /dev/zero',
    '--perms 1777 --size 67108864 --tmpfs /dev/shm --perms 1777 --size 67108864 --tmpfs /tmp',
    '--ro-bind /opt/kintsugi/assets /opt/kintsugi/assets',
    '--bind /runs/one /runs/one',
    '--bind /runs/one/workspace/tests /runs/one/workspace/tests --bind /runs/one/workspace/tests/a /runs/one/workspace/tests/a',
    '--ro-bind /runs/one/workspace/tests/a/check.py /runs/one/workspace/tests/a/check.py',
    '--remount-ro /proc --remount-ro /dev --remount-ro / --seccomp 6 --json-status-fd 4 --',
  ]) {
    expect(line).toContain(` ${part} `);
  }
  for (const part of [' /home', ' /root', '--ro-bind / ', '--share-net', '/etc/resolv.conf', '/etc/shadow'])
    expect(line).not.toContain(part);
});

it('opens the network in one profile only, and the folder for writing in three', () => {
  for (const profile of ['none', 'workspace-read', 'workspace-write', 'localhost', 'network'] as const) {
    const line = bubblewrap({ profile });
    expect([profile, line.includes('--unshare-net')]).toEqual([profile, profile !== 'network']);
    const writing = line.includes(' --bind /runs/one /runs/one ');
    expect([profile, writing]).toEqual([profile, !['none', 'workspace-read'].includes(profile)]);
    expect([profile, line.includes('/runs/one/workspace/tests')]).toEqual([profile, profile !== 'none']);
  }
});

it('tells the end of a program from the end of a sandbox', () => {
  const exit = { code: 1, signal: null, stderr: 'bwrap: No permissions to create new namespace\n' };
  const failed = bubblewrapJudge({ ...exit, taken: ['{ "child-pid": 7 }\n', ''] });
  expect(failed).toEqual({
    kind: 'sandbox',
    why: 'The sandbox failed: bwrap: No permissions to create new namespace.',
  });
  const ended = (code: number) =>
    bubblewrapJudge({ ...exit, taken: [`{ "child-pid": 7 }\n{ "exit-code": ${code} }\n`, 'started\n'] });
  expect(ended(0)).toEqual({ kind: 'program', exitCode: 0, signal: null });
  expect(ended(139)).toEqual({ kind: 'program', exitCode: null, signal: 'SIGSEGV' });
  expect(ended(130)).toEqual({ kind: 'program', exitCode: 130, signal: null });
  const early = bubblewrapJudge({ ...exit, stderr: 'x', taken: ['{ "exit-code": 127 }', ''] });
  expect(early.kind).toBe('sandbox');
});

it('shows an interpreter’s libraries and never the whole folder that they lie in', () =>
  inFolder(async (folder) => {
    const prefix = path.join(folder, '.local');
    mkdirSync(path.join(prefix, 'bin'), { recursive: true });
    mkdirSync(path.join(prefix, 'lib', 'python3.12'), { recursive: true });
    mkdirSync(path.join(prefix, 'share', 'keyrings'), { recursive: true });
    mkdirSync(path.join(folder, 'bin'));
    writeFileSync(path.join(prefix, 'bin', 'python3.12'), '');
    symlinkSync(path.join(prefix, 'bin', 'python3.12'), path.join(folder, 'bin', 'python3'));
    expect(interpreterPaths(path.join(folder, 'bin', 'python3'))).toEqual([
      path.join(folder, 'bin', 'python3'),
      path.join(prefix, 'bin'),
      path.join(prefix, 'lib'),
    ]);
    expect(interpreterPaths('/usr/bin/env')).toEqual([]);
  }));

it('writes a seatbelt profile that denies all that it does not name', () => {
  const text = seatbeltProfile({ ...request, cwd: '/runs/o"ne', root: '/runs/o"ne' });
  const lines = text.split('\n');
  expect(lines.slice(0, 2)).toEqual(['(version 1)', '(deny default)']);
  expect(text).toContain('(subpath "/runs/o\\"ne")');
  expect(lines).toContain('(deny network*)');
  const writing = lines.findIndex((line) => line.startsWith('(allow file-write*'));
  const fixed = lines.indexOf('(deny file-write* (subpath "/runs/one/workspace/tests/a/check.py"))');
  expect(fixed).toBeGreaterThan(writing);
  expect(lines[writing]).not.toContain('"/usr');
  expect(text).not.toMatch(/"\/Users|"\/private\/var\/folders|\(subpath "\/"\)/);
  expect(seatbeltProfile({ ...request, profile: 'none' })).not.toContain('(subpath "/runs/one")');
  const local = seatbeltProfile({ ...request, profile: 'localhost' });
  expect(local).toContain('(allow network-outbound (remote ip "localhost:*"))');
  expect(local).not.toContain('(allow network*)');
  const { args } = seatbeltSandbox(limitsOnly('darwin')).confine(request);
  const started = args.slice(args.indexOf('/usr/bin/sandbox-exec'));
  expect(started.slice(0, 2)).toEqual(['/usr/bin/sandbox-exec', '-p']);
  expect(started.slice(-2)).toEqual(request.argv);
});

it('gives a container engine no network, no privilege, exact totals and the run’s folder', () => {
  const options = { file: '/usr/bin/docker', image: 'node:20', user: 1000, group: 1000, name: 'run-1' };
  const line = ` ${containerArguments(request, options).join(' ')} `;
  for (const part of [
    '--pull never',
    '--network none',
    '--read-only --cap-drop ALL --security-opt no-new-privileges',
    '--user 1000:1000',
    `--memory ${programLimits.totalMemoryBytes} --memory-swap ${programLimits.totalMemoryBytes}`,
    '--pids-limit 66',
    '--mount type=bind,source=/runs/one,target=/runs/one',
    '--mount type=bind,source=/runs/one/workspace/tests/a/check.py,target=/runs/one/workspace/tests/a/check.py,readonly',
    '--env KINTSUGI_RUN=abc',
    'sh python3 main.py',
  ]) {
    expect(line).toContain(` ${part} `);
  }
  const odd = containerArguments({ ...request, root: '/a,b', readOnly: [] }, options);
  expect(odd).toContain('type=bind,"source=/a,b","target=/a,b"');
  expect(containerArguments({ ...request, profile: 'none' }, options).join(' ')).not.toContain('/runs/one,');
});
