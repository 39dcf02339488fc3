import { readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Profile } from '../core/confinement.ts';
import type { RunResult } from '../core/domain.ts';
import type { Chunk, RunJob } from '../core/seams.ts';
import type { Stream } from '../core/stream.ts';
import { assetPath } from './asset.ts';
import { chunkQueue } from './chunk-queue.ts';
import { classify } from './classify.ts';
import { type Command, commandsOf, type Prepared } from './commands.ts';
import type { CompiledGuard } from './guard-python.ts';
import type { Interpreters } from './interpreter.ts';
import { output } from './output.ts';
import { type ProcessEnd, type ProcessRequest, supervise } from './process.ts';
import { openReport } from './report-inbox.ts';
import type { Sandbox } from './sandbox/sandbox.ts';
import type { TestStyle } from './testing/framework.ts';
import type { Proof } from './testing/proof.ts';
import type { Ahead, Standby } from './workers/ahead.ts';
import { openWorkspace, type Workspace } from './workspace.ts';

/** What a result says of its confinement: a level that knows no profiles names none. */
function confinementOf(sandbox: Sandbox, profile: Profile): RunResult['sandbox'] {
  const { level, guaranteesFor } = sandbox;
  if (guaranteesFor === undefined) return { level, guarantees: [...sandbox.guarantees] };
  return { level, guarantees: [...guaranteesFor(profile)], profile };
}

/** What one process of a job did. */
export interface Episode {
  run: RunResult;
  test: { file: string; style: TestStyle } | null;
  proof: Proof | null;
  /** What stands in the report of the proof, as it was found. */
  report: string;
}

export interface Execution {
  /** All processes together: outputs joined, the first bad ending. */
  run: RunResult;
  episodes: Episode[];
  /** Check files that were changed while the job ran. */
  tampered: string[];
  /** Sources of the program that it changed itself while the job ran: what was shown, another program showed. */
  rewritten: string[];
}

export interface ExecuteNeeds {
  sandbox: Sandbox;
  interpreters: Interpreters;
  guard?: CompiledGuard;
  /** Interpreters that wait for jobs like those that were done; absent: each is started for its job. */
  ahead?: Ahead;
}

/** Does a job in a fresh folder, one process after the other, and removes the folder. Failures as in Runner. */
export async function* execute(
  job: RunJob,
  needs: ExecuteNeeds,
  signal: AbortSignal,
): Stream<Chunk, Execution> {
  if (!needs.ahead) return yield* executeOn(job, needs, null, signal);
  needs.ahead.enter();
  let standby: Standby | null = null;
  try {
    standby = await needs.ahead.take(job);
    return yield* executeOn(job, needs, standby, signal);
  } finally {
    await standby?.dispose();
    needs.ahead.leave(job);
  }
}

async function* executeOn(
  job: RunJob,
  needs: ExecuteNeeds,
  standby: Standby | null,
  signal: AbortSignal,
): Stream<Chunk, Execution> {
  const confinement = confinementOf(needs.sandbox, job.profile ?? 'workspace-write');
  const facts: RunFacts = { ...noFacts, sandbox: confinement };
  const opened = standby?.opened ?? openWorkspace(job.files, job.checkFiles);
  if (opened.kind !== 'opened') {
    const status = opened.kind === 'refused' ? 'refused' : 'sandbox-failed';
    return { run: { ...facts, status, why: opened.why }, episodes: [], tampered: [], rewritten: [] };
  }
  const { workspace } = opened;
  try {
    const episodes: Episode[] = [];
    const tampered = new Set<string>();
    const { all } = await commandsOf(job, workspace, needs.interpreters, needs.guard);
    let wallMs = job.limits.wallMs;
    for (const [index, prepare] of all.entries()) {
      if (index > 0) removeCompiled(workspace.folder);
      const limits = { ...job.limits, wallMs: Math.max(1, wallMs) };
      const waiting = index === 0 ? standby : null;
      const episode = yield* runOne(
        waiting?.prepared ?? (await prepare()),
        { ...job, limits },
        { workspace, sandbox: needs.sandbox, waiting },
        facts,
        signal,
      );
      episodes.push(episode);
      for (const path of workspace.tampered()) tampered.add(path);
      if (episode.run.status !== 'exited' || tampered.size > 0) break;
      // What `&&` means; test files are run on, to tell of all of them.
      if (job.action.kind === 'command' && episode.run.exitCode !== 0) break;
      wallMs -= episode.run.ms;
    }
    const files = workspace.changed();
    const sources = new Set(job.files.map((file) => file.path).filter((path) => isSource.test(path)));
    const rewritten = files.map((file) => file.path).filter((path) => sources.has(path));
    return {
      run: { ...joined(episodes, facts), files },
      episodes,
      tampered: [...tampered].sort(),
      rewritten,
    };
  } finally {
    workspace.remove();
  }
}

const isSource = /\.([cm]?[jt]sx?|py|sh|bash)$/;

/** Compiled modules that one process left would be loaded by the next in place of what they say they are. */
function removeCompiled(folder: string): void {
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      const path = join(folder, entry.name);
      if (entry.name === '__pycache__') rmSync(path, { recursive: true, force: true });
      else if (entry.name !== 'node_modules') removeCompiled(path);
    }
  } catch {
    // A folder that the program closed to us: its interpreter cannot read it either.
  }
}

type RunFacts = Pick<
  RunResult,
  'stdout' | 'stderr' | 'truncated' | 'ms' | 'cpuMs' | 'peakBytes' | 'sandbox' | 'files'
>;

const noFacts = { stdout: '', stderr: '', truncated: false, ms: 0, cpuMs: null, peakBytes: null, files: [] };

async function* runOne(
  prepared: Prepared,
  job: RunJob,
  { workspace, sandbox, waiting }: { workspace: Workspace; sandbox: Sandbox; waiting: Standby | null },
  facts: RunFacts,
  signal: AbortSignal,
): Stream<Chunk, Episode> {
  if (prepared.kind === 'unavailable') {
    return {
      run: { ...facts, status: 'sandbox-failed', why: prepared.why },
      test: null,
      proof: null,
      report: '',
    };
  }
  if (prepared.kind === 'not-compiled') {
    const { stderr, test } = prepared;
    yield { stream: 'stderr', text: stderr };
    return { run: { ...facts, stderr, status: 'exited', exitCode: 1 }, test, proof: null, report: '' };
  }
  const { command } = prepared;
  const inbox = await openReport(command.proof);
  const queue = chunkQueue();
  const written = output(job.limits, workspace.stripper, queue.push);
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const begun: Promise<ProcessEnd> = waiting
    ? waiting.dispatch(job.limits, either, written.push)
    : supervise(sandbox, requestOf(command, job, workspace), either, written.push);
  const ended = begun.finally(() => {
    written.end();
    queue.close();
  });
  try {
    yield* queue.chunks();
    const end = await ended;
    const kept = written.kept();
    const { ms, cpuMs, peakBytes } = end;
    const run = { ...facts, ...kept, ms, cpuMs, peakBytes, ...classify(end, kept.stderr) };
    const { test, proof } = command;
    return { run, test, proof, report: workspace.stripper.text(await inbox.text()) };
  } finally {
    // A reader that walked away: nothing of the run may stay.
    stop.abort();
    await ended.catch(() => {});
    inbox.close();
  }
}

/** The process of a command in its folder. */
export function requestOf(command: Command, job: RunJob, workspace: Workspace): ProcessRequest {
  return {
    ...command,
    cwd: workspace.folder,
    root: workspace.root,
    temporary: workspace.temporary,
    limits: job.limits,
    ...(job.profile === undefined ? {} : { profile: job.profile }),
    readOnly: job.checkFiles.map((file) => join(workspace.folder, file.path)),
    writable: [workspace.temporary, ...(command.proof === null ? [] : [dirname(command.proof.report)])],
    // Guards and reporters are loaded by the program's own interpreter.
    visible: [dirname(assetPath('node-guard.cjs'))],
  };
}

/** Several runs as one: the first that did not end with exit code 0 says how. */
function joined(episodes: Episode[], facts: RunFacts): RunResult {
  const [first] = episodes;
  if (!first) return { ...facts, status: 'exited', exitCode: 0 };
  if (episodes.length === 1) return first.run;
  const runs = episodes.map((episode) => episode.run);
  const decisive = runs.find((run) => run.status !== 'exited' || run.exitCode !== 0) ?? first.run;
  const sum = (values: (number | null)[]): number | null =>
    values.every((value) => value === null) ? null : values.reduce<number>((all, one) => all + (one ?? 0), 0);
  return {
    ...decisive,
    stdout: runs.map((run) => run.stdout).join(''),
    stderr: runs.map((run) => run.stderr).join(''),
    truncated: runs.some((run) => run.truncated),
    ms: runs.reduce((all, run) => all + run.ms, 0),
    cpuMs: sum(runs.map((run) => run.cpuMs)),
    peakBytes: runs.reduce<number | null>(
      (most, { peakBytes }) => (peakBytes === null ? most : Math.max(most ?? 0, peakBytes)),
      null,
    ),
  };
}
