import { createHash } from 'node:crypto';
import * as z from 'zod';
import { nothingRecalled } from '../core/memory.ts';
import type { MemoryStore } from '../core/seams.ts';
import { exitCodes, problem } from '../problem.ts';

/** Recall from a file: the arms of an experiment that memory itself cannot play (another goal's lesson, the right one at once). */

const row = z.object({ id: z.string(), text: z.string().trim().min(1) });

/**
 * Reads `{"id","text"}` a line: what recall gives for the goal of that id (`*`: for every goal without its own) before its first attempt and at
 * each failure. Nothing is remembered. Throws an input error (42) that names `file:line`.
 */
export function recallFromFile(text: string, name: string): (id: string) => MemoryStore {
  const texts = new Map<string, string[]>();
  for (const [at, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const parsed = row.safeParse(jsonOf(line));
    if (!parsed.success) {
      throw problem(
        exitCodes.unreadable,
        `${name}:${at + 1}: ${parsed.error.issues[0]?.message ?? 'not a row'}. Each line is {"id","text"}.`,
      );
    }
    const { id, text: given } = parsed.data;
    texts.set(id, [...(texts.get(id) ?? []), given]);
  }
  return (id) => {
    const memories = (texts.get(id) ?? texts.get('*') ?? []).map((given) => ({
      id: `given-${createHash('sha256').update(given).digest('hex').slice(0, 8)}`,
      kind: 'lesson' as const,
      trust: 'witnessed',
      text: given,
    }));
    return {
      recall: async () =>
        memories.length === 0 ? nothingRecalled : { ...nothingRecalled, memories, arm: 'inject' },
      solution: async () => null,
      remember: async () => null,
      credit: async () => [],
      retire: async () => {},
    };
  };
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
