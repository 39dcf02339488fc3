import type { Memory } from '../../core/memory.ts';
import { listSessions } from '../../journal/list.ts';
import { loadJournal } from '../../journal/read.ts';

/** What goals that were answered from memory had cost when they were met for the first time: tokens in and out, of all calls. */
export async function savedBy(
  logs: string,
  memories: readonly Memory[],
  answered: readonly { id: string; held: boolean }[],
): Promise<{ tokens: number; sessions: number; unknown: number }> {
  const held = answered.filter((one) => one.held);
  if (held.length === 0) return { tokens: 0, sessions: 0, unknown: 0 };
  const paths = new Map((await listSessions(logs)).map(({ id, path }) => [id, path]));
  const costs = new Map<string, number | null>();
  let tokens = 0;
  let unknown = 0;
  for (const { id } of held) {
    const session = memories.find((memory) => memory.id === id)?.provenance.session ?? '';
    if (!costs.has(session)) costs.set(session, await tokensOf(paths.get(session)));
    const cost = costs.get(session) ?? null;
    if (cost === null) unknown += 1;
    else tokens += cost;
  }
  return { tokens, sessions: held.length, unknown };
}

async function tokensOf(file: string | undefined): Promise<number | null> {
  if (file === undefined) return null;
  try {
    const last = (await loadJournal(file)).events.findLast((event) => event.type === 'session.ended');
    return last ? last.outcome.usage.inputTokens + last.outcome.usage.outputTokens : null;
  } catch {
    // A journal that is damaged tells no cost; the report says how many do not.
    return null;
  }
}
