import { createHash, randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Delivery, Program, SourceFile } from '../core/domain.ts';
import { exitCodes, problem } from '../problem.ts';

/** Says which files of a folder are ours: path → SHA-256 of what was written. */
const manifestName = '.kintsugi.json';

/** Throws a usage error when `--out` can never be a folder, before anything is spent on the goal. */
export function checkOut(directory: string | null): void {
  if (directory === null) return;
  if (directory.trim() === '') throw problem(exitCodes.usage, '--out: the name of the folder is empty.');
  const file = fileOnTheWay(path.resolve(directory));
  if (file) throw problem(exitCodes.usage, `--out: ${file} is a file, not a folder.`);
}

/**
 * Writes the finished program below `directory`. A file that is there already is replaced only when it is what an earlier delivery wrote
 * and nobody changed it, or with `force`; a link below it is never followed. All is checked, and every file is on the disk under another
 * name, before the first one takes its place. Never throws.
 */
export function deliverTo(directory: string | null, force: boolean): (program: Program) => Promise<Delivery> {
  return async (program) => {
    const files = program.files.map((file) => file.path);
    if (directory === null) return { directory: null, files };
    const refused = (why: string): Delivery => ({ directory, files: [], refused: why });
    try {
      const obstacle = program.files.map((file) => obstacleTo(directory, file.path)).find(Boolean);
      if (obstacle) return refused(obstacle);
      const foreign = force ? [] : files.filter((_, at) => !isOurs(directory, program.files[at]));
      if (foreign.length > 0) {
        return refused(
          `${foreign.join(', ')} in ${directory} ${foreign.length === 1 ? 'is' : 'are'} not ours, or changed since. Use another --out, or --force to overwrite.`,
        );
      }
      const manifest = {
        ...readManifest(directory),
        ...Object.fromEntries(program.files.map((file) => [file.path, hash(file.content)])),
      };
      const content = `${JSON.stringify({ version: 1, files: manifest }, null, 2)}\n`;
      putAll(directory, [...program.files, { path: manifestName, content }]);
      return { directory, files };
    } catch (error) {
      return refused(`${directory} cannot be written: ${error instanceof Error ? error.message : error}`);
    }
  };
}

/** What makes it impossible to write a file, forced or not; null when nothing does. */
function obstacleTo(directory: string, file: string): string | null {
  if (file === manifestName) return `${manifestName} is the name of our own list of files.`;
  const above = fileOnTheWay(path.resolve(directory));
  if (above) return `${above} is a file, not a folder.`;
  const segments = file.split('/');
  let current = directory;
  for (const [at, segment] of segments.entries()) {
    current = path.join(current, segment);
    const stat = lstatSync(current, { throwIfNoEntry: false });
    if (!stat) return null;
    if (stat.isSymbolicLink()) return `${current} is a link, and links are not followed.`;
    const last = at === segments.length - 1;
    if (last && !stat.isFile()) return `${current} is in the way: it is not a file.`;
    if (!last && !stat.isDirectory()) return `${current} is in the way: it is not a folder.`;
  }
  return null;
}

/** The nearest thing that exists at or above `directory`, when it is no folder. */
function fileOnTheWay(directory: string): string | null {
  for (let current = directory; ; current = path.dirname(current)) {
    const stat = existing(current);
    if (stat) return stat.isDirectory() ? null : current;
    if (current === path.dirname(current)) return null;
  }
}

function existing(file: string) {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch {
    // Not to be looked at: writing will say why.
    return undefined;
  }
}

function isOurs(directory: string, file: SourceFile | undefined): boolean {
  if (!file) return true;
  const target = path.join(directory, file.path);
  if (!lstatSync(target, { throwIfNoEntry: false })) return true;
  const there = hash(readFileSync(target));
  return there === hash(file.content) || there === readManifest(directory)[file.path];
}

function readManifest(directory: string): Record<string, string> {
  try {
    const value: unknown = JSON.parse(readFileSync(path.join(directory, manifestName), 'utf8'));
    const files = typeof value === 'object' && value !== null && 'files' in value ? value.files : null;
    return typeof files === 'object' && files !== null ? (files as Record<string, string>) : {};
  } catch {
    // No manifest, or one that is not ours: then no file here is ours either.
    return {};
  }
}

/** All files or, as far as the disk allows, none: they are written beside their places first. */
function putAll(directory: string, files: readonly SourceFile[]): void {
  const staged: { temporary: string; target: string }[] = [];
  try {
    for (const file of files) {
      const target = path.join(directory, file.path);
      makeFolder(path.dirname(target));
      const temporary = `${target}.${randomBytes(6).toString('hex')}.tmp`;
      staged.push({ temporary, target });
      writeFileSync(temporary, file.content, { mode: modeOf(file), flag: 'wx' });
    }
    for (const { temporary, target } of staged) renameSync(temporary, target);
  } catch (error) {
    for (const { temporary } of staged) rmSync(temporary, { force: true });
    throw error;
  }
}

/** One by one: the platform's own recursive form never returns where a parent exists and takes no folders, as /proc does. */
function makeFolder(folder: string): void {
  if (existing(folder)) return;
  if (folder !== path.dirname(folder)) makeFolder(path.dirname(folder));
  mkdirSync(folder);
}

function modeOf(file: SourceFile): number {
  return file.content.startsWith('#!') ? 0o755 : 0o644;
}

function hash(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
