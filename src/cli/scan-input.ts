import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { SourceFile } from '../core/domain.ts';
import type { Io } from './context.ts';
import { isFolder } from './is-folder.ts';

const mostFiles = 20_000;
const largest = 16_000_000;
/** Folders of other people's code, and of what an interpreter made. */
const passedOver = new Set(['node_modules', '__pycache__', 'venv']);

/** A text file to scan. */
export interface Input {
  /** As the user named it, or as it was found below a folder they named; `-` is the standard input. */
  name: string;
  /** Where it would stand in the program it belongs to: relative, with `/`, never above the program's folder. */
  file: SourceFile;
  /** Named by the user, not found in a folder. */
  named: boolean;
}

export interface Inputs {
  files: Input[];
  /** One sentence for each file that was named and cannot be read. */
  unreadable: { name: string; why: string }[];
}

/** Reads what was named: files, folders with everything below them, `-`. Never throws for what it finds; links are not followed in folders. */
export async function readInputs(io: Io, names: readonly string[]): Promise<Inputs> {
  const found: Inputs = { files: [], unreadable: [] };
  const seen = new Set<string>();
  const roots = new Map<string, string>();
  for (const name of names) {
    if (name === '-') {
      const bytes = await readStream(io.stdin);
      add(found, name, 'stdin', bytes, true);
      continue;
    }
    const absolute = path.resolve(io.cwd, name);
    const folder = isFolder(absolute);
    const files = folder ? filesBelow(absolute, '', found) : [''];
    if (files.length > mostFiles)
      found.unreadable.push({ name, why: `it holds more than ${mostFiles} files; the others were not read` });
    for (const below of files.slice(0, mostFiles)) {
      const place = path.join(absolute, below);
      if (seen.has(place)) continue;
      seen.add(place);
      const shown = below === '' ? name : path.join(name, below);
      const bytes = readBytes(place);
      if (typeof bytes === 'string') {
        found.unreadable.push({ name: shown, why: bytes });
        continue;
      }
      const root = rootOf(place, io.cwd, roots);
      add(found, shown, path.relative(root, place).split(path.sep).join('/'), bytes, !folder);
    }
  }
  return found;
}

function add(found: Inputs, name: string, place: string, bytes: Buffer, named: boolean): void {
  const content = decoded(bytes);
  if (content !== null) found.files.push({ name, file: { path: place, content }, named });
  else if (named) found.unreadable.push({ name, why: 'it is binary, not UTF-8 text' });
}

function decoded(bytes: Buffer): string | null {
  if (bytes.includes(0)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** The bytes, or why there are none. */
function readBytes(file: string): Buffer | string {
  try {
    const facts = statSync(file);
    if (!facts.isFile()) return 'it is no regular file';
    return facts.size > largest ? `it is larger than ${largest} bytes` : readFileSync(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'there is no such file';
    return code === 'EACCES' || code === 'EPERM'
      ? 'there is no permission to read it'
      : (code ?? 'it failed');
  }
}

/** Paths of the regular files below a folder, sorted; hidden folders and those of other people's code are passed over. */
function filesBelow(folder: string, below: string, found: Inputs, kept: string[] = []): string[] {
  let entries: Dirent[];
  try {
    entries = readdirSync(path.join(folder, below), { withFileTypes: true });
  } catch {
    found.unreadable.push({ name: path.join(folder, below), why: 'the folder cannot be listed' });
    return kept;
  }
  for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
    if (kept.length > mostFiles) return kept;
    const place = path.join(below, entry.name);
    if (entry.isFile()) kept.push(place);
    else if (entry.isDirectory() && !entry.name.startsWith('.') && !passedOver.has(entry.name))
      filesBelow(folder, place, found, kept);
  }
  return kept;
}

/** The folder of the program a file belongs to: where the user stands, else the nearest with a project's marks, else the file's own. */
function rootOf(file: string, cwd: string, known: Map<string, string>): string {
  const own = path.dirname(file);
  const before = known.get(own);
  if (before !== undefined) return before;
  const inside = !path.relative(cwd, file).startsWith('..') && !path.isAbsolute(path.relative(cwd, file));
  const root = inside ? cwd : (markedFolder(own) ?? own);
  known.set(own, root);
  return root;
}

function markedFolder(folder: string): string | null {
  for (let at = folder; ; at = path.dirname(at)) {
    const marks = ['package.json', 'pyproject.toml', 'setup.py', '.git'];
    if (marks.some((mark) => statSync(path.join(at, mark), { throwIfNoEntry: false }) !== undefined))
      return at;
    if (path.dirname(at) === at) return null;
  }
}

async function readStream(stream: NodeJS.ReadStream): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of stream) {
    const bytes = Buffer.from(piece as Buffer);
    size += bytes.length;
    // One byte too many: what is read so far is then as good as binary.
    if (size > largest) return Buffer.from([0]);
    pieces.push(bytes);
  }
  return Buffer.concat(pieces);
}
