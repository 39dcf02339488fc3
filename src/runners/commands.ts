import { createHash, randomBytes } from 'node:crypto';
import { join, posix } from 'node:path';
import type { RunLimits, SourceFile } from '../core/domain.ts';
import type { RunJob } from '../core/seams.ts';
import { assetPath } from './asset.ts';
import { compile } from './compile.ts';
import { type CompiledGuard, guardPython } from './guard-python.ts';
import type { Interpreters } from './interpreter.ts';
import { languageOf, type TestStyle, testStyle } from './testing/framework.ts';
import type { Proof } from './testing/proof.ts';
import { shellGuard } from './testing/shell-guard.ts';
import { type Stage, stagesOf } from './testing/stages.ts';
import type { Workspace } from './workspace.ts';

/** One process of a job. A job of several test files has one each. */
export interface Command {
  argv: readonly [string, ...string[]];
  env: Record<string, string>;
  stdin: string | null;
  addressBytes: number;
  /** The test file that this command runs, and how. */
  test: { file: string; style: TestStyle } | null;
  /** How the processes show that they came to their end; null where the exit code is all there is. */
  proof: Proof | null;
}

export type Prepared =
  | { kind: 'ready'; command: Command }
  /** The compiler refused the source, as its standard error and exit code 1. */
  | { kind: 'not-compiled'; stderr: string; test: Command['test'] }
  | { kind: 'unavailable'; why: string };

/** What turns a job into commands; one a workspace. */
export interface Commands {
  all: (() => Promise<Prepared>)[];
}

const gigabyte = 1024 ** 3;
/** V8 reserves address space for pointers, code and wasm that it never uses. */
const nodeAddressBytes = 32 * gigabyte;
/** Of a Node process's memory, for its JavaScript heap. */
const heapShare = 0.75;

/** The commands of a job in `workspace`, made one by one when their turn comes. */
export async function commandsOf(
  job: RunJob,
  workspace: Workspace,
  interpreters: Interpreters,
  guard: CompiledGuard | undefined,
): Promise<Commands> {
  const { action } = job;
  const stages = action.kind === 'command' ? stagesOf(action.command) : null;
  const context: Context = {
    job,
    workspace,
    interpreters,
    guard,
    files: [...new Map([...job.files, ...job.checkFiles].map((file) => [file.path, file])).values()],
    env: await environment(job, workspace, interpreters, stages),
  };
  switch (action.kind) {
    case 'entry': {
      const stdin = action.stdin === '' ? null : action.stdin;
      return { all: [() => sourceCommand(context, action.entry, action.args, stdin, null, null)] };
    }
    case 'command':
      if (stages === null) return { all: [() => shellCommand(context, action.command)] };
      return { all: stages.map((stage, index) => () => stageCommand(context, stage, index)) };
    case 'tests':
      return { all: action.files.map((path, index) => () => testCommand(context, path, index)) };
  }
}

interface Context {
  job: RunJob;
  workspace: Workspace;
  interpreters: Interpreters;
  guard: CompiledGuard | undefined;
  files: SourceFile[];
  env: Record<string, string>;
}

type NonceProof = Extract<Proof, { kind: 'nonce' }>;

function nonceProof({ workspace }: Context, index: number): NonceProof {
  const report = join(workspace.instruments(), `report-${index}.jsonl`);
  return { kind: 'nonce', nonce: randomBytes(32).toString('hex'), report };
}

/** A command that needs a shell: its processes share one report. */
async function shellCommand(context: Context, text: string): Promise<Prepared> {
  const { job, workspace, interpreters } = context;
  const shell = await interpreters.find('bash');
  if (shell.kind === 'missing') return { kind: 'unavailable', why: shell.why };
  const report = join(workspace.instruments(), 'report.jsonl');
  const starts = /\b(node|python3?)\b/.test(text) && !/\|\||[;#]/.test(text);
  const expected = starts && job.checkFiles.some((file) => text.split(/[\s'"]+/).includes(file.path));
  const env = { ...context.env, KINTSUGI_PROOF: 'shared', KINTSUGI_REPORT: report };
  const mayFail = /!|\|\||[;\n]|\b(if|while|until)\b/.test(text);
  const proof: Proof = { kind: 'shared', report, expected, mayFail };
  const argv = [shell.path, '-c', text] as const;
  return {
    kind: 'ready',
    command: { argv, env, stdin: null, addressBytes: nodeAddressBytes, test: null, proof },
  };
}

/** One interpreter of a command, started without a shell. The program itself as the main script owes no proof. */
async function stageCommand(context: Context, stage: Stage, index: number): Promise<Prepared> {
  const { job, interpreters } = context;
  const found = await interpreters.find(stage.interpreter);
  if (found.kind === 'missing') return { kind: 'unavailable', why: found.why };
  const isShell = stage.interpreter === 'bash';
  const proof =
    owesProof(stage, job) && (!isShell || found.path.endsWith('bash')) ? nonceProof(context, index) : null;
  const guarded = stage.interpreter === 'python3' && proof !== null;
  const flags = guarded
    ? stage.words.findIndex((word) => word === '-m' || word === '-c' || !word.startsWith('-'))
    : 0;
  const words = guarded
    ? [...stage.words.slice(0, flags), await guardPath(context, found.path), ...stage.words.slice(flags)]
    : isShell && proof !== null
      ? shellWords(context, stage.words)
      : stage.words;
  const argv = [found.path, ...words] as const;
  const text = stage.interpreter === 'node' && stage.main.kind === 'text' ? textOf(stage) : null;
  const hashes = text === null ? {} : { KINTSUGI_SCRIPT: sha256(text) };
  return ready({ env: { ...context.env, ...hashes } }, argv, proof, null, null);
}

/** The program given on the command line. */
function textOf({ words }: Stage): string {
  return words[words.findIndex((word) => word === '-e' || word === '--eval') + 1] ?? '';
}

/** A fresh copy for each process: an earlier one may have changed its own. */
function guardPath({ guard, workspace }: Context, python: string): Promise<string> {
  const source = assetPath('python_guard.py');
  if (guard === undefined) return Promise.resolve(source);
  return guard.path(python, join(workspace.instruments(), randomBytes(6).toString('hex')));
}

function shellWords({ workspace }: Context, [path = '', ...rest]: string[]): string[] {
  return ['-c', shellGuard, join(workspace.folder, path), ...rest];
}

function owesProof({ main }: Stage, { files, checkFiles }: RunJob): boolean {
  const checks = new Set(checkFiles.map((file) => file.path));
  switch (main.kind) {
    case 'text':
      return true;
    case 'file':
      return checks.has(posix.normalize(main.path));
    case 'module': {
      const path = main.name.replaceAll('.', '/');
      const own = [`${path}.py`, `${path}/__main__.py`].filter((one) =>
        files.some((file) => file.path === one),
      );
      return own.every((one) => checks.has(one));
    }
  }
}

/** `stdin` is the run's own; a process that owes a proof is given its nonce there instead. */
function ready(
  { env }: Pick<Context, 'env'>,
  argv: readonly [string, ...string[]],
  proof: NonceProof | null,
  stdin: string | null,
  test: Command['test'],
  addressBytes = nodeAddressBytes,
): Prepared {
  const proving = proof === null ? {} : { KINTSUGI_PROOF: 'stdin', KINTSUGI_REPORT: proof.report };
  const input = proof === null ? stdin : `${proof.nonce}\n`;
  return {
    kind: 'ready',
    command: { argv, env: { ...env, ...proving }, stdin: input, addressBytes, test, proof },
  };
}

/** Runs one source file with the interpreter of its language. */
async function sourceCommand(
  context: Context,
  path: string,
  args: string[],
  stdin: string | null,
  test: Command['test'],
  proof: NonceProof | null,
): Promise<Prepared> {
  const { job, interpreters } = context;
  const language = languageOf(path, job.language);
  if (language === 'javascript') {
    return ready(context, [process.execPath, ...nodeFlags(test), path, ...args], proof, stdin, test);
  }
  if (language === 'typescript') {
    const { workspace, files } = context;
    const compiled = await compile({ folder: workspace.folder, files, entry: path, target: 'node' });
    if (compiled.kind === 'failed') return { kind: 'not-compiled', stderr: compiled.stderr, test };
    workspace.add(compiled.file);
    const env = { ...context.env };
    // The compiled test stands for the test: the guard takes it for a check.
    if (env.KINTSUGI_CHECKS) {
      env.KINTSUGI_CHECKS += `\n${join(workspace.folder, compiled.file.path)}`;
      env.KINTSUGI_HASHES += `\n${sha256(compiled.file.content)}`;
    }
    const flags = ['--enable-source-maps', ...nodeFlags(test)];
    return ready({ env }, [process.execPath, ...flags, compiled.file.path, ...args], proof, stdin, test);
  }
  const found = await interpreters.find(language === 'python' ? 'python3' : 'bash');
  if (found.kind === 'missing') return { kind: 'unavailable', why: found.why };
  if (language === 'shell') {
    const proves = proof !== null && found.path.endsWith('bash');
    const words = proves ? shellWords(context, [path, ...args]) : [path, ...args];
    return ready(context, [found.path, ...words], proves ? proof : null, stdin, test);
  }
  const guard = test === null ? null : await guardPath(context, found.path);
  const prefix = test === null || guard === null ? [] : pythonWords(test, guard);
  return ready(
    context,
    [found.path, ...prefix, path, ...args],
    proof,
    stdin,
    test,
    2 * job.limits.memoryBytes,
  );
}

async function testCommand(context: Context, path: string, index: number): Promise<Prepared> {
  const source = context.files.find((file) => file.path === path);
  if (!source)
    return { kind: 'unavailable', why: `The test file ${path} is not among the files of the check.` };
  const style = testStyle(source, languageOf(path, context.job.language));
  return sourceCommand(context, path, [], null, { file: path, style }, nonceProof(context, index));
}

function nodeFlags(test: Command['test']): string[] {
  return test?.style === 'node:test' ? [`--test-reporter=${assetPath('node-reporter.mjs')}`] : [];
}

function pythonWords({ style }: NonNullable<Command['test']>, guard: string): string[] {
  return [guard, ...(style === 'script' ? [] : ['--tests', style])];
}

/** Looking for Python costs time where it is a shim: what can only be Node's does not wait for it. */
function usesPython({ action, language, capabilities }: RunJob, stages: Stage[] | null): boolean {
  if (capabilities.includes('process.spawn')) return true;
  if (stages !== null) return stages.some((stage) => stage.interpreter !== 'node');
  if (action.kind === 'command') return true;
  return language === 'python' || language === 'shell';
}

/** What all commands of a job share. Checks get the guards; processes that one shell starts get them from the search path too. */
async function environment(
  job: RunJob,
  workspace: Workspace,
  interpreters: Interpreters,
  stages: Stage[] | null,
): Promise<Record<string, string>> {
  const heap = heapOption(job.limits);
  const python = usesPython(job, stages);
  const path = await interpreters.searchPath(python ? ['python3', 'node'] : ['node']);
  if (job.action.kind === 'entry') return { PATH: path, ...(heap ? { NODE_OPTIONS: heap } : {}) };
  const guard = `--require ${JSON.stringify(assetPath('node-guard.cjs'))}`;
  const checks = job.checkFiles.map((file) => join(workspace.folder, file.path));
  const guards = {
    NODE_OPTIONS: `${heap} ${guard}`.trim(),
    KINTSUGI_CHECKS: [workspace.folder, ...checks].join('\n'),
    // As the engine counts them: code that only bears the name of a check file has another one.
    KINTSUGI_HASHES: ['', ...job.checkFiles.map(({ content }) => sha256(content))].join('\n'),
  };
  const found = job.action.kind === 'command' && stages === null ? await interpreters.find('python3') : null;
  if (found?.kind !== 'found') return { PATH: path, ...guards };
  await guardPython(workspace.instruments(), found.path);
  return { PATH: `${workspace.instruments()}:${path}`, ...guards };
}

function sha256(text: string): string {
  return createHash('sha256')
    .update(text.replace(/^\uFEFF/, ''))
    .digest('hex');
}

/** Where the kernel bounds the memory of a process V8 needs no word of it, and a fifth more time to start with one. */
function heapOption(limits: RunLimits): string {
  if (process.platform === 'linux') return '';
  const megabytes = Math.max(16, Math.floor((limits.memoryBytes / 1024 ** 2) * heapShare));
  return `--max-old-space-size=${megabytes}`;
}
