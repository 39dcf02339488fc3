import { ulid } from 'ulid';
import { memoryFor } from '../compose/memory.ts';
import { composeModel } from '../compose/model.ts';
import { composeToolkit, digest, nobodyApproves, openWorkbench, type Workbench } from '../compose.ts';
import type { Config } from '../config.ts';
import type { Outcome } from '../core/domain.ts';
import { tokensOf } from '../core/limits.ts';
import { runSession } from '../core/loop.ts';
import type { MemoryStore, ModelProvider } from '../core/seams.ts';
import type { SessionState } from '../core/state.ts';
import { openJournal } from '../journal/write.ts';
import { exitCodes, problem } from '../problem.ts';
import { confinementLine } from '../words.ts';
import { recallFromFile } from './bench-recall.ts';
import { type BenchRow, benchTotal, rowText, totalText } from './bench-report.ts';
import { conduct } from './conduct.ts';
import { configFor, type Io } from './context.ts';
import { checkOut, deliverTo } from './delivery.ts';
import { readText } from './goal.ts';
import { type Interrupts, listenForInterrupts } from './interrupts.ts';
import type { Invocation, RunFlags } from './invocation.ts';
import { lessonsLearned, memoriesUsed } from './output.ts';
import { startProgressBar } from './progress-bar.ts';
import { folderOf, parseSuite, type SuiteTask } from './suite.ts';
import { outputFormatOf } from './surface.ts';
import { screenOf } from './terminal.ts';

const largestSuite = 100_000_000;

/** `kintsugi bench SUITE`: every goal through the loop. Exit 0 when all are verified, else 3; 130/143 when it is stopped. */
export async function benchSuite(
  io: Io,
  invocation: Extract<Invocation, { command: 'bench' }>,
): Promise<number> {
  const { flags } = invocation;
  const json = outputFormatOf(flags.outputFormat, flags.json) !== 'text';
  const jobs = wholeNumber('--jobs', invocation.jobs);
  const config = await configFor(io, flags.config);
  checkOut(flags.out);
  const all = parseSuite(
    readText(invocation.suite, invocation.suite, largestSuite),
    invocation.suite,
    digest,
  );
  const limit = invocation.limit === null ? all.length : wholeNumber('--limit', invocation.limit);
  const tasks = ordered(all, config.seed).slice(0, limit);
  const given =
    invocation.recall === null
      ? null
      : recallFromFile(readText(invocation.recall, invocation.recall, largestSuite), invocation.recall);
  const modelFor = await modelPerGoal(config, tasks);
  const workbench = await openWorkbench(config);
  const short = confinementLine(workbench.confinement);
  if (short !== null) io.stderr.write(`warning: ${short}\n`);
  const interrupts = listenForInterrupts(null, io.exit);
  const bar = startProgressBar(screenOf(io.stderr, config.color, io.env), tasks.length);
  const rows: BenchRow[] = [];
  const startedAt = Date.now();
  const cpuBefore = process.cpuUsage();
  const onGone = () => interrupts.cancel('Nobody reads the output any more.');
  io.stdout.on('error', onGone);
  try {
    await inParallel(tasks, jobs, interrupts, async (task) => {
      const row = await benchOne(task, {
        config,
        flags,
        model: await modelFor(task),
        workbench,
        interrupts,
        memory: given ? given(task.id) : null,
      });
      rows.push(row);
      if (json) io.stdout.write(`${JSON.stringify(row)}\n`);
      bar.done(row.verified, json ? null : rowText(row));
    });
  } finally {
    bar.close();
    interrupts.dispose();
    await workbench.close();
    io.stdout.off('error', onGone);
  }
  const cpu = process.cpuUsage(cpuBefore);
  const total = benchTotal(rows, tasks.length, {
    wallMs: Date.now() - startedAt,
    ownCpuMs: Math.round((cpu.user + cpu.system) / 1_000),
  });
  io.stdout.write(json ? `${JSON.stringify(total)}\n` : totalText(total));
  if (interrupts.signal.aborted)
    return (interrupts.signal.reason as { ending?: string }).ending === 'terminated' ? 143 : 130;
  return total.verified === tasks.length ? 0 : exitCodes.notVerified;
}

/** One model for all goals, so that its connections and its script's counters are shared; recordings play from their start for each goal. */
async function modelPerGoal(
  config: Config,
  tasks: readonly SuiteTask[],
): Promise<(one: SuiteTask) => Promise<ModelProvider>> {
  const first = await composeModel(config, tasks[0]?.task.goal ?? '');
  if (!/^(?:demo$|cassette:)/.test(first.model.id)) return async () => first.model;
  return async (one) => (await composeModel(config, one.task.goal)).model;
}

interface Bench {
  config: Config;
  flags: RunFlags;
  model: ModelProvider;
  workbench: Workbench;
  interrupts: Interrupts;
  /** What recall gives in place of memory: an arm of an experiment. */
  memory: MemoryStore | null;
}

async function benchOne(one: SuiteTask, bench: Bench): Promise<BenchRow> {
  const { config, workbench, interrupts } = bench;
  const memory = bench.memory ?? (await memoryFor(config, bench.model, workbench.memory));
  const toolkit = await composeToolkit(config, workbench, {
    model: bench.model,
    ...(memory ? { memory } : {}),
    deliver: deliverTo(
      bench.flags.out === null ? null : folderOf(bench.flags.out, one.id),
      bench.flags.force,
    ),
    approve: nobodyApproves,
  });
  const journal = openJournal({
    directory: config.logs,
    session: ulid().toLowerCase(),
    at: new Date(),
    redact: workbench.redactor,
  });
  const { wallMs } = config.budgets;
  const signals = [interrupts.signal, ...(wallMs === null ? [] : [timeLimit(wallMs)])];
  try {
    const start = {
      session: journal.session,
      version: config.version,
      memory: memory !== null,
      sandbox: workbench.confinement,
    };
    const task = workbench.redactor.value({
      ...one.task,
      attachments: [],
      budgets: config.budgets,
      permissionMode: config.permissionMode,
      seed: config.seed,
    });
    const { state, result } = await conduct(
      runSession(start, task, toolkit, AbortSignal.any(signals)),
      journal,
      () => {},
      {
        abandoned: () => interrupts.cancel('The journal cannot be written.'),
      },
    );
    return rowOf(one.id, state, result, journal.path);
  } finally {
    journal.close();
  }
}

function timeLimit(wallMs: number): AbortSignal {
  const controller = new AbortController();
  setTimeout(
    () => controller.abort({ ending: 'timeout', why: `The time limit of ${wallMs / 1_000} s is reached.` }),
    wallMs,
  ).unref();
  return controller.signal;
}

function rowOf(id: string, state: SessionState, outcome: Outcome, journal: string): BenchRow {
  const attempts = state.steps.flatMap((step) => step.attempts);
  const runs = attempts.flatMap((attempt) => [attempt.run, ...attempt.reports.map((report) => report.run)]);
  return {
    type: 'goal',
    id,
    verified: outcome.ending === 'verified',
    proof: outcome.proof,
    ending: outcome.ending,
    why: outcome.why,
    attempts: outcome.attempts,
    model_calls: outcome.modelCalls,
    input_tokens: tokensOf({ ...outcome.usage, outputTokens: 0 }),
    output_tokens: outcome.usage.outputTokens,
    cost_usd: outcome.costUsd,
    wall_ms: state.startedAt && state.lastAt ? Date.parse(state.lastAt) - Date.parse(state.startedAt) : 0,
    cpu_ms: runs.reduce((sum, run) => sum + (run?.cpuMs ?? 0), 0),
    verdicts: attempts.map((attempt) =>
      attempt.verdict?.kind === 'failed'
        ? `failed: ${attempt.verdict.signature.key}`
        : (attempt.verdict?.kind ?? 'none'),
    ),
    memories_used: memoriesUsed(state),
    lessons_learned: lessonsLearned(state),
    journal,
  };
}

/** When one goal throws (a journal that cannot be written), the others are stopped and waited for: nothing of them may be left. */
async function inParallel<Item>(
  items: readonly Item[],
  jobs: number,
  interrupts: Interrupts,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined && !interrupts.signal.aborted; item = queue.shift())
      await work(item);
  };
  const stopping = async () => {
    try {
      await worker();
    } catch (error) {
      interrupts.cancel('Another goal of the bench could not be finished.');
      throw error;
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.min(jobs, items.length) }, stopping));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
}

/** With a seed the order is shuffled (Fisher–Yates over a linear congruential generator, Numerical Recipes' constants), the same for the same seed. */
function ordered<Item>(items: readonly Item[], seed: number | null): Item[] {
  const list = [...items];
  if (seed === null) return list;
  let state = seed >>> 0;
  for (let at = list.length - 1; at > 0; at -= 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = Math.floor((state / 2 ** 32) * (at + 1));
    [list[at], list[other]] = [list[other] as Item, list[at] as Item];
  }
  return list;
}

function wholeNumber(flag: string, text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw problem(exitCodes.usage, `${flag}: "${text}" is not a whole number above 0.`);
}
