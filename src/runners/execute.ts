import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { RunResult } from '../core/domain.ts';
import type { Chunk, RunJob } from '../core/seams.ts';
import type { Stream } from '../core/stream.ts';
import { assetPath } from './asset.ts';
import { chunkQueue } from './chunk-queue.ts';
import { classify } from './classify.ts';
import { type Command, commandsOf, type Prepared } from './commands.ts';
import type { Interpreters } from './interpreter.ts';
import { output } from './output.ts';
import { type ProcessEnd, supervise } from './process.ts';
import type { Sandbox } from './sandbox/sandbox.ts';
import type { TestStyle } from './testing/framework.ts';
import { openWorkspace, type Workspace } from './workspace.ts';

/** What one process of a job did. */
export interface Episode {
  run: RunResult;
  test: { file: string; style: TestStyle } | null;
  /** What the test framework recorded, one JSON object a line; empty without a framework. */
  records: string;
}

export interface Execution {
  /** All processes together: outputs joined, the first bad ending. */
  run: RunResult;
  episodes: Episode[];
  /** Check files that were changed while the job ran. */
  tampered: string[];
}

/** Records past this size are not read: a program can write there too. */
const mostRecordBytes = 4 * 1024 * 1024;

/** Does a job in a fresh folder, one process after the other, and removes the folder. Failures as in Runner. */
export async function* execute(
  job: RunJob,
  needs: { sandbox: Sandbox; interpreters: Interpreters },
  signal: AbortSignal,
): Stream<Chunk, Execution> {
  const confinement = { level: needs.sandbox.level, guarantees: [...needs.sandbox.guarantees] };
  const facts: RunFacts = { ...noFacts, sandbox: confinement };
  const opened = openWorkspace(job.files, job.checkFiles);
  if (opened.kind !== 'opened') {
    const status = opened.kind === 'refused' ? 'refused' : 'sandbox-failed';
    return { run: { ...facts, status, why: opened.why }, episodes: [], tampered: [] };
  }
  const { workspace } = opened;
  try {
    const episodes: Episode[] = [];
    const tampered = new Set<string>();
    const { all } = await commandsOf(job, workspace, needs.interpreters);
    let wallMs = job.limits.wallMs;
    for (const prepare of all) {
      const limits = { ...job.limits, wallMs: Math.max(1, wallMs) };
      const episode = yield* runOne(
        await prepare(),
        { ...job, limits },
        workspace,
        needs.sandbox,
        facts,
        signal,
      );
      episodes.push(episode);
      for (const path of workspace.tampered()) tampered.add(path);
      if (episode.run.status !== 'exited' || tampered.size > 0) break;
      wallMs -= episode.run.ms;
    }
    const files = workspace.changed();
    return { run: { ...joined(episodes, facts), files }, episodes, tampered: [...tampered].sort() };
  } finally {
    workspace.remove();
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
  workspace: Workspace,
  sandbox: Sandbox,
  facts: RunFacts,
  signal: AbortSignal,
): Stream<Chunk, Episode> {
  if (prepared.kind === 'unavailable') {
    return { run: { ...facts, status: 'sandbox-failed', why: prepared.why }, test: null, records: '' };
  }
  if (prepared.kind === 'not-compiled') {
    const { stderr, test } = prepared;
    yield { stream: 'stderr', text: stderr };
    return { run: { ...facts, stderr, status: 'exited', exitCode: 1 }, test, records: '' };
  }
  const { command } = prepared;
  const queue = chunkQueue();
  const written = output(job.limits, workspace.stripper, queue.push);
  const stop = new AbortController();
  const request = {
    ...command,
    cwd: workspace.folder,
    root: workspace.root,
    temporary: workspace.temporary,
    limits: job.limits,
    readOnly: job.checkFiles.map((file) => join(workspace.folder, file.path)),
    // Guards and reporters are loaded by the program's own interpreter.
    visible: [dirname(assetPath('node-guard.cjs'))],
  };
  const ended: Promise<ProcessEnd> = supervise(
    sandbox,
    request,
    AbortSignal.any([signal, stop.signal]),
    written.push,
  ).finally(() => {
    written.end();
    queue.close();
  });
  try {
    yield* queue.chunks();
    const end = await ended;
    const kept = written.kept();
    const { ms, cpuMs, peakBytes } = end;
    const run = { ...facts, ...kept, ms, cpuMs, peakBytes, ...classify(end, kept.stderr) };
    return { run, test: command.test, records: workspace.stripper.text(await recordsOf(command)) };
  } finally {
    // A reader that walked away: nothing of the run may stay.
    stop.abort();
    await ended.catch(() => {});
  }
}

async function recordsOf({ test }: Command): Promise<string> {
  if (test === null || test.style === 'script') return '';
  const handle = await open(test.report).catch(() => null);
  if (handle === null) return '';
  try {
    const buffer = Buffer.alloc(mostRecordBytes);
    const { bytesRead } = await handle.read(buffer, 0, mostRecordBytes, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
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
