import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Config } from '../config.ts';
import type { MemoryStore, ModelProvider } from '../core/seams.ts';

/** Config → the memory of this home, seen from this project. */

/** The share of recalls that are left out on purpose. */
const holdOut = 0.1;

/** The memory of a configuration; opened once, when it is first asked for. */
export function openMemories(config: Config): () => Promise<MemoryStore> {
  let opened: Promise<MemoryStore> | null = null;
  return () => {
    opened ??= open(config);
    return opened;
  };
}

async function open(config: Config): Promise<MemoryStore> {
  const [{ openMemoryStore }, { hashedEmbedder }] = await Promise.all([
    import('../memory/open-store.ts'),
    import('../memory/embedders/hashed.ts'),
  ]);
  return openMemoryStore({
    directory: config.memoryDirectory,
    globalDirectory: path.join(config.memoryDirectory, 'global'),
    project: projectOf(config.cwd),
    embedder: hashedEmbedder,
    holdOut: config.holdOut ? holdOut : 0,
    seed: config.seed ?? 0,
  }).store;
}

/** Whether a session has memory: recorded replies are for the session they were recorded in, and know nothing of what was learned since. */
export function hasMemory(config: Config, model: ModelProvider): boolean {
  return config.memory && !/^(?:demo$|cassette:)/.test(model.id);
}

/** Identity of the project a folder belongs to: of its git root's path and remote, or of the folder's own path without one. 16 hex digits. */
export function projectOf(folder: string): string {
  const root = gitRoot(path.resolve(folder));
  const identity = root === null ? [path.resolve(folder)] : [root, remoteOf(root)];
  return createHash('sha256').update(identity.join('\n')).digest('hex').slice(0, 16);
}

function gitRoot(folder: string): string | null {
  for (let current = folder; ; current = path.dirname(current)) {
    if (existsSync(path.join(current, '.git'))) return current;
    if (current === path.dirname(current)) return null;
  }
}

/** The address of `origin`, without what may be secret in it; '' without one. */
function remoteOf(root: string): string {
  try {
    const git = path.join(root, '.git');
    if (!statSync(git).isDirectory()) return '';
    const config = readFileSync(path.join(git, 'config'), 'utf8');
    const section = /\[remote "origin"\]([^[]*)/.exec(config)?.[1] ?? '';
    const url = /^\s*url\s*=\s*(\S+)/m.exec(section)?.[1] ?? '';
    return url.replace(/\/\/[^@/]*@/, '//');
  } catch {
    return '';
  }
}
