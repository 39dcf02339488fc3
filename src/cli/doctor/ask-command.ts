import { spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';

export interface CommandAnswer {
  ok: boolean;
  /** Both outputs, trimmed, without terminal escapes, at most 4,000 characters each. */
  stdout: string;
  stderr: string;
  /** Why it is not ok: not found, no answer in time, exit code. Empty when it is. */
  why: string;
}

const mostKept = 4000;

/**
 * Runs a command and waits at most `timeoutMs`, then kills it with its children and stops listening. It gets no secret: only PATH,
 * HOME, a locale and what a container client needs to find its server. Never throws.
 */
export function askCommand(
  command: string,
  args: readonly string[],
  timeoutMs: number,
  { cwd, path = process.env.PATH }: { cwd?: string; path?: string | undefined } = {},
): Promise<CommandAnswer> {
  const passed = ['HOME', 'LANG', 'SystemRoot', 'DOCKER_HOST', 'XDG_RUNTIME_DIR'];
  const env = Object.fromEntries(passed.map((name) => [name, process.env[name]]));
  return new Promise((resolve) => {
    const ownGroup = process.platform !== 'win32';
    const child = spawn(command, args, {
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...env, PATH: path },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: ownGroup,
      windowsHide: true,
    });
    const kept = { stdout: '', stderr: '' };
    const listen = (name: 'stdout' | 'stderr') => {
      child[name].setEncoding('utf8').on('data', (chunk: string) => {
        kept[name] = (kept[name] + chunk).slice(0, mostKept);
      });
    };
    listen('stdout');
    listen('stderr');
    const finish = (why: string) => {
      clearTimeout(timer);
      child.stdout.destroy();
      child.stderr.destroy();
      const clean = (text: string) => stripVTControlCharacters(text).trim();
      resolve({ ok: why === '', stdout: clean(kept.stdout), stderr: clean(kept.stderr), why });
    };
    const timer = setTimeout(() => {
      try {
        if (ownGroup && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
        else child.kill('SIGKILL');
      } catch {
        // It ended by itself just now.
      }
      finish(`no answer in ${timeoutMs} ms`);
    }, timeoutMs);
    child.on('error', (error: NodeJS.ErrnoException) =>
      finish(error.code === 'ENOENT' ? 'not found' : `cannot be started (${error.code ?? 'unknown error'})`),
    );
    child.on('close', (code, signal) =>
      finish(code === 0 ? '' : `ended with ${signal ?? `exit code ${code}`}`),
    );
  });
}

/** The first line that says something, without control characters, at most 160 characters. */
export function firstLine(text: string): string {
  const line = text.split('\n').find((candidate) => candidate.trim() !== '') ?? '';
  return line
    .replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ')
    .trim()
    .slice(0, 160);
}
