import type { Memory, MemoryUse } from '../core/memory.ts';
import { commonStems, namesAsWords, wordsOfGoals } from './topics.ts';

/** What the goals that were met before say for a lesson at a new goal: which of its words belong to those that the lesson was needed at. */

/** The words of one goal that was met, or (without a session) of a lesson about itself. */
interface Met {
  session: string | null;
  lesson: string | null;
  words: ReadonlySet<string>;
}

/** So many goals are taken to have been met that hold no rare word: what makes a word rare before there is anything to compare with. */
const background = 40;
const shareOfCommon = 0.6;
/** A word that stood at one goal alone, of the lesson, counts for 1/(1 + doubt). */
const doubt = 0.7;
/** What is left of a word's part that speaks for a lesson: the rest is what any lesson has of any word. */
const chance = 0.25;
/** A goal that was met with a lesson before the model might have been met without it, too. */
const helped = 0.8;
/** A name of code says as much as so many words. */
const nameWeight = 2;

/** Weights, in nats, from which on a goal bears a lesson out; one that was seen once or twice may share a rare word by accident. */
const enough = { young: 3.5, old: 2 };
const oldFrom = 3;

/** Names of code that speak for a lesson by so much need no words beside them. */
const enoughNames = 2.5;
/**
 * Between two short goals one rare word is much: it speaks by so much, for such a part of all that the goal says, and the lesson's own goal
 * holds few such words. Long goals meet in one by accident.
 */
const short = { least: 1.6, part: 0.12, words: 10 };

export interface Borne {
  /** How much the goal bears the lesson out (1: just enough). */
  weight: number;
  /** Whether names of code do so, whatever the words say. */
  byNames: boolean;
  /** Whether the goal is short and speaks of the same thing. */
  sameTopic: boolean;
}
export type Bearing = (lesson: Memory) => Borne;

/**
 * Weighs lessons for a goal by the goals met before. Each word that they share speaks for a lesson by the part of the word's holders that taught
 * the lesson or passed with it, and by its rarity; a word that only some of the lesson's goals hold says less. Sessions in which the lesson
 * was tried in vain are left to its credit and count neither way. `solved` and `lessons` are those near to the goal.
 */
export function bearingOf(
  query: { text: string; names: readonly string[] },
  solved: readonly Memory[],
  lessons: readonly Memory[],
  uses: readonly MemoryUse[],
): Bearing {
  const met = [...solved, ...lessons].flatMap(goalsOf);
  const owners = ownersOf(lessons);
  const words = [...wordsOfGoals(query.text), ...namesAsWords(query.names)].map((word) => {
    const holders = met.filter((one) => one.words.has(word));
    const sessions = new Set(holders.map((one) => one.session ?? one.lesson)).size;
    const count = sessions + (commonStems.has(word) ? background * shareOfCommon : 0);
    const rarity = Math.log((met.length + background + 1) / (count + 0.5));
    const isName = word.endsWith('()');
    return { word, holders, isName, weight: rarity * (isName ? nameWeight : 1) };
  });
  // The name of what is to be written is new each time.
  const said = words
    .filter(({ word, isName }) => !isName && !/\d/.test(word))
    .reduce((total, { weight }) => total + weight, 0);
  return (lesson) => {
    if (lesson.kind !== 'lesson') return { weight: 0, byNames: false, sameTopic: false };
    const own = new Set(lesson.seenIn);
    const tried = new Set(
      uses
        .filter((use) => use.arm === 'inject' && use.memories.includes(lesson.id))
        .map((use) => use.session),
    );
    const sides = { id: lesson.id, teacher: lesson.provenance.session, own, tried, owners };
    const sum = { words: 0, names: 0 };
    for (const { holders, isName, weight } of words) {
      sum[isName ? 'names' : 'words'] += weight * spokenBy(holders, sides);
    }
    const weight = (sum.words + sum.names) / (own.size < oldFrom ? enough.young : enough.old);
    return {
      weight,
      byNames: sum.names >= enoughNames && weight >= 1,
      sameTopic:
        sum.words >= short.least && sum.words >= short.part * said && rareWords(lesson.about) <= short.words,
    };
  };
}

/** How many words of a text are not those of any goal. */
function rareWords(text: string): number {
  return [...wordsOfGoals(text)].filter((word) => !commonStems.has(word) && !/\d/.test(word)).length;
}

interface Sides {
  id: string;
  /** The session that taught it. */
  teacher: string | null;
  own: ReadonlySet<string>;
  tried: ReadonlySet<string>;
  owners: ReadonlyMap<string, number>;
}

/** How much the holders of a word speak for a lesson, from 0 to 1. */
function spokenBy(holders: readonly Met[], { id, teacher, own, tried, owners }: Sides): number {
  const counted = new Set<string>();
  let all = 0;
  let yes = 0;
  let seen = 0;
  let says = false;
  for (const { session, lesson } of holders) {
    if (session === null) {
      all += 1;
      if (lesson !== id) continue;
      yes += 1;
      says = true;
    } else if (!counted.has(session)) {
      const taught = lesson === id;
      const mine = taught || own.has(session);
      // What another lesson of the same session was learned at says nothing about this one.
      if (mine ? !taught && lesson !== null : tried.has(session)) continue;
      counted.add(session);
      all += 1;
      if (!mine) continue;
      const proven = taught || session === teacher || !tried.has(session);
      yes += proven ? 1 : helped / (owners.get(session) ?? 1);
      seen += 1;
    }
  }
  const often = says ? 1 : Math.sqrt((seen + 0.5) / (own.size + 0.5));
  return (often * Math.max(0, yes / (all + doubt) - chance)) / (1 - chance);
}

function goalsOf(memory: Memory): Met[] {
  const { session } = memory.provenance;
  if (memory.kind === 'solution') {
    const names = namesAsWords(namesIn(memory));
    const words = new Set([...wordsOfGoals(memory.goal), ...names]);
    return [{ session: session ?? memory.id, lesson: null, words }];
  }
  if (memory.kind !== 'lesson') return [];
  const about = new Set([...wordsOfGoals(memory.about), ...namesAsWords(namesIn(memory))]);
  return [
    { session: session ?? memory.seenIn[0] ?? memory.id, lesson: memory.id, words: about },
    { session: null, lesson: memory.id, words: wordsOfGoals(memory.when) },
  ];
}

/** What passed with several lessons speaks for each of them only in part. */
function ownersOf(lessons: readonly Memory[]): Map<string, number> {
  const owners = new Map<string, number>();
  for (const memory of lessons) {
    if (memory.kind !== 'lesson') continue;
    for (const session of memory.seenIn) owners.set(session, (owners.get(session) ?? 0) + 1);
  }
  return owners;
}

/** Names of code in what a memory's goal came with. */
export function namesIn(memory: Memory): readonly string[] {
  if (memory.kind === 'lesson') return memory.names ?? [];
  return memory.kind === 'solution' ? (memory.names ?? []) : [];
}
