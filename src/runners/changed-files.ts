import { closeSync, constants, type Dirent, fstatSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceFile } from '../core/domain.ts';
import { unsafePath } from './safe-path.ts';

const largestBytes = 64 * 1024;
const mostFiles = 32;
const mostEntries = 5_000;
const skipped = new Set(['__pycache__', 'node_modules', '.git', '.pytest_cache', '.mypy_cache', '.cache']);

/**
 * Text files below `folder` that differ from `before`, sorted by path, without `own`. Links are not followed, large files, binary ones and
 * folders of caches are left out; at most 32 files, the first ones by path.
 */
export function changedFiles(
  folder: string,
  before: ReadonlyMap<string, string>,
  own: ReadonlySet<string>,
): SourceFile[] {
  const paths = pathsBelow(folder).filter((path) => !own.has(path) && unsafePath(path) === null);
  const changed: SourceFile[] = [];
  for (const path of paths.sort()) {
    if (changed.length === mostFiles) break;
    const content = readSmallText(join(folder, path));
    if (content !== null && content !== before.get(path)) changed.push({ path, content });
  }
  return changed;
}

function pathsBelow(folder: string): string[] {
  const paths: string[] = [];
  const waiting = [''];
  let entries = 0;
  for (let prefix = waiting.shift(); prefix !== undefined; prefix = waiting.shift()) {
    for (const entry of entriesOf(join(folder, prefix))) {
      entries += 1;
      if (entries > mostEntries) return paths;
      if (entry.isFile()) paths.push(prefix + entry.name);
      else if (entry.isDirectory() && !skipped.has(entry.name)) waiting.push(`${prefix}${entry.name}/`);
    }
  }
  return paths;
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** Null for what is no small UTF-8 text, or not a plain file any more. */
function readSmallText(path: string): string | null {
  try {
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const facts = fstatSync(descriptor);
      if (!facts.isFile() || facts.size > largestBytes) return null;
      const bytes = readFileSync(descriptor);
      if (bytes.length > largestBytes || bytes.includes(0)) return null;
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return null;
  }
}
