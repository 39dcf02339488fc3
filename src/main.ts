import type { Io } from './cli/context.ts';
import type { Invocation, RunFlags } from './cli/invocation.ts';

/**
 * argv → one command → its exit code. The only place that ends the process. Nothing is imported before it is known to be needed: another
 * file costs `--version` a twentieth of its time.
 */

declare const KINTSUGI_VERSION: string | undefined;

async function main(argv: readonly string[]): Promise<number> {
  const version =
    typeof KINTSUGI_VERSION === 'string' ? KINTSUGI_VERSION : (await import('./version.ts')).productVersion();
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  const { readArguments } = await import('./cli/flags.ts');
  const io: Io = {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    exit: (code) => process.exit(code),
  };
  return await dispatch(io, readArguments(argv, version));
}

async function dispatch(io: Io, invocation: Invocation): Promise<number> {
  switch (invocation.command) {
    case 'said':
      io.stdout.write(invocation.text);
      return 0;
    case 'run':
      if (invocation.goal === undefined && (await holdsDashboard(io, invocation.flags)))
        return await dashboard(io, invocation.flags, null);
      return await (await import('./cli/run.ts')).runGoal(io, invocation.goal, invocation.flags);
    case 'sessions':
      return await (await import('./cli/sessions.ts')).printSessions(io, invocation);
    case 'resume':
      return await (await import('./cli/resume.ts')).resumeSession(io, invocation);
    case 'replay':
      if (isWatched(invocation) && (await holdsDashboard(io, invocation.flags)))
        return await dashboard(io, invocation.flags, invocation.ids);
      return await (await import('./cli/replay.ts')).replaySession(io, invocation);
    case 'export':
      return await (await import('./cli/export.ts')).exportSession(io, invocation);
    case 'bench':
      return await (await import('./cli/bench.ts')).benchSuite(io, invocation);
    case 'scan':
      return await (await import('./cli/scan.ts')).scanFiles(io, invocation);
    case 'exec':
      return await (await import('./cli/exec.ts')).execFile(io, invocation);
    case 'memory':
      return await (await import('./cli/memory.ts')).careForMemory(io, invocation);
    case 'doctor':
      return await examine(io, invocation);
    default:
      return invocation satisfies never;
  }
}

async function holdsDashboard(io: Io, flags: RunFlags): Promise<boolean> {
  return (await import('./cli/dashboard.ts')).holdsDashboard(io, flags);
}

/** A replay without a pace of its own, to be looked at. */
function isWatched({ speed, step, verify, from }: Extract<Invocation, { command: 'replay' }>): boolean {
  return speed === null && !step && !verify && from === null;
}

/** The window over everything: `ids` of sessions to look at, none for a list of them, null for the prompt. */
async function dashboard(io: Io, flags: RunFlags, ids: readonly string[] | null): Promise<number> {
  const [{ firstView, prepareDashboard }, { showDashboard }] = await Promise.all([
    import('./cli/dashboard.ts'),
    import('./tui/show.ts'),
  ]);
  const { config, desk, theme } = await prepareDashboard(io, flags);
  const first = await firstView(config, ids);
  return await showDashboard(io, desk, { theme, first });
}

async function examine(io: Io, invocation: Extract<Invocation, { command: 'doctor' }>): Promise<number> {
  const { runDoctor } = await import('./cli/doctor.ts');
  const { env, cwd, stdout } = io;
  const found = await runDoctor({ flags: invocation.config, json: invocation.json, env, cwd, stdout });
  stdout.write(found.stdout);
  io.stderr.write(found.stderr);
  return found.exitCode;
}

/** Everything that was written is out before the process ends; a reader that is gone does not hold it. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableLength === 0) resolve();
    else {
      stream.once('error', () => resolve());
      stream.write('', () => resolve());
    }
  });
}

/** Why the answer did not reach standard output; a reader that has gone (EPIPE) took what it wanted. */
const lost = new Set<string>();
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') lost.add(error.code ?? error.message);
});
process.stderr.on('error', () => {});
main(process.argv.slice(2))
  .catch(async (error: unknown) => (await import('./cli/report-failure.ts')).reportFailure(error))
  .then(async (exitCode) => {
    await flushed(process.stdout);
    if (lost.size > 0)
      process.stderr.write(`kintsugi: Standard output cannot be written: ${[...lost].join(', ')}.\n`);
    await flushed(process.stderr);
    process.exit(exitCode === 0 && lost.size > 0 ? 1 : exitCode);
  });
