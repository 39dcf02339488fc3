import { createInterface, type Interface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '../config.ts';
import { isDelta, type SessionEvent } from '../core/events.ts';
import type { Interruption } from '../core/loop.ts';
import { initialState, reduce } from '../core/state.ts';
import { findSession } from '../journal/list.ts';
import { loadJournal } from '../journal/read.ts';
import { exitCodes, problem } from '../problem.ts';
import { confinementLine } from '../words.ts';
import { configFor, type Io } from './context.ts';
import { count, describeEvent } from './describe.ts';
import { exits } from './exit-codes.ts';
import { forkSession } from './fork.ts';
import { listenForInterrupts } from './interrupts.ts';
import type { Invocation } from './invocation.ts';
import { resultObject } from './output.ts';
import { refuseForkFlags } from './replay-flags.ts';
import { terminalStage } from './stage.ts';
import { outputFormatOf } from './surface.ts';
import { paint, printable, type Screen, screenOf } from './terminal.ts';
import { verifyJournal } from './verify.ts';

type Replay = Extract<Invocation, { command: 'replay' }>;

/** No pause of the record is shown longer than this, whatever the speed. */
const longestPauseMs = 3_000;

/** `kintsugi replay`: plays a journal to the terminal, verifies it, or forks it. */
export async function replaySession(io: Io, invocation: Replay): Promise<number> {
  const speed = speedOf(invocation.speed, io);
  const from = eventNumber(invocation.from);
  if (from !== null && invocation.verify)
    throw problem(exitCodes.usage, '--verify and --from do not go together: verify the fork afterwards.');
  if (from === null) refuseForkFlags(invocation.flags);
  const config = await configFor(io, invocation.flags.config);
  const [first, second, ...more] = invocation.ids;
  if (first === undefined)
    throw problem(exitCodes.usage, 'Which session? kintsugi sessions lists them; latest is the last one.');
  if (more.length > 0) throw problem(exitCodes.usage, 'replay takes one session, or two side by side.');
  if (second !== undefined) return await compare(io, config, [first, second], invocation);
  const file = await findSession(config.logs, first);
  const { events, tornBytes } = await loadJournal(file);
  if (tornBytes > 0)
    io.stderr.write(`warning: the last line of ${file} is torn (${tornBytes} bytes); it ends before it.\n`);
  if (invocation.verify) return await verify(io, config, file, events, invocation);
  if (from !== null) {
    const last = events.at(-1)?.seq ?? 0;
    if (from > last) throw problem(exitCodes.usage, `--from: ${file} ends with event ${last}.`);
    const { flags } = invocation;
    const outputFormat = outputFormatOf(flags.outputFormat, flags.json);
    const options = { outputFormat, outputLastMessage: flags.outputLastMessage, verbose: flags.verbose };
    return await forkSession(
      config,
      { file, events, from, flags },
      terminalStage(io, config, options, 'nobody'),
    );
  }
  return await play(io, config, file, events, { speed, step: invocation.step, invocation });
}

/** Two sessions side by side, as lines. */
async function compare(
  io: Io,
  config: Config,
  [left, right]: [string, string],
  { flags, verify: verifies, from, step, speed }: Replay,
): Promise<number> {
  if (verifies || from !== null || step || speed !== null)
    throw problem(
      exitCodes.usage,
      'Two sessions are laid side by side whole: no --verify, --from, --step or --speed.',
    );
  const [{ compareSessions }, { comparisonLines }] = await Promise.all([
    import('../core/compare.ts'),
    import('./compare.ts'),
  ]);
  const load = async (wanted: string) => (await loadJournal(await findSession(config.logs, wanted))).events;
  const [a, b] = await Promise.all([load(left), load(right)]);
  const comparison = compareSessions(a, b);
  if (outputFormatOf(flags.outputFormat, flags.json) !== 'text') {
    io.stdout.write(`${JSON.stringify({ type: 'comparison', ...comparison })}\n`);
    return 0;
  }
  const screen = screenOf(io.stdout, config.color, io.env);
  const idOf = (events: readonly SessionEvent[]) => events.reduce(reduce, initialState).session;
  for (const line of comparisonLines(comparison, { left: idOf(a), right: idOf(b) }))
    io.stdout.write(`${paint(screen, line)}\n`);
  return 0;
}

async function play(
  io: Io,
  config: Config,
  file: string,
  events: readonly SessionEvent[],
  options: { speed: number; step: boolean; invocation: Replay },
): Promise<number> {
  const { flags } = options.invocation;
  const format = outputFormatOf(flags.outputFormat, flags.json);
  if (format === 'json') return tellResult(io, file, events);
  const screen = screenOf(io.stdout, config.color, io.env);
  const interrupts = listenForInterrupts(null, io.exit);
  const { signal } = interrupts;
  let gone = false;
  const onGone = () => {
    gone = true;
    interrupts.cancel('Nobody reads the output any more.');
  };
  io.stdout.on('error', onGone);
  const keys = options.step ? lineReader(io) : null;
  try {
    let before: SessionEvent | null = null;
    let shown = false;
    for (const event of events) {
      await pauseBetween(before, event, keys ? Number.POSITIVE_INFINITY : options.speed, signal);
      before = event;
      const lines = format === 'text' ? linesOf(event, screen) : [JSON.stringify(event)];
      if (lines.length === 0) continue;
      if (keys && shown && !isDelta(event) && !(await keys.next(signal)) && !signal.aborted) return 0;
      if (signal.aborted) return gone ? 0 : exits[(signal.reason as Interruption).ending].code;
      io.stdout.write(`${lines.join('\n')}\n`);
      shown = true;
    }
    if (format === 'text' && events.at(-1)?.type !== 'session.ended')
      io.stdout.write('the session was cut off here; kintsugi resume goes on\n');
    return 0;
  } finally {
    keys?.close();
    interrupts.dispose();
    io.stdout.off('error', onGone);
  }
}

/** `--output-format json` is one object: the result of the session. One that was cut off has none. */
function tellResult(io: Io, file: string, events: readonly SessionEvent[]): number {
  const state = events.reduce(reduce, initialState);
  const last = events.at(-1);
  if (last?.type !== 'session.ended') {
    throw problem(
      exitCodes.notVerified,
      `session ${state.session} was cut off and has no result; kintsugi resume ${state.session} goes on.`,
    );
  }
  io.stdout.write(`${JSON.stringify(resultObject(state, last.outcome, file))}\n`);
  return 0;
}

function linesOf(event: SessionEvent, screen: Screen): string[] {
  return describeEvent(event, 'full').map((line) => paint(screen, line));
}

/** Waits as long as it was between two events, `speed` times as fast; without a pause it still lets signals in. */
async function pauseBetween(
  before: SessionEvent | null,
  event: SessionEvent,
  speed: number,
  signal: AbortSignal,
): Promise<void> {
  const was = before ? Date.parse(event.at) - Date.parse(before.at) : 0;
  const gap = Math.min(was, longestPauseMs) / speed;
  if (gap > 1) await pause(gap, undefined, { signal }).catch(() => {});
  else if (event.seq % 500 === 0) await pause(0);
}

async function verify(
  io: Io,
  config: Config,
  file: string,
  events: readonly SessionEvent[],
  invocation: Replay,
): Promise<number> {
  const format = outputFormatOf(invocation.flags.outputFormat, invocation.flags.json);
  const interrupts = listenForInterrupts(config.budgets.wallMs, io.exit);
  try {
    const { agreed, total, divergence, confinement } = await verifyJournal(
      config,
      events,
      file,
      interrupts.signal,
    );
    const short = confinementLine(confinement);
    if (short !== null) io.stderr.write(`warning: ${short}\n`);
    const stopped = events.at(-1)?.type === 'session.ended' ? '' : ', up to where the session was cut off';
    if (format !== 'text') {
      io.stdout.write(
        `${JSON.stringify({ type: 'verification', journal: file, agreed, total, divergence })}\n`,
      );
    } else if (divergence) {
      io.stdout.write(
        [
          `diverges at event ${divergence.seq} (${divergence.type})${divergence.path ? `, ${divergence.path}` : ''}`,
          `  recorded: ${shown(divergence.recorded)}`,
          `  now:      ${shown(divergence.now)}`,
          `the ${count(agreed, 'event')} before it agree, of ${total} to compare`,
        ]
          .map((line) => `${printable(line)}\n`)
          .join(''),
      );
    } else {
      io.stdout.write(
        `no divergence: ${count(total, 'event')} agree${stopped}; programs and checks were run again\n`,
      );
    }
    return divergence ? exitCodes.notVerified : 0;
  } catch (error) {
    if (!interrupts.signal.aborted) throw error;
    const { ending, why } = interrupts.signal.reason as Interruption;
    throw problem(exits[ending].code, `the verification was stopped: ${why}`);
  } finally {
    interrupts.dispose();
  }
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 300 ? `${text.slice(0, 299)}…` : text;
}

/** Times as fast as it was; `instant` without any pause, which is the default where nobody watches. */
function speedOf(given: string | null, io: Io): number {
  if (given === null) return io.stdout.isTTY ? 1 : Number.POSITIVE_INFINITY;
  if (given === 'instant') return Number.POSITIVE_INFINITY;
  const speed = Number(given.replace(/[x×]$/, ''));
  if (given.trim() !== '' && speed > 0 && speed <= 1_000) return speed;
  throw problem(
    exitCodes.usage,
    `--speed: "${given}" is neither a number above 0 (2 is twice as fast) nor instant.`,
  );
}

function eventNumber(given: string | null): number | null {
  if (given === null) return null;
  if (/^[1-9]\d{0,8}$/.test(given)) return Number(given);
  throw problem(exitCodes.usage, `--from: "${given}" is not the number of an event (1, 2, …).`);
}

/** Waits for Enter; false at the end of input, on `q`, and when the signal aborts. */
function lineReader(io: Io): { next: (signal: AbortSignal) => Promise<boolean>; close: () => void } {
  const reader: Interface = createInterface({ input: io.stdin });
  const lines = reader[Symbol.asyncIterator]();
  return {
    next: async (signal) => {
      const stopped = new Promise<null>((resolve) =>
        signal.addEventListener('abort', () => resolve(null), { once: true }),
      );
      const line = await Promise.race([lines.next(), stopped]);
      return line !== null && line.done !== true && line.value.trim() !== 'q';
    },
    close: () => reader.close(),
  };
}
