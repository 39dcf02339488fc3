import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import type { Job, Order } from './programs/sandboxed.ts';

const root = path.resolve(import.meta.dirname, '../../..');

export interface Person {
  name: 'root' | 'an ordinary user';
  /** Null: whoever runs the tests. */
  user: number | null;
}

/** What the tests of real sandboxes need: the program that makes them, bundled where everybody can read it. */
export interface Stage {
  /** The command that does jobs as somebody; it prints an Answer. */
  command(
    person: Person,
    wanted: Order['wanted'],
    jobs: Job[],
  ): { argv: string[]; env: Record<string, string> };
  remove(): void;
}

export async function openStage(): Promise<Stage> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kintsugi-stage-'));
  chmodSync(folder, 0o755);
  await build({
    entryPoints: [path.join(import.meta.dirname, 'programs/sandboxed.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: path.join(folder, 'sandboxed.mjs'),
    logLevel: 'error',
  });
  cpSync(path.join(root, 'src/runners/assets'), path.join(folder, 'assets'), { recursive: true });
  for (const place of ['root', 'user']) {
    mkdirSync(path.join(folder, place));
    chmodSync(path.join(folder, place), 0o777);
  }
  return {
    command: ({ user }, wanted, jobs) => {
      const own = path.join(folder, user === null ? 'root' : 'user');
      const order: Order = { wanted, cacheDirectory: path.join(own, 'cache'), jobs };
      const node = [process.execPath, path.join(folder, 'sandboxed.mjs'), JSON.stringify(order)];
      const become = ['/usr/bin/setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups', '--'];
      return {
        argv: user === null ? node : [...become, ...node],
        env: { PATH: '/usr/bin:/bin', TMPDIR: own },
      };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** An account made for the tests, and how to take it away. Null with a reason where it cannot be made. */
export async function ordinaryUser(): Promise<
  { user: number; remove: () => Promise<void> } | { user: null; why: string }
> {
  if (process.getuid?.() !== 0) return { user: null, why: 'only root can make an account' };
  if (!existsSync('/usr/sbin/useradd')) return { user: null, why: 'there is no useradd' };
  if (!existsSync('/usr/bin/setpriv')) return { user: null, why: 'there is no setpriv' };
  const name = `kintsugi-${randomBytes(4).toString('hex')}`;
  const made = await capture(['/usr/sbin/useradd', '--no-create-home', '--shell', '/bin/sh', name]);
  if (made.code !== 0) return { user: null, why: `useradd said: ${made.stderr.trim()}` };
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((one) => one.startsWith(`${name}:`));
  return {
    user: Number(line?.split(':')[2]),
    remove: async () => {
      await capture(['/usr/sbin/userdel', name]);
    },
  };
}

/** Runs a command to its end with a clean environment. */
export function capture(
  command: string[],
  env: Record<string, string> = { PATH: '/usr/bin:/bin:/usr/sbin' },
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const [file = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const texts = { stdout: '', stderr: '' };
    child.stdout.on('data', (part) => {
      texts.stdout += part;
    });
    child.stderr.on('data', (part) => {
      texts.stderr += part;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...texts }));
  });
}
