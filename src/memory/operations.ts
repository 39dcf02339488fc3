import type { Fact, Kept, Lesson, Memory, MemoryDraft, MemoryStats, Solution } from '../core/memory.ts';
import { mayBeUsed } from './ladder.ts';

/** One operation for one draft, beside what is there. The store is never rewritten: an operation is at most two lines of the log. */

/** Changed fields of a memory, as the log takes them. */
export interface Change {
  id: string;
  rev: number;
  set: Partial<Omit<Lesson, 'id' | 'kind' | 'rev'>> & Partial<Pick<Solution, 'checks'>>;
  why: string;
}

export interface Operation {
  kept: Kept;
  /** The new record, for ADD and SUPERSEDE. */
  add: Memory | null;
  change: Change | null;
}

export interface Placing {
  id: string;
  at: string;
  /** How alike two lessons say the same, from 0 to 1. */
  likeness: (one: Lesson | Draft<Lesson>, other: Lesson) => number;
}

type Draft<Kind> = Extract<MemoryDraft, { kind: Kind extends Memory ? Kind['kind'] : never }>;

export const noStats: MemoryStats = {
  injected: 0,
  injectedPassed: 0,
  heldOut: 0,
  heldOutPassed: 0,
  advantage: null,
};

/** Two lessons for failures of one kind say the same from here on; for failures of other kinds they must be nearly word for word the same. */
const alikeForOneFailure = 0.6;
const alikeAnyway = 0.9;
const sameWords = 0.97;
const mostSignatures = 8;
const mostText = 2_400;

/** Where a draft goes; `near` are the memories of its kind that could be the same, in any order. */
export function placeDraft(draft: MemoryDraft, near: readonly Memory[], placing: Placing): Operation {
  switch (draft.kind) {
    case 'lesson':
      return placeLesson(
        draft,
        near.filter((memory) => memory.kind === 'lesson'),
        placing,
      );
    case 'solution':
      return placeSolution(
        draft,
        near.filter((memory) => memory.kind === 'solution'),
        placing,
      );
    case 'fact':
      return placeFact(
        draft,
        near.filter((memory) => memory.kind === 'fact'),
        placing,
      );
    default:
      return draft satisfies never;
  }
}

function placeLesson(draft: Draft<Lesson>, near: readonly Lesson[], placing: Placing): Operation {
  const ranked = near
    .filter((lesson) => lesson.state !== 'superseded' && lesson.state !== 'retired')
    .filter((lesson) => lesson.scope.language === draft.scope.language || sameFailureOf(draft, lesson))
    .map((lesson) => ({ lesson, likeness: placing.likeness(draft, lesson) }))
    .filter(({ lesson }) => sameNames(draft.do, lesson.do))
    .filter(
      ({ lesson, likeness }) => likeness >= (sameFailureOf(draft, lesson) ? alikeForOneFailure : alikeAnyway),
    )
    .sort((a, b) => b.likeness - a.likeness);
  const [best] = ranked;
  if (!best || contradicts(draft, best.lesson)) return added(draft, placing, best?.lesson.id);
  const { lesson, likeness } = best;
  const untouched = (): Operation => ({
    kept: { operation: 'NOOP', id: lesson.id, state: lesson.state },
    add: null,
    change: null,
  });
  // What did harm does not come back under its own words, and what taught already does not teach twice.
  if (lesson.state === 'quarantined') return likeness >= sameWords ? untouched() : added(draft, placing);
  const taught = draft.seenIn.every((session) => lesson.seenIn.includes(session));
  if (draft.state === 'candidate' || (taught && likeness >= sameWords && lesson.about.includes(draft.about)))
    return untouched();
  if (!mayBeUsed(lesson)) return superseding(draft, lesson, placing);
  if ((lesson.stats.advantage ?? 0) < 0 && likeness < sameWords) return superseding(draft, lesson, placing);
  const fills =
    (draft.avoid !== undefined && lesson.avoid === undefined) ||
    (draft.unless !== undefined && lesson.unless === undefined);
  return changed(draft, lesson, placing, fills && likeness < sameWords ? 'EDIT' : 'STRENGTHEN');
}

function changed(
  draft: Draft<Lesson>,
  lesson: Lesson,
  placing: Placing,
  operation: 'EDIT' | 'STRENGTHEN',
): Operation {
  const known = new Set(lesson.signatures.map((signature) => signature.hash));
  const signatures = [
    ...lesson.signatures,
    ...draft.signatures.filter((signature) => !known.has(signature.hash)),
  ].slice(0, mostSignatures);
  const seenIn = [...new Set([...lesson.seenIn, ...draft.seenIn])];
  const state = lesson.state === 'witnessed' && seenIn.length >= 2 ? 'replicated' : lesson.state;
  const filled =
    operation === 'EDIT'
      ? {
          ...(lesson.avoid === undefined && draft.avoid !== undefined ? { avoid: draft.avoid } : {}),
          ...(lesson.unless === undefined && draft.unless !== undefined ? { unless: draft.unless } : {}),
        }
      : {};
  const scope = {
    ...lesson.scope,
    language: lesson.scope.language === draft.scope.language ? lesson.scope.language : null,
    runtime: lesson.scope.runtime === draft.scope.runtime ? lesson.scope.runtime : null,
    libraries: [...new Set([...lesson.scope.libraries, ...draft.scope.libraries])].slice(0, 12),
  };
  return {
    kept: { operation, id: lesson.id, state },
    add: null,
    change: {
      id: lesson.id,
      rev: lesson.rev,
      set: {
        ...filled,
        seenIn,
        taughtIn: [...new Set([...taughtIn(lesson), ...draft.seenIn])],
        signatures,
        scope,
        state,
        key: joined(lesson.key, draft.key),
        about: joined(lesson.about, draft.about),
        lastVerified: placing.at,
      },
      why: `${operation === 'EDIT' ? 'completed' : 'seen to hold again'} in session ${draft.provenance.session ?? 'unknown'}`,
    },
  };
}

function taughtIn({ taughtIn: sessions, provenance }: Lesson): string[] {
  return sessions ?? (provenance.session === null ? [] : [provenance.session]);
}

function placeSolution(draft: Draft<Solution>, near: readonly Solution[], placing: Placing): Operation {
  const same = near.find(
    (one) =>
      mayBeUsed(one) &&
      sameGoal(one.goal, draft.goal) &&
      one.scope.language === draft.scope.language &&
      one.checks.hash === draft.checks.hash,
  );
  if (!same) return added(draft, placing);
  if (JSON.stringify(same.program.files) !== JSON.stringify(draft.program.files)) {
    return superseding(draft, same, placing);
  }
  return {
    kept: { operation: 'STRENGTHEN', id: same.id, state: same.state },
    add: null,
    change: { id: same.id, rev: same.rev, set: { lastVerified: placing.at }, why: 'proven again' },
  };
}

function placeFact(draft: Draft<Fact>, near: readonly Fact[], placing: Placing): Operation {
  const same = near.find((one) => mayBeUsed(one) && plain(one.fact) === plain(draft.fact));
  if (!same) return added(draft, placing);
  return {
    kept: { operation: 'STRENGTHEN', id: same.id, state: same.state },
    add: null,
    change: { id: same.id, rev: same.rev, set: { lastVerified: placing.at }, why: 'seen again' },
  };
}

/** Goals are the same when they differ in white space only. */
export function sameGoal(one: string, other: string): boolean {
  return plain(one) === plain(other);
}

function added(draft: MemoryDraft, { id, at }: Placing, competitor?: string): Operation {
  const note = competitor && draft.note === undefined ? { note: `competes with ${competitor}` } : {};
  const add = { ...draft, ...note, id, stats: noStats, validFrom: at, rev: 1 } as Memory;
  return { kept: { operation: 'ADD', id, state: draft.state }, add, change: null };
}

function superseding(draft: MemoryDraft, old: Memory, placing: Placing): Operation {
  const { add } = added(draft, placing);
  return {
    kept: { operation: 'SUPERSEDE', id: placing.id, state: draft.state, other: old.id },
    add,
    change: {
      id: old.id,
      rev: old.rev,
      set: { state: 'superseded', supersededBy: placing.id, invalidAt: placing.at },
      why: `${placing.id} takes its place`,
    },
  };
}

/** Whether one says to do what the other says to avoid. Both are kept; use decides. */
function contradicts(draft: Draft<Lesson>, lesson: Lesson): boolean {
  const opposes = (does: string, avoids: string | undefined) =>
    avoids !== undefined && avoids.trim() !== '' && overlap(does, avoids) >= 0.7;
  return opposes(draft.do, lesson.avoid) || opposes(lesson.do, draft.avoid);
}

function sameFailureOf(draft: Draft<Lesson>, lesson: Lesson): boolean {
  const groups = new Set(lesson.signatures.map(groupOf));
  return draft.signatures.some((signature) => groups.has(groupOf(signature)));
}

const nameOrNumber = /\b(?:[A-Za-z]\w*_\w+|[a-z]+[A-Z]\w*|\w*\d\w*)\b/g;

/** Whether two texts name the same things of code and the same numbers, or one of them names none: advice about another thing is other advice. */
function sameNames(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => new Set(text.match(nameOrNumber) ?? []));
  if (!a || !b || a.size === 0 || b.size === 0) return true;
  return [...a].some((name) => b.has(name));
}

function groupOf(signature: Lesson['signatures'][number]): string {
  return ('h1' in signature && typeof signature.h1 === 'string' ? signature.h1 : null) ?? signature.hash;
}

/** Shared words against all words of the shorter text, from 0 to 1. */
export function overlap(one: string, other: string): number {
  const a = new Set(wordsIn(one));
  const b = new Set(wordsIn(other));
  if (a.size === 0 || b.size === 0) return 0;
  const [small, large] = a.size <= b.size ? [a, b] : [b, a];
  return [...small].filter((word) => large.has(word)).length / small.size;
}

/** Shared words against all words (Jaccard), from 0 to 1: how alike two lessons say the same where no embedder says it. */
export function wordLikeness(one: string, other: string): number {
  const a = new Set(wordsIn(one));
  const b = new Set(wordsIn(other));
  const shared = [...a].filter((word) => b.has(word)).length;
  const all = a.size + b.size - shared;
  return all === 0 ? 1 : shared / all;
}

function wordsIn(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]+/gu) ?? [];
}

function joined(text: string, more: string): string {
  if (text.includes(more) || text.length + more.length > mostText) return text;
  return `${text}\n${more}`;
}

function plain(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
