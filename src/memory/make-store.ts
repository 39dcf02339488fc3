import { createHash } from 'node:crypto';
import type { CheckSet, Language } from '../core/domain.ts';
import type {
  Arm,
  Kept,
  KnownSolution,
  Lesson,
  Memory,
  MemoryDraft,
  MemoryUse,
  NotKept,
  Recall,
  RecallQuery,
  StateChange,
} from '../core/memory.ts';
import type { MemoryStore } from '../core/seams.ts';
import { distinctUses, drawOf, showsItHolds, statsOf, switchedOff } from './credit.ts';
import { entryState, holdsBeyond, mayBeUsed, rungOf, seenInSessions } from './ladder.ts';
import { type Change, placeDraft, sameGoal, wordLikeness } from './operations.ts';

/** The verbs of memory over a log of records: what the loop is given. */

type Event = { op: 'add'; memory: Memory } | ({ op: 'change' } & Change) | { op: 'used'; use: MemoryUse };

/** The records underneath, as far as the verbs need them. Nothing of the world throws. */
export interface Ledger {
  /** Whole memories that could be the same as a draft, or answer a goal: few, from the indexes. */
  near(what: { kind: Memory['kind']; about: string; key: string; hashes: string[] }): Memory[];
  byId(id: string): Memory | undefined;
  uses(): MemoryUse[];
  append(events: readonly Event[]): Promise<{ kind: 'appended' } | { kind: 'failed'; why: string }>;
  /** Moves a memory to the global store. Absent where there is none. */
  promote?(id: string): Promise<boolean>;
}

export interface StoreOptions {
  ledger: Ledger;
  /** What fits, without an arm: scope, floor, order and budget are decided there. */
  fitting: (query: RecallQuery) => Promise<Pick<Recall, 'memories' | 'passedOver'>>;
  /** Identity of the project; new memories belong to it. */
  project: string;
  /** Share of recalls that are left out on purpose; 0: none. */
  holdOut: number;
  /** Of the draws. */
  seed: number;
  /** Off: nothing is remembered (an arm of a bench). */
  learns?: boolean;
  now?: () => Date;
}

/** Recall with its arm, the goals met before, learning and credit. Writes only by appending to the ledger; answers null where nothing could be kept. */
export function makeMemoryStore(options: StoreOptions): MemoryStore {
  const { ledger, fitting, project, holdOut, seed, learns = true, now = () => new Date() } = options;
  const uses = () => distinctUses(ledger.uses());
  /** A lesson of another project that was just seen to hold in this one holds in every project. */
  const promoted = async (id: string): Promise<StateChange[]> => {
    const memory = ledger.byId(id);
    if (memory?.kind !== 'lesson' || !holdsBeyond(memory, project)) return [];
    const moved = (await ledger.promote?.(id)) ?? false;
    return moved
      ? [{ id, state: memory.state, why: 'it held in a second project: it is for every project now' }]
      : [];
  };

  return {
    async recall(query: RecallQuery): Promise<Recall> {
      const { memories, passedOver } = await fitting(query);
      const without = new Set(query.without ?? []);
      const fit = memories.filter((memory) => !without.has(memory.id));
      const tried = memories
        .filter((memory) => without.has(memory.id))
        .map((memory) => ({ id: memory.id, score: 0, why: 'it was tried in this step and did not help' }));
      const over = [...tried, ...passedOver].slice(0, 10);
      if (fit.length === 0) {
        return { memories: [], arm: 'none', propensity: 1, heldOut: [], passedOver: over };
      }
      const off = switchedOff(uses(), query.language);
      // Where memory is off it still gets the share that is left out elsewhere: else nothing could ever switch it on again.
      const share = off ? 1 - holdOut : holdOut;
      const left = drawOf(seed, query.draw) < share;
      const arm: Arm = left ? 'hold-out' : 'inject';
      return {
        memories: left ? [] : fit,
        arm,
        propensity: left ? share : 1 - share,
        heldOut: left ? fit : [],
        passedOver: off ? [...fit.map(({ id }) => ({ id, score: 0, why: off })), ...over].slice(0, 10) : over,
      };
    },

    async solution(
      goal: string,
      language: Language | null,
      checks: CheckSet | null,
    ): Promise<KnownSolution | null> {
      const known = ledger
        .near({ kind: 'solution', about: goal, key: '', hashes: [] })
        .filter((memory) => memory.kind === 'solution')
        .filter((one) => mayBeUsed(one) && sameGoal(one.goal, goal))
        .filter((one) => language === null || one.program.language === language)
        .filter((one) => one.scope.project === null || one.scope.project === project)
        .filter((one) => checks === null || one.checks.hash === checks.hash)
        .sort((a, b) => (b.lastVerified ?? b.validFrom).localeCompare(a.lastVerified ?? a.validFrom));
      const [best] = known;
      if (!best) return null;
      const { id, program, proof, state } = best;
      return { id, goal: best.goal, program, checks: best.checks, proof, state };
    },

    async remember(given: MemoryDraft): Promise<Kept | NotKept | null> {
      if (!learns) return null;
      const draft = owned(given, project);
      const at = now().toISOString();
      const hashes =
        draft.kind === 'lesson' ? draft.signatures.flatMap((one) => Object.values(hashesOf(one))) : [];
      const about =
        draft.kind === 'lesson' ? draft.about : draft.kind === 'solution' ? draft.goal : draft.fact;
      const near = ledger.near({
        kind: draft.kind,
        about,
        key: draft.kind === 'lesson' ? draft.key : '',
        hashes,
      });
      const operation = placeDraft(draft, near, {
        id: idOf(draft),
        at,
        likeness: (one, other) => wordLikeness(wordsOf(one), wordsOf(other)),
      });
      const events: Event[] = [
        ...(operation.add ? [{ op: 'add' as const, memory: operation.add }] : []),
        ...(operation.change ? [{ op: 'change' as const, ...operation.change }] : []),
      ];
      if (events.length === 0) return operation.kept;
      const done = await ledger.append(events);
      if (done.kind !== 'appended') return { operation: null, why: done.why };
      if (operation.change && operation.kept.id === operation.change.id) await promoted(operation.kept.id);
      return operation.kept;
    },

    async credit(use: MemoryUse): Promise<StateChange[]> {
      const before = ledger.uses();
      const all = distinctUses([...before, use]);
      const { changes, states } = settle(use, all, (id) => ledger.byId(id));
      const events: Event[] = [
        { op: 'used', use },
        ...changes.map((change) => ({ op: 'change' as const, ...change })),
      ];
      const done = await ledger.append(events);
      if (done.kind !== 'appended') return [];
      const moved: StateChange[] = [];
      for (const id of use.memories) {
        const memory = ledger.byId(id);
        const holds = memory?.kind === 'lesson' && showsItHolds(memory, use);
        if (holds && !states.some((one) => one.id === id && one.state === 'quarantined'))
          moved.push(...(await promoted(id)));
      }
      return [...states, ...moved];
    },

    async retire(id: string, why: string): Promise<void> {
      const memory = ledger.byId(id);
      if (!memory || memory.state === 'retired') return;
      const set = { state: 'retired' as const, invalidAt: now().toISOString(), note: why };
      await ledger.append([{ op: 'change', id, rev: memory.rev, set, why }]);
    },
  };
}

/** What a use changes in the memories it was of. Of several that could be to blame only the worst goes; the others get another chance without it. */
function settle(
  use: MemoryUse,
  uses: readonly MemoryUse[],
  find: (id: string) => Memory | undefined,
): { changes: Change[]; states: StateChange[] } {
  const involved = use.memories.flatMap((id) => find(id) ?? []);
  const beside = uses
    .filter((one) => one.memories.length > 1 && one.memories.some((id) => use.memories.includes(id)))
    .flatMap((one) => one.memories);
  const guilty = new Set([...new Set(beside)].filter((id) => find(id)?.state === 'quarantined'));
  const rungs = involved.map((memory) => ({
    memory,
    stats: statsOf(memory.id, uses),
    rung: memory.kind === 'lesson' ? rungOf(memory, uses, guilty) : null,
  }));
  const worst = rungs
    .filter(({ rung }) => rung?.state === 'quarantined')
    .sort(
      (a, b) =>
        a.stats.injectedPassed / Math.max(1, a.stats.injected) -
          b.stats.injectedPassed / Math.max(1, b.stats.injected) ||
        seenBy(a.memory) - seenBy(b.memory) ||
        b.memory.validFrom.localeCompare(a.memory.validFrom),
    )[0];
  const changes: Change[] = [];
  const states: StateChange[] = [];
  for (const one of rungs) {
    const { memory, stats } = one;
    const rung = one.rung?.state === 'quarantined' && one !== worst ? null : one.rung;
    const seenIn = memory.kind === 'lesson' ? { seenIn: seenInSessions(memory, uses) } : {};
    const state = rung ? { state: rung.state, note: rung.why } : {};
    changes.push({
      id: memory.id,
      rev: memory.rev,
      set: { stats, ...seenIn, ...state },
      why: rung?.why ?? `used in session ${use.session}`,
    });
    if (rung) states.push({ id: memory.id, state: rung.state, why: rung.why });
  }
  return { changes, states };
}

function seenBy(memory: Memory): number {
  return memory.kind === 'lesson' ? memory.seenIn.length : 1;
}

/** The draft as it may enter: of this project, and no further up the ladder than its proof carries. */
function owned(draft: MemoryDraft, project: string): MemoryDraft {
  const scope = { ...draft.scope, project: draft.scope.project ?? project };
  if (draft.kind !== 'lesson') return { ...draft, scope };
  return { ...draft, scope, ...entryState(draft) };
}

function wordsOf(lesson: Pick<Lesson, 'when' | 'do' | 'avoid' | 'why'>): string {
  return [lesson.when, lesson.do, lesson.avoid, lesson.why].filter(Boolean).join('\n');
}

function hashesOf(signature: Lesson['signatures'][number]): Record<string, string> {
  const { h0, h1 } = signature as { h0?: string; h1?: string };
  return { hash: signature.hash, ...(h0 ? { h0 } : {}), ...(h1 ? { h1 } : {}) };
}

/** The same draft has the same id, so that it is there once even when it was handed in twice. */
function idOf(draft: MemoryDraft): string {
  const { kind, provenance } = draft;
  const words =
    draft.kind === 'lesson'
      ? [wordsOf(draft), draft.key]
      : draft.kind === 'solution'
        ? [draft.goal, JSON.stringify(draft.program.files), draft.checks.hash]
        : [draft.fact];
  const text = JSON.stringify([kind, provenance.session, provenance.attempt, ...words]);
  return `${kind.charAt(0)}${createHash('sha256').update(text).digest('hex').slice(0, 11)}`;
}
