import type { Config } from '../config.ts';
import { exitCodes, problem } from '../problem.ts';
import { configFor, type Io } from './context.ts';
import type { RunFlags } from './invocation.ts';

/** Whether this terminal can hold the dashboard; else the same is said in plain lines. */
export function holdsDashboard(io: Pick<Io, 'stdin' | 'stdout' | 'env'>, flags: RunFlags): boolean {
  const { env } = io;
  const asked =
    !flags.print && !flags.json && flags.outputFormat === undefined && flags.outputLastMessage === null;
  return (
    asked && io.stdin.isTTY === true && io.stdout.isTTY === true && !wantsLines(env, flags) && !isInCi(env)
  );
}

/** A screen reader, a dumb terminal or NO_COLOR: every line once, nothing drawn over. */
function wantsLines(env: Io['env'], flags: RunFlags): boolean {
  return (
    flags.screenReader ||
    env.INK_SCREEN_READER === 'true' ||
    env.TERM === 'dumb' ||
    (Boolean(env.NO_COLOR) && flags.config.color === undefined)
  );
}

/** Ink draws nothing there. */
function isInCi(env: Io['env']): boolean {
  if (env.CI === '0' || env.CI === 'false') return false;
  return (
    Boolean(env.CI) ||
    'CONTINUOUS_INTEGRATION' in env ||
    Object.keys(env).some((name) => name.startsWith('CI_'))
  );
}

/** The colours of the dashboard: none with --color never; light when the flag or the terminal says so (COLORFGBG). */
export function themeFor(config: Config, env: Io['env'], flags: RunFlags): 'dark' | 'light' | 'none' {
  if (config.color === 'never') return 'none';
  if (flags.theme === 'light' || flags.theme === 'dark') return flags.theme;
  const background = Number(env.COLORFGBG?.split(';').at(-1) ?? Number.NaN);
  return background === 7 || background >= 9 ? 'light' : 'dark';
}

/** What the dashboard is opened with: the configuration and the desk it works at. */
export async function prepareDashboard(io: Io, flags: RunFlags) {
  const [config, { openDesk }] = await Promise.all([configFor(io, flags.config), import('./desk.ts')]);
  return { config, desk: await openDesk(io, config, flags), theme: themeFor(config, io.env, flags) };
}

/** What it begins with. Throws a Problem for more than two sessions, a JournalError for one that is not there or cannot be read. */
export async function firstView(config: Config, ids: readonly string[] | null) {
  if (ids === null) return { kind: 'prompt' } as const;
  const [first, second, ...more] = ids;
  if (first === undefined) return { kind: 'picker' } as const;
  if (more.length > 0) throw problem(exitCodes.usage, 'replay takes one session, or two side by side.');
  const left = await load(config, first);
  if (second === undefined) return { kind: 'replay', session: left } as const;
  return { kind: 'compare', left, right: await load(config, second) } as const;
}

async function load(config: Config, wanted: string) {
  const [{ findSession }, { loadJournal }] = await Promise.all([
    import('../journal/list.ts'),
    import('../journal/read.ts'),
  ]);
  const file = await findSession(config.logs, wanted);
  const { events } = await loadJournal(file);
  const [started] = events;
  return { name: started?.type === 'session.started' ? started.session : wanted, file, events };
}
