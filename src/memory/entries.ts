import * as z from 'zod';
import {
  type Fact,
  type Lesson,
  type Memory,
  type MemoryUse,
  memoryStates,
  type Solution,
  taints,
} from '../core/memory.ts';

/** The lines of `memory/log.jsonl`, and what they add up to. */

type Fixed = 'id' | 'kind' | 'rev';
export type MemoryChange =
  | Partial<Omit<Lesson, Fixed>>
  | Partial<Omit<Solution, Fixed>>
  | Partial<Omit<Fact, Fixed>>;

/** What happened to the memory. `rev` is the revision the writer saw; the fold counts for itself. */
export type MemoryEvent =
  | { op: 'add'; memory: Memory }
  | { op: 'change'; id: string; rev: number; set: MemoryChange; unset?: string[]; why: string }
  | { op: 'used'; use: MemoryUse }
  | { op: 'forget'; id: string; why: string };

/** One line. `at` is ISO 8601, UTC. */
export type MemoryEntry = { v: 1; at: string } & MemoryEvent;

const text = z.string();
const count = z.number().int().nonnegative();
const program = z.looseObject({ files: z.array(z.looseObject({ path: text, content: text })) });
const remembered = {
  id: z.string().regex(/^[A-Za-z0-9][\w.:-]{0,127}$/),
  scope: z.looseObject({
    language: text.nullable(),
    runtime: text.nullable(),
    libraries: z.array(text),
    project: text.nullable(),
  }),
  provenance: z.looseObject({ taint: z.enum(taints), session: text.nullable() }),
  state: z.enum(memoryStates),
  stats: z.looseObject({
    injected: count,
    injectedPassed: count,
    heldOut: count,
    heldOutPassed: count,
    advantage: z.number().nullable(),
  }),
  validFrom: text,
  invalidAt: text.optional(),
  supersededBy: text.optional(),
  note: text.optional(),
  rev: z.number().int().positive(),
};
const memorySchema = z.discriminatedUnion('kind', [
  z.looseObject({
    kind: z.literal('lesson'),
    ...remembered,
    sort: z.enum(['pitfall', 'fix', 'strategy']),
    when: text,
    do: text,
    avoid: text.optional(),
    why: text,
    unless: text.optional(),
    key: text,
    about: text,
    signatures: z.array(z.looseObject({ hash: text })),
    seenIn: z.array(text),
    taughtIn: z.array(text).optional(),
    names: z.array(text).optional(),
  }),
  z.looseObject({
    kind: z.literal('solution'),
    ...remembered,
    goal: text,
    program,
    names: z.array(text).optional(),
  }),
  z.looseObject({
    kind: z.literal('fact'),
    ...remembered,
    fact: text,
    citations: z.array(text),
    ttlDays: z.number(),
  }),
]);
const useSchema = z.looseObject({
  session: text,
  moment: z.enum(['plan', 'reflect']),
  arm: z.enum(['inject', 'hold-out', 'none']),
  propensity: z.number(),
  memories: z.array(text),
  cluster: text,
  passed: z.boolean(),
});
const lineSchema = z.discriminatedUnion('op', [
  z.looseObject({ op: z.literal('add'), at: text, memory: memorySchema }),
  z.looseObject({
    op: z.literal('change'),
    at: text,
    id: text,
    rev: z.number(),
    set: z.record(text, z.unknown()),
    unset: z.array(text).optional(),
    why: text,
  }),
  z.looseObject({ op: z.literal('used'), at: text, use: useSchema }),
  z.looseObject({ op: z.literal('forget'), at: text, id: text, why: text }),
]);
const ops: readonly string[] = ['add', 'change', 'used', 'forget'];

/** `later`: whole, but of a version that knows more than this one; it stays in the log and is left alone. */
export type ParsedLine =
  | { kind: 'entry'; entry: MemoryEntry }
  | { kind: 'later'; why: string }
  | { kind: 'damaged'; why: string };

function issueOf(error: z.ZodError): string {
  const [first] = error.issues;
  return first === undefined ? 'unreadable' : `${first.path.map(String).join('.') || 'it'}: ${first.message}`;
}

/** Reads one line of a log, without its end. */
export function parseLine(line: string): ParsedLine {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { kind: 'damaged', why: line.includes('\0') ? 'it holds NUL bytes' : 'it is not JSON' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { kind: 'damaged', why: 'it is not an object' };
  }
  const { v, op } = value as Record<string, unknown>;
  if (typeof v !== 'number' || typeof op !== 'string') return { kind: 'damaged', why: 'it has no v and op' };
  if (v > 1) return { kind: 'later', why: `it is of version ${v}, and this one reads version 1` };
  if (!ops.includes(op)) return { kind: 'later', why: `its op ${JSON.stringify(op)} is of a later version` };
  const parsed = lineSchema.safeParse(value);
  if (!parsed.success) return { kind: 'damaged', why: issueOf(parsed.error) };
  // The schema checks what the fold and the index need; the rest of a record is its writer's.
  return { kind: 'entry', entry: parsed.data as unknown as MemoryEntry };
}

/** The memories there are by id: a Map, or anything that looks like one. */
export interface Records {
  get(id: string): Memory | undefined;
  has(id: string): boolean;
  set(id: string, memory: Memory): unknown;
  delete(id: string): boolean;
}

export interface Tombstone {
  at: string;
  why: string;
}

/** What the lines of a log add up to. */
export interface Folded<Table extends Records = Records> {
  memories: Table;
  forgotten: Map<string, Tombstone>;
  uses: MemoryUse[];
}

/** Nothing remembered yet. */
export function emptyFold(): Folded<Map<string, Memory>> {
  return { memories: new Map(), forgotten: new Map(), uses: [] };
}

/**
 * Applies one entry, in the order of the log. Returns why it had no effect, or null. The first record of an id wins; a change counts
 * `rev` up by one whatever its writer saw, so two at once both count; what is forgotten stays so.
 */
export function applyEntry(state: Folded, entry: MemoryEntry): string | null {
  if (entry.op === 'used') {
    state.uses.push(entry.use);
    return null;
  }
  if (entry.op === 'add') {
    const { memory } = entry;
    if (state.forgotten.has(memory.id)) return null;
    if (state.memories.has(memory.id)) return `it adds ${memory.id}, which is there already`;
    state.memories.set(memory.id, memory);
    return null;
  }
  const memory = state.memories.get(entry.id);
  if (memory === undefined) {
    return state.forgotten.has(entry.id) ? null : `it names ${entry.id}, and there is no such memory`;
  }
  if (entry.op === 'forget') {
    state.memories.delete(entry.id);
    state.forgotten.set(entry.id, { at: entry.at, why: entry.why });
    return null;
  }
  const fixed = { id: memory.id, kind: memory.kind, rev: memory.rev + 1 };
  const changed: Record<string, unknown> = { ...memory, ...entry.set, ...fixed };
  for (const field of entry.unset ?? []) if (!(field in fixed)) delete changed[field];
  const parsed = memorySchema.safeParse(changed);
  if (!parsed.success) return `it makes ${entry.id} no memory: ${issueOf(parsed.error)}`;
  state.memories.set(entry.id, parsed.data as unknown as Memory);
  return null;
}
