import type { Divergence } from '../core/divergence.ts';
import type { Finding, PermissionMode, Program, Task } from '../core/domain.ts';
import type { SessionEvent } from '../core/events.ts';
import type { SessionState } from '../core/state.ts';

/** The world as the dashboard sees it: what it can have done, and what it is told. */

/** What a person can change between two goals. */
export interface Settings {
  /** As the user names it, or `auto`. */
  model: string;
  permissionMode: PermissionMode;
  memory: boolean;
}

/** What a person says to a program that asks for more than the policy grants. */
export type Approval = { answer: 'allow' | 'allow-session' } | { answer: 'deny'; feedback: string | null };

/** Who watches a session and answers for its programs. */
export interface Viewer {
  show(event: SessionEvent): void;
  note(text: string): void;
  /** Null: nobody answers, because the session is being stopped. */
  approve(program: Program, findings: readonly Finding[], signal: AbortSignal): Promise<Approval | null>;
}

/** A session that is under way. */
export interface Work {
  interrupt(why: string): void;
  /** Settles when the session is over and its journal closed; never rejects. */
  ended: Promise<WorkEnd>;
}

export type WorkEnd =
  | { kind: 'ended'; exitCode: number; journal: string }
  | { kind: 'problem'; message: string };

/** What a new session starts from: the program of another, and what is to be changed in it. */
export interface Continuation {
  /** Of the session that finished the program. */
  state: SessionState;
  task: Task;
  program: Program;
  feedback: string;
}

export interface ForkPoint {
  file: string;
  events: readonly SessionEvent[];
  /** The last event that is taken over. */
  from: number;
  /** The goal, when it was edited. */
  goal: string | null;
  /** `record`: the model of the record, whatever the settings name. */
  model?: 'record';
  /** Null: as the record has it. Another value makes the loop go another way from its beginning. */
  memory: boolean | null;
}

export interface VerificationResult {
  agreed: number;
  total: number;
  divergence: Divergence | null;
}

/** One memory, in words. */
export interface MemoryItem {
  id: string;
  kind: string;
  state: string;
  title: string;
  /** Label and text, in the order they are shown: when, do, why, witness, effect … */
  details: { label: string; text: string }[];
}

/** Reads what is remembered. Resolves to an empty list where nothing is. */
export interface MemoryBrowser {
  list(): Promise<MemoryItem[]>;
}

export interface Desk {
  readonly version: string;
  readonly cwd: string;
  /** Where journals and history are kept. */
  readonly home: string;
  readonly logs: string;
  readonly userHome: string | undefined;
  readonly settings: Settings;
  readonly memories: MemoryBrowser;
  begin(goal: string, settings: Settings, viewer: Viewer): Work;
  mend(from: Continuation, settings: Settings, viewer: Viewer): Work;
  resume(file: string, settings: Settings, viewer: Viewer): Work;
  fork(point: ForkPoint, settings: Settings, viewer: Viewer): Work;
  verify(file: string, events: readonly SessionEvent[], signal: AbortSignal): Promise<VerificationResult>;
  /** Every setting with its value and its source, as lines. */
  config(): Promise<string[]>;
  /** What this machine has, as lines. */
  doctor(): Promise<string[]>;
  /** Takes secrets out of a text before it is kept. */
  redact(text: string): string;
}
