import type { MemoryEvent } from '../../compose/memory-care.ts';
import { parseDuration } from '../../config/values.ts';
import type { Memory, MemoryState } from '../../core/memory.ts';
import { aboutOf } from '../../core/memory-text.ts';
import { exitCodes, problem } from '../../problem.ts';
import { askLine } from '../line.ts';
import { type Desk, memoryOf, orThrow, put, putJson, sayEmpty } from './desk.ts';

/** `memory forget`: tombstones. */
export async function forgetMemories(desk: Desk): Promise<number> {
  const { invocation, care, io } = desk;
  const { words, since, all, yes, json } = invocation;
  const ways = [words.length > 0, since !== null, all].filter(Boolean).length;
  if (ways !== 1)
    throw problem(exitCodes.usage, 'say what to forget: ids, or --since WHEN, or --all; one of them.');
  const from = since === null ? null : momentOf(since);
  const meant =
    from !== null
      ? care.all().filter((memory) => Date.parse(memory.validFrom) >= from)
      : all
        ? care.all()
        : distinct(words.map((id) => memoryOf(desk, id)));
  const isBulk = words.length === 0;
  if (meant.length === 0) {
    if (json) putJson(desk, { forgotten: [] });
    else if (care.all().length === 0) sayEmpty(desk);
    else put(desk, 'Nothing came since then; nothing was forgotten.');
    return 0;
  }
  if (isBulk && !yes) {
    if (io.stdin.isTTY === true) {
      const answer = await askLine(io, `Forget ${meant.length} memories for good? [y/N] `);
      if (!/^y(?:es)?$/i.test(answer?.trim() ?? '')) {
        put(desk, 'Nothing was forgotten.');
        return 0;
      }
    } else if (all) {
      throw problem(exitCodes.usage, `--all would forget ${meant.length} memories: add --yes.`);
    }
  }
  const why = since === null ? (all ? 'everything was forgotten' : 'by hand') : `all since ${since}`;
  orThrow(await care.append(meant.map(({ id }): MemoryEvent => ({ op: 'forget', id, why }))));
  if (json) putJson(desk, { forgotten: meant.map(({ id }) => id) });
  else if (meant.length > 5) put(desk, `${meant.length} memories are forgotten.`);
  else for (const memory of meant) put(desk, `${memory.id} is forgotten: ${oneLine(aboutOf(memory))}`);
  return 0;
}

/** Milliseconds since 1970 of a date, or of so long ago. Throws a usage error. */
function momentOf(text: string): number {
  const [, days, unit] = /^(\d{1,4})([dw])$/i.exec(text.trim()) ?? [];
  const long =
    days === undefined
      ? parseDuration(text)
      : Number(days) * (unit?.toLowerCase() === 'w' ? 7 : 1) * 86_400_000;
  if (long !== null) return Date.now() - long;
  const at = /^\d{4}-\d\d-\d\d(?:[T ].*)?$/.test(text.trim()) ? Date.parse(text.trim()) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw problem(
    exitCodes.usage,
    `--since: "${text}" is neither a duration (90m, 24h, 7d, 2w) nor a date (2026-01-31, 2026-01-31T12:00Z).`,
  );
}

const byHand = 'disabled by hand';

/** `memory disable ID…`: quarantined, until `enable`. */
export async function disableMemories(desk: Desk): Promise<number> {
  return await restate(desk, 'disabled', (memory) =>
    memory.state === 'quarantined'
      ? null
      : { state: 'quarantined', set: { note: byHand }, unset: [], why: byHand },
  );
}

/** `memory enable ID…`: the state from before the quarantine. */
export async function enableMemories(desk: Desk): Promise<number> {
  return await restate(desk, 'enabled', (memory) => {
    if (memory.state !== 'quarantined') return null;
    const before = stateBefore(desk, memory);
    return {
      state: before.state,
      set: before.note === null ? {} : { note: before.note },
      unset: before.note === null ? ['note'] : [],
      why: 'enabled by hand',
    };
  });
}

interface Restated {
  state: MemoryState;
  set: { note?: string };
  unset: string[];
  why: string;
}

async function restate(
  desk: Desk,
  verb: 'disabled' | 'enabled',
  next: (memory: Memory) => Restated | null,
): Promise<number> {
  const { invocation, care } = desk;
  const meant = distinct(invocation.words.map((id) => memoryOf(desk, id)));
  const changes = meant.map((memory) => ({ memory, change: next(memory) }));
  const events = changes.flatMap(({ memory, change }): MemoryEvent[] => {
    if (change === null) return [];
    const { state, set, unset, why } = change;
    return [{ op: 'change', id: memory.id, rev: memory.rev, set: { state, ...set }, unset, why }];
  });
  if (events.length > 0) orThrow(await care.append(events));
  const now = changes.map(({ memory, change }) => ({
    id: memory.id,
    state: change?.state ?? memory.state,
    changed: change !== null,
  }));
  if (invocation.json) putJson(desk, now);
  else
    for (const { id, state, changed } of now)
      put(desk, changed ? `${id} is ${verb}: ${state}` : `${id} is ${state} already; nothing was changed.`);
  return 0;
}

/** What the log says a quarantined memory was before. */
function stateBefore({ care }: Desk, { id }: Memory): { state: MemoryState; note: string | null } {
  let current: { state: MemoryState; note: string | null } = { state: 'candidate', note: null };
  let before = current;
  for (const entry of care.history(id)) {
    if (entry.op === 'add' && entry.memory.id === id) {
      current = { state: entry.memory.state, note: entry.memory.note ?? null };
    } else if (entry.op === 'change' && entry.id === id && 'state' in entry.set && entry.set.state) {
      if (entry.set.state === 'quarantined' && current.state !== 'quarantined') before = current;
      const note = 'note' in entry.set && typeof entry.set.note === 'string' ? entry.set.note : null;
      current = { state: entry.set.state, note };
    }
  }
  return before.state === 'quarantined' ? { state: 'candidate', note: null } : before;
}

/** `memory rebuild`: the index again from the log. */
export async function rebuildIndex(desk: Desk): Promise<number> {
  const { care, invocation } = desk;
  const done = await care.rebuild();
  if (done.kind === 'failed') {
    const damaged = care.problems().some((one) => done.why.includes(one));
    throw problem(damaged ? exitCodes.unreadable : exitCodes.failure, done.why);
  }
  const memories = care.all().length;
  const { equal, differing } = done;
  if (invocation.json) {
    putJson(desk, { memories, equal, differing, problems: care.problems() });
    return 0;
  }
  put(
    desk,
    `The index of ${memories} memories was made again from the log: ${equal ? 'it is equal to the one before' : 'it differs from the one before'}.`,
  );
  for (const line of differing) put(desk, `  ${line}`);
  return 0;
}

function distinct(memories: readonly Memory[]): Memory[] {
  return [...new Map(memories.map((memory) => [memory.id, memory])).values()];
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}
