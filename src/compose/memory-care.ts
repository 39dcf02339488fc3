import path from 'node:path';
import type { Config } from '../config.ts';
import type { Memory, MemoryUse } from '../core/memory.ts';
import type { Adopted } from '../memory/adopt.ts';
import type { Effect } from '../memory/effect.ts';
import type { MemoryEntry, MemoryEvent } from '../memory/entries.ts';
import type { MemoryFailure } from '../memory/failure.ts';
import type { ReadImport } from '../memory/import.ts';
import type { Found } from '../memory/search.ts';
import { openMemories, projectOf } from './memory.ts';

export type { Adopted, Effect, Found, MemoryEntry, MemoryEvent, MemoryFailure };

/** What those who look after memory can do with it. Nothing of the world throws. */
export interface MemoryCare {
  directory: string;
  project: string;
  /** The id of the embedder in use, and why it is another than the one that was asked for. */
  embedder: { id: string; problem: string | null };
  /** Home first, in the order in which they came. */
  all(): Memory[];
  byId(
    id: string,
  ):
    | { kind: 'found'; memory: Memory }
    | { kind: 'none'; near: string[] }
    | { kind: 'ambiguous'; ids: string[] };
  history(id: string): MemoryEntry[];
  uses(): MemoryUse[];
  problems(): string[];
  /** Best first, every state. */
  search(
    query: string,
    options: { limit: number; accepts: (card: Pick<Memory, 'kind' | 'state'>) => boolean },
  ): Promise<Found[]>;
  append(events: readonly MemoryEvent[]): Promise<{ kind: 'appended' } | MemoryFailure>;
  readImport(text: string, name: string, redact: <Value>(value: Value) => Value): ReadImport;
  adopt(drafts: ReadImport['drafts'], global: boolean): Promise<Adopted | MemoryFailure>;
  effect(): Effect;
  /** Makes the indexes again from the logs. `equal`: they are what they were. */
  rebuild(): Promise<{ kind: 'rebuilt'; equal: boolean; differing: string[] } | MemoryFailure>;
  close(): Promise<void>;
}

const mostNear = 5;

/** Opens the memory of a configuration for its care. To be closed. */
export async function openCare(config: Config): Promise<MemoryCare> {
  const memories = openMemories(config);
  const [{ opened, problem }, { searchAll }, { readImport }, { adopt }, { effectOf }] = await Promise.all([
    memories.open(),
    import('../memory/search.ts'),
    import('../memory/import.ts'),
    import('../memory/adopt.ts'),
    import('../memory/effect.ts'),
  ]);
  const project = projectOf(config.cwd);
  return {
    directory: config.memoryDirectory,
    project,
    embedder: { id: opened.embedder.id, problem },
    all: opened.all,
    byId(id) {
      const found = opened.byId(id);
      if (found.kind !== 'none') return found;
      const ids = opened.candidates.cards().map((card) => card.id);
      const distance = new Map(ids.map((one) => [one, shared(one, id)]));
      const near = ids.filter((one) => (distance.get(one) ?? 0) >= 2);
      near.sort((a, b) => (distance.get(b) ?? 0) - (distance.get(a) ?? 0) || (a < b ? -1 : 1));
      return { kind: 'none', near: near.slice(0, mostNear) };
    },
    history: opened.history,
    uses: opened.uses,
    problems: opened.problems,
    search: async (query, options) =>
      await searchAll(opened.candidates, query, { embedder: opened.embedder.id, ...options }),
    append: opened.append,
    readImport,
    adopt: async (drafts, global) =>
      await adopt(opened, drafts, { project: global ? null : project, at: new Date().toISOString() }),
    effect: () => effectOf(opened.all(), opened.uses()),
    async rebuild() {
      const before = await opened.dump();
      const failed = await opened.rebuild();
      if (failed !== null) return failed;
      const after = await opened.dump();
      return { kind: 'rebuilt', equal: before === after, differing: differing(before, after) };
    },
    close: memories.close,
  };
}

/** How many characters two ids share at the same places. */
function shared(one: string, other: string): number {
  return [...other].filter((character, at) => one[at] === character).length;
}

const mostDiffering = 10;

/** Lines of the first text that are not in the second, and the other way round. */
function differing(before: string, after: string): string[] {
  if (before === after) return [];
  const lines = (text: string) => new Set(text.split('\n').map((line) => line.trim()));
  const [old, fresh] = [lines(before), lines(after)];
  return [
    ...[...old].filter((line) => !fresh.has(line)).map((line) => `- ${line.slice(0, 160)}`),
    ...[...fresh].filter((line) => !old.has(line)).map((line) => `+ ${line.slice(0, 160)}`),
  ].slice(0, mostDiffering);
}

/** Where models of embedders are, what is there, and how one is put there. */
export interface EmbedderCare {
  folder: string;
  asked: string;
  /** What the setting gives now, and why it is not what was asked for. */
  current: { id: string; problem: string | null };
  defaultModel: string;
  /** Downloads; the one thing of memory that uses the network. */
  install(
    model: string,
    progress: (file: string, loaded: number, total: number) => void,
    signal: AbortSignal,
  ): Promise<{ kind: 'installed'; id: string } | MemoryFailure>;
}

/** Looks at the disk only. */
export async function openEmbedders(
  config: Pick<Config, 'memoryDirectory' | 'embedder'>,
): Promise<EmbedderCare> {
  const [{ hashedEmbedder }, { chooseEmbedder }, { defaultModel }] = await Promise.all([
    import('../memory/embedders/hashed.ts'),
    import('../memory/embedders/transformers.ts'),
    import('../memory/embedders/model-files.ts'),
  ]);
  const folder = path.join(config.memoryDirectory, 'models');
  const choice = config.embedder === 'hashed' ? null : { model: config.embedder, directory: folder };
  const chosen = chooseEmbedder(choice, hashedEmbedder);
  return {
    folder,
    asked: config.embedder,
    current: { id: chosen.embedder.id, problem: chosen.problem },
    defaultModel,
    install: async (model, progress, signal) => {
      const { installModel } = await import('../memory/embedders/install.ts');
      return await installModel({ model, directory: folder, progress, signal });
    },
  };
}
