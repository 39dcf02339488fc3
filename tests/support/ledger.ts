import type { Memory, MemoryUse, RecallQuery } from '../../src/core/memory.ts';
import type { MemoryStore } from '../../src/core/seams.ts';
import { mayBeUsed } from '../../src/memory/ladder.ts';
import { type Ledger, makeMemoryStore } from '../../src/memory/make-store.ts';

/** Records in memory behind the ledger of the verbs: what a log would fold to. Recall gives every lesson in use of the language. */
export function memoryLedger(at = new Date('2026-11-21T10:00:00.000Z')) {
  const memories = new Map<string, Memory>();
  const used: MemoryUse[] = [];
  let broken = false;
  const ledger: Ledger = {
    near: ({ kind }) => [...memories.values()].filter((memory) => memory.kind === kind),
    byId: (id) => memories.get(id),
    uses: () => [...used],
    append: async (events) => {
      if (broken) return { kind: 'failed', why: 'the disk is full' };
      for (const event of events) {
        if (event.op === 'used') used.push(event.use);
        else if (event.op === 'add') memories.set(event.memory.id, event.memory);
        else {
          const memory = memories.get(event.id);
          if (memory) memories.set(event.id, { ...memory, ...event.set, rev: memory.rev + 1 } as Memory);
        }
      }
      return { kind: 'appended' };
    },
  };
  const store = (options: Partial<Parameters<typeof makeMemoryStore>[0]> = {}): MemoryStore =>
    makeMemoryStore({
      ledger,
      fitting: async (query: RecallQuery) => ({
        memories: [...memories.values()]
          .filter((memory) => memory.kind === 'lesson' && mayBeUsed(memory))
          .filter((memory) => memory.scope.language === null || memory.scope.language === query.language)
          .map((memory) => ({
            id: memory.id,
            kind: memory.kind,
            trust: memory.state,
            text: memory.kind === 'lesson' ? `do: ${memory.do}` : '',
          })),
        passedOver: [],
      }),
      project: 'p',
      holdOut: 0,
      seed: 1,
      now: () => at,
      ...options,
    });
  return {
    memories,
    used,
    store,
    break: () => {
      broken = true;
    },
  };
}
