import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { SourceFile } from '../core/domain.ts';
import { changedFiles } from './changed-files.ts';
import { type PathStripper, pathStripper } from './paths.ts';
import { unsafePath } from './safe-path.ts';

/** The folder of one run, by its real path. Everything below it belongs to the run and goes with it. */
export interface Workspace {
  /** Holds all the others. */
  root: string;
  /** Where the program's files are, and its working directory and home. */
  folder: string;
  temporary: string;
  /** A folder for our own files, made when it is first asked for: the program is not told of it. */
  instruments(): string;
  stripper: PathStripper;
  /** Paths of check files that are no longer what was written, or no longer there. */
  tampered(): string[];
  /** New and changed text files of the run. */
  changed(): SourceFile[];
  /** Writes a file that the run needs and that is none of its results. */
  add(file: SourceFile): void;
  /**
   * Writes the program into a folder that was opened with the check files alone, before anything of it runs, for whoever the folder was given
   * to. Throws where that cannot be done.
   */
  fill(files: SourceFile[]): void;
  remove(): void;
}

export type Opened =
  | { kind: 'opened'; workspace: Workspace }
  /** The files are not fit to be written. */
  | { kind: 'refused'; why: string }
  /** This machine does not let us write them. */
  | { kind: 'failed'; why: string };

/**
 * Makes a fresh folder of mode 700 and writes `files`, then `checkFiles` over them, read-only. A path that is absolute, climbs out, or
 * touches `.git` is refused before anything is written.
 */
export function openWorkspace(files: SourceFile[], checkFiles: SourceFile[]): Opened {
  for (const file of [...files, ...checkFiles]) {
    const wrong = unsafePath(file.path);
    if (wrong) return { kind: 'refused', why: wrong };
  }
  const named = join(tmpdir(), `kintsugi-${randomBytes(6).toString('hex')}-`);
  let root: string | null = null;
  try {
    const opened = realpathSync(mkdtempSync(named));
    root = opened;
    const folder = join(opened, 'workspace');
    const temporary = join(opened, 'tmp');
    const instruments = join(opened, randomBytes(8).toString('hex'));
    for (const path of [folder, temporary]) mkdirSync(path, { mode: 0o700 });
    const checks = new Map(checkFiles.map((file) => [file.path, file.content]));
    const before = new Map(files.map((file) => [file.path, file.content]));
    for (const [path, content] of before) {
      if (!checks.has(path)) writeFresh(folder, { path, content }, 0o600);
    }
    for (const [path, content] of checks) writeFresh(folder, { path, content }, 0o444);
    const own = new Set(checks.keys());
    return {
      kind: 'opened',
      workspace: {
        root: opened,
        folder,
        temporary,
        instruments: () => {
          mkdirSync(instruments, { recursive: true, mode: 0o700 });
          return instruments;
        },
        stripper: pathStripper(namesOf(opened)),
        tampered: () =>
          [...checks]
            .filter(([path, content]) => !isUnchanged(join(folder, path), content))
            .map(([path]) => path),
        changed: () => changedFiles(folder, before, own),
        add: (file) => {
          own.add(file.path);
          writeFresh(folder, file, 0o600);
        },
        fill: (program) => {
          const fresh = new Map(program.map((file) => [file.path, file.content]));
          const owner = ownerOf(folder);
          for (const [path, content] of fresh) {
            before.set(path, content);
            if (!checks.has(path)) writeFresh(folder, { path, content }, 0o600, owner);
          }
        },
        remove: () => remove(opened),
      },
    };
  } catch (error) {
    if (root) remove(root);
    const reason = error instanceof Error ? error.message : String(error);
    return { kind: 'failed', why: `The run's folder could not be made in ${tmpdir()}: ${reason}.` };
  }
}

interface Owner {
  user: number;
  group: number;
}

/** Null when the folder is still ours. */
function ownerOf(folder: string): Owner | null {
  const { uid, gid } = lstatSync(folder);
  return uid === process.getuid?.() ? null : { user: uid, group: gid };
}

/** Creates a file that was not there; a link in its place is not followed. */
function writeFresh(folder: string, file: SourceFile, mode: number, owner: Owner | null = null): void {
  const path = join(folder, file.path);
  const first = mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (first !== undefined && owner !== null) {
    for (let made = dirname(path); made.length >= first.length; made = dirname(made))
      lchownSync(made, owner.user, owner.group);
  }
  const descriptor = createFile(path);
  try {
    writeFileSync(descriptor, file.content);
    if (mode !== 0o600) fchmodSync(descriptor, mode);
    if (owner !== null) fchownSync(descriptor, owner.user, owner.group);
  } finally {
    closeSync(descriptor);
  }
}

function createFile(path: string): number {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  try {
    return openSync(path, flags, 0o600);
  } catch (error) {
    // Only file systems that fold case get here: two spellings of one path, the later one wins.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    rmSync(path);
    return openSync(path, flags, 0o600);
  }
}

function isUnchanged(path: string, content: string): boolean {
  try {
    const facts = lstatSync(path);
    if (!facts.isFile() || facts.size !== Buffer.byteLength(content)) return false;
    return readFileSync(path).equals(Buffer.from(content));
  } catch {
    return false;
  }
}

/** The folder may be reached by more than one name where the temporary folder is a link. */
function namesOf(root: string): string[] {
  const named = join(tmpdir(), root.slice(root.lastIndexOf('/') + 1));
  return [root, named].flatMap((name) => [join(name, 'workspace'), name]);
}

/** Never throws: what cannot be removed is left to the cleaning of the temporary folder. */
function remove(root: string): void {
  try {
    rmSync(root, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    // A program may have taken our rights to its own folders away.
    openUp(root);
    try {
      rmSync(root, { recursive: true, force: true, maxRetries: 3 });
    } catch {
      return;
    }
  }
}

function openUp(folder: string): void {
  try {
    chmodSync(folder, 0o700);
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) openUp(join(folder, entry.name));
    }
  } catch {
    return;
  }
}
