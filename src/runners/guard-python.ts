import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { assetPath } from './asset.ts';

/** Puts `python3` and `python` into a folder: the real one, with the guard before what it is asked to run. */
export async function guardPython(folder: string, python: string): Promise<void> {
  const script = `#!/bin/sh
flags=
for word do
  case "$word" in
    -[uBOsEIbvqd]|-OO) flags="$flags $word"; shift ;;
    *) break ;;
  esac
done
case "$1" in
  -m|-c|-|*.py) exec ${quoted(python)} $flags ${quoted(assetPath('python_guard.py'))} "$@" ;;
  *) exec ${quoted(python)} $flags "$@" ;;
esac
`;
  await Promise.all(
    ['python3', 'python'].map((name) => writeFile(join(folder, name), script, { mode: 0o700 })),
  );
}

/** The guard, compiled once for each interpreter and kept in memory: compiling it costs several times as much as what it does. */
export interface CompiledGuard {
  /** The path of a guard for `python`: a fresh copy below `folder` once it is compiled, the source until then and where that fails. */
  path(python: string, folder: string): Promise<string>;
  /** Ends what still compiles. The guard is its source from then on. */
  close(): Promise<void>;
}

interface Compiled {
  guard: Buffer;
  parts: Buffer;
}

export function compiledGuard(): CompiledGuard {
  const known = new Map<string, Promise<Compiled | null>>();
  const stop = new AbortController();
  return {
    close: async () => {
      stop.abort();
      await Promise.all(known.values());
    },
    path: async (python, folder) => {
      const source = assetPath('python_guard.py');
      const begun = known.get(python);
      if (begun === undefined) {
        // The first check does not wait for what only later ones gain from.
        known.set(python, compileGuard(python, dirname(source), stop.signal));
        return source;
      }
      const compiled = await begun;
      if (compiled === null) return source;
      await mkdir(folder, { mode: 0o700 });
      const path = join(folder, 'python_guard.pyc');
      await Promise.all([
        writeFile(path, compiled.guard, { mode: 0o600 }),
        writeFile(join(folder, 'python_parts.bin'), compiled.parts, { mode: 0o600 }),
      ]);
      return path;
    },
  };
}

const compiler = `
import base64, importlib.util, marshal, os, sys
folder = sys.argv[1]
def compiled(name):
    path = os.path.join(folder, name)
    with open(path, "rb") as file:
        return compile(file.read(), path, "exec", dont_inherit=True)
names = ["python_proof.py", "python_check.py", "python_frameworks.py", "python_hooks.py", "python_files.py", "python_tests.py"]
guard = importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(compiled("python_guard.py"))
for part in (guard, marshal.dumps([compiled(name) for name in names])):
    print(base64.b64encode(part).decode())
`;
const compileMs = 10_000;

/** Null when this interpreter does not do it. Runs nothing but our own files, and keeps nobody waiting for its end. */
function compileGuard(python: string, folder: string, signal: AbortSignal): Promise<Compiled | null> {
  return new Promise((resolve) => {
    const child = spawn(python, ['-I', '-S', '-c', compiler, folder], {
      env: {},
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: compileMs,
      signal,
      killSignal: 'SIGKILL',
    });
    // An exit of ours does not wait for it, and leaves nothing behind.
    const end = (): void => void child.kill('SIGKILL');
    process.once('exit', end);
    const chunks: Buffer[] = [];
    // An end that was asked for is told before it came.
    child.once('error', () => child.pid ?? resolve(null));
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('close', (code) => {
      process.removeListener('exit', end);
      const [guard, parts] = Buffer.concat(chunks).toString('latin1').split('\n');
      if (code !== 0 || !guard || !parts) return resolve(null);
      resolve({ guard: Buffer.from(guard, 'base64'), parts: Buffer.from(parts, 'base64') });
    });
  });
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
