import { createHash } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import type { Config } from '../config.ts';
import type { MemoryStore } from '../core/seams.ts';
import type { OpenedMemory } from '../memory/store.ts';

/** What one process has of memory. */
export interface SessionMemory {
  opened: OpenedMemory;
  /** The verbs of the loop. */
  store: MemoryStore;
  /** Why another embedder is in use than the one that was asked for; null: it is that one. */
  problem: string | null;
  /** Writes what is new to the index and lets everything go. */
  close(): Promise<void>;
}

/** Opens the memory of the home, with the embedder of the settings. Reads and makes nothing before it is needed. */
export async function openSessionMemory(
  config: Pick<Config, 'memoryDirectory' | 'embedder' | 'holdOut' | 'seed' | 'cwd'>,
): Promise<SessionMemory> {
  const [
    { openMemory },
    { ledgerOver },
    { makeMemoryStore },
    { codeReading, recallFrom },
    { hashedEmbedder },
    { chooseEmbedder },
  ] = await Promise.all([
    import('../memory/store.ts'),
    import('../memory/ledger.ts'),
    import('../memory/make-store.ts'),
    import('../memory/recall.ts'),
    import('../memory/embedders/hashed.ts'),
    import('../memory/embedders/transformers.ts'),
  ]);
  const directory = config.memoryDirectory;
  const choice =
    config.embedder === 'hashed'
      ? null
      : { model: config.embedder, directory: path.join(directory, 'models') };
  const { embedder, close: closeEmbedder, problem } = chooseEmbedder(choice, hashedEmbedder);
  const project = projectOf(config.cwd);
  const opened = openMemory({
    directory,
    globalDirectory: path.join(directory, 'global'),
    project,
    embedder,
    reading: codeReading,
  });
  const store = makeMemoryStore({
    ledger: ledgerOver(opened),
    fitting: (query) =>
      recallFrom(opened.candidates, query, {
        embedder: embedder.id,
        project,
        ...(query.without ? { without: query.without } : {}),
      }),
    project,
    holdOut: config.holdOut,
    seed: config.seed ?? 0,
  });
  return {
    opened,
    store,
    problem,
    close: async () => {
      await opened.close();
      await closeEmbedder();
    },
  };
}

/** Names the project somebody stands in: a hash of the folder of its repository, or of the folder itself. */
export function projectOf(cwd: string): string {
  let folder = existsSync(cwd) ? realpathSync(cwd) : cwd;
  for (let at = folder; ; at = path.dirname(at)) {
    if (existsSync(path.join(at, '.git'))) {
      folder = at;
      break;
    }
    if (path.dirname(at) === at) break;
  }
  return createHash('sha256').update(folder).digest('hex').slice(0, 16);
}
