import type { Language } from '../core/domain.ts';
import { charactersPerToken } from '../core/limits.ts';
import type { Memory, MemoryState, MemoryUse, Recall, RecallQuery } from '../core/memory.ts';
import { bearingOf, namesIn } from './bearing.ts';
import { fused, type Scored, type Signals } from './fuse.ts';
import { diverse } from './mmr.ts';
import { namedBy, type Rarity } from './names.ts';
import { recalledOf } from './render.ts';
import { holdsIn, injectable } from './scope.ts';
import { codeTokens } from './tokens.ts';

/** What a search may leave out before it ranks. */
export interface CandidateCard {
  id: string;
  kind: Memory['kind'];
  state: MemoryState;
  language: Language | null;
  runtime: string | null;
  libraries: readonly string[];
  project: string | null;
}

type Field = 'key' | 'about';
type Accepts = (card: CandidateCard) => boolean;

/** Where candidates come from: the store's indexes. */
export interface RecallSource {
  memory(id: string): Memory | undefined;
  card(id: string): CandidateCard | undefined;
  withHash(hash: string): string[];
  /** What memories were used for. */
  uses?(): MemoryUse[];
  /** Of the words of a field, over all its texts. */
  rarity(field: Field): Rarity;
  lexical(field: Field, text: string, limit: number, accepts?: Accepts): { id: string; share: number }[];
  vector(
    field: Field,
    text: string,
    limit: number,
    accepts?: Accepts,
  ): Promise<{ id: string; similarity: number }[]>;
}

/** Below both nothing is near enough to be put before a model. */
export interface Floor {
  share: number;
  similarity: number;
  /** Share of words without which vectors alone are not believed. */
  beside?: number;
}

export interface RecallOptions {
  /** The id of the embedder in use. */
  embedder: string;
  project?: string | null;
  /** Candidates of each index. */
  pool?: number;
  floor?: Floor;
  without?: readonly string[];
  accepts?: Accepts;
  /** Also what is never put before a model: for a person who searches. */
  everyState?: boolean;
}

const mostLessons = 3;
const mostTokens = 600;

/** Floors as `bench:recall` calibrates them; an embedder that was never measured is not believed on its own. */
export function floorOf(embedder: string, moment: RecallQuery['moment']): Floor {
  const hashed = embedder.startsWith('hashed-ngrams-1');
  return moment === 'reflect'
    ? { share: 0.55, similarity: hashed ? 0.85 : 0.9 }
    : {
        share: 0.35,
        similarity: hashed ? 0.7 : 0.9,
        beside: 0.25,
      };
}

/** The text of a memory that a moment searches: `key` at a failure, `about` (of solutions the goal, of facts the fact) at a plan. */
export function searchedText(memory: Memory, field: Field): string {
  if (memory.kind === 'solution') {
    return field === 'about' ? [memory.goal, ...namesIn(memory)].join('\n') : '';
  }
  if (memory.kind === 'fact') return field === 'about' ? memory.fact : '';
  if (field === 'key') return memory.key;
  return [memory.about, memory.when, ...memory.scope.libraries, ...namesIn(memory)].join('\n');
}

/** How memories are read by the indexes. `id` changes whenever one of the functions gives something else. */
export const codeReading = {
  id: 'code-2',
  texts: (memory: Memory) => ({ key: searchedText(memory, 'key'), about: searchedText(memory, 'about') }),
  tokens: codeTokens,
};

/** The candidates for a query that may hold here, best first: the order recall takes them in, before floor, variety and budget. */
export async function ranked(
  source: RecallSource,
  query: Pick<RecallQuery, 'moment' | 'text' | 'signature' | 'language' | 'libraries' | 'names'>,
  options: RecallOptions,
): Promise<Scored[]> {
  const field = query.moment === 'reflect' ? 'key' : 'about';
  const pool = options.pool ?? 100;
  const left = new Set(options.without);
  const accepts: Accepts = (card) =>
    (options.everyState || injectable(card.state)) &&
    !left.has(card.id) &&
    (query.moment === 'plan' || card.kind === 'lesson') &&
    holdsIn(card, query.language) &&
    (options.accepts?.(card) ?? true);
  const text = query.moment === 'plan' ? [query.text, ...query.libraries].join('\n') : query.text;
  const signals = new Map<string, Signals>();
  const of = (id: string): Signals => {
    const known = signals.get(id) ?? { id, share: 0, similarity: 0 };
    signals.set(id, known);
    return known;
  };
  for (const { id, share } of source.lexical(field, text, pool, accepts)) of(id).share = share;
  // In a large store vectors cost most of a start, and at a plan they carry nothing over the floor that has not a part of the words.
  const { beside = 0 } = options.floor ?? floorOf(options.embedder, query.moment);
  const idle =
    !options.everyState && signals.size >= pool && [...signals.values()].every(({ share }) => share < beside);
  const hits = idle ? [] : await source.vector(field, text, pool, accepts);
  for (const { id, similarity } of hits) of(id).similarity = Math.max(0, similarity);
  if (query.moment === 'plan' && query.names?.length) {
    for (const { id } of source.lexical(field, query.names.join('\n'), pool, accepts)) of(id);
  }
  const { h0, h1 } = query.signature ?? {};
  for (const hash of [h0, h1]) {
    if (hash === undefined) continue;
    for (const id of source.withHash(hash).slice(0, pool)) {
      const card = source.card(id);
      if (card && accepts(card)) of(id);
    }
  }
  const candidates = [...signals.values()].flatMap((one) => {
    const memory = source.memory(one.id);
    return memory ? [{ signals: one, memory, text: searchedText(memory, field) }] : [];
  });
  const named = query.moment === 'plan' ? namedBy(query, source.rarity(field)) : () => false;
  return fused(
    candidates.map((one) => ({ ...one, named: named(one.memory) })),
    { moment: query.moment, text, signature: query.signature },
  );
}

/**
 * Whether a candidate is near enough: by words; by vectors (for a goal only with a part of the words: what all goals have in common is near to
 * all of them); by a rare name; or as the very same failure with half of the words.
 */
export function overFloor(one: Scored, floor: Floor): boolean {
  return (
    one.share >= floor.share ||
    (one.similarity >= floor.similarity && one.share >= (floor.beside ?? 0)) ||
    one.named ||
    (one.alike === 'h0' && one.share >= floor.share / 2)
  );
}

function whyOf(one: Scored): string {
  const alike = {
    h0: 'the same failure at the same place',
    h1: 'the same failure',
    class: 'the same kind of error',
  };
  const near = `words ${one.share.toFixed(2)}, vectors ${one.similarity.toFixed(2)}`;
  const named = one.named ? `a rare name; ${near}` : near;
  return one.alike === null ? named : `${alike[one.alike]}; ${named}`;
}

/** Solved goals that are asked. */
const neighbours = 60;
/** Nearer than this a goal is the same in other words. */
const nearlySame = 0.5;
/** With fewer words in common nothing is believed but names and short goals: a few rare words meet by accident. */
const leastWords = 0.12;
/** What must speak for a lesson (1: enough by itself) when its words are those of the goal, or near to them. */
const besideSame = 0.2;
const besideWords = 0.2;

/** Whether a lesson fits a goal: nearly the same goal taught it, it is about a library of the task, or the goals met before bear it out. */
function fitting(
  source: RecallSource,
  query: RecallQuery,
  all: readonly Scored[],
  floor: Floor,
): (one: Scored) => boolean {
  const isSolution = (card: CandidateCard) => card.kind === 'solution';
  const near = [query.text, (query.names ?? []).join('\n')].flatMap((text) =>
    text === '' ? [] : source.lexical('about', text, neighbours, isSolution),
  );
  const solved = [...new Set(near.map(({ id }) => id))].flatMap((id) => source.memory(id) ?? []);
  const lessons = all.map(({ memory }) => memory);
  const names = query.names ?? [];
  const bearing = bearingOf({ text: query.text, names }, solved, lessons, source.uses?.() ?? []);
  return (one) => {
    if (one.memory.kind !== 'lesson') return overFloor(one, floor);
    if (one.named) return true;
    const { weight, byNames, sameTopic } = bearing(one.memory);
    if (byNames || sameTopic) return true;
    if (one.share < leastWords) return false;
    return weight >= (one.share >= nearlySame ? besideSame : overFloor(one, floor) ? besideWords : 1);
  };
}

/**
 * What fits a query: at most 3 memories and 600 tokens, none below the floor, no two that say the same. The arm is `inject` or `none`;
 * whoever measures effects draws the hold-out from what this gives. Rejects only for bugs.
 */
export async function recallFrom(
  source: RecallSource,
  query: RecallQuery,
  options: RecallOptions,
): Promise<Recall> {
  const floor = options.floor ?? floorOf(options.embedder, query.moment);
  const all = await ranked(source, query, options);
  const fits =
    query.moment === 'plan' ? fitting(source, query, all, floor) : (one: Scored) => overFloor(one, floor);
  const near = all.filter(fits);
  const highest = Math.max(1, ...near.map(({ score }) => score));
  const field = query.moment === 'reflect' ? 'key' : 'about';
  const soft = (memory: Memory) =>
    (options.project != null && memory.scope.project === options.project ? 0.05 : 0) +
    (memory.scope.libraries.some((name) => query.libraries.includes(name)) ? 0.05 : 0);
  const items = near.map((one) => ({
    one,
    score: one.score / highest + soft(one.memory),
    words: new Set(
      codeTokens(`${searchedText(one.memory, field)} ${one.memory.kind === 'lesson' ? one.memory.do : ''}`),
    ),
  }));
  items.sort((a, b) => b.score - a.score);
  const passedOver: Recall['passedOver'] = [];
  const memories: Recall['memories'] = [];
  let characters = 0;
  for (const { one } of diverse(items, items.length)) {
    const recalled = recalledOf(one.memory, whyOf(one));
    const room = (characters + recalled.text.length) / charactersPerToken <= mostTokens;
    if (memories.length < mostLessons && room) {
      memories.push(recalled);
      characters += recalled.text.length;
    } else passedOver.push({ id: one.id, score: one.score, why: room ? 'others fit better' : 'no room' });
  }
  const taken = new Set(near);
  for (const one of all)
    if (!taken.has(one)) passedOver.push({ id: one.id, score: one.score, why: 'not near enough' });
  return {
    memories,
    arm: memories.length > 0 ? 'inject' : 'none',
    propensity: 1,
    heldOut: [],
    passedOver: passedOver.slice(0, 10),
  };
}
