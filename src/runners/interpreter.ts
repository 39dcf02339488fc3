import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, open } from 'node:fs/promises';
import { delimiter, dirname, isAbsolute, join } from 'node:path';

export type InterpreterName = 'node' | 'python3' | 'bash';

/** `path` is absolute and no shim: starting it starts the interpreter. */
export type Interpreter = { kind: 'found'; path: string } | { kind: 'missing'; why: string };

/** Finds interpreters, each once. */
export interface Interpreters {
  find(name: InterpreterName): Promise<Interpreter>;
  /** The search path of a run: the real folders of `names` first. */
  searchPath(names: readonly InterpreterName[]): Promise<string>;
}

const systemFolders = ['/usr/local/bin', '/opt/homebrew/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin'];

/** `path` is the search path to look in, as in the environment. */
export function interpreters(path: string = process.env.PATH ?? ''): Interpreters {
  const found = new Map<InterpreterName, Promise<Interpreter>>();
  const find = (name: InterpreterName): Promise<Interpreter> => {
    const known = found.get(name) ?? look(name, path);
    found.set(name, known);
    // What is missing now may be there the next time.
    known.then(({ kind }) => kind === 'missing' && found.delete(name)).catch(() => found.delete(name));
    return known;
  };
  return {
    find,
    searchPath: async (names) => {
      const all = await Promise.all(names.map(find));
      const folders = all.flatMap((one) => (one.kind === 'found' ? [dirname(one.path)] : []));
      return [...new Set([...folders, ...systemFolders])].join(':');
    },
  };
}

/** A version manager's shim on a busy machine takes seconds; only one that hangs is given up. */
const askMs = 15_000;

/** `Python 3.11.7` and the like; null when it does not answer within fifteen seconds. */
export async function interpreterVersion(path: string): Promise<string | null> {
  const text = await ask(path, ['--version']);
  return text?.split('\n')[0]?.trim() || null;
}

async function look(name: InterpreterName, path: string): Promise<Interpreter> {
  if (name === 'node') return { kind: 'found', path: process.execPath };
  const file = await firstOf([...path.split(delimiter).filter(isAbsolute), ...systemFolders], name);
  if (name === 'bash') return { kind: 'found', path: file ?? '/bin/sh' };
  if (!file) return missingPython();
  // A shim is a script that looks for the real one at each start, and costs several times as much as the start itself.
  if (process.platform !== 'darwin' && !(await isScript(file))) return { kind: 'found', path: file };
  const real = (await ask(file, ['-c', 'import sys; print(sys.executable)']))?.trim();
  return real && isAbsolute(real) ? { kind: 'found', path: real } : missingPython(file);
}

function missingPython(shim?: string): Interpreter {
  const how =
    process.platform === 'darwin' ? 'xcode-select --install or brew install python' : 'apt install python3';
  return {
    kind: 'missing',
    why: shim
      ? `${shim} is there but does not start Python. Install Python 3 (${how}) or mend the shim.`
      : `python3 is not on the PATH. Install Python 3 (${how}).`,
  };
}

async function firstOf(folders: string[], name: string): Promise<string | null> {
  for (const folder of folders) {
    const file = join(folder, name);
    if (
      await access(file, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return file;
  }
  return null;
}

async function isScript(file: string): Promise<boolean> {
  const handle = await open(file).catch(() => null);
  if (!handle) return false;
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer.toString('latin1') === '#!';
  } finally {
    await handle.close();
  }
}

function ask(file: string, args: string[]): Promise<string | null> {
  return new Promise((resolve) => {
    execFile(file, args, { timeout: askMs, killSignal: 'SIGKILL' }, (error, stdout, stderr) =>
      resolve(error ? null : stdout || stderr),
    );
  });
}
