import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { RunLimits } from '../core/domain.ts';
import { assetPath } from './asset.ts';
import { isolateMessages } from './isolate-messages.ts';
import type { ProcessRequest } from './process.ts';
import { limitsOnly } from './sandbox/limits-only.ts';
import type { Sandbox } from './sandbox/sandbox.ts';
import { startWorker, type Worker } from './workers/worker.ts';
import type { Workspace } from './workspace.ts';

const megabyte = 1024 ** 2;
const addressBytes = 32 * 1024 * megabyte;

/** `isolated-vm`: V8, native. `quickjs`: an interpreter in wasm, no native code, some ten times slower. */
export type IsolateEngine = 'isolated-vm' | 'quickjs';

/** What the process that holds an isolate is started with. */
export interface IsolateKind {
  engine: IsolateEngine;
  /** Of the isolate. */
  memoryMegabytes: number;
  /** Of the process. `wallMs` plays no part. */
  limits: RunLimits;
}

/** The one job of the process. Without `code` it only shows that isolates work. */
export interface IsolateJob {
  code?: string;
  /** Of the program's entry, or of the bundle beside it. */
  path?: string;
  modular?: boolean;
  /** The code is the file at `path` itself, no bundle with a map. */
  plain?: boolean;
}

/** Files that an engine is loaded from, and the folders of their packages. */
interface EngineFiles {
  modules: string[];
  visible: string[];
}

/** The engines that are installed here, the better one first. */
export function installedEngines(): IsolateEngine[] {
  return (['isolated-vm', 'quickjs'] as const).filter((engine) => engineFiles(engine) !== null);
}

function engineFiles(engine: IsolateEngine): EngineFiles | null {
  const require = createRequire(import.meta.url);
  try {
    if (engine === 'isolated-vm') {
      const module = require.resolve('isolated-vm');
      if (!existsSync(join(dirname(module), 'out', 'isolated_vm.node'))) return null;
      return { modules: [module], visible: [packageFolder(module)] };
    }
    const inside = createRequire(require.resolve('quickjs-emscripten'));
    const core = inside.resolve('quickjs-emscripten-core');
    const variant = inside.resolve('@jitl/quickjs-wasmfile-release-sync');
    const interfaces = createRequire(core).resolve('@jitl/quickjs-ffi-types');
    return { modules: [core, variant], visible: [core, variant, interfaces].map(packageFolder) };
  } catch {
    return null;
  }
}

/** The folder of the package that a file lies in. */
function packageFolder(file: string): string {
  return /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(file)?.[0] ?? dirname(file);
}

/** Starts a process that has an isolate ready and waits for one IsolateJob as JSON, or says why it cannot. */
export function startIsolate(sandbox: Sandbox, kind: IsolateKind): Promise<Worker | string> {
  return startWorker(sandbox, (workspace) => isolateRequest(workspace, kind));
}

function isolateRequest(
  workspace: Workspace,
  { engine, memoryMegabytes, limits }: IsolateKind,
): ProcessRequest {
  const inspection = createRequire(import.meta.url).resolve('node-inspect-extracted');
  const child = assetPath('isolate-child.cjs');
  const { modules, visible } = engineFiles(engine) ?? { modules: [], visible: [] };
  const settings = JSON.stringify({ engine, modules, inspection, memoryMegabytes });
  return {
    argv: [process.execPath, '--no-node-snapshot', child, settings] as const,
    env: { PATH: '/usr/bin:/bin' },
    cwd: workspace.folder,
    root: workspace.root,
    temporary: workspace.temporary,
    stdin: null,
    limits,
    addressBytes,
    profile: 'none',
    visible: [dirname(child), packageFolder(inspection), ...visible],
  };
}

export type IsolateAvailability =
  /** `why`: why it is not the better engine, and what to do; null when it is. */
  { available: true; engine: IsolateEngine; why: string | null } | { available: false; why: string };

/** Which isolate works on this machine, tried in a child process; with the reason and what to do when it is not the best one. */
export async function isolateAvailable(sandbox: Sandbox = limitsOnly()): Promise<IsolateAvailability> {
  const native = await loads('isolated-vm', sandbox);
  if (native === null) return { available: true, engine: 'isolated-vm', why: null };
  const how = 'Install it with `npm rebuild isolated-vm` (a C++ compiler is needed)';
  const portable = await loads('quickjs', sandbox);
  if (portable === null) {
    const why = `${native}; QuickJS is used instead and is slower. ${how}.`;
    return { available: true, engine: 'quickjs', why };
  }
  return { available: false, why: `${native}; ${portable}. ${how}; programs run as processes without it.` };
}

/** Null when the engine loads in a process; else why it does not. */
async function loads(engine: IsolateEngine, sandbox: Sandbox): Promise<string | null> {
  if (engineFiles(engine) === null) return `${engine} is not ${engine === 'quickjs' ? 'installed' : 'built'}`;
  const worker = await startIsolate(sandbox, { engine, memoryMegabytes: 16, limits: probeLimits });
  if (typeof worker === 'string') return worker.replace(/\.$/, '');
  const messages = isolateMessages(() => {});
  const { signal } = new AbortController();
  const over = () => messages.end() !== null;
  const stdin = JSON.stringify({} satisfies IsolateJob);
  await worker.dispatch({ stdin, limits: probeLimits, signal, onBytes: messages.push, isOver: over });
  const end = messages.end();
  if (end?.end === 'exited') return null;
  const why = end?.end === 'unavailable' ? end.why.split('\n')[0] : 'its process died';
  return `${engine} does not load: ${why?.replace(/\.$/, '')}`;
}

const probeLimits: RunLimits = {
  wallMs: 5_000,
  cpuMs: 5_000,
  memoryBytes: 512 * megabyte,
  totalMemoryBytes: 1024 * megabyte,
  processes: 64,
  openFiles: 256,
  fileBytes: megabyte,
  diskBytes: 16 * megabyte,
  outputKeptBytes: 4096,
  outputBytes: megabyte,
};
