import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What the probe inside is told to aim at. All of it is ours and may be hurt. */
export interface TargetJob {
  token: string;
  secrets: string[];
  targets: string[];
  tcpPort: number;
  udpPort: number;
  socketPath: string;
  abstractName: string;
  /** A process of ours outside. */
  victim: number;
  namespaces: { mount: string | null; user: string | null };
}

export interface Targets {
  job: TargetJob;
  /** How many connections and datagrams came through. */
  reached(): number;
  /** Nothing was written or made outside. */
  intact(): boolean;
  victimLives(): boolean;
  close(): Promise<void>;
}

/** Files open to everybody, sockets and a process that a sandbox has to keep out of reach, in `folder` and in the temporary folder. */
export async function openTargets(folder: string): Promise<Targets> {
  const token = randomBytes(12).toString('hex');
  const places = [...new Set([realpathSync(tmpdir()), realpathSync(folder)])].map((place) =>
    mkdtempSync(join(place, 'kintsugi-outside-')),
  );
  const secrets = places.map((place) => join(place, 'secret.txt'));
  const created = places.map((place) => join(place, 'created.txt'));
  for (const place of places) chmodSync(place, 0o755);
  for (const secret of secrets) {
    writeFileSync(secret, token);
    chmodSync(secret, 0o666);
  }
  let connections = 0;
  const arrived = (): void => {
    connections += 1;
  };
  const socketPath = join(places[0] ?? folder, 'socket');
  const abstractName = `kintsugi-${token}`;
  const tcp = await listen({ port: 0, host: '127.0.0.1' }, arrived);
  const unix = await listen({ path: socketPath }, arrived);
  const abstract = await listen({ path: `\0${abstractName}` }, arrived).catch(() => null);
  const udp = createSocket('udp4', arrived);
  udp.bind(0, '127.0.0.1');
  await once(udp, 'listening');
  const victim = startVictim(token);
  await once(victim, 'spawn');
  const address = tcp.address();
  return {
    job: {
      token,
      secrets,
      targets: [...secrets, ...created],
      tcpPort: address !== null && typeof address === 'object' ? address.port : 0,
      udpPort: udp.address().port,
      socketPath,
      abstractName,
      victim: victim.pid ?? 0,
      namespaces: { mount: link('/proc/self/ns/mnt'), user: link('/proc/self/ns/user') },
    },
    reached: () => connections,
    intact: () =>
      secrets.every((secret) => readFileSync(secret, 'utf8') === token) &&
      created.every((path) => !existsSync(path)),
    victimLives: () => victim.exitCode === null && victim.signalCode === null,
    close: async () => {
      const ended = once(victim, 'exit');
      if (victim.pid !== undefined && victim.exitCode === null && victim.signalCode === null) {
        process.kill(-victim.pid, 'SIGKILL');
        await ended;
      }
      udp.close();
      for (const server of [tcp, unix, abstract]) server?.close();
      for (const place of places) rmSync(place, { recursive: true, force: true });
    },
  };
}

/** A shell that waits, with the token in its command line and its environment. */
function startVictim(token: string): ChildProcess {
  return spawn('/bin/sh', ['-c', 'sleep 60; :', token], {
    env: { PATH: '/usr/bin:/bin', TOKEN: token },
    stdio: 'ignore',
    detached: true,
  });
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

/** Processes of this machine whose command line holds `mark`. */
export function pidsWith(mark: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'latin1').includes(mark);
      } catch {
        return false;
      }
    })
    .map(Number);
}

function link(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}
