import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import path from 'node:path';
import type { Config } from '../../config.ts';
import { isPromptError, loadPrompts } from '../../prompts.ts';
import { gap, missing, ok, type Row } from './row.ts';

/** What the command line knows about where it writes. */
export interface Terminal {
  isTTY: boolean;
  columns: number | null;
  /** Bits of colour, as `WriteStream.getColorDepth` counts them. */
  colorDepth: number;
  unicode: boolean;
}

/** The oldest Node that is supported; package.json's engines say the same. */
export const oldestNode = [20, 19] as const;

export function nodeRow(version: string): Row {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const fits = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
  const row = fits
    ? ok('machine', 'Node', version)
    : missing(
        'machine',
        'Node',
        version,
        `Install Node ${oldestNode.join('.')} or newer from https://nodejs.org.`,
      );
  return { ...row, required: true };
}

/** The folder itself, or the nearest one above it that is there. */
function nearestFolder(folder: string): string {
  let candidate = path.resolve(folder);
  while (!existsSync(candidate) && path.dirname(candidate) !== candidate) candidate = path.dirname(candidate);
  return candidate;
}

/** Why a new file cannot be written there, as the system's code; null when it can. */
function tryToWrite(file: string): string | null {
  try {
    writeFileSync(file, 'x', { flag: 'wx' });
    rmSync(file);
    return null;
  } catch (error) {
    try {
      rmSync(file, { force: true });
    } catch {
      // The first failure is the one to tell.
    }
    return (error as NodeJS.ErrnoException).code ?? 'unknown error';
  }
}

/** Whether logs and memory can be written: tried with a real file, since rights alone do not tell (root, read-only disks, quotas). */
export function homeRow(config: Config): Row {
  for (const folder of [config.home, config.logs, config.memoryDirectory]) {
    const place = nearestFolder(folder);
    const failure = tryToWrite(path.join(place, `.kintsugi-doctor-${process.pid}`));
    if (failure === null) continue;
    const advice = 'Make that folder writable for you, or name another with KINTSUGI_HOME.';
    const value = `${place} cannot be written (${failure})`;
    return { ...missing('machine', 'home', value, advice), required: true };
  }
  return { ...ok('machine', 'home', config.home), required: true };
}

const littleDisk = 500 * 1024 ** 2;
const noDisk = 20 * 1024 ** 2;

export async function diskRow(home: string): Promise<Row> {
  try {
    const { bavail, bsize } = await statfs(nearestFolder(home));
    return diskRowOf(bavail * bsize);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    return gap('machine', 'disk', `free space is not known (${code})`, 'Look at the free space of the home.');
  }
}

/** `free` in bytes. */
export function diskRowOf(free: number): Row {
  const size =
    free >= 1024 ** 3 ? `${(free / 1024 ** 3).toFixed(1)} GB` : `${Math.floor(free / 1024 ** 2)} MB`;
  const advice = 'Make room on the disk of the home: a session that cannot be recorded is ended.';
  if (free < noDisk) return { ...missing('machine', 'disk', `${size} free`, advice), required: true };
  return free < littleDisk
    ? gap('machine', 'disk', `${size} free`, advice)
    : ok('machine', 'disk', `${size} free`);
}

/** The file with the keys: there, and readable by nobody else. */
export function dotenvRow(config: Config): Row {
  const file = config.dotenvFile;
  const stats = statSync(file, { throwIfNoEntry: false });
  if (!stats) {
    return missing(
      'machine',
      '.env',
      `no ${file}`,
      'Copy .env.example there and put your keys in, if you use any.',
    );
  }
  const mode = stats.mode & 0o777;
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    return gap(
      'machine',
      '.env',
      `${file} can be read by others (mode ${mode.toString(8)})`,
      `chmod 600 ${file}`,
    );
  }
  return ok('machine', '.env', file);
}

export function promptsRow(config: Config): Row {
  try {
    loadPrompts(config.prompts);
    return { ...ok('machine', 'prompts', config.prompts), required: true };
  } catch (error) {
    if (!isPromptError(error)) throw error;
    const advice = 'Repair the file, or take it from the package again.';
    return { ...missing('machine', 'prompts', error.message, advice), required: true };
  }
}

export function terminalRow({ isTTY, columns, colorDepth, unicode }: Terminal): Row {
  if (!isTTY) return ok('machine', 'terminal', 'not a terminal: plain lines');
  const colours =
    colorDepth >= 24 ? 'true colour' : colorDepth > 1 ? `${2 ** colorDepth} colours` : 'no colours';
  const value = `${columns ?? 'unknown'} columns, ${colours}, ${unicode ? 'Unicode' : 'no Unicode'}`;
  if (columns !== null && columns < 80)
    return gap('machine', 'terminal', value, 'Make it 80 columns wide or more.');
  if (!unicode) return gap('machine', 'terminal', value, 'Set a UTF-8 locale, such as LANG=C.UTF-8.');
  return ok('machine', 'terminal', value);
}

export function machineRows(terminal: Terminal, version: string): Row[] {
  return [nodeRow(process.versions.node), ok('machine', 'kintsugi', version), terminalRow(terminal)];
}
