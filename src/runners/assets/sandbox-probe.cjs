/**
 * Attacks the machine from inside a sandbox, harmlessly, and writes one JSON object: what it could do. Runs with node; its only argument is a JSON
 * object with the targets. Refuses whatever could hurt when nothing confines it.
 */
'use strict';

const { spawn, spawnSync } = require('node:child_process');
const { createSocket } = require('node:dgram');
const fs = require('node:fs');
const net = require('node:net');

const job = JSON.parse(process.argv[2]);

/** What an attack gave, or the error that stopped it. */
function attempt(attack) {
  try {
    const got = attack();
    return { got: got === undefined || got === null ? 'done' : String(got).slice(0, 200) };
  } catch (error) {
    return { stopped: String(error.code ?? error.message).slice(0, 200) };
  }
}

function link(path) {
  try {
    return fs.readlinkSync(path);
  } catch {
    return null;
  }
}

/** Root in the machine's own namespaces would really hit what it aims at. */
function isConfined() {
  if (process.getuid() !== 0) return true;
  const here = { mount: link('/proc/self/ns/mnt'), user: link('/proc/self/ns/user') };
  return here.mount !== null && (here.mount !== job.namespaces.mount || here.user !== job.namespaces.user);
}

function connect(options) {
  return new Promise((resolve) => {
    let socket;
    try {
      socket = net.connect(options);
    } catch (error) {
      resolve({ stopped: String(error.code ?? error.message) });
      return;
    }
    socket.setTimeout(300, () => {
      socket.destroy();
      resolve({ stopped: 'timeout' });
    });
    socket.once('connect', () => {
      socket.destroy();
      resolve({ got: 'connected' });
    });
    socket.once('error', (error) => resolve({ stopped: String(error.code) }));
  });
}

/** Whether it arrives is for the other side to say. */
function send(port) {
  return new Promise((resolve) => {
    try {
      const socket = createSocket('udp4');
      socket.once('error', (error) => {
        resolve({ stopped: String(error.code) });
      });
      socket.send(job.token, port, '127.0.0.1', (error) => {
        resolve(error ? { stopped: String(error.code) } : { got: 'sent' });
        socket.close();
      });
    } catch (error) {
      resolve({ stopped: String(error.code ?? error.message) });
    }
  });
}

/** Whether a server of the run's own is reached by a client of the run's own. */
function loopback() {
  return new Promise((resolve) => {
    const server = net.createServer((socket) => socket.destroy());
    server.once('error', (error) => resolve({ stopped: String(error.code) }));
    server.listen(0, '127.0.0.1', () => {
      connect({ port: server.address().port, host: '127.0.0.1' }).then((result) => {
        server.close();
        resolve(result);
      });
    });
  });
}

function visible() {
  return attempt(() => {
    const pids = fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    const found = pids.filter((pid) => {
      try {
        return fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(job.token);
      } catch {
        return false;
      }
    });
    // Our own command line carries the token too.
    const others = found.filter((pid) => Number(pid) !== process.pid && Number(pid) === job.victim);
    if (others.length === 0) throw new Error(`${pids.length} seen, none of outside`);
    return others.join(' ');
  });
}

/** Starts idle children until the kernel refuses or the limit is passed by half. */
function fork() {
  const children = [];
  let refused = null;
  for (let count = 0; count < job.processes * 1.5 && refused === null; count += 1) {
    const child = spawn('/bin/sleep', ['5'], { stdio: 'ignore' });
    child.on('error', () => {});
    if (child.pid === undefined) refused = 'refused';
    else children.push(child);
  }
  for (const child of children) child.kill('SIGKILL');
  return refused === null ? { got: `${children.length}` } : { stopped: `refused after ${children.length}` };
}

/** Fills memory in a child, so that what ends it leaves this report alone. */
function memory() {
  const source = `const kept = [];
    for (let size = 0; size < ${job.memoryBytes} * 1.25; size += 8388608) kept.push(Buffer.alloc(8388608, 1));
    process.stdout.write('filled');`;
  const { stdout, status, signal } = spawnSync(process.execPath, ['-e', source], {
    encoding: 'utf8',
    timeout: 4000,
    killSignal: 'SIGKILL',
  });
  return String(stdout).includes('filled') ? { got: 'filled' } : { stopped: String(signal ?? status) };
}

/** Memory in the disguise of files: what nobody limits there fills the machine. */
function temporary(folder) {
  return attempt(() => {
    const { bsize, blocks } = fs.statfsSync(folder);
    fs.accessSync(folder, fs.constants.W_OK);
    if (bsize * blocks <= job.temporaryBytes) throw new Error(`${bsize * blocks} bytes`);
    return `${bsize * blocks} bytes`;
  });
}

/** All the ways to put something else where a check file is. */
function replace(path) {
  const folder = path.slice(0, path.lastIndexOf('/'));
  return [
    attempt(() => fs.writeFileSync(path, job.token)),
    attempt(() => fs.unlinkSync(path)),
    attempt(() => fs.renameSync(path, `${path}.old`)),
    attempt(() => fs.renameSync(folder, `${folder}.old`)),
    attempt(() => fs.chmodSync(path, 0o666)),
  ];
}

/** The kernel's filter, seen by what it refuses, where there is no /proc to ask. */
function refusesNamespaces() {
  const { status: code, error } = spawnSync('/usr/bin/unshare', ['--user', 'true'], { timeout: 2000 });
  return error === undefined && code !== 0;
}

function status() {
  try {
    const text = fs.readFileSync('/proc/self/status', 'latin1');
    const field = (name) => new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(text)?.[1] ?? null;
    return { seccomp: field('Seccomp'), capabilities: field('CapEff'), noNewPrivileges: field('NoNewPrivs') };
  } catch {
    return { seccomp: refusesNamespaces() ? '2' : '0', capabilities: '0', noNewPrivileges: '1' };
  }
}

function trace() {
  return attempt(() => {
    const mapped = fs.readFileSync(`/proc/${job.victim}/maps`, 'latin1');
    if (!mapped) throw new Error('empty');
    const handle = fs.openSync(`/proc/${job.victim}/mem`, 'r');
    fs.closeSync(handle);
    return 'opened';
  });
}

async function main() {
  const confined = isConfined();
  const hurting = (attack) => (confined ? attack() : { refused: 'root in the namespaces of the machine' });
  const report = {
    token: job.token,
    status: status(),
    own: attempt(() => fs.writeFileSync(job.ownFile, 'x')),
    reads: job.secrets.map((path) => attempt(() => fs.readFileSync(path, 'utf8'))),
    writes: job.targets.map((path) => hurting(() => attempt(() => fs.writeFileSync(path, job.token)))),
    environment: attempt(() => {
      const names = Object.keys(process.env).filter((name) => !job.variables.includes(name));
      if (names.length === 0) throw new Error('nothing but what it was given');
      return names.join(' ');
    }),
    parentEnvironment: attempt(() => fs.readFileSync(`/proc/${job.victim}/environ`, 'latin1')),
    tcp: await connect({ port: job.tcpPort, host: '127.0.0.1' }),
    unix: await connect({ path: job.socketPath }),
    abstract: await connect({ path: `\0${job.abstractName}` }),
    udp: await send(job.udpPort),
    loopback: await loopback(),
    visible: visible(),
    signal: hurting(() => attempt(() => process.kill(job.victim, 'SIGTERM'))),
    trace: trace(),
    temporary: ['/dev/shm', '/tmp'].map(temporary),
    fixed: replace(job.fixed),
    memory: hurting(memory),
    fork: hurting(fork),
  };
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

main();
