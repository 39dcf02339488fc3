import { join } from 'node:path';
import type { RunLimits, SourceFile } from '../core/domain.ts';
import type { RunJob } from '../core/seams.ts';
import { assetPath } from './asset.ts';
import { compile } from './compile.ts';
import { guardPython } from './guard-python.ts';
import type { Interpreters } from './interpreter.ts';
import { languageOf, type TestStyle, testStyle } from './testing/framework.ts';
import type { Workspace } from './workspace.ts';

/** One process of a job. A job of several test files has one each. */
export interface Command {
  argv: readonly [string, ...string[]];
  env: Record<string, string>;
  stdin: string | null;
  addressBytes: number;
  /** The test file that this command runs, how, and the file that its records go to. */
  test: { file: string; style: TestStyle; report: string } | null;
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
): Promise<Commands> {
  const { action, limits } = job;
  const context: Context = {
    job,
    workspace,
    interpreters,
    files: [...new Map([...job.files, ...job.checkFiles].map((file) => [file.path, file])).values()],
    env: await environment(job, workspace, interpreters),
  };
  switch (action.kind) {
    case 'entry':
      return {
        all: [
          () =>
            sourceCommand(
              context,
              action.entry,
              action.args,
              action.stdin === '' ? null : action.stdin,
              null,
            ),
        ],
      };
    case 'command':
      return {
        all: [
          async () => {
            const shell = await interpreters.find('bash');
            if (shell.kind === 'missing') return { kind: 'unavailable', why: shell.why };
            const argv = [shell.path, '-c', action.command] as const;
            const command = {
              argv,
              env: context.env,
              stdin: null,
              addressBytes: nodeAddressBytes,
              test: null,
            };
            return { kind: 'ready', command };
          },
        ],
      };
    case 'tests':
      return { all: action.files.map((path, index) => () => testCommand(context, path, index, limits)) };
  }
}

interface Context {
  job: RunJob;
  workspace: Workspace;
  interpreters: Interpreters;
  files: SourceFile[];
  env: Record<string, string>;
}

/** Runs one source file with the interpreter of its language. */
async function sourceCommand(
  context: Context,
  path: string,
  args: string[],
  stdin: string | null,
  test: Command['test'],
): Promise<Prepared> {
  const { job, interpreters } = context;
  const env = { ...context.env };
  const language = languageOf(path, job.language);
  const ready = (argv: readonly [string, ...string[]], addressBytes = nodeAddressBytes): Prepared => ({
    kind: 'ready',
    command: { argv, env, stdin, addressBytes, test },
  });
  if (language === 'javascript') return ready([process.execPath, ...nodeFlags(test), path, ...args]);
  if (language === 'typescript') {
    const { workspace, files } = context;
    const compiled = await compile({ folder: workspace.folder, files, entry: path, target: 'node' });
    if (compiled.kind === 'failed') return { kind: 'not-compiled', stderr: compiled.stderr, test };
    workspace.add(compiled.file);
    // The compiled test stands for the test: the guard takes it for a check.
    if (env.KINTSUGI_CHECKS) env.KINTSUGI_CHECKS += `\n${join(workspace.folder, compiled.file.path)}`;
    const flags = ['--enable-source-maps', ...nodeFlags(test)];
    return ready([process.execPath, ...flags, compiled.file.path, ...args]);
  }
  const found = await interpreters.find(language === 'python' ? 'python3' : 'bash');
  if (found.kind === 'missing') return { kind: 'unavailable', why: found.why };
  if (language === 'shell') return ready([found.path, path, ...args]);
  const prefix = test === null ? [] : pythonFlags(test);
  const file = test !== null && test.style !== 'script' ? [] : [path];
  return ready([found.path, ...prefix, ...file, ...args], 2 * job.limits.memoryBytes);
}

async function testCommand(
  context: Context,
  path: string,
  index: number,
  limits: RunLimits,
): Promise<Prepared> {
  const source = context.files.find((file) => file.path === path);
  if (!source)
    return { kind: 'unavailable', why: `The test file ${path} is not among the files of the check.` };
  const language = languageOf(path, context.job.language);
  const style = testStyle(source, language);
  const report = style === 'script' ? '' : join(context.workspace.instruments(), `report-${index}.jsonl`);
  const env = style === 'node:test' ? { ...context.env, KINTSUGI_REPORT: report } : context.env;
  const limited = { ...context, job: { ...context.job, limits }, env };
  return sourceCommand(limited, path, [], null, { file: path, style, report });
}

function nodeFlags(test: Command['test']): string[] {
  return test?.style === 'node:test' ? [`--test-reporter=${assetPath('node-reporter.mjs')}`] : [];
}

function pythonFlags({ file, style, report }: NonNullable<Command['test']>): string[] {
  return style === 'script'
    ? [assetPath('python_guard.py')]
    : [assetPath('python_tests.py'), report, style, file];
}

/** Looking for Python costs time where it is a shim: what can only be Node's does not wait for it. */
function usesPython({ action, language, capabilities }: RunJob): boolean {
  if (capabilities.includes('process.spawn')) return true;
  if (action.kind === 'command') return !/^\s*node\s+[\w\s./-]*$/.test(action.command);
  return language === 'python' || language === 'shell';
}

/** What all commands of a job share. A job with check files gets the guards against an early end. */
async function environment(
  job: RunJob,
  workspace: Workspace,
  interpreters: Interpreters,
): Promise<Record<string, string>> {
  const heap = heapOption(job.limits);
  const python = usesPython(job);
  const path = await interpreters.searchPath(python ? ['python3', 'node'] : ['node']);
  if (job.action.kind === 'entry' || job.checkFiles.length === 0)
    return { PATH: path, ...(heap ? { NODE_OPTIONS: heap } : {}) };
  const guard = `--require ${JSON.stringify(assetPath('node-guard.cjs'))}`;
  const checks = job.checkFiles.map((file) => join(workspace.folder, file.path));
  const guards = {
    NODE_OPTIONS: `${heap} ${guard}`.trim(),
    KINTSUGI_CHECKS: [workspace.folder, ...checks].join('\n'),
  };
  const found = python && job.action.kind === 'command' ? await interpreters.find('python3') : null;
  if (found?.kind !== 'found') return { PATH: path, ...guards };
  await guardPython(workspace.instruments(), found.path);
  return { PATH: `${workspace.instruments()}:${path}`, ...guards };
}

/** Where the kernel bounds the memory of a process V8 needs no word of it, and a fifth more time to start with one. */
function heapOption(limits: RunLimits): string {
  if (process.platform === 'linux') return '';
  const megabytes = Math.max(16, Math.floor((limits.memoryBytes / 1024 ** 2) * heapShare));
  return `--max-old-space-size=${megabytes}`;
}
