/** Lets attacks loose on one level of the sandbox, as whoever started it, and prints what came of them as one line of JSON each. */
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Language, RunLimits, SandboxLevel } from '../../../src/core/domain.ts';
import type { RunJob } from '../../../src/core/seams.ts';
import { chooseSandbox } from '../../../src/runners/sandbox/choose.ts';
import { pidsWith } from '../../../src/runners/sandbox/probe-targets.ts';
import { type CheckRunner, subprocessRunner } from '../../../src/runners/subprocess.ts';
import { type Attack, isAtLeast, type Observation } from '../attack.ts';
import { attacks } from '../attacks.ts';
import { type Outside, openOutside } from '../outside.ts';

export interface Order {
  /** `hold`: runs one program that never ends, for whoever wants to kill its agent. */
  kind: 'attack' | 'hold';
  level: SandboxLevel;
  programs: string;
  cacheDirectory: string;
  /** Of the attacks to run; all when absent. */
  names?: string[];
  mark?: string;
}

export type Answer =
  | { kind: 'unavailable'; why: string }
  | { kind: 'seen'; name: string; seen: Observation }
  | { kind: 'agent killed'; left: number };

const megabyte = 1024 ** 2;
const limits: RunLimits = {
  wallMs: 5_000,
  cpuMs: 5_000,
  memoryBytes: 64 * megabyte,
  totalMemoryBytes: 96 * megabyte,
  processes: 32,
  openFiles: 128,
  fileBytes: 8 * megabyte,
  diskBytes: 64 * megabyte,
  outputKeptBytes: 32 * 1024,
  outputBytes: 256 * 1024,
};
const languages: Record<string, Language> = { '.py': 'python', '.js': 'javascript', '.sh': 'shell' };
const never = new AbortController().signal;

function tell(answer: Answer): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

function jobOf(attack: Attack, order: Order, aim: object): RunJob {
  const extension = path.extname(attack.program);
  const file = (name: string, at: string) => ({
    path: at,
    content: readFileSync(path.join(order.programs, name), 'utf8'),
  });
  const entry = `attack${extension}`;
  return {
    language: languages[extension] ?? 'shell',
    files: [
      file(attack.program, entry),
      ...(extension === '.py' && attack.compared !== true ? [file('tries.py', 'tries.py')] : []),
    ],
    checkFiles: attack.checks ? [{ path: 'checks/unit/check.txt', content: 'intact' }] : [],
    action: { kind: 'entry', entry, args: [JSON.stringify(aim)], stdin: '' },
    capabilities: ['fs.read.workspace', 'fs.write.workspace', 'process.spawn'],
    limits: { ...limits, ...attack.limits },
  };
}

async function observe(
  runner: CheckRunner,
  attack: Attack,
  order: Order,
  outside: Outside,
): Promise<Observation> {
  const mark = `mark${randomBytes(9).toString('hex')}`;
  const job = jobOf(attack, order, { ...outside.aim(), ...attack.aim, level: order.level, mark });
  const before = { tree: outside.tree(), reached: outside.reached() };
  const stream = runner.execute(job, never);
  let step = await stream.next();
  while (!step.done) step = await stream.next();
  const { run, tampered } = step.value;
  const left = await survivors(mark);
  const after = outside.tree();
  const harmed = [...new Set([...before.tree.keys(), ...after.keys()])].filter(
    (name) => before.tree.get(name) !== after.get(name),
  );
  const observation = {
    run: { ...run, stdout: run.stdout.slice(0, 200_000), files: [] },
    tampered,
    reached: outside.reached() - before.reached,
    harmed: harmed.sort(),
    left: left.length,
    victimLives: outside.victimLives(),
    wallMs: job.limits.wallMs,
    plain: attack.compared ? plainly(job) : null,
  };
  for (const pid of left) process.kill(pid, 'SIGKILL');
  await outside.restore();
  return observation;
}

/** A killed process is listed until the kernel is done with it. */
async function survivors(mark: string): Promise<number[]> {
  let left = pidsWith(mark);
  for (let look = 0; left.length > 0 && look < 50; look += 1) {
    await delay(20);
    left = pidsWith(mark);
  }
  return left;
}

function plainly({ action, files, language }: RunJob): Observation['plain'] {
  if (action.kind !== 'entry') return null;
  const folder = mkdtempSync(path.join(tmpdir(), 'kintsugi-plain-'));
  try {
    for (const file of files) writeFileSync(path.join(folder, file.path), file.content);
    const program = {
      python: '/usr/bin/python3',
      javascript: process.execPath,
      typescript: '',
      shell: '/bin/bash',
    };
    const env = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: folder, PYTHONDONTWRITEBYTECODE: '1' };
    const options = { cwd: folder, env, encoding: 'utf8', timeout: 10_000 } as const;
    const { stdout, status } = spawnSync(program[language], [action.entry, ...action.args], options);
    return { stdout, exitCode: status };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function sandboxFor(order: Order) {
  const { level, cacheDirectory } = order;
  return await chooseSandbox({ wanted: level, minLevel: level, cacheDirectory });
}

async function hold(order: Order): Promise<void> {
  const choice = await sandboxFor(order);
  if (choice.kind === 'unavailable') return tell({ kind: 'unavailable', why: choice.why });
  const attack: Attack = { group: 13, name: 'agent killed', program: 'nohup.sh', promised: 'L0' };
  const job = jobOf(attack, order, { mark: order.mark });
  const [file] = job.files;
  if (file) file.content = file.content.replace('exit 0', 'sleep 20');
  const stream = subprocessRunner(choice.sandbox).execute(
    { ...job, limits: { ...limits, wallMs: 15_000 } },
    never,
  );
  while (!(await stream.next()).done);
}

/** Group 13: an agent of its own is killed while its program and two daemons run. */
async function killAgent(order: Order): Promise<void> {
  const mark = `mark${randomBytes(9).toString('hex')}`;
  const held = JSON.stringify({ ...order, kind: 'hold', mark } satisfies Order);
  // The order holds the mark too: the agent itself is not counted.
  const agent = spawn(process.execPath, [process.argv[1] ?? '', held], { stdio: 'ignore' });
  const others = () => pidsWith(mark).filter((pid) => pid !== agent.pid);
  // On a slow machine it takes long to begin; an agent that never does ends by its own limit of time.
  while (others().length < 3 && agent.exitCode === null && agent.signalCode === null) await delay(20);
  const seen = others().length;
  agent.kill('SIGKILL');
  let left = others();
  for (let look = 0; left.length > 0 && look < 500; look += 1) {
    await delay(20);
    left = others();
  }
  for (const pid of left) process.kill(pid, 'SIGKILL');
  tell({ kind: 'agent killed', left: seen < 3 ? -1 : left.length });
}

async function main(order: Order): Promise<void> {
  if (order.kind === 'hold') return hold(order);
  const choice = await sandboxFor(order);
  if (choice.kind === 'unavailable') return tell({ kind: 'unavailable', why: choice.why });
  const outside = await openOutside(process.env.ATTACK_SECRET ?? '');
  try {
    const runner = subprocessRunner(choice.sandbox);
    for (const attack of attacks) {
      if (order.names && !order.names.includes(attack.name)) continue;
      if (!isAtLeast(order.level, attack.tried ?? 'L0')) continue;
      tell({ kind: 'seen', name: attack.name, seen: await observe(runner, attack, order, outside) });
    }
    if (!order.names) await killAgent(order);
  } finally {
    await outside.close();
  }
}

await main(JSON.parse(process.argv[2] ?? '') as Order);
