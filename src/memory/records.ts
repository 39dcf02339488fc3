import { crc32 } from 'node:zlib';
import type { Memory, MemoryUse } from '../core/memory.ts';
import type { Records, Tombstone } from './entries.ts';
import { numbersSection, type Pack } from './pack.ts';
import { type Card, cardOf } from './reading.ts';

/**
 * The memories of one log by id and by number. Those of a snapshot stay in its file until somebody asks for one: a session that starts
 * beside ten thousand lessons reads a few.
 */
export interface RecordTable extends Records {
  readonly size: number;
  /** In the order in which they came to the log. */
  ids(): string[];
  card(id: string): Card | undefined;
  cardAt(number: number): Card | undefined;
  cards(): Card[];
  /** The number of a memory; numbers are not used again. */
  numberOf(id: string): number | undefined;
  /** Also of a memory that is gone. */
  lastNumberOf(id: string): number | undefined;
  idOf(number: number): string;
}

type PackedCard = [
  id: string,
  kind: Card['kind'],
  state: Card['state'],
  language: Card['language'],
  runtime: string | null,
  libraries: readonly string[],
  project: string | null,
];

function unpacked(packed: PackedCard): Card {
  const [id, kind, state, language, runtime, libraries, project] = packed;
  return { id, kind, state, language, runtime, libraries, project };
}

/** The table of a snapshot; an empty one without. `recover` reads from the log what turns out to be damaged in the snapshot. */
export function recordTable(
  pack: Pack | null,
  recover: (id: string) => Memory | undefined = () => undefined,
): RecordTable {
  const packed: PackedCard[] = pack === null ? [] : JSON.parse(pack.text('cards'));
  const starts = pack?.numbers('starts') ?? new Uint32Array(1);
  const crcs = pack?.numbers('crcs') ?? new Uint32Array(0);
  const names = packed.map(([id]) => id);
  const numbers = new Map(names.map((id, number) => [id, number]));
  const loaded = new Map<number, Memory>();
  const changed = new Map<number, Card>();
  const gone = new Map<string, number>();

  const memoryAt = (number: number): Memory | undefined => {
    const known = loaded.get(number);
    if (known !== undefined || pack === null || number >= packed.length) return known;
    const start = starts[number] ?? 0;
    const bytes = pack.loose(start, (starts[number + 1] ?? start) - start);
    const whole = crc32(bytes) === crcs[number];
    const memory: Memory | undefined = whole ? JSON.parse(bytes.toString()) : recover(names[number] ?? '');
    if (memory !== undefined) loaded.set(number, memory);
    return memory;
  };
  const cardAt = (number: number): Card | undefined => {
    const known = changed.get(number);
    if (known !== undefined) return known;
    const at = packed[number];
    if (at === undefined) return undefined;
    const card = unpacked(at);
    changed.set(number, card);
    return card;
  };
  return {
    get size() {
      return numbers.size;
    },
    ids: () => [...numbers.keys()],
    has: (id) => numbers.has(id),
    numberOf: (id) => numbers.get(id),
    lastNumberOf: (id) => numbers.get(id) ?? gone.get(id),
    idOf: (number) => names[number] ?? '',
    get(id) {
      const number = numbers.get(id);
      return number === undefined ? undefined : memoryAt(number);
    },
    card(id) {
      const number = numbers.get(id);
      return number === undefined ? undefined : cardAt(number);
    },
    cardAt,
    cards: () => [...numbers.values()].flatMap((number) => cardAt(number) ?? []),
    set(id, memory) {
      let number = numbers.get(id);
      if (number === undefined) {
        number = names.push(id) - 1;
        numbers.set(id, number);
      }
      loaded.set(number, memory);
      changed.set(number, cardOf(memory));
    },
    delete(id) {
      const number = numbers.get(id);
      if (number === undefined) return false;
      gone.set(id, number);
      return numbers.delete(id);
    },
  };
}

/** Records, uses and tombstones as parts of a pack. Records come in the order of `memories`, uses behind them, both as JSON. */
export function packRecords(
  memories: readonly Memory[],
  forgotten: ReadonlyMap<string, Tombstone>,
  uses: readonly MemoryUse[],
): {
  sections: Record<string, Uint8Array>;
  loose: Uint8Array[];
  uses: [offset: number, length: number, crc: number];
} {
  const loose = memories.map((memory) => Buffer.from(JSON.stringify(memory)));
  const starts = new Uint32Array(memories.length + 1);
  loose.forEach((bytes, at) => {
    starts[at + 1] = (starts[at] ?? 0) + bytes.length;
  });
  const cards = memories.map((memory): PackedCard => {
    const { id, kind, state, language, runtime, libraries, project } = cardOf(memory);
    return [id, kind, state, language, runtime, libraries, project];
  });
  const useBytes = Buffer.from(JSON.stringify(uses));
  return {
    sections: {
      cards: Buffer.from(JSON.stringify(cards)),
      starts: numbersSection(starts),
      crcs: numbersSection(loose.map((bytes) => crc32(bytes))),
      forgotten: Buffer.from(JSON.stringify([...forgotten])),
    },
    loose: [...loose, useBytes],
    uses: [starts[memories.length] ?? 0, useBytes.length, crc32(useBytes)],
  };
}
