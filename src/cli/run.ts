import { hasMemory } from '../compose/memory.ts';
import { composeModel } from '../compose/model.ts';
import { composeToolkit, digest, nobodyApproves, openWorkbench } from '../compose.ts';
import type { Config } from '../config.ts';
import type { Language, SourceFile, Task } from '../core/domain.ts';
import { runSession } from '../core/loop.ts';
import { openJournal } from '../journal/write.ts';
import { exitCodes, problem } from '../problem.ts';
import { approveInTerminal } from './approve.ts';
import { conduct } from './conduct.ts';
import { configFor, type Io } from './context.ts';
import { checkOut, deliverTo } from './delivery.ts';
import { readGoal } from './goal.ts';
import { listenForInterrupts } from './interrupts.ts';
import type { RunFlags } from './invocation.ts';
import { languageFlag } from './language.ts';
import { askLine } from './line.ts';
import type { OutputFormat } from './output.ts';
import { newSessionId } from './session-id.ts';
import { openSurface, outputFormatOf } from './surface.ts';
import { languageOfTests, userChecks } from './user-checks.ts';

/** `kintsugi "goal"`: one goal, start to end. Returns the exit code. */
export async function runGoal(io: Io, argument: string | undefined, flags: RunFlags): Promise<number> {
  const outputFormat = outputFormatOf(flags.outputFormat, flags.json);
  const config = await configFor(io, flags.config);
  checkOut(flags.out);
  const interactive = !flags.print && io.stdin.isTTY === true && io.stderr.isTTY === true;
  const { goal, attachments } = await readGoal({
    argument,
    stdin: io.stdin,
    cwd: io.cwd,
    prompt: interactive ? async () => (await askLine(io, 'goal> ')) ?? '' : null,
    warn: (line) => io.stderr.write(`warning: ${line}\n`),
  });
  const checks = userChecks({ tests: flags.tests, commands: flags.check, cwd: io.cwd }, digest);
  const { files, language } = await startingPoint(config, flags);
  const task: Task = {
    goal,
    language: languageFlag(flags.language) ?? languageOfTests(checks) ?? language,
    attachments,
    files,
    checks,
    budgets: config.budgets,
    permissionMode: config.permissionMode,
    seed: config.seed,
  };
  return await newSession(io, config, task, flags, { outputFormat, interactive });
}

async function newSession(
  io: Io,
  config: Config,
  given: Task,
  flags: RunFlags,
  options: { outputFormat: OutputFormat; interactive: boolean },
): Promise<number> {
  const { model } = await composeModel(config, given.goal);
  const workbench = await openWorkbench(config);
  const journal = openJournal({
    directory: config.logs,
    session: newSessionId(flags.sessionId, config.logs),
    at: new Date(),
    redact: workbench.redactor,
  });
  const interrupts = listenForInterrupts(config.budgets.wallMs, io.exit);
  const surface = openSurface(
    io,
    config,
    {
      outputFormat: options.outputFormat,
      outputLastMessage: flags.outputLastMessage,
      verbose: flags.verbose,
    },
    () => interrupts.cancel('Nobody reads the output any more.'),
  );
  try {
    const remembers = hasMemory(config, model);
    const toolkit = await composeToolkit(config, workbench, {
      model,
      ...(remembers ? { memory: await workbench.memory() } : {}),
      deliver: deliverTo(flags.out, flags.force),
      approve: options.interactive ? approveInTerminal(io, interrupts.signal, surface.held) : nobodyApproves,
    });
    const start = {
      session: journal.session,
      version: config.version,
      memory: remembers,
      sandbox: workbench.confinement,
    };
    const task = workbench.redactor.value(given);
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
    journal.close();
  }
}

/** With `--continue` or `--resume ID` and a new goal: the program that session ended with. */
async function startingPoint(
  config: Config,
  flags: RunFlags,
): Promise<{ files: SourceFile[]; language: Language | null }> {
  if (flags.continueFrom === null) return { files: [], language: null };
  const { findSession } = await import('../journal/list.ts');
  const { loadJournal } = await import('../journal/read.ts');
  const file = await findSession(config.logs, flags.continueFrom);
  const { events } = await loadJournal(file);
  const written = events.findLast((event) => event.type === 'program.written');
  if (!written) throw problem(exitCodes.usage, `${file} has no program to go on with.`);
  return { files: written.program.files, language: written.program.language };
}
