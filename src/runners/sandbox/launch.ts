import { type ChildProcess, spawn } from 'node:child_process';
import { serveChannels, stdioFor } from './channels.ts';
import type { ConfineRequest, Judged, Meter, Sandbox } from './sandbox.ts';

export interface Launched {
  end: Judged | { kind: 'timed-out' };
  stdout: string;
  stderr: string;
  meter: Meter | null;
  ms: number;
}

const mostBytes = 64 * 1024;
const drainMs = 500;

/** Runs something short of our own under a sandbox, without input, bounded by `limits.wallMs`: for probes. Never rejects. */
export async function launch(sandbox: Sandbox, request: ConfineRequest): Promise<Launched> {
  const begun = performance.now();
  const nothing = { stdout: '', stderr: '', meter: null, ms: 0 };
  const failed = (error: unknown): Launched => ({
    ...nothing,
    end: { kind: 'sandbox', why: error instanceof Error ? error.message : String(error) },
  });
  let finish: (() => Promise<Meter | null>) | undefined;
  try {
    const confined = sandbox.confine(request);
    finish = confined.finish;
    const { stdio, opened } = stdioFor(confined, 'ignore');
    const child = spawn(confined.file, confined.args, {
      cwd: confined.cwd,
      env: confined.env,
      detached: true,
      stdio,
    });
    opened();
    const started = await new Promise<true | Error>((resolve) => {
      child.once('spawn', () => resolve(true));
      child.once('error', resolve);
    });
    if (started !== true) return failed(started);
    const taken = serveChannels(child, confined);
    const stdout = collect(child, 'stdout');
    const stderr = collect(child, 'stderr');
    child.stdio[3]?.on('error', () => {});
    let late = false;
    const clock = setTimeout(() => {
      late = true;
      killGroup(child);
    }, request.limits.wallMs);
    const exit = await new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
      child.once('exit', (code, signal) => resolve({ code, signal })),
    );
    clearTimeout(clock);
    killGroup(child);
    const patience = new AbortController();
    const told = await Promise.race([
      Promise.all([taken, stdout.ended, stderr.ended]).then(([texts]) => texts),
      timer(drainMs, patience.signal).then(() => []),
    ]);
    patience.abort();
    for (const stream of child.stdio) stream?.destroy();
    const judge = confined.judge ?? (({ code, signal }) => ({ kind: 'program', exitCode: code, signal }));
    return {
      end: late ? { kind: 'timed-out' } : judge({ ...exit, stderr: stderr.text(), taken: told }),
      stdout: stdout.text(),
      stderr: stderr.text(),
      meter: (await finish?.()) ?? null,
      ms: performance.now() - begun,
    };
  } catch (error) {
    await finish?.();
    return failed(error);
  }
}

function timer(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const clock = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => clearTimeout(clock), { once: true });
  });
}

function collect(child: ChildProcess, name: 'stdout' | 'stderr') {
  const parts: Buffer[] = [];
  let left = mostBytes;
  const stream = child[name];
  const ended = new Promise<void>((resolve) => {
    if (!stream) return resolve();
    stream.on('data', (part: Buffer) => {
      if (left > 0) parts.push(part.subarray(0, left));
      left -= part.length;
    });
    stream.once('close', () => resolve());
    stream.once('error', () => resolve());
  });
  return { ended, text: () => Buffer.concat(parts).toString('utf8') };
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}
