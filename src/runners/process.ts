import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunLimits } from '../core/domain.ts';
import type { Chunk } from '../core/seams.ts';
import { hasProcessTable, listPids, type RunMembers, runMembers } from './process-table.ts';
import type { Judged, Meter, Profile, Sandbox } from './sandbox/sandbox.ts';
import { type Started, startProcess } from './start-process.ts';
import { type Breach, type Watchdog, watch } from './watchdog.ts';

/** A command to run below `root`, with absolute paths. */
export interface ProcessRequest {
  argv: readonly [string, ...string[]];
  /** Laid over the clean environment. */
  env: Record<string, string>;
  cwd: string;
  /** All that the run may write; its disk use counts. */
  root: string;
  temporary: string;
  /** Null: no standard input. */
  stdin: string | null;
  limits: RunLimits;
  addressBytes: number;
  /** As in ConfineRequest. */
  profile?: Profile;
  readOnly?: readonly string[];
  writable?: readonly string[];
  visible?: readonly string[];
}

/** Why the parent ended the run; the first reason stands. */
export type KillReason = Breach | 'timed-out' | 'output-limit' | 'cancelled';

export interface ProcessEnd {
  /** Null when it never began or the sandbox failed; `why` says so. */
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  killed: KillReason | null;
  why: string | null;
  ms: number;
  cpuMs: number | null;
  peakBytes: number | null;
  /** What the kernel counted, where the sandbox asks it to. */
  meter: Meter | null;
}

const drainMs = 1_500;
const settleMs = 25;
const lastWordsBytes = 2_048;
const goneMs = 2_000;

/** A process that waits or works; `follow` brings it to its end. */
export interface Running {
  started: Started;
  members: RunMembers | null;
  root: string;
  exited: Promise<Exit>;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** What is to be done with a running process. */
export interface Following {
  stdin: string | null;
  limits: RunLimits;
  signal: AbortSignal;
  onBytes: (stream: Chunk['stream'], bytes: Uint8Array) => void;
  /** True as soon as what it wrote says that its work is done: it is not waited for then. */
  isOver?: () => boolean;
  /** It was started ahead of its job: what it used while it waited does not count. */
  waited?: boolean;
}

/**
 * Runs one command to its end and returns when none of its processes is left, those included that left its group. Never rejects for
 * what the command does. `onBytes` gets what it writes, up to `limits.outputBytes` of both streams together; past that the run is ended.
 */
export async function supervise(
  sandbox: Sandbox,
  request: ProcessRequest,
  signal: AbortSignal,
  onBytes: (stream: Chunk['stream'], bytes: Uint8Array) => void,
): Promise<ProcessEnd> {
  const begun = performance.now();
  if (signal.aborted) return notStarted({ killed: 'cancelled', why: null });
  const running = await start(sandbox, request);
  if (typeof running === 'string') return notStarted({ killed: null, why: running });
  return follow(running, { stdin: request.stdin, limits: request.limits, signal, onBytes }, begun);
}

/** An end without a beginning. */
export function notStarted(how: Pick<ProcessEnd, 'killed' | 'why'>): ProcessEnd {
  return { exitCode: null, signal: null, ms: 0, cpuMs: null, peakBytes: null, meter: null, ...how };
}

/** Starts a command and does not look at it; or says why it could not be started. `follow` must be called. */
export async function start(sandbox: Sandbox, request: ProcessRequest): Promise<Running | string> {
  const run = randomBytes(12).toString('hex');
  const older = listPids();
  const started = await startProcess(sandbox, request, run);
  if (typeof started === 'string') return started;
  const { child } = started;
  const leader = child.pid as number;
  const members = hasProcessTable()
    ? runMembers({ leader, marker: `KINTSUGI_RUN=${run}`, folder: request.root }, older)
    : null;
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, exitSignal) => resolve({ code, signal: exitSignal }));
  });
  child.stdio[3]?.on('error', () => {});
  return { started, members, root: request.root, exited };
}

/** As `supervise`, for a process that was started before; `begun` is when its time began, as of `performance.now()`. */
export async function follow(
  running: Running,
  { stdin, limits, signal, onBytes, isOver, waited }: Following,
  begun = performance.now(),
): Promise<ProcessEnd> {
  const { child, confined, taken } = running.started;
  const { members, root, exited } = running;
  const leader = child.pid as number;

  let killed: KillReason | null = null;
  const end = (reason: KillReason): void => {
    killed ??= reason;
    killGroup(leader);
    for (const row of members?.scan() ?? []) kill(row.pid);
  };
  let finished: Promise<Meter | null> | null = null;
  const finish = (): Promise<Meter | null> => {
    finished ??= confined.finish?.() ?? Promise.resolve(null);
    return finished;
  };
  let over = false;
  let lastWords = Buffer.alloc(0);
  const listen: typeof onBytes = (stream, bytes) => {
    if (stream === 'stderr' && confined.judge)
      lastWords = Buffer.concat([lastWords, bytes]).subarray(-lastWordsBytes);
    onBytes(stream, bytes);
    if (over || killed !== null || !isOver?.()) return;
    over = true;
    killGroup(leader);
  };
  const drained = drain(child, limits.outputBytes, listen, () => end('output-limit'));
  const clock = setTimeout(() => end('timed-out'), limits.wallMs);
  const cancel = () => {
    if (!over) end('cancelled');
  };
  signal.addEventListener('abort', cancel, { once: true });
  const before = waited === true ? (members?.settle() ?? []) : [];
  // The sandbox's own processes are not the program's to account for.
  const processes = limits.processes + (confined.ownProcesses ?? 0);
  const watchdog: Watchdog | null = members
    ? watch({ members, leader, limits: { ...limits, processes }, folder: root, before }, end)
    : null;
  if (signal.aborted) cancel();
  feed(child, stdin);

  try {
    const exit = await exited;
    const ms = performance.now() - begun;
    clearTimeout(clock);
    watchdog?.stop();
    killGroup(leader);
    // Where nobody else holds the pipes they close by themselves, which is known sooner than looked for.
    await Promise.race([drained, delay(settleMs, undefined, { ref: false })]);
    await killAll(leader, members);
    const told = await Promise.race([
      Promise.all([taken, drained]).then(([texts]) => texts),
      delay(drainMs, [], { ref: false }),
    ]);
    const { cpuMs, peakBytes } = watchdog?.usage() ?? { cpuMs: null, peakBytes: null };
    const stderr = lastWords.toString('utf8');
    const judged: Judged =
      killed === null && !over && confined.judge
        ? confined.judge({ ...exit, stderr, taken: told })
        : { kind: 'program', exitCode: exit.code, signal: exit.signal };
    const meter = await finish();
    const ended =
      judged.kind === 'program'
        ? { exitCode: judged.exitCode, signal: judged.signal, why: null }
        : { exitCode: null, signal: null, why: judged.why };
    return { ...ended, killed, ms, cpuMs, peakBytes: meter?.peakBytes ?? peakBytes, meter };
  } finally {
    await finish();
    clearTimeout(clock);
    watchdog?.stop();
    signal.removeEventListener('abort', cancel);
    for (const stream of child.stdio) stream?.destroy();
  }
}

/** Hands on what both streams bring, and resolves when both have ended; a daemon may keep them open for ever. */
function drain(
  child: ChildProcess,
  mostBytes: number,
  onBytes: (stream: Chunk['stream'], bytes: Uint8Array) => void,
  overflow: () => void,
): Promise<unknown> {
  let left = mostBytes;
  const listen = (name: Chunk['stream'], stream: Readable | null) =>
    new Promise<void>((resolve) => {
      if (!stream) return resolve();
      stream.on('data', (bytes: Buffer) => {
        if (left < 0) return;
        if (left > 0) onBytes(name, bytes.length <= left ? bytes : bytes.subarray(0, left));
        left -= bytes.length;
        if (left < 0) overflow();
      });
      stream.once('close', resolve);
      stream.once('error', () => resolve());
    });
  return Promise.all([listen('stdout', child.stdout), listen('stderr', child.stderr)]);
}

/** A program need not read its input: a closed pipe is no error. */
function feed(child: ChildProcess, stdin: string | null): void {
  if (stdin === null || !child.stdin) return;
  child.stdin.on('error', () => {});
  child.stdin.end(stdin);
}

/** Kills until nothing is left to kill. A process that the kernel does not let go of within two seconds is given up on. */
async function killAll(leader: number, members: RunMembers | null): Promise<void> {
  killGroup(leader);
  const until = performance.now() + goneMs;
  for (let wait = 1; members && performance.now() < until; wait = Math.min(20, wait * 2)) {
    const left = members.scan();
    if (left.length === 0) return;
    for (const row of left) kill(row.pid);
    killGroup(leader);
    await delay(wait);
  }
}

function killGroup(leader: number): void {
  kill(-leader);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already, or never ours to kill.
  }
}
