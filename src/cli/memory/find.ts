import type { Memory } from '../../core/memory.ts';
import { aboutOf, plainMemory } from '../../core/memory-text.ts';
import { exitCodes, problem } from '../../problem.ts';
import { type Desk, put, putJson, putLine, sayEmpty, selected } from './desk.ts';

/** `memory list`: newest first. */
export function listMemories(desk: Desk): number {
  const { invocation, care } = desk;
  const wanted = selected(invocation);
  const all = care.all();
  const found = newestFirst(all.filter((memory) => wanted({ ...memory, language: memory.scope.language })));
  const shown = found.slice(0, invocation.limit ?? found.length);
  if (invocation.json) {
    putJson(desk, shown.map(plainMemory));
    return 0;
  }
  if (all.length === 0) {
    sayEmpty(desk);
    return 0;
  }
  if (shown.length === 0)
    put(desk, `None of the ${all.length} memories is of this kind, state and language.`);
  for (const memory of shown) putLine(desk, rowOf(memory));
  return 0;
}

const usualLimit = 10;

/** `memory search QUERY`: every state, best first. */
export async function searchMemories(desk: Desk): Promise<number> {
  const { invocation, care } = desk;
  const query = invocation.words.join(' ').trim();
  if (query === '') throw problem(exitCodes.usage, 'an empty query: say what to look for.');
  const wanted = selected({ ...invocation, language: invocation.language });
  const limit = invocation.limit ?? usualLimit;
  const hits = await care.search(query, { limit, accepts: wanted });
  const found = hits.flatMap(({ id, score }) => {
    const known = care.byId(id);
    return known.kind === 'found'
      ? [{ memory: known.memory, score: Math.round(score * 10_000) / 10_000 }]
      : [];
  });
  if (invocation.json) {
    putJson(
      desk,
      found.map(({ memory, score }) => {
        const { id, kind, state, ...rest } = plainMemory(memory);
        return { id, kind, state, score, ...rest };
      }),
    );
    return 0;
  }
  if (care.all().length === 0) sayEmpty(desk);
  else if (found.length === 0) put(desk, 'Nothing that is remembered is near.');
  for (const { memory, score } of found) putLine(desk, `${score.toFixed(2)}  ${rowOf(memory)}`);
  return 0;
}

/** The newest first; of one moment, the later in the log. */
export function newestFirst(memories: readonly Memory[]): Memory[] {
  return memories
    .map((memory, at) => ({ memory, at }))
    .sort((a, b) => compare(b.memory.validFrom, a.memory.validFrom) || b.at - a.at)
    .map(({ memory }) => memory);
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function rowOf(memory: Memory): string {
  const what =
    memory.kind === 'lesson'
      ? `${memory.do || memory.avoid || memory.when}  ← ${aboutOf(memory)}`
      : aboutOf(memory);
  return [
    memory.id.padEnd(12),
    memory.kind.padEnd(8),
    memory.state.padEnd(11),
    (memory.scope.language ?? 'any').padEnd(10),
    memory.validFrom.slice(0, 10),
    what,
  ].join('  ');
}
