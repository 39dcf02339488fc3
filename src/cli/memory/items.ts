import { openCare } from '../../compose/memory-care.ts';
import type { Config } from '../../config.ts';
import { aboutOf } from '../../core/memory-text.ts';
import { newestFirst } from './find.ts';
import { detailsOf } from './show.ts';

/** What the dashboard lists: every memory with its details, newest first. */
export async function memoryItems(config: Config) {
  const care = await openCare(config);
  try {
    const uses = care.uses();
    return newestFirst(care.all()).map((memory) => ({
      id: memory.id,
      kind: memory.kind,
      state: memory.state,
      title: memory.kind === 'lesson' ? memory.do || memory.avoid || aboutOf(memory) : aboutOf(memory),
      details: detailsOf(
        memory,
        uses.filter((use) => use.memories.includes(memory.id)),
      ),
    }));
  } finally {
    await care.close();
  }
}
