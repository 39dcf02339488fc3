import { Readable } from 'node:stream';
import { memoryFor } from '../compose/memory.ts';
import { composeModel } from '../compose/model.ts';
import { composeToolkit, digest, openWorkbench } from '../compose.ts';
import type { Config } from '../config.ts';
import type { SourceFile, Task } from '../core/domain.ts';
import { runSession } from '../core/loop.ts';
import { initialState, reduce } from '../core/state.ts';
import { openJournal } from '../journal/write.ts';
import { exitCodes, problem } from '../problem.ts';
import { conduct } from './conduct.ts';
import { configFor, type Io } from './context.ts';
import { checkOut, deliverTo } from './delivery.ts';
import { readGoal } from './goal.ts';
import type { RunFlags } from './invocation.ts';
import { languageFlag } from './language.ts';
import { askLine } from './line.ts';
import { newSessionId } from './session-id.ts';
import { type OpenStage, terminalStage } from './stage.ts';
import { outputFormatOf } from './surface.ts';
import { printable } from './terminal.ts';
import { alteredText, languageOfTests, userChecks } from './user-checks.ts';

/** `kintsugi "goal"`: one goal, start to end. Returns the exit code. */
export async function runGoal(io: Io, argument: string | undefined, flags: RunFlags): Promise<number> {
  const outputFormat = outputFormatOf(flags.outputFormat, flags.json);
  const config = await configFor(io, flags.config);
  checkOut(flags.out);
  const interactive = !flags.print && io.stdin.isTTY === true && io.stderr.isTTY === true;
  const warn = (line: string) => void io.stderr.write(`warning: ${line}\n`);
  const { goal, attachments } = await readGoal({
    argument,
    stdin: io.stdin,
    cwd: io.cwd,
    prompt: interactive ? async () => (await askLine(io, 'goal> ')) ?? '' : null,
    warn,
  });
  const task = await taskFor(config, { goal, attachments }, flags, io.cwd);
  const options = { outputFormat, outputLastMessage: flags.outputLastMessage, verbose: flags.verbose };
  const stage = terminalStage(io, config, options, interactive ? 'ask' : 'nobody');
  return await newSession(config, task, flags, stage, warn);
}

/** The task of a goal that was typed: files it names are attached. Throws a Problem as `readGoal` does. */
export async function taskOf(
  io: Io,
  config: Config,
  goal: string,
  flags: RunFlags,
  warn: (line: string) => void,
): Promise<Task> {
  const stdin = Object.assign(Readable.from([]), { isTTY: true });
  const given = await readGoal({ argument: goal, stdin, cwd: io.cwd, prompt: null, warn });
  return await taskFor(config, given, flags, io.cwd);
}

async function taskFor(
  config: Config,
  { goal, attachments }: { goal: string; attachments: SourceFile[] },
  flags: RunFlags,
  cwd: string,
): Promise<Task> {
  const checks = userChecks({ tests: flags.tests, commands: flags.check, cwd }, digest);
  const { files, language, corrects } = await startingPoint(config, flags, goal);
  return {
    goal,
    language: languageFlag(flags.language) ?? languageOfTests(checks) ?? language,
    attachments,
    files,
    checks,
    budgets: config.budgets,
    permissionMode: config.permissionMode,
    seed: config.seed,
    ...(corrects ? { corrects } : {}),
  };
}

/** Runs a task as a new session before a stage. Returns the exit code; throws a Problem for what keeps it from beginning. */
export async function newSession(
  config: Config,
  given: Task,
  flags: RunFlags,
  openStage: OpenStage,
  warn: (line: string) => void = () => {},
): Promise<number> {
  const { model, recordedGoal } = await composeModel(config, given.goal);
  const workbench = await openWorkbench(config);
  const journal = openJournal({
    directory: config.logs,
    session: newSessionId(flags.sessionId, config.logs),
    at: new Date(),
    redact: workbench.redactor,
  });
  const task = workbench.redactor.value(given);
  const altered = alteredText(given.checks, task.checks);
  if (altered !== null) warn(altered);
  if (recordedGoal !== null && recordedGoal !== task.goal)
    warn(`${printable(model.id)}: its replies were recorded for another goal: ${shortened(recordedGoal)}`);
  const { interrupts, surface, approve } = openStage(config.budgets.wallMs);
  try {
    const memory = await memoryFor(config, model, workbench.memory);
    const toolkit = await composeToolkit(config, workbench, {
      model,
      ...(memory ? { memory } : {}),
      deliver: deliverTo(flags.out, flags.force),
      approve,
    });
    const start = {
      session: journal.session,
      version: config.version,
      memory: memory !== null,
      sandbox: workbench.confinement,
    };
    const { state, result } = await conduct(
      runSession(start, task, toolkit, interrupts.signal),
      journal,
      surface.show,
      { abandoned: () => interrupts.cancel('The journal cannot be written.') },
    );
    return surface.end(state, result, journal.path);
  } finally {
    surface.close();
    interrupts.dispose();
    await workbench.close();
    journal.close();
  }
}

function shortened(goal: string): string {
  const line = printable(goal.replace(/\s+/g, ' ').trim());
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
}

/** With `--continue` or `--resume ID` and a new goal: the program that session ended with, and that it is to be changed when it was finished. */
async function startingPoint(
  config: Config,
  flags: RunFlags,
  said: string,
): Promise<Pick<Task, 'files' | 'language' | 'corrects'>> {
  if (flags.continueFrom === null) return { files: [], language: null };
  const [{ findSession }, { loadJournal }, { correctionOf }] = await Promise.all([
    import('../journal/list.ts'),
    import('../journal/read.ts'),
    import('./correction.ts'),
  ]);
  const file = await findSession(config.logs, flags.continueFrom);
  const { events } = await loadJournal(file);
  const written = events.findLast((event) => event.type === 'program.written');
  if (!written) throw problem(exitCodes.usage, `${file} has no program to go on with.`);
  const { program } = written;
  const corrects = correctionOf(events.reduce(reduce, initialState), program, said);
  return { files: program.files, language: program.language, ...(corrects ? { corrects } : {}) };
}
