import { randomBytes } from 'node:crypto';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import type { SandboxLevel } from '../../src/core/domain.ts';
import { capture, type Person } from '../runners/sandbox/support.ts';
import type { Answer, Order } from './programs/attacker.ts';

/** Where attacks run from: the attacker and the product's runner in one file that everybody can read. */
export interface Stage {
  attack(person: Person, level: SandboxLevel, names?: string[]): Promise<Answer[]>;
  remove(): void;
}

/** A second net under the sandbox: no process of a stage writes a larger file, dumps, or holds more of its own than this. */
const net = ['--fsize=536870912', '--core=0', '--data=4294967296', '--cpu=900'];

export async function openStage(): Promise<Stage> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kintsugi-attacks-'));
  chmodSync(folder, 0o755);
  await build({
    entryPoints: [path.join(import.meta.dirname, 'programs/attacker.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['esbuild', 'isolated-vm', 'node-inspect-extracted'],
    outfile: path.join(folder, 'attacker.mjs'),
    logLevel: 'error',
  });
  const root = path.resolve(import.meta.dirname, '../..');
  cpSync(path.join(root, 'src/runners/assets'), path.join(folder, 'assets'), { recursive: true });
  cpSync(path.join(import.meta.dirname, 'programs'), path.join(folder, 'programs'), { recursive: true });
  for (const place of ['root', 'user']) {
    mkdirSync(path.join(folder, place));
    chmodSync(path.join(folder, place), 0o777);
  }
  return {
    attack: async ({ user }, level, names) => {
      const place = path.join(folder, user === null ? 'root' : 'user');
      const order: Order = {
        kind: 'attack',
        level,
        programs: path.join(folder, 'programs'),
        cacheDirectory: path.join(place, 'cache'),
        ...(names ? { names } : {}),
      };
      const node = [process.execPath, path.join(folder, 'attacker.mjs'), JSON.stringify(order)];
      const bounded = ['/usr/bin/prlimit', ...net, '--', ...node];
      // At most so many processes of the account, whatever happens.
      const crowd = ['/usr/bin/prlimit', '--nproc=400', '--'];
      const become = ['/usr/bin/setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups', '--'];
      const command = user === null ? bounded : [...become, ...crowd, ...bounded];
      const env = {
        PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin',
        ATTACK_SECRET: randomBytes(18).toString('hex'),
      };
      const { code, stdout, stderr } = await capture(command, env);
      if (code !== 0) throw new Error(`The attacker failed with ${code}: ${stderr}`);
      return stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Answer);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
