import { randomBytes } from 'node:crypto';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import type { RunLimits } from '../../core/domain.ts';
import { assetPath } from '../asset.ts';
import type { Guarantee } from './guarantees.ts';
import { guaranteesOfLevel } from './guarantees.ts';
import { launch } from './launch.ts';
import { openTargets, pidsWith, type Targets } from './probe-targets.ts';
import type { ConfineRequest, Sandbox } from './sandbox.ts';

/** One guarantee, attacked on this machine. */
export interface ProbeRow {
  guarantee: Guarantee;
  /** What was tried from inside. */
  attempted: string;
  held: boolean;
  /** What came of it, for a person who wants to know more. */
  detail: string;
}

/** `failed` says why nothing could be probed: the sandbox itself does not work here. */
export interface Probed {
  rows: ProbeRow[];
  failed: string | null;
}

const megabyte = 1024 ** 2;
const limits: RunLimits = {
  wallMs: 15_000,
  cpuMs: 10_000,
  memoryBytes: 256 * megabyte,
  totalMemoryBytes: 640 * megabyte,
  processes: 32,
  openFiles: 256,
  fileBytes: 8 * megabyte,
  diskBytes: 64 * megabyte,
  outputKeptBytes: 64 * 1024,
  outputBytes: 64 * 1024,
};

const attempt = z.union([
  z.object({ got: z.string() }),
  z.object({ stopped: z.string() }),
  z.object({ refused: z.string() }),
]);
type Attempt = z.infer<typeof attempt>;

const reportShape = z.object({
  token: z.string(),
  status: z.object({
    seccomp: z.string().nullable(),
    capabilities: z.string().nullable(),
    noNewPrivileges: z.string().nullable(),
  }),
  own: attempt,
  reads: z.array(attempt).min(1),
  writes: z.array(attempt).min(1),
  environment: attempt,
  parentEnvironment: attempt,
  tcp: attempt,
  unix: attempt,
  abstract: attempt,
  udp: attempt,
  loopback: attempt,
  visible: attempt,
  signal: attempt,
  trace: attempt,
  temporary: z.array(attempt).min(1),
  fixed: z.array(attempt).min(1),
  memory: attempt,
  fork: attempt,
});
type Report = z.infer<typeof reportShape>;

/**
 * Attacks each guarantee of the sandbox's level that can be attacked, from inside, in a few seconds and with small limits. The attacks that could
 * hurt are not made by root in the machine's own namespaces. Never rejects.
 */
export async function probe(sandbox: Sandbox, outside: string = tmpdir()): Promise<Probed> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'kintsugi-probe-')));
  const targets = await openTargets(outside);
  try {
    const base: ConfineRequest = {
      argv: ['/bin/true'],
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: root, TMPDIR: '/tmp' },
      cwd: root,
      root,
      limits,
      addressBytes: 32 * 1024 ** 3,
    };
    const fixed = join(root, 'checks', 'check.txt');
    mkdirSync(join(root, 'checks'));
    writeFileSync(fixed, 'fixed');
    const script = join(root, 'probe.cjs');
    copyFileSync(assetPath('sandbox-probe.cjs'), script);
    const job = {
      ...targets.job,
      ownFile: join(root, 'own.txt'),
      fixed,
      variables: [...Object.keys(base.env), 'PWD', 'OLDPWD', 'SHLVL', '_', 'KINTSUGI_RUN'],
      memoryBytes: limits.memoryBytes,
      processes: limits.processes,
      temporaryBytes: 64 * megabyte,
    };
    const argv = [process.execPath, script, JSON.stringify(job)] as const;
    const { end, stdout, stderr } = await launch(sandbox, { ...base, argv, readOnly: [fixed, script] });
    if (end.kind === 'sandbox') return { rows: [], failed: end.why };
    const report = reportOf(stdout, targets.job.token);
    if (report === null) {
      const how = end.kind === 'timed-out' ? 'took too long' : `said nothing of use: ${stderr.slice(-300)}`;
      return { rows: [], failed: `The probe inside the sandbox ${how}.` };
    }
    if (!('got' in report.own))
      return { rows: [], failed: `Its own folder cannot be written: ${words(report.own)}.` };
    const promised = guaranteesOfLevel[sandbox.level];
    const rows = rowsOf(report, targets, isIntact(fixed));
    if (promised.includes('memory-total')) rows.push(await totalMemory(sandbox, base));
    if (promised.includes('cleanup')) rows.push(await survivors(sandbox, base));
    return { rows: rows.filter((row) => promised.includes(row.guarantee)), failed: null };
  } catch (error) {
    return { rows: [], failed: error instanceof Error ? error.message : String(error) };
  } finally {
    await targets.close();
    rmSync(root, { recursive: true, force: true });
  }
}

function isIntact(file: string): boolean {
  try {
    return readFileSync(file, 'utf8') === 'fixed';
  } catch {
    return false;
  }
}

function reportOf(stdout: string, token: string): Report | null {
  try {
    const report = reportShape.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
    return report.token === token ? report : null;
  } catch {
    return null;
  }
}

function rowsOf(report: Report, targets: Targets, fixedIntact: boolean): ProbeRow[] {
  const { status } = report;
  const filtered = status.seccomp === '2';
  const sockets = [report.tcp, report.unix, report.abstract, report.udp];
  const reached = targets.reached();
  const forked = row('processes', 'starting more processes than allowed', [report.fork]);
  return [
    row('files-read', 'reading a file outside', report.reads),
    row('files-write', 'writing and making files outside', report.writes, targets.intact()),
    row('check-files', 'writing, removing, renaming a check file and its folder', report.fixed, fixedIntact),
    row('environment', 'reading the environment of a process outside and what was not given', [
      report.environment,
      report.parentEnvironment,
    ]),
    row('network', `TCP, UDP, path and abstract sockets of the machine`, sockets, reached === 0, true),
    row('process-list', 'seeing a process outside', [report.visible]),
    row('signals', 'ending a process outside', [report.signal], targets.victimLives()),
    row('trace', 'reading the memory of a process outside', [report.trace], filtered),
    {
      guarantee: 'kernel',
      attempted: 'having privileges or an open kernel interface',
      held: filtered && /^0+$/.test(status.capabilities ?? '') && status.noNewPrivileges === '1',
      detail: `filter ${status.seccomp}, capabilities ${status.capabilities}`,
    },
    row('memory-process', 'using more memory than allowed', [report.memory]),
    row('temporary-files', 'more than the allowed space in /tmp and /dev/shm', report.temporary),
    forked,
    { ...forked, guarantee: 'processes-process' },
  ];
}

/** Held when all was stopped. `udpMaySend`: that a datagram was sent says nothing, that it arrived does. */
function row(
  guarantee: Guarantee,
  attempted: string,
  attempts: readonly Attempt[],
  unharmed = true,
  udpMaySend = false,
): ProbeRow {
  const passed = attempts.filter(
    (one) => !('stopped' in one) && !(udpMaySend && 'got' in one && one.got === 'sent'),
  );
  return {
    guarantee,
    attempted,
    held: unharmed && passed.length === 0,
    detail: [...new Set(attempts.map(words))].join(', '),
  };
}

function words(one: Attempt): string {
  if ('got' in one) return `got: ${one.got}`;
  return 'stopped' in one ? one.stopped : `not tried: ${one.refused}`;
}

/** One process, well below the limit of a process, past that of all. */
async function totalMemory(sandbox: Sandbox, base: ConfineRequest): Promise<ProbeRow> {
  const source = 'const kept = []; for (let i = 0; i < 24; i += 1) kept.push(Buffer.alloc(8388608, 1));';
  const { end, meter } = await launch(sandbox, {
    ...base,
    argv: [process.execPath, '-e', source],
    limits: { ...limits, memoryBytes: 512 * megabyte, totalMemoryBytes: 128 * megabyte, wallMs: 5_000 },
  });
  const ended = end.kind !== 'program' || end.exitCode !== 0;
  return {
    guarantee: 'memory-total',
    attempted: 'using more memory in all than allowed',
    held: ended && meter?.outOfMemory === true,
    detail: meter?.outOfMemory ? 'killed by the kernel' : 'not killed',
  };
}

/** A daemon that left its group and session. */
async function survivors(sandbox: Sandbox, base: ConfineRequest): Promise<ProbeRow> {
  const mark = `2${randomBytes(4).readUInt32LE()}`.slice(0, 9);
  const daemon = `: > ready; exec sleep 5.${mark}`;
  const script = `setsid sh -c '${daemon}' >/dev/null 2>&1 & while [ ! -e ready ]; do :; done`;
  await launch(sandbox, { ...base, argv: ['/bin/sh', '-c', script] });
  // A killed process is listed until the kernel is done with it.
  let left = pidsWith(`5.${mark}`);
  for (let look = 0; left.length > 0 && look < 25; look += 1) {
    await delay(20);
    left = pidsWith(`5.${mark}`);
  }
  for (const pid of left) killLeft(pid);
  return {
    guarantee: 'cleanup',
    attempted: 'leaving a daemon behind',
    held: left.length === 0,
    detail: left.length === 0 ? 'nothing left' : `${left.length} left`,
  };
}

function killLeft(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone meanwhile.
  }
}
