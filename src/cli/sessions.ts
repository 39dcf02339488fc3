import { listSessions } from '../journal/list.ts';
import { configFor, type Io } from './context.ts';
import type { Invocation } from './invocation.ts';
import { clip, printable } from './terminal.ts';

/** `kintsugi sessions`: what was done, newest first. */
export async function printSessions(
  io: Io,
  invocation: Extract<Invocation, { command: 'sessions' }>,
): Promise<number> {
  const config = await configFor(io, invocation.config);
  const all = await listSessions(config.logs);
  const sessions = invocation.limit === null ? all : all.slice(0, invocation.limit);
  if (invocation.json) {
    for (const session of sessions) io.stdout.write(`${JSON.stringify(session)}\n`);
    return 0;
  }
  if (sessions.length === 0) {
    io.stdout.write(`No sessions yet in ${config.logs}. kintsugi "goal" makes the first.\n`);
    return 0;
  }
  const columns = io.stdout.isTTY ? (io.stdout.columns ?? 80) : 200;
  for (const session of sessions) {
    const line =
      session.kind === 'unreadable'
        ? `${session.path}: ${session.why}`
        : [
            session.id,
            session.at.slice(0, 16).replace('T', ' '),
            session.state.padEnd(14),
            `${session.attempts}×`.padStart(4),
            (session.costUsd === null ? '?' : `$${session.costUsd.toFixed(4)}`).padStart(8),
            session.goal,
          ].join('  ');
    io.stdout.write(`${clip(printable(line), columns)}\n`);
  }
  return 0;
}
