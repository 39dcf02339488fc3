import path from 'node:path';
import { withLock } from './lock.ts';
import type { OpenedMemory } from './store.ts';

/**
 * Moves a memory of a project to the global store, under its id: what is known of its use goes with it. First it is added there, then taken out of
 * the home's log, so that a stop in between leaves it in both and the next move goes on. `directory` is the
 * home's. False when it was not moved.
 */
export async function promote(
  opened: Pick<OpenedMemory, 'byId' | 'candidates' | 'append'>,
  id: string,
  directory: string,
): Promise<boolean> {
  const move = async () => {
    const found = opened.byId(id);
    if (found.kind !== 'found' || found.memory.scope.project === null) return false;
    const { memory } = found;
    const isThere = opened.candidates.cards().filter((card) => card.id === id).length > 1;
    if (!isThere) {
      const scope = { ...memory.scope, project: null };
      const added = await opened.append([{ op: 'add', memory: { ...memory, scope } }]);
      if (added.kind === 'failed') return false;
    }
    const why = 'it is for every project now, and stands in the global store';
    return (await opened.append([{ op: 'forget', id, why }])).kind === 'appended';
  };
  const done = await withLock(path.join(directory, 'promote.lock'), move);
  return done.kind === 'done' && done.value;
}
