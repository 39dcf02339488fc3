import { openRedactor } from '../compose.ts';
import { describeConfig } from '../config/describe.ts';
import type { Flags } from '../config/layers.ts';
import type { Config } from '../config.ts';
import type { Finding, PermissionMode, Program, Task } from '../core/domain.ts';
import type { SessionEvent } from '../core/events.ts';
import type { Approve } from '../core/seams.ts';
import type { SessionState } from '../core/state.ts';
import { isProblem } from '../problem.ts';
import { changedGoal } from '../words.ts';
import type { Io } from './context.ts';
import { correctionOf } from './correction.ts';
import { exits } from './exit-codes.ts';
import { listenForInterrupts } from './interrupts.ts';
import type { RunFlags } from './invocation.ts';
import type { OpenStage } from './stage.ts';

/** What the dashboard can have done, over the same commands as the command line. */

interface Settings {
  model: string;
  permissionMode: PermissionMode;
  memory: boolean;
}

type Approval = { answer: 'allow' | 'allow-session' } | { answer: 'deny'; feedback: string | null };

interface Viewer {
  show(event: SessionEvent): void;
  note(text: string): void;
  approve(program: Program, findings: readonly Finding[], signal: AbortSignal): Promise<Approval | null>;
}

type WorkEnd = { kind: 'ended'; exitCode: number; journal: string } | { kind: 'problem'; message: string };

/** Opens the desk of one window. */
export async function openDesk(io: Io, config: Config, flags: RunFlags) {
  const redactor = await openRedactor(config);
  const configured = (settings: Settings): Config => ({ ...config, ...settings });
  const flagged = (settings: Settings): RunFlags => ({
    ...flags,
    config: changedFlags(config, flags.config, settings),
  });
  const work = (viewer: Viewer, run: (stage: OpenStage) => Promise<number>) => startWork(io, viewer, run);
  return {
    version: config.version,
    cwd: config.cwd,
    home: config.home,
    logs: config.logs,
    userHome: io.env.HOME,
    settings: { model: config.model, permissionMode: config.permissionMode, memory: config.memory },
    memories: {
      list: async () => {
        const { memoryItems } = await import('./memory/items.ts');
        return await memoryItems(config);
      },
    },
    redact: (text: string) => redactor.text(text),
    begin: (goal: string, settings: Settings, viewer: Viewer) =>
      work(viewer, async (stage) => {
        const { newSession, taskOf } = await import('./run.ts');
        const changed = configured(settings);
        return await newSession(changed, await taskOf(io, changed, goal, flags, viewer.note), flags, stage);
      }),
    mend: (from: Mending, settings: Settings, viewer: Viewer) =>
      work(viewer, async (stage) => {
        const { newSession, taskOf } = await import('./run.ts');
        const { isDemoGoal } = await import('../compose/model.ts');
        const changed = configured(settings);
        const { feedback } = from;
        // The demo cannot change a program; a goal that it knows is meant as one.
        const isGoal = from.state.model === 'demo' && (await isDemoGoal(feedback));
        const task = isGoal
          ? await taskOf(io, changed, feedback, flags, viewer.note)
          : mendingTask(changed, from);
        return await newSession(changed, task, flags, stage);
      }),
    resume: (file: string, settings: Settings, viewer: Viewer) =>
      work(viewer, async (stage) => {
        const { resumeJournal } = await import('./resume.ts');
        const going = { file, flags: flagged(settings), asks: true, begin: () => {} };
        return await resumeJournal(configured(settings), going, stage);
      }),
    fork: (
      point: {
        file: string;
        events: readonly SessionEvent[];
        from: number;
        goal: string | null;
        memory: boolean | null;
        model?: 'record';
      },
      settings: Settings,
      viewer: Viewer,
    ) =>
      work(viewer, async (stage) => {
        const { forkSession } = await import('./fork.ts');
        const { goal, memory, model, ...from } = point;
        const changes = { ...(memory === null ? {} : { memory }), ...(goal === null ? {} : { goal }) };
        const given = flagged(settings);
        if (model === 'record') delete given.config.model;
        return await forkSession(configured(settings), { ...from, flags: given, changes }, stage);
      }),
    verify: async (file: string, events: readonly SessionEvent[], signal: AbortSignal) => {
      const { verifyJournal } = await import('./verify.ts');
      return await verifyJournal(config, events, file, signal);
    },
    config: async () => {
      const rows = describeConfig(config);
      const width = Math.max(...rows.map(({ name }) => name.length));
      return rows.map(({ name, value, from }) => `${name.padEnd(width)}  ${value}  (${from})`);
    },
    doctor: async () => {
      const { runDoctor } = await import('./doctor.ts');
      const { env, cwd, stdout } = io;
      const found = await runDoctor({ flags: flags.config, json: false, env, cwd, stdout });
      return `${found.stdout}${found.stderr}`.trimEnd().split('\n');
    },
  };
}

/** A model or a mode that the person chose here counts as a flag; what the configuration says does not. */
function changedFlags(config: Config, given: Flags, settings: Settings): Flags {
  const { model, permissionMode } = settings;
  return {
    ...given,
    ...(model === config.model ? {} : { model }),
    ...(permissionMode === config.permissionMode ? {} : { permissionMode }),
  };
}

interface Mending {
  /** Of the session that finished the program. */
  state: SessionState;
  task: Task;
  program: Program;
  feedback: string;
}

/** The goal again, with the program there is and what a person says of it. */
function mendingTask(config: Config, from: Mending): Task {
  const { state, task, program, feedback } = from;
  const corrects = correctionOf(state, program, feedback);
  return {
    ...task,
    ...(corrects ? { corrects } : {}),
    goal: changedGoal(task.goal, feedback),
    language: program.language,
    files: program.files,
    budgets: config.budgets,
    permissionMode: config.permissionMode,
  };
}

function startWork(io: Io, viewer: Viewer, run: (stage: OpenStage) => Promise<number>) {
  let cancel: ((why: string) => void) | null = null;
  let stopped: string | null = null;
  let journal = '';
  const openStage: OpenStage = (wallMs) => {
    const interrupts = listenForInterrupts(wallMs, io.exit);
    cancel = interrupts.cancel;
    if (stopped !== null) cancel(stopped);
    return {
      interrupts,
      approve: approveBy(viewer, interrupts.signal),
      surface: {
        show: viewer.show,
        note: viewer.note,
        held: async (ask) => await ask(),
        end: (_state, outcome, file) => {
          journal = file;
          return exits[outcome.ending].code;
        },
        close: () => {},
      },
    };
  };
  const ended = run(openStage).then(
    (exitCode): WorkEnd => ({ kind: 'ended', exitCode, journal }),
    (error: unknown): WorkEnd => ({ kind: 'problem', message: messageOf(error) }),
  );
  return {
    interrupt: (why: string) => {
      stopped = why;
      cancel?.(why);
    },
    ended,
  };
}

/** Asks the viewer. */
function approveBy(viewer: Viewer, signal: AbortSignal): Approve {
  return async (program, findings) => {
    const approval = await viewer.approve(program, findings, signal);
    signal.throwIfAborted();
    return seamAnswer(approval);
  };
}

/** The answer as the loop takes it. */
function seamAnswer(approval: Approval | null): Awaited<ReturnType<Approve>> {
  if (approval === null) return null;
  if (approval.answer !== 'deny') return approval.answer;
  return approval.feedback === null ? 'deny' : { answer: 'deny', feedback: approval.feedback };
}

function messageOf(error: unknown): string {
  if (isProblem(error)) return error.message;
  return error instanceof Error ? error.message : String(error);
}
