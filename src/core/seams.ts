import type { Profile } from './confinement.ts';
import type {
  Capability,
  Check,
  CheckSet,
  Decision,
  Delivery,
  Finding,
  Language,
  Program,
  RunLimits,
  RunResult,
  ScanReport,
  SourceFile,
  TestReport,
  Usage,
} from './domain.ts';
import type {
  Kept,
  KnownSolution,
  MemoryDraft,
  MemoryUse,
  NotKept,
  Recall,
  RecallQuery,
  StateChange,
} from './memory.ts';
import type { Stream } from './stream.ts';

/** The seams of the loop. Contracts, failures included, stand here; adapters stand in the sibling folders. */

export const purposes = ['plan', 'code', 'diagnose', 'lesson'] as const;
export type Purpose = (typeof purposes)[number];

/** A JSON schema (draft 2020-12 subset: object, array, string, number, boolean, enum, required) that a structured reply must fit. */
export interface ReplySchema {
  name: string;
  description: string;
  schema: Record<string, unknown>;
}

/** Everything the model sees. `system` and `task` do not change within a step, so providers cache them; `turn` changes at each call. */
export interface ModelRequest {
  purpose: Purpose;
  system: string;
  task: string;
  turn: string;
  /** Set for structured purposes: the reply is then a call of this one tool. */
  schema?: ReplySchema;
  /** The most output tokens of this call. */
  maxTokens: number;
}

export interface ModelReply {
  kind: 'reply';
  /** The whole text, continuations joined. */
  text: string;
  /** The tool call's input, for a request with a schema; absent when the model answered in prose. Not yet checked against the schema. */
  data?: unknown;
  stop: 'end' | 'max-tokens';
  usage: Usage;
  /** Null when the price is not known. 0 for models that cost nothing. */
  costUsd: number | null;
  /** The model that really answered, as the provider names it. */
  model: string;
}

export const failureKinds = [
  'authentication', // 401, 403, no key
  'credit', // billing: 400/402/403 with a credit message
  'model-not-found', // 404
  'bad-request', // other 4xx
  'too-large', // 413, or a prompt longer than the context
  'rate-limit', // 429
  'overloaded', // 529, 503
  'server', // 5xx
  'timeout', // 408, or no byte for longer than the idle limit
  'network', // refused, reset, DNS
  'cut', // a stream that ended before its last event
  'refusal', // the model declined
  'no-script', // a scripted or recorded model has no answer to this request
  'unknown-goal', // the demo model does not know the goal
] as const;
export type FailureKind = (typeof failureKinds)[number];

export interface ModelFailure {
  kind: 'failure';
  failure: FailureKind;
  /** One or two sentences for a person, with what to do. Never carries a key. */
  message: string;
  status?: number;
  retryAfterMs?: number;
  /** What was spent on the way. */
  usage?: Usage;
  costUsd?: number | null;
}

export type ModelPart =
  | { kind: 'text'; text: string }
  /** The call failed and is made again after `waitMs`; text seen before it is void. */
  | { kind: 'retry'; failure: ModelFailure; retry: number; waitMs: number };

/**
 * Answers requests. Never throws for the network, the quota or a refusal: its stream then ends in a ModelFailure.
 * Throws only when `signal` aborts (the signal's reason) and for bugs.
 */
export interface ModelProvider {
  /** As the user names it: `anthropic/<id>`, `demo`, `scripted:<file>` … */
  readonly id: string;
  /** True when dollars can be counted for this model. */
  readonly priced: boolean;
  reply(request: ModelRequest, signal: AbortSignal): Stream<ModelPart, ModelReply | ModelFailure>;
}

export interface Chunk {
  stream: 'stdout' | 'stderr';
  text: string;
}

/** What to run, in a fresh folder that holds `files` (and `checkFiles`, which win over `files` and cannot be changed by the program). */
export interface RunJob {
  language: Language;
  files: SourceFile[];
  checkFiles: SourceFile[];
  action:
    | { kind: 'entry'; entry: string; args: string[]; stdin: string }
    | { kind: 'command'; command: string }
    | { kind: 'tests'; files: string[] };
  capabilities: Capability[];
  limits: RunLimits;
  /** What it may reach; `workspace-write` when absent. */
  profile?: Profile;
}

/**
 * Executes a job. Never throws for what the program does, for a missing interpreter or for a sandbox that fails: those are statuses.
 * When `signal` aborts the run ends in `cancelled`. When the stream ends, or is returned early, no process of the run is left.
 */
export interface Runner {
  readonly name: string;
  /** Whether this runner can do the job as asked, with the capabilities it names. */
  accepts(job: RunJob): boolean;
  /** Gets ready, in the background, for programs of this language: one is to come. Never throws. */
  prepare?(language: Language): void;
  run(job: RunJob, signal: AbortSignal): Stream<Chunk, RunResult>;
}

export interface CheckResult {
  run: RunResult;
  report: TestReport;
}

/** Runs one check against a program and says, in one structured report, what it showed. Failures as in Runner. */
export interface Tester {
  test(
    program: Program,
    check: Check,
    checks: CheckSet,
    capabilities: Capability[],
    signal: AbortSignal,
    profile?: Profile,
  ): Stream<Chunk, CheckResult>;
}

/** Reads every file of a program and of its tests; runs nothing, keeps nothing. */
export type Scanner = (program: Program) => ScanReport;

/**
 * `allow-session`: yes, and to every program of this session that asks for no more than this one. A no may carry what the person has to say
 * about it, for the model. Null: nobody can answer.
 */
export type Approval = 'allow' | 'allow-session' | 'deny' | { answer: 'deny'; feedback: string } | null;

/** Somebody who can say yes or no to a program that asks for more than the policy grants. */
export type Approve = (program: Program, findings: Finding[]) => Promise<Approval>;

/**
 * Turns texts into vectors that are near when the texts mean the like. The same id promises the same vector for the same text on every
 * machine, so that an index can be kept. Throws when the model cannot be loaded or run.
 */
export interface Embedder {
  readonly id: string;
  readonly dimensions: number;
  /** One vector of length 1 for each text, in order. */
  embed(texts: readonly string[]): Promise<Float32Array[]>;
}

/**
 * What is known that fits, and what was learned. Recall never throws for a damaged index: it recalls less and says so elsewhere.
 * The other verbs do nothing when nothing can be kept (a full disk, a lock that nobody gives back): a session does not fail for it.
 */
export interface MemoryStore {
  recall(query: RecallQuery): Promise<Recall>;
  /** The verified program for this very goal, language and user's checks; null when there is none that still holds. */
  solution(goal: string, language: Language | null, checks: CheckSet | null): Promise<KnownSolution | null>;
  /** Puts a draft beside what is there: one operation, never a rewrite of the store. Null: nothing is remembered here. */
  remember(draft: MemoryDraft): Promise<Kept | NotKept | null>;
  /** Records a use. Resolves to the memories this took out of use, with why. */
  credit(use: MemoryUse): Promise<StateChange[]>;
  /** A memory that no longer holds is never recalled again; its history stays. */
  retire(id: string, why: string): Promise<void>;
}

/** Fills a prompt file. Throws when a placeholder is unknown or missing. */
export type RenderPrompt = (
  name: 'system' | 'plan' | 'code' | 'diagnose' | 'lesson',
  values: Record<string, string>,
) => string;

/** What is to be run, for the choice of its profile. */
export interface ProfileNeed {
  report: ScanReport;
  /** Somebody said yes to this program. */
  approved: boolean;
  /** A run of this check; null: of the program itself. */
  check: { check: Check; files: SourceFile[]; program: Program } | null;
}

export interface Toolkit {
  model: ModelProvider;
  scan: Scanner;
  /** Turns findings into a decision under the user's policy and permission mode. */
  decide: (report: ScanReport) => Decision;
  /**
   * The least a program (or a check of it) must be let reach, and never more than the policy allows or somebody `approved`. Absent:
   * `workspace-write` for everything.
   */
  profile?: (need: ProfileNeed) => Profile;
  approve: Approve;
  /** Least privileged first. */
  runners: readonly Runner[];
  tester: Tester;
  memory: MemoryStore;
  prompt: RenderPrompt;
  /** Writes the finished program where the user asked. Never throws for a full disk or a file that is not ours: it refuses and says why. */
  deliver: (program: Program) => Promise<Delivery>;
  /** SHA-256, hex. */
  digest: (text: string) => string;
  limits: RunLimits;
  /** Output tokens of one call; thinking counts too. */
  replyTokens: number;
}
