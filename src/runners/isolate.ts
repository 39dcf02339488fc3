import type { RunLimits, RunResult } from '../core/domain.ts';
import type { Chunk, RunJob, Runner } from '../core/seams.ts';
import type { Stream } from '../core/stream.ts';
import { chunkQueue } from './chunk-queue.ts';
import { classify } from './classify.ts';
import { type IsolateEnd, isolateMessages } from './isolate-messages.ts';
import { type IsolateEngine, type IsolateKind, installedEngines, startIsolate } from './isolate-process.ts';
import { isolateSource } from './isolate-source.ts';
import { programLimits } from './limits.ts';
import { output } from './output.ts';
import { pathStripper } from './paths.ts';
import { notStarted, type ProcessEnd } from './process.ts';
import { unsafePath } from './safe-path.ts';
import { limitsOnly } from './sandbox/limits-only.ts';
import type { Sandbox } from './sandbox/sandbox.ts';
import { type WorkerPool, workerPool } from './workers/pool.ts';

const megabyte = 1024 ** 2;
const memoryBytes = 128 * megabyte;
const wallMs = 5_000;
/** The program's place as it sees it; there is no such folder. */
const folder = '/workspace';

/** A runner with one process that waits for the next program. */
export interface IsolateRunner extends Runner {
  /** Has a process wait for a program with `limits`, in the background. */
  warm(limits?: RunLimits): void;
  /** Ends the process that waits, and sees to it that none of earlier programs is left. Programs can still be run afterwards. */
  close(): Promise<void>;
}

export interface IsolateOptions {
  sandbox?: Sandbox;
  /** Does the jobs when no isolate turns out to load. */
  instead?: Runner;
  /** To choose from, the better one first; those that are installed when absent. */
  engines?: readonly IsolateEngine[];
}

/**
 * Runs pure JavaScript and TypeScript in an isolate, in a child process that may die: no files, no network, no processes, no modules. Takes only
 * what needs no capability. Each program gets a fresh process, under the sandbox, with nothing of the machine to see: the one that was started
 * ahead by `warm` or `prepare`, or else its own.
 * Where an engine turns out not to load, the next one does the job, then `instead`, and then this runner accepts nothing more.
 */
export function isolateRunner(options: IsolateOptions = {}): IsolateRunner {
  const sandbox = options.sandbox ?? limitsOnly();
  const pool = workerPool((kind: IsolateKind) => startIsolate(sandbox, kind));
  const dying = new Set<Promise<unknown>>();
  const onDying = (gone: Promise<unknown>): void => {
    const known = gone.catch(() => {}).finally(() => dying.delete(known));
    dying.add(known);
  };
  let engines: readonly IsolateEngine[] | null = options.engines ?? null;
  const usable = (): readonly IsolateEngine[] => {
    engines ??= process.platform === 'win32' ? [] : installedEngines();
    return engines;
  };
  const warm = (limits = programLimits): void => {
    const [engine] = usable();
    if (engine !== undefined) pool.warm(kindOf(engine, limits));
  };
  const run = async function* (job: RunJob, signal: AbortSignal): Stream<Chunk, RunResult> {
    for (;;) {
      const [engine] = usable();
      if (engine === undefined) break;
      const kind = kindOf(engine, job.limits);
      const { run: result, end } = yield* runIsolated(job, { kind, sandbox, pool, onDying }, signal);
      if (end?.end !== 'unavailable') return result;
      engines = usable().filter((one) => one !== engine);
      if (engines.length === 0 && !options.instead) return result;
    }
    if (options.instead) return yield* options.instead.run(job, signal);
    const why =
      'No isolate is installed here, and nothing stands in for it. Run `npm install` in its folder.';
    return { ...factsOf(sandbox, null), status: 'sandbox-failed', why };
  };
  return {
    name: 'isolate',
    accepts: (job) => isPure(job) && usable().length > 0,
    run,
    prepare: (language) => {
      if (language === 'javascript' || language === 'typescript') warm();
    },
    warm,
    close: async () => {
      await pool.close();
      await Promise.all(dying);
    },
  };
}

function isPure({ language, action, capabilities, checkFiles }: RunJob): boolean {
  return (
    (language === 'javascript' || language === 'typescript') &&
    capabilities.length === 0 &&
    checkFiles.length === 0 &&
    action.kind === 'entry' &&
    action.args.length === 0 &&
    action.stdin === ''
  );
}

/** The process needs more than the isolate in it, whose own limit is lower. */
function kindOf(engine: IsolateEngine, limits: RunLimits): IsolateKind {
  return {
    engine,
    memoryMegabytes: Math.min(memoryBytes, limits.memoryBytes) / megabyte,
    limits: { ...limits, wallMs, memoryBytes: Math.max(limits.memoryBytes, 2 * memoryBytes) },
  };
}

const worlds: Record<IsolateEngine, string> = { 'isolated-vm': 'V8 isolate', quickjs: 'QuickJS in wasm' };

function factsOf(sandbox: Sandbox, engine: IsolateEngine | null) {
  const own = engine === null ? [] : [`no files, network, processes or environment (${worlds[engine]})`];
  const guarantees = [...own, ...(sandbox.guaranteesFor?.('none') ?? sandbox.guarantees)];
  const profile = sandbox.guaranteesFor === undefined ? {} : { profile: 'none' as const };
  const nothing = {
    stdout: '',
    stderr: '',
    truncated: false,
    ms: 0,
    cpuMs: null,
    peakBytes: null,
    files: [],
  };
  return { ...nothing, sandbox: { level: sandbox.level, guarantees, ...profile } };
}

interface IsolateNeeds {
  kind: IsolateKind;
  sandbox: Sandbox;
  pool: WorkerPool<IsolateKind>;
  onDying: (gone: Promise<unknown>) => void;
}

async function* runIsolated(
  job: RunJob,
  { kind, sandbox, pool, onDying }: IsolateNeeds,
  signal: AbortSignal,
): Stream<Chunk, { run: RunResult; end: IsolateEnd | null }> {
  const facts = factsOf(sandbox, kind.engine);
  const wrong = job.files.map((file) => unsafePath(file.path)).find((why) => why !== null);
  if (wrong) return { run: { ...facts, status: 'refused', why: wrong }, end: null };
  const source = await isolateSource(job, folder, kind.engine);
  if (source.kind === 'failed') {
    const { stderr } = source;
    yield { stream: 'stderr', text: stderr };
    return { run: { ...facts, stderr, status: 'exited', exitCode: 1 }, end: null };
  }
  const limits = { ...kind.limits, wallMs: Math.min(wallMs, job.limits.wallMs) };
  const stdin = JSON.stringify(source.job);
  const queue = chunkQueue();
  const written = output(limits, pathStripper([folder]), queue.push);
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const ended = dispatch().finally(() => {
    written.end();
    queue.close();
  });
  async function dispatch() {
    for (let again = true; ; again = false) {
      const messages = isolateMessages(({ stream, text }) => written.push(stream, Buffer.from(text)));
      if (either.aborted) return { process: notStarted({ killed: 'cancelled', why: null }), messages };
      const worker = await pool.take(kind);
      if (typeof worker === 'string') {
        return { process: notStarted({ killed: null, why: worker }), messages };
      }
      const isOver = (): boolean => messages.end() !== null;
      const process = await worker.dispatch({
        stdin,
        limits,
        signal: either,
        onBytes: messages.push,
        isOver,
        onDying,
      });
      // It died while it waited: nothing of the program has run.
      const untouched = !messages.accepted() && messages.end() === null && process.killed === null;
      if (!untouched || !again) return { process, messages };
    }
  }
  try {
    yield* queue.chunks();
    const { process, messages } = await ended;
    const end = messages.end();
    const kept = written.kept();
    const cpuMs = end?.cpuMs ?? process.cpuMs;
    const peakBytes = process.peakBytes ?? end?.peakBytes ?? null;
    const ending = endingOf(process, end, kept.stderr, messages.stderr());
    return { run: { ...facts, ...kept, ms: process.ms, cpuMs, peakBytes, ...ending }, end };
  } finally {
    stop.abort();
    await ended.catch(() => {});
  }
}

function endingOf(process: ProcessEnd, end: IsolateEnd | null, stderr: string, childStderr: string) {
  if (process.killed !== null || process.why !== null || end === null) return classify(process, childStderr);
  if (end.end === 'out-of-memory') return { status: 'out-of-memory' as const };
  if (end.end === 'unavailable') {
    return { status: 'sandbox-failed' as const, why: `The isolate could not be loaded: ${end.why}` };
  }
  return classify({ ...process, exitCode: end.exitCode, signal: null, meter: null }, stderr);
}
