import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Config } from '../config.ts';
import type { MemoryStore, ModelProvider } from '../core/seams.ts';
import type { OpenedMemory } from '../memory/store.ts';

/** Config → the memory of this home, seen from this project. */

/** The share of recalls that are left out on purpose. */
const holdOut = 0.1;

/** What one process has of memory. */
export interface SessionMemory {
  opened: OpenedMemory;
  /** The verbs of the loop. */
  store: MemoryStore;
  /** Why another embedder is in use than the one that was asked for; null: it is that one. */
  problem: string | null;
}

/** The memory of a configuration; opened once, when it is first asked for. `close` writes what is new to its index and lets everything go. */
export function openMemories(config: MemoryConfig): {
  open: () => Promise<SessionMemory>;
  close: () => Promise<void>;
} {
  let opening: ReturnType<typeof openMemory> | null = null;
  return {
    open: async () => {
      opening ??= openMemory(config);
      return await opening;
    },
    close: async () => {
      const open = opening === null ? null : await opening;
      opening = null;
      await open?.opened.close();
      await open?.closeEmbedder();
    },
  };
}

type MemoryConfig = Pick<Config, 'memoryDirectory' | 'embedder' | 'holdOut' | 'seed' | 'cwd'>;

async function openMemory(
  config: MemoryConfig,
): Promise<SessionMemory & { closeEmbedder: () => Promise<void> }> {
  const [{ openMemoryStore }, { hashedEmbedder }, { chooseEmbedder }] = await Promise.all([
    import('../memory/open-store.ts'),
    import('../memory/embedders/hashed.ts'),
    import('../memory/embedders/transformers.ts'),
  ]);
  const directory = config.memoryDirectory;
  const models = path.join(directory, 'models');
  const choice = config.embedder === 'hashed' ? null : { model: config.embedder, directory: models };
  const { embedder, close: closeEmbedder, problem } = chooseEmbedder(choice, hashedEmbedder);
  const { store, opened } = openMemoryStore({
    directory,
    globalDirectory: path.join(directory, 'global'),
    project: projectOf(config.cwd),
    embedder,
    holdOut: config.holdOut ? holdOut : 0,
    seed: config.seed ?? 0,
  });
  return { store, opened, problem, closeEmbedder };
}

/**
 * The memory of a new session; null where it has none. A demonstration begins from nothing each time, and a recorded session has the memory it
 * was recorded with: what was learned since is not for it.
 */
export async function memoryFor(
  config: Config,
  model: ModelProvider,
  open: () => Promise<SessionMemory>,
): Promise<MemoryStore | null> {
  if (!config.memory || model.id === 'demo') return null;
  const [, reference] = /^cassette:(.*)$/s.exec(model.id) ?? [];
  if (reference === undefined) return (await open()).store;
  const [{ findSession }, { loadJournal }, { memoryOf }] = await Promise.all([
    import('../journal/list.ts'),
    import('../journal/read.ts'),
    import('../core/reenact.ts'),
  ]);
  const { events } = await loadJournal(await findSession(config.logs, reference));
  const [started] = events;
  return started?.type === 'session.started' && started.memory ? memoryOf(events) : null;
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
