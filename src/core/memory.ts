import type { CheckSet, ErrorSignature, Language, Program, Proof, RecalledMemory } from './domain.ts';

import type { MemoryStore } from './seams.ts';

/** The words of memory as plain data. Everything here survives JSON unchanged; the records stand in `memory/log.jsonl` as they are. */

/**
 * How far a memory is proven. Only `witnessed`, `replicated` and `trusted` ones are ever put before a model; a `candidate` waits for a
 * witness; `quarantined` did harm, `superseded` has a better one in its place, `retired` no longer holds.
 */
export const memoryStates = [
  'candidate',
  'witnessed',
  'replicated',
  'trusted',
  'quarantined',
  'superseded',
  'retired',
] as const;
export type MemoryState = (typeof memoryStates)[number];

/** Where a memory holds. Language and runtime are hard limits of recall, libraries and project soft ones. */
export interface MemoryScope {
  /** Null: in every language (a mistake of thought and not of the language). */
  language: Language | null;
  /** `node`, `python3`, `sh`; null: any. */
  runtime: string | null;
  /** Names of the modules it is about; empty: none in particular. */
  libraries: string[];
  /** Which project it comes from; null: it is held in the global store. */
  project: string | null;
}

/** The worst source that had a part in a memory, from the most to the least trusted. */
export const taints = ['user', 'executed', 'model', 'output', 'imported'] as const;
export type Taint = (typeof taints)[number];

export interface Provenance {
  /** Null for what was imported. */
  session: string | null;
  attempt: number | null;
  /** The model that wrote it down; null for a person or an import. */
  model: string | null;
  goal: string | null;
  taint: Taint;
}

/** What proves a lesson: it can be run again by anybody who has the record. */
export interface Witness {
  checks: CheckSet;
  failing: Program;
  fixed: Program;
  /** The smallest change found that turns the failing program into a passing one, as a unified diff. */
  diff: string;
  /** How the failing program fails. */
  signature: ErrorSignature;
  /** How often the failing program was seen to fail that way, and the fixed one to pass. */
  failed: number;
  passed: number;
}

/** What use of a memory has shown. Recomputable from the `used` entries of the log and from the journals. */
export interface MemoryStats {
  injected: number;
  injectedPassed: number;
  heldOut: number;
  heldOutPassed: number;
  /** Shrunk mean of (passed − baseline of its cluster) over injections; null: not enough data. */
  advantage: number | null;
}

interface Remembered {
  id: string;
  scope: MemoryScope;
  provenance: Provenance;
  state: MemoryState;
  stats: MemoryStats;
  /** ISO 8601, UTC. */
  validFrom: string;
  invalidAt?: string;
  supersededBy?: string;
  lastVerified?: string;
  /** Why it is in the state it is in, when that is not plain. */
  note?: string;
  /** Counts its changes from 1. */
  rev: number;
}

export interface Lesson extends Remembered {
  kind: 'lesson';
  sort: 'pitfall' | 'fix' | 'strategy';
  when: string;
  do: string;
  avoid?: string;
  why: string;
  /** When it does not apply. */
  unless?: string;
  /** The diagnosis and the error's raw line: what recall at the moment of a failure searches. Never code. */
  key: string;
  /** The goal it was learned at, secrets out: what recall before the first attempt searches. */
  about: string;
  signatures: ErrorSignature[];
  witness?: Witness;
  /** Names of code in the files and checks that came with the goal. */
  names?: string[];
  /** Sessions in which it was seen to hold, by a witness or by its use; the first included. */
  seenIn: string[];
  /** Those of them that ended in a witness; absent: only the one it was learned in. */
  taughtIn?: string[];
}

export interface Solution extends Remembered {
  kind: 'solution';
  goal: string;
  program: Program;
  checks: CheckSet;
  proof: Proof;
  /** Names of code in its checks. */
  names?: string[];
}

export interface Fact extends Remembered {
  kind: 'fact';
  fact: string;
  citations: string[];
  /** A command that must exit with 0 for the fact to hold. */
  check?: string;
  ttlDays: number;
}

export type Memory = Lesson | Solution | Fact;

type Fresh<Kind extends Remembered> = Omit<
  Kind,
  'id' | 'stats' | 'validFrom' | 'rev' | 'invalidAt' | 'supersededBy'
>;
/** A memory that is not in the store yet. */
export type MemoryDraft = Fresh<Lesson> | Fresh<Solution> | Fresh<Fact>;

/** What became of a draft: one operation beside what was there. */
export interface Kept {
  operation: 'ADD' | 'STRENGTHEN' | 'EDIT' | 'SUPERSEDE' | 'NOOP';
  id: string;
  state: MemoryState;
  /** The memory that was strengthened, edited or superseded. */
  other?: string;
}

/** A draft that could not be written down; `why` names the file and what to do. */
export interface NotKept {
  operation: null;
  why: string;
}

export interface RecallQuery {
  moment: 'plan' | 'reflect';
  /** Plan: the goal. Reflect: the diagnosis and the error's raw line. Never code. */
  text: string;
  /** The failure, at reflect. */
  signature: ErrorSignature | null;
  language: Language | null;
  /** Modules the task's files and checks name. */
  libraries: string[];
  /** Names of code in the task's files and checks, and the words of the comments they begin with. */
  names?: string[];
  /** Identifies the draw of the arm, so that it is the same when it is made again: session, step and attempt. */
  draw: string;
  /** Ids that were tried in this step already and did not help: they are passed over. */
  without?: string[];
}

/** `hold-out`: something fitted and was left out on purpose, to measure what it would have done. `none`: nothing fitted. */
export type Arm = 'inject' | 'hold-out' | 'none';

export interface Recall {
  /** What goes before the model; empty unless the arm is `inject`. At most 3 lessons and 600 tokens. */
  memories: RecalledMemory[];
  arm: Arm;
  /** Probability with which this arm was drawn. */
  propensity: number;
  /** What was left out on purpose (arm `hold-out`). */
  heldOut: RecalledMemory[];
  /** Near ones that were not taken, best first, at most 10. */
  passedOver: { id: string; score: number; why: string }[];
}

/** Nothing fitted. */
export const nothingRecalled: Recall = {
  memories: [],
  arm: 'none',
  propensity: 1,
  heldOut: [],
  passedOver: [],
};

/** One use of memories, and what came of it: the raw material of credit. */
export interface MemoryUse {
  session: string;
  step: number;
  attempt: number;
  moment: 'plan' | 'reflect';
  /** `none`: an attempt without memory; it belongs to the baseline. */
  arm: Arm;
  propensity: number;
  memories: string[];
  /** Those the model said it applied; null: it said nothing. */
  applied: string[] | null;
  /** What it was used at: failures (or goals) of one kind share a baseline. */
  cluster: string;
  /** The language of the attempt: the scope that its contrast counts for. */
  language?: Language;
  passed: boolean;
  /** Tokens the injection took. */
  tokens: number;
}

/** What the loop needs of a solution. */
export type KnownSolution = Pick<Solution, 'id' | 'goal' | 'program' | 'checks' | 'proof' | 'state'>;

/** A memory that changed its state, and why. */
export interface StateChange {
  id: string;
  state: MemoryState;
  why: string;
}

/**
 * What came of trying to prove a lesson: `witnessed` is the proof. `not-reproduced`: the failing program does not fail the same way again;
 * `flaky`: it fails only sometimes; `not-repeated`: the fix does not pass again; `transient`: the cause was not the program's;
 * `interrupted`: the sandbox or the session ended it.
 */
export const flipOutcomes = [
  'witnessed',
  'not-reproduced',
  'flaky',
  'not-repeated',
  'transient',
  'interrupted',
] as const;
export type FlipOutcome = (typeof flipOutcomes)[number];

/** Nothing is remembered, and so nothing is recalled. */
export const forgetful: MemoryStore = {
  recall: async () => nothingRecalled,
  solution: async () => null,
  remember: async () => null,
  credit: async () => [],
  retire: async () => {},
};
