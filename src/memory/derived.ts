import { crc32 } from 'node:zlib';
import type { Memory, MemoryUse } from '../core/memory.ts';
import type { Folded } from './entries.ts';
import type { LineFault } from './log.ts';
import { numbersSection } from './pack.ts';
import { growingPostings, type PackedPostings, packedPostings } from './postings.ts';
import type { RankedPart } from './rank.ts';
import { type Field, fields, hashesOf, type Reading } from './reading.ts';
import { packRecords, type RecordTable, recordTable } from './records.ts';
import type { Snapshot, UsesPlace } from './snapshot.ts';

/** Everything that follows from the log: memories, words, signatures. Taken from a snapshot, and kept up with what is appended. */
export interface Derived {
  readonly fold: Folded<RecordTable>;
  /** Takes a memory as it is now, or is no more, into the indexes. */
  reindex(id: string): void;
  parts(field: Field): RankedPart[];
  /** CRC-32 of the field's text; 0 when it is empty, undefined when there is no such memory. */
  textOf(field: Field, id: string): number | undefined;
  withHash(hash: string): string[];
  uses(): MemoryUse[];
  /** Sections, loose part and the place of the uses in it, for a pack. */
  packed(faults: readonly LineFault[]): {
    sections: Record<string, Uint8Array>;
    loose: Uint8Array[];
    uses: UsesPlace;
  };
  close(): void;
}

function textCrc(text: string): number {
  // 0 stands for no text.
  return text === '' ? 0 : crc32(text) || 1;
}

/** `recover` folds the log up to where the snapshot goes; asked only when the snapshot turns out to be damaged. */
export function deriveFrom(
  snapshot: Snapshot | null,
  reading: Reading,
  recover: () => Folded<Map<string, Memory>>,
): Derived {
  const pack = snapshot?.pack ?? null;
  const memories = recordTable(pack, (id) => recover().memories.get(id));
  const fold: Folded<RecordTable> = {
    memories,
    forgotten: new Map(pack === null ? [] : JSON.parse(pack.text('forgotten'))),
    uses: [],
  };
  const forField = () => ({
    /** By number; taken from the pack when first asked for. */
    texts: null as number[] | null,
    grown: growingPostings(),
    packed: null as PackedPostings | null,
  });
  const index = { key: forField(), about: forField() };
  /** The snapshot's words, unpacked when a field is first searched or changed. */
  const oldOf = (field: Field): PackedPostings | null => {
    if (pack !== null) index[field].packed ??= packedPostings(pack, field);
    return index[field].packed;
  };
  const textsOf = (field: Field): number[] => {
    index[field].texts ??= pack === null ? [] : [...pack.numbers(`${field}.texts`)];
    return index[field].texts;
  };
  /** Hashes of what changed behind the snapshot, which no longer says them. */
  const changedHashes = new Map<string, string[]>();
  let packedHashes: Map<string, string[]> | null = null;
  let packedUses: readonly MemoryUse[] | null = null;

  const fromPack = () => {
    if (packedHashes !== null) return packedHashes;
    packedHashes = new Map();
    const lists: string[][] = pack === null ? [] : JSON.parse(pack.text('hashes'));
    for (const [number, list] of lists.entries()) {
      for (const hash of list) {
        const ids = packedHashes.get(hash);
        if (ids === undefined) packedHashes.set(hash, [memories.idOf(number)]);
        else ids.push(memories.idOf(number));
      }
    }
    return packedHashes;
  };

  const putText = (field: Field, number: number, text: string) => {
    const texts = textsOf(field);
    const { grown } = index[field];
    const crc = textCrc(text);
    if (texts[number] === crc) return;
    texts[number] = crc;
    oldOf(field)?.remove(number);
    if (crc === 0) grown.remove(number);
    else grown.put(number, reading.tokens(text));
  };
  return {
    fold,
    reindex(id) {
      const memory = memories.get(id);
      const number = memories.lastNumberOf(id);
      changedHashes.set(id, memory === undefined ? [] : hashesOf(memory));
      if (number === undefined) return;
      const texts = memory === undefined ? { key: '', about: '' } : reading.texts(memory);
      for (const field of fields) putText(field, number, texts[field]);
    },
    parts(field) {
      const old = oldOf(field);
      const { grown } = index[field];
      return [...(old === null ? [] : [old]), grown].map((postings) => ({
        postings,
        idOf: memories.idOf,
        cardOf: memories.cardAt,
      }));
    },
    textOf(field, id) {
      const number = memories.numberOf(id);
      return number === undefined ? undefined : (textsOf(field)[number] ?? 0);
    },
    withHash(hash) {
      const old = (fromPack().get(hash) ?? []).filter((id) => !changedHashes.has(id));
      const recent = [...changedHashes].filter(([, hashes]) => hashes.includes(hash)).map(([id]) => id);
      return [...old, ...recent].filter((id) => memories.has(id));
    },
    uses() {
      packedUses ??= snapshot === null ? [] : (snapshot.uses() ?? recover().uses);
      return [...packedUses, ...fold.uses];
    },
    packed(faults) {
      const all = memories.ids().flatMap((id) => memories.get(id) ?? []);
      const records = packRecords(all, fold.forgotten, this.uses());
      const sections: Record<string, Uint8Array> = {
        ...records.sections,
        faults: Buffer.from(JSON.stringify(faults)),
        hashes: Buffer.from(JSON.stringify(all.map(hashesOf))),
      };
      for (const field of fields) {
        const postings = growingPostings();
        const texts = all.map((memory, number) => {
          const text = reading.texts(memory)[field];
          if (text !== '') postings.put(number, reading.tokens(text));
          return textCrc(text);
        });
        Object.assign(sections, postings.sections(field), { [`${field}.texts`]: numbersSection(texts) });
      }
      return { sections, loose: records.loose, uses: records.uses };
    },
    close: () => pack?.close(),
  };
}

/** What a field of a memory says under a reading; empty when there is no such memory. */
export function textIn(reading: Reading, memory: Memory | undefined, field: Field): string {
  return memory === undefined ? '' : reading.texts(memory)[field];
}
