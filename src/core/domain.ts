import type { Profile } from './confinement.ts';

/** The words of the product as types. Everything here is plain data that survives JSON unchanged. */

import type { Correction } from './correction.ts';
import type { ErrorSignature } from './error-signature.ts';

export type { ErrorSignature } from './error-signature.ts';

export const languages = ['javascript', 'typescript', 'python', 'shell'] as const;
export type Language = (typeof languages)[number];

/** A text file. `path` is relative, with `/`, never absolute and never with `..` segments. */
export interface SourceFile {
  path: string;
  content: string;
}

/** What the model wrote. `entry` is the path of one of `files`. */
export interface Program {
  name?: string;
  language: Language;
  entry: string;
  files: SourceFile[];
}

export type Origin = 'user' | 'model';

/** What must hold for the goal to be met. `name` is unique within its CheckSet. */
export type Check =
  /** Test files (paths of CheckSet.files), run by the language's test runner. */
  | { kind: 'tests'; name: string; origin: Origin; files: string[] }
  /** A shell command run beside the program; exit code 0 is a pass. */
  | { kind: 'command'; name: string; origin: Origin; command: string }
  /** The program itself is run; its standard output must equal `stdout`, trailing white space of lines and end aside. */
  | { kind: 'output'; name: string; origin: Origin; args?: string[]; stdin?: string; stdout: string };

/** Checks and the files they need, frozen before any code. `hash` covers both. */
export interface CheckSet {
  checks: Check[];
  files: SourceFile[];
  hash: string;
}

export interface PlanStep {
  title: string;
  instructions: string;
  checks: CheckSet;
}

export interface Plan {
  approach: string;
  language: Language;
  steps: PlanStep[];
}

export const capabilities = [
  'fs.read.workspace',
  'fs.read.outside',
  'fs.read.sensitive',
  'fs.write.workspace',
  'fs.write.outside',
  'fs.write.persist',
  'fs.delete',
  'net.client',
  'net.server',
  'process.spawn',
  'process.signal',
  'eval.dynamic',
  'deserialise',
  'native.ffi',
  'env.read',
  'env.secret',
  'privilege',
  'introspection',
  'escape.reflection',
  'obfuscation',
  'resource',
  'stdin',
  'import.unknown',
  'module.builtin',
] as const;
/** What a program needs from the world. `module.builtin`: a built-in module of the runtime that is harmless but that an isolate does not have. */
export type Capability = (typeof capabilities)[number];

export type Decision = 'allow' | 'ask' | 'deny';

export interface Finding {
  rule: string;
  severity: 'note' | 'ask' | 'deny';
  message: string;
  file: string;
  /** 1-based. */
  line: number;
  /** 1-based. */
  column: number;
  cwe?: string;
}

export interface ScanReport {
  decision: Decision;
  capabilities: Capability[];
  findings: Finding[];
}

/** Bounds of one run. Milliseconds and bytes. */
export interface RunLimits {
  wallMs: number;
  cpuMs: number;
  memoryBytes: number;
  totalMemoryBytes: number;
  processes: number;
  openFiles: number;
  fileBytes: number;
  diskBytes: number;
  /** Kept of each of stdout and stderr: half from the head, half from the tail. */
  outputKeptBytes: number;
  /** stdout and stderr together; past it the run is ended. */
  outputBytes: number;
}

export type SandboxLevel = 'L0' | 'L1' | 'L2' | 'L3';

interface RunFacts {
  stdout: string;
  stderr: string;
  /** True when the middle of stdout or stderr was left out. */
  truncated: boolean;
  ms: number;
  /** Null where the platform does not tell. */
  cpuMs: number | null;
  peakBytes: number | null;
  /** `profile`: what the program was let reach; absent in older journals and where nothing was confined. */
  sandbox: { level: SandboxLevel; guarantees: string[]; profile?: Profile };
  /** Text files the run created or changed in its folder, small ones only, sorted by path. */
  files: SourceFile[];
}

export type RunResult = RunFacts &
  (
    | { status: 'exited'; exitCode: number }
    | {
        status:
          | 'timed-out'
          | 'cpu-limit'
          | 'out-of-memory'
          | 'output-limit'
          | 'disk-limit'
          | 'process-limit'
          | 'cancelled';
      }
    | { status: 'refused' | 'sandbox-failed'; why: string }
    | { status: 'crashed'; signal: string }
  );

/** A place in one of our files, host paths stripped. 1-based. */
export interface Frame {
  file: string;
  line: number;
  column?: number;
  name?: string;
}

export interface TestCase {
  name: string;
  status: 'passed' | 'failed' | 'skipped';
  message?: string;
  expected?: string;
  actual?: string;
  frame?: Frame;
  ms?: number;
}

/** What a check's run showed. `passed + failed + skipped === cases.length`. */
export interface TestReport {
  framework: 'node:test' | 'unittest' | 'pytest' | 'script' | 'command' | 'output';
  /** True only when the run itself ended well, at least one case passed and none failed. */
  ok: boolean;
  passed: number;
  failed: number;
  skipped: number;
  cases: TestCase[];
  ms: number;
}

export type Proof = 'user-checks' | 'model-checks' | 'ran-clean';

export type Verdict =
  | { kind: 'passed'; proof: Proof }
  | { kind: 'failed'; signature: ErrorSignature; passed: number; failed: number }
  | { kind: 'blocked'; decision: 'ask' | 'deny'; findings: Finding[] }
  | { kind: 'malformed'; why: string };

export interface Diagnosis {
  /** One or two sentences: why the attempt failed. */
  text: string;
}

/** Tokens of one or more replies. */
export interface Usage {
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
}

/** Null is no limit. */
export interface Budgets {
  attempts: number;
  tokens: number | null;
  usd: number | null;
  wallMs: number | null;
}

export type PermissionMode = 'default' | 'plan' | 'acceptEdits' | 'dontAsk' | 'bypassPermissions';

/** What a session is asked to do; the first event carries it whole. */
export interface Task {
  goal: string;
  language: Language | null;
  /** Files the user attached to the goal. */
  attachments: SourceFile[];
  /** Files that belong in the program's folder from the start. */
  files: SourceFile[];
  /** The user's own checks, frozen; null when there are none. */
  checks: CheckSet | null;
  budgets: Budgets;
  permissionMode: PermissionMode;
  seed: number | null;
  /** A person has a finished program changed; `files` are that program. Absent for a goal of its own. */
  corrects?: Correction;
}

/** Why a session ended, in one word. */
export const endings = [
  'verified',
  'not-verified',
  'planned',
  'max-attempts',
  'no-progress',
  'oscillation',
  'unsafe',
  'permission-denied',
  'max-tokens',
  'max-usd',
  'timeout',
  'authentication',
  'model-failed',
  'refused',
  'sandbox-unavailable',
  'not-delivered',
  'cancelled',
  'terminated',
  'internal-error',
] as const;
export type Ending = (typeof endings)[number];

export interface Outcome {
  ending: Ending;
  /** One sentence for a person: what happened and, where there is one, what to do. */
  why: string;
  proof: Proof | null;
  attempts: number;
  modelCalls: number;
  usage: Usage;
  /** Null when the price of a model that was used is not known. */
  costUsd: number | null;
}

/** Where the finished program went. */
export interface Delivery {
  directory: string | null;
  files: string[];
  /** Why nothing was written, when something should have been. */
  refused?: string;
}

export interface RecalledMemory {
  id: string;
  kind: 'lesson' | 'solution' | 'fact';
  trust: string;
  text: string;
  /** How many sessions saw it hold. */
  seen?: number;
  /** Where it holds, in words: `python`, `any language` … */
  scope?: string;
  /** Why it was recalled. */
  why?: string;
}

/** Tells an outcome from the other ways a stream of a session can end. */
export function isOutcome(value: object): value is Outcome {
  return 'ending' in value;
}
