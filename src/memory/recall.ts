import type { Language } from '../core/domain.ts';
import { charactersPerToken } from '../core/limits.ts';
import type { Memory, MemoryState, Recall, RecallQuery } from '../core/memory.ts';
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
        share: Number(process.env.FS ?? 0.35),
        similarity: hashed ? 0.7 : 0.9,
        beside: Number(process.env.FB ?? 0.25),
      };
}

/** The text of a memory that a moment searches: `key` at a failure, `about` (of solutions the goal, of facts the fact) at a plan. */
export function searchedText(memory: Memory, field: Field): string {
  if (memory.kind === 'solution') return field === 'about' ? memory.goal : '';
  if (memory.kind === 'fact') return field === 'about' ? memory.fact : '';
  return field === 'key' ? memory.key : [memory.about, ...memory.scope.libraries].join('\n');
}

/** How memories are read by the indexes. `id` changes whenever one of the functions gives something else. */
export const codeReading = {
  id: 'code-1',
  texts: (memory: Memory) => ({ key: searchedText(memory, 'key'), about: searchedText(memory, 'about') }),
  tokens: codeTokens,
};

/** The candidates for a query that may hold here, best first: the order recall takes them in, before floor, variety and budget. */
export async function ranked(
  source: RecallSource,
  query: Pick<RecallQuery, 'moment' | 'text' | 'signature' | 'language' | 'libraries'>,
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
  for (const { id, similarity } of await source.vector(field, text, pool, accepts))
    of(id).similarity = Math.max(0, similarity);
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
    candidates.map((one) => ({ ...one, named: named(one.memory, one.text) })),
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

/** Solved goals that are asked, and how much of what the goal has in common with them must speak for a lesson. */
const neighbours = 40;
const mostOf = Number(process.env.MOST ?? 0.25);
/** Nearer than this a goal is the same in other words. */
const nearlySame = Number(process.env.SAME ?? 0.5);

/**
 * Whether the solved goals that are near to a goal bear a lesson out. Each word that the goal shares with them speaks for the lesson by the part of its
 * holders that taught the lesson or passed with it, and weighs by its rarity: so the words of every goal of a house say nothing, and those of one
 * corner of it much. Nothing is asked where nothing was solved.
 */
function borneOut(source: RecallSource, query: RecallQuery): (one: Scored) => boolean {
  const solved = source
    .lexical('about', query.text, neighbours, (card) => card.kind === 'solution')
    .flatMap(({ id }) => {
      const memory = source.memory(id);
      const session = memory?.provenance.session;
      return memory && session
        ? [{ session, words: new Set(codeTokens(searchedText(memory, 'about'))) }]
        : [];
    });
  const { documents, holders } = source.rarity('about');
  const words = [...new Set(codeTokens(query.text))].flatMap((word) => {
    const sessions = solved.filter((one) => one.words.has(word)).map(({ session }) => session);
    if (sessions.length === 0) return [];
    const count = holders(word);
    return [{ sessions, weight: Math.log(1 + (documents - count + 0.5) / (count + 0.5)) }];
  });
  const all = words.reduce((sum, { weight }) => sum + weight, 0);
  return ({ memory, share, named }) => {
    if (memory.kind !== 'lesson' || named || share >= nearlySame || all === 0) return true;
    const own = new Set(memory.seenIn);
    const spoken = words.map(
      ({ sessions, weight }) => (weight * sessions.filter((one) => own.has(one)).length) / sessions.length,
    );
    return spoken.reduce((sum, one) => sum + one, 0) >= mostOf * all;
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
  const borne = query.moment === 'plan' ? borneOut(source, query) : () => true;
  const isNear = (one: Scored) => overFloor(one, floor) && borne(one);
  const near = all.filter(isNear);
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
    const fits = (characters + recalled.text.length) / charactersPerToken <= mostTokens;
    if (memories.length < mostLessons && fits) {
      memories.push(recalled);
      characters += recalled.text.length;
    } else passedOver.push({ id: one.id, score: one.score, why: fits ? 'others fit better' : 'no room' });
  }
  for (const one of all)
    if (!isNear(one)) passedOver.push({ id: one.id, score: one.score, why: 'not near enough' });
  return {
    memories,
    arm: memories.length > 0 ? 'inject' : 'none',
    propensity: 1,
    heldOut: [],
    passedOver: passedOver.slice(0, 10),
  };
}
