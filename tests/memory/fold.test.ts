import { writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Lesson } from '../../src/core/memory.ts';
import {
  applyEntry,
  emptyFold,
  type MemoryEntry,
  type MemoryEvent,
  parseLine,
} from '../../src/memory/entries.ts';
import { lessonOf } from './plain.ts';
import { openIn, temporaryFolder } from './samples.ts';

const id = fc.constantFrom('a', 'b', 'c', 'd');
const event: fc.Arbitrary<MemoryEvent> = fc.oneof(
  id.map((one) => ({ op: 'add' as const, memory: lessonOf(one) })),
  fc.record({
    op: fc.constant('change' as const),
    id,
    rev: fc.nat(9),
    set: fc.oneof(
      fc.record({ state: fc.constantFrom('trusted' as const, 'retired' as const) }),
      fc.record({ key: fc.string(), note: fc.string() }),
    ),
    unset: fc.constantFrom<string[]>(['note'], ['id', 'kind', 'rev'], []),
    why: fc.string(),
  }),
  fc.record({ op: fc.constant('forget' as const), id, why: fc.string() }),
);
const entries = fc
  .array(event, { maxLength: 30 })
  .map((events): MemoryEntry[] => events.map((one) => ({ v: 1, at: '2026-11-21T10:00:00.000Z', ...one })));

function folded(all: readonly MemoryEntry[]) {
  const state = emptyFold();
  for (const entry of all) applyEntry(state, entry);
  return state;
}

describe('the fold of a log', () => {
  it('is the same for entries and for their lines', () => {
    fc.assert(
      fc.property(entries, (all) => {
        const read = all.flatMap((entry) => {
          const parsed = parseLine(JSON.stringify(entry));
          return parsed.kind === 'entry' ? [parsed.entry] : [];
        });
        expect(read).toEqual(all);
        expect([...folded(read).memories]).toEqual([...folded(all).memories]);
      }),
    );
  });

  it('never has what was forgotten, and counts every change that took effect', () => {
    fc.assert(
      fc.property(entries, (all) => {
        const { memories, forgotten } = folded(all);
        for (const gone of forgotten.keys()) expect(memories.has(gone)).toBe(false);
        for (const [one, memory] of memories) {
          const from = all.findIndex((entry) => entry.op === 'add' && entry.memory.id === one);
          const changes = all.slice(from).filter((entry) => entry.op === 'change' && entry.id === one);
          expect(memory).toMatchObject({ id: one, kind: 'lesson', rev: 1 + changes.length });
        }
      }),
    );
  });

  it('leaves a log of an earlier part alone: the same entries give the same memories, wherever the index was written', async () => {
    await fc.assert(
      fc.asyncProperty(entries, fc.nat(30), async (all, cut) => {
        const folder = temporaryFolder();
        const lines = all.map((entry) => `${JSON.stringify(entry)}\n`);
        const log = path.join(folder, 'log.jsonl');
        writeFileSync(log, lines.slice(0, cut).join(''));
        await openIn(folder).flush();
        writeFileSync(log, lines.join(''));
        const memory = openIn(folder);
        expect(memory.all()).toEqual([...folded(all).memories.values()]);
        const words = (one: Lesson): string[] => one.key.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [];
        const withWord = (memory.all() as Lesson[]).filter((one) => words(one).includes('slice'));
        const hits = memory.candidates.lexical('key', 'slice', 9).map((hit) => hit.id);
        expect(hits.sort()).toEqual(withWord.map((one) => one.id).sort());
      }),
      { numRuns: 25 },
    );
  });
});
