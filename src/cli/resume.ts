import { composeToolkit, openWorkbench } from '../compose.ts';
import type { Config } from '../config.ts';
import { isOutcome, type Outcome } from '../core/domain.ts';
import type { EventOf, SessionEvent } from '../core/events.ts';
import { runSession } from '../core/loop.ts';
import { beyond, reenact } from '../core/reenact.ts';
import { answeredRequests, beforeStop, factsOf } from '../core/standing.ts';
import { initialState, reduce } from '../core/state.ts';
import { appendJournal } from '../journal/append.ts';
import { findSession } from '../journal/list.ts';
import { loadJournal } from '../journal/read.ts';
import type { Journal } from '../journal/write.ts';
import { exitCodes, problem } from '../problem.ts';
import { conduct } from './conduct.ts';
import { configFor, type Io } from './context.ts';
import { checkOut, deliverTo } from './delivery.ts';
import { forkSession } from './fork.ts';
import type { Invocation, RunFlags } from './invocation.ts';
import { initObject } from './output.ts';
import { modelOf, recordedMode, startOf, trusted } from './recorded.ts';
import { type OpenStage, type Stage, terminalStage } from './stage.ts';
import { outputFormatOf, type Surface } from './surface.ts';

/**
 * `kintsugi resume`: runs the loop again over what the journal holds, asks the world nothing that it answered already, and goes on live
 * where the record ends or was stopped. A session that came to its own end is told again. Returns the exit code of the session.
 */
export async function resumeSession(
  io: Io,
  invocation: Extract<Invocation, { command: 'resume' }>,
): Promise<number> {
  const { flags } = invocation;
  const outputFormat = outputFormatOf(flags.outputFormat, flags.json);
  const config = await configFor(io, flags.config);
  checkOut(flags.out);
  const file = await findSession(config.logs, invocation.id);
  const options = { outputFormat, outputLastMessage: flags.outputLastMessage, verbose: flags.verbose };
  const stage = terminalStage(
    io,
    config,
    options,
    saysYes(flags) ? 'yes' : asks(io, flags) ? 'ask' : 'nobody',
  );
  if (invocation.fork) {
    const { events } = await loadJournal(file);
    const from = (beforeStop(events) ?? events).at(-1)?.seq ?? 0;
    return await forkSession(config, { file, events, from, flags }, stage);
  }
  const begin = (started: EventOf<'session.started'>) => {
    if (outputFormat === 'stream-json')
      io.stdout.write(`${JSON.stringify(initObject(started, config.cwd))}\n`);
  };
  return await resumeJournal(config, { file, flags, asks: saysYes(flags) || asks(io, flags), begin }, stage);
}

export interface Resumption {
  file: string;
  flags: RunFlags;
  /** Somebody is there to say yes to a program, or has said so already. */
  asks: boolean;
  /** Called with the first event of the record, before anything else is shown. */
  begin: (started: EventOf<'session.started'>) => void;
}

/** Goes on with the session of a journal, before a stage. Returns the exit code of the session; throws a Problem as it stands there. */
export async function resumeJournal(
  config: Config,
  { file, flags, asks, begin }: Resumption,
  openStage: OpenStage,
): Promise<number> {
  const workbench = await openWorkbench(config);
  const { journal, events, droppedBytes, keptIn } = await appendJournal(file, { redact: workbench.redactor });
  const stage = openStage(timeLeft(events));
  const { surface, interrupts } = stage;
  try {
    if (droppedBytes > 0)
      surface.note(`the last line was torn: ${droppedBytes} bytes were moved to ${keptIn}`);
    const started = startOf(events, file);
    begin(started);
    const ended = events.findLast((event) => event.type === 'session.ended');
    const before = toGoOnFrom(events, flags, asks);
    if (ended && before === null) return await tellAgain(surface, { file, events, ended }, flags);
    const record = { file, all: events, before: before ?? events, started };
    const outcome = await goOn(record, { config, workbench, flags, journal, stage });
    return surface.end(outcome.state, outcome.result, file);
  } finally {
    surface.close();
    interrupts.dispose();
    await workbench.close();
    journal.close();
  }
}

interface Going {
  config: Config;
  workbench: Awaited<ReturnType<typeof openWorkbench>>;
  flags: RunFlags;
  journal: Journal;
  stage: Stage;
}

async function goOn(
  record: {
    file: string;
    all: readonly SessionEvent[];
    before: readonly SessionEvent[];
    started: EventOf<'session.started'>;
  },
  { config, workbench, flags, journal, stage: { interrupts, surface, approve } }: Going,
) {
  const { file, started, before } = record;
  const model = await modelOf(config, { events: record.all, started }, answeredRequests(before), flags);
  const permissionMode = recordedMode(config, file, started);
  const live = await composeToolkit({ ...config, permissionMode }, workbench, {
    model,
    ...(started.memory ? { memory: (await workbench.memory()).store } : {}),
    deliver: deliverTo(flags.out, flags.force),
    approve,
  });
  const { session, version, memory, forkedFrom, task } = started;
  const start = { session, version, memory, ...(forkedFrom ? { forkedFrom } : {}) };
  // What the record answers is over in no time; a stop that falls into it waits until the record is through.
  const stop = new AbortController();
  const { toolkit } = reenact(trusted(config, file, before), live);
  const stream = beyond(runSession(start, task, toolkit, stop.signal), factsOf(before), () => {
    passOn(interrupts.signal, stop);
    return {
      type: 'session.resumed',
      after: before.at(-1)?.seq ?? 0,
      version: config.version,
      model: model.id,
      sandbox: workbench.confinement,
    };
  });
  const { state, result } = await conduct(stream, journal, surface.show, {
    before: record.all,
    abandoned: () => interrupts.cancel('The journal cannot be written.'),
  });
  if (isOutcome(result)) return { state, result: result satisfies Outcome };
  throw problem(
    exitCodes.failure,
    `${file} cannot be gone on with: at event ${result.seq} (${result.type}) this version of the loop goes another way (${result.path}: recorded ${JSON.stringify(result.recorded)}, now ${JSON.stringify(result.now)}). kintsugi replay ${file} --from ${Math.max(1, result.seq - 1)} goes on from there in a new session.`,
  );
}

function passOn(signal: AbortSignal, controller: AbortController): void {
  const stop = () => controller.abort(signal.reason);
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
}

/**
 * The events to go on behind; null when the session is finished. A refused delivery is tried again when there is a folder for it, and a
 * question that nobody could answer is asked again when somebody can. A time limit that was reached stays reached.
 */
function toGoOnFrom(events: readonly SessionEvent[], flags: RunFlags, asks: boolean): SessionEvent[] | null {
  const before = beforeStop(events);
  const last = events.findLast((event) => event.type === 'session.ended');
  const cutOff = before !== null && events.at(-1)?.type !== 'session.ended';
  if (cutOff || !last) {
    const delivered = before?.at(-1)?.type === 'program.delivered';
    return delivered && flags.out !== null ? (before?.slice(0, -1) ?? null) : before;
  }
  const { ending } = last.outcome;
  if (ending === 'timeout') return null;
  if (ending === 'not-delivered' && flags.out === null) return null;
  if (ending === 'permission-denied' && !asks) return null;
  return before;
}

/** Prints the result of a finished session, and writes its program where `--out` says. */
async function tellAgain(
  surface: Surface,
  record: { file: string; events: readonly SessionEvent[]; ended: EventOf<'session.ended'> },
  flags: RunFlags,
): Promise<number> {
  const { file, events, ended } = record;
  const state = events.reduce(reduce, initialState);
  surface.note(`session ${state.session} has ended already: ${ended.outcome.ending}`);
  if (ended.outcome.ending === 'timeout')
    surface.note(
      `its time is used up; more of it in a new session: kintsugi resume ${state.session} --fork-session --timeout 10m`,
    );
  const program = events.findLast((event) => event.type === 'program.written')?.program;
  if (flags.out === null || !program || !ended.outcome.proof) return surface.end(state, ended.outcome, file);
  const delivery = await deliverTo(flags.out, flags.force)(program);
  if (delivery.refused) throw problem(exitCodes.failure, `not written: ${delivery.refused}`);
  surface.note(`wrote ${delivery.files.join(', ')} to ${delivery.directory}`);
  return surface.end({ ...state, delivery }, ended.outcome, file);
}

function asks(io: Io, flags: RunFlags): boolean {
  return !flags.print && io.stdin.isTTY === true && io.stderr.isTTY === true;
}

function saysYes({ config }: RunFlags): boolean {
  return config.yolo === true || config.permissionMode === 'bypassPermissions';
}

/** What is left of the time limit, in milliseconds, null without one: pauses between a cut and a resume do not count. */
function timeLeft(events: readonly SessionEvent[]): number | null {
  const [first] = events;
  const wallMs = first?.type === 'session.started' ? first.task.budgets.wallMs : null;
  if (wallMs === null) return null;
  let spent = 0;
  for (const [at, event] of events.entries()) {
    const before = events[at - 1];
    if (before && event.type !== 'session.resumed') spent += Date.parse(event.at) - Date.parse(before.at);
  }
  return Math.max(0, wallMs - spent);
}
