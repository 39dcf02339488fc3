import type { Memory, MemoryUse } from '../core/memory.ts';
import {
  type Contrast,
  confidenceOf,
  contrastOf,
  distinctUses,
  statsOf,
  switchedOff,
  wilson,
} from './credit.ts';

/** What memory did, from the `used` entries alone: recomputable by anybody who has the log. */

export interface Rate {
  passed: number;
  total: number;
  /** 95 % (Wilson score); null without attempts. */
  interval: [low: number, high: number] | null;
}

export interface Effect {
  uses: number;
  sessions: number;
  injections: number;
  heldOut: number;
  tokensSpent: number;
  /** Attempts before which nothing had failed, and those after a failure. `lift` null: not enough data. */
  firstTry: Compared;
  afterFailure: Compared;
  /** Sessions that passed within k attempts, for k from 1: `withMemory` were given memories at least once before they passed. */
  withinAttempts: { attempts: number; withMemory: Rate; without: Rate }[];
  /** First tries in the order of time, in at most 20 groups of equal size. */
  curve: { sessions: number; withMemory: Rate; without: Rate }[];
  scopes: ({ language: string } & Compared & { switchedOff: string | null })[];
  /** Lessons that were injected often enough to be judged, best first. */
  lessons: { id: string; injected: number; passed: number; advantage: number; confidence: number }[];
  /** Sessions that a known program answered, and those in which it did not hold. */
  answered: { id: string; session: string; held: boolean }[];
}

export interface Compared {
  withMemory: Rate;
  heldOut: Rate;
  without: Rate;
  lift: Contrast['lift'];
}

const mostGroups = 20;
const mostAttempts = 5;

/** Everything from these uses; memories are only named where they still are. Deterministic. */
export function effectOf(memories: readonly Memory[], all: readonly MemoryUse[]): Effect {
  const distinct = distinctUses(all);
  const uses = distinct.filter((use) => !use.cluster.startsWith('solution:'));
  const injections = uses.filter((use) => use.arm === 'inject');
  const first = uses.filter((use) => use.cluster.startsWith('first:'));
  const sessions = bySession(uses);
  return {
    uses: uses.length,
    sessions: sessions.length,
    injections: injections.length,
    heldOut: uses.filter((use) => use.arm === 'hold-out').length,
    tokensSpent: injections.reduce((sum, use) => sum + use.tokens, 0),
    firstTry: compared(first),
    afterFailure: compared(uses.filter((use) => !use.cluster.startsWith('first:'))),
    withinAttempts: Array.from({ length: mostAttempts }, (_, at) => within(sessions, at + 1)),
    curve: curveOf(sessions),
    scopes: [...new Set(uses.map((use) => use.language ?? ''))].sort().map((language) => ({
      language,
      ...compared(uses.filter((use) => (use.language ?? '') === language)),
      switchedOff: switchedOff(uses, language === '' ? null : language),
    })),
    lessons: memories
      .filter((memory) => memory.kind === 'lesson')
      .flatMap(({ id }) => {
        const { injected, injectedPassed, advantage } = statsOf(id, uses);
        if (advantage === null) return [];
        return [{ id, injected, passed: injectedPassed, advantage, confidence: confidenceOf(id, uses) }];
      })
      .sort((a, b) => b.advantage - a.advantage || (a.id < b.id ? -1 : 1)),
    answered: distinct
      .filter((use) => use.cluster.startsWith('solution:'))
      .map((use) => ({ id: use.memories[0] ?? '', session: use.session, held: use.passed })),
  };
}

function rateOf(uses: readonly { passed: boolean }[]): Rate {
  const passed = uses.filter((use) => use.passed).length;
  const total = uses.length;
  return { passed, total, interval: total === 0 ? null : wilson({ passed, total }) };
}

function compared(uses: readonly MemoryUse[]): Compared {
  const arm = (wanted: MemoryUse['arm']) => rateOf(uses.filter((use) => use.arm === wanted));
  return {
    withMemory: arm('inject'),
    heldOut: arm('hold-out'),
    without: rateOf(uses.filter((use) => use.arm !== 'inject')),
    lift: contrastOf(uses).lift,
  };
}

/** The attempts of each session, in the order in which they came. */
function bySession(uses: readonly MemoryUse[]): MemoryUse[][] {
  const sessions = new Map<string, MemoryUse[]>();
  for (const use of uses) {
    const list = sessions.get(use.session) ?? [];
    list.push(use);
    sessions.set(use.session, list);
  }
  return [...sessions.values()];
}

function within(sessions: readonly MemoryUse[][], attempts: number): Effect['withinAttempts'][number] {
  const ends = sessions.map((session) => {
    const tried = session.filter((use) => use.attempt <= attempts);
    // A session of several steps has met its goal when the last step that it came to has passed.
    const last = session.at(-1);
    const passed = tried.some((use) => use.passed && use.step === last?.step);
    return { passed, memory: tried.some((use) => use.arm === 'inject') };
  });
  return {
    attempts,
    withMemory: rateOf(ends.filter((end) => end.memory)),
    without: rateOf(ends.filter((end) => !end.memory)),
  };
}

function curveOf(sessions: readonly MemoryUse[][]): Effect['curve'] {
  const size = Math.max(1, Math.ceil(sessions.length / mostGroups));
  const groups: Effect['curve'] = [];
  for (let from = 0; from < sessions.length; from += size) {
    const group = sessions.slice(from, from + size);
    const first = group.flatMap((session) => session.slice(0, 1));
    groups.push({
      sessions: group.length,
      withMemory: rateOf(first.filter((use) => use.arm === 'inject')),
      without: rateOf(first.filter((use) => use.arm !== 'inject')),
    });
  }
  return groups;
}
