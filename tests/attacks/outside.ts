import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** What programs aim at: a tree of files that anybody may write, sockets that count who comes, a process. All of it is ours. */
export interface Outside {
  aim(): Record<string, string | number>;
  /** A hash of what each path is and holds. */
  tree(): Map<string, string>;
  reached(): number;
  victimLives(): boolean;
  /** Makes the tree and the process again where they were harmed. */
  restore(): Promise<void>;
  close(): Promise<void>;
}

export async function openOutside(secret: string): Promise<Outside> {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'kintsugi-guarded-')));
  let intact = fillTree(folder, secret);
  let connections = 0;
  const arrived = (): void => {
    connections += 1;
  };
  const abstract = `attack-${randomBytes(9).toString('hex')}`;
  const socket = path.join(folder, 'socket');
  const servers = [
    await listen({ port: 0, host: '127.0.0.1' }, arrived),
    await listen({ path: `\0${abstract}` }, arrived),
  ];
  let unix = await listen({ path: socket }, arrived);
  chmodSync(socket, 0o777);
  intact = hashes(folder);
  const udp = createSocket('udp4', arrived);
  udp.bind(0, '127.0.0.1');
  await once(udp, 'listening');
  let victim = await startVictim(secret);
  const address = servers[0]?.address();
  const tcp = address && typeof address === 'object' ? address.port : 0;
  const lives = (): boolean => victim.exitCode === null && victim.signalCode === null;
  return {
    aim: () => ({
      outside: folder,
      secret,
      tcp,
      abstract,
      udp: udp.address().port,
      victim: victim.pid ?? 0,
      agent: process.pid,
    }),
    tree: () => hashes(folder),
    reached: () => connections,
    victimLives: lives,
    restore: async () => {
      if (!lives()) victim = await startVictim(secret);
      const now = hashes(folder);
      if (now.size === intact.size && [...intact].every(([name, hash]) => now.get(name) === hash)) return;
      unix.close();
      for (const name of readdirSync(folder))
        rmSync(path.join(folder, name), { recursive: true, force: true });
      fillTree(folder, secret);
      unix = await listen({ path: socket }, arrived);
      chmodSync(socket, 0o777);
      intact = hashes(folder);
    },
    close: async () => {
      if (lives()) {
        const ended = once(victim, 'exit');
        victim.kill('SIGKILL');
        await ended;
      }
      udp.close();
      for (const server of [...servers, unix]) server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Open to everybody: what protects it must be the sandbox. */
function fillTree(folder: string, secret: string): Map<string, string> {
  chmodSync(folder, 0o777);
  const files = [
    'file.txt',
    '.ssh/id_ed25519',
    '.aws/credentials',
    'sibling/.env',
    'sibling/.git/hooks/sample',
  ];
  for (const name of files) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, `${name} ${secret}`);
    chmodSync(file, 0o666);
    for (let above = path.dirname(file); above !== folder; above = path.dirname(above))
      chmodSync(above, 0o777);
  }
  return hashes(folder);
}

function hashes(folder: string): Map<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return new Map(
    ['.', ...names].map((name) => {
      const file = path.join(folder, name);
      const facts = lstatSync(file);
      const content = facts.isFile() ? readFileSync(file) : '';
      const times = facts.isFile() ? facts.mtimeMs : '';
      const text = [facts.mode, facts.uid, facts.nlink, times].join(' ');
      return [name, createHash('sha256').update(text).update(content).digest('hex')];
    }),
  );
}

async function startVictim(secret: string): Promise<ChildProcess> {
  const env = { PATH: '/usr/bin:/bin', ATTACK_SECRET: secret };
  const victim = spawn('/bin/sleep', ['600'], { env, stdio: 'ignore', detached: true });
  await once(victim, 'spawn');
  return victim;
}

function listen(
  place: { port: number; host: string } | { path: string },
  arrived: () => void,
): Promise<Server> {
  const server = createServer((socket) => {
    arrived();
    socket.on('error', () => {});
    socket.destroy();
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(place, () => resolve(server));
  });
}
