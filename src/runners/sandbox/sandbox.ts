import type { Profile } from '../../core/confinement.ts';
import type { RunLimits, SandboxLevel } from '../../core/domain.ts';

export type { Profile } from '../../core/confinement.ts';

/** What is to run: absolute path of the interpreter first, then its arguments. */
export interface ConfineRequest {
  argv: readonly [string, ...string[]];
  env: Record<string, string>;
  cwd: string;
  limits: RunLimits;
  /** Address space, bytes: V8 reserves far more than it uses, so it differs from the memory limit. */
  addressBytes: number;
  /** The folder of the run, made for it alone (its owner may be changed); `cwd` when absent. */
  root?: string;
  /** `workspace-write` when absent. */
  profile?: Profile;
  /** Existing paths in `root` that nobody may change: check files. */
  readOnly?: readonly string[];
  /** Existing paths in `root` that stay writable in every profile but `none`: reports, the temporary folder. */
  writable?: readonly string[];
  /** Existing paths anywhere that the run must be able to read: our own assets, native modules. */
  visible?: readonly string[];
}

/** One more descriptor of the process: bytes for it to read, or up to `mostBytes` for it to write to us. */
export type Channel = { kind: 'give'; bytes: Uint8Array } | { kind: 'take'; mostBytes: number };

/** How the spawned process ended: `stderr` holds the last of what it wrote, `taken` one text for each `take` channel. */
export interface RawExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  stderr: string;
  taken: readonly string[];
}

/** Whose end it was. A sandbox that failed is never the program's fault. */
export type Judged =
  | { kind: 'program'; exitCode: number | null; signal: NodeJS.Signals | null }
  | { kind: 'sandbox'; why: string };

/** What the kernel counted for the whole run; null where it does not tell. */
export interface Meter {
  outOfMemory: boolean;
  processRefused: boolean;
  peakBytes: number | null;
}

/** What to hand to `spawn`. The process must lead its own group and session; fd 3 is the lifeline: the run dies when its other end closes. */
export interface ConfinedSpawn {
  file: string;
  args: string[];
  env: Record<string, string>;
  cwd: string;
  /** Descriptors 4, 5, … in this order. */
  channels?: readonly Channel[];
  /** Descriptors that our own process was given and would pass on: to be replaced by /dev/null. */
  inherited?: readonly number[];
  /** How many processes of the sandbox itself are among those of the run; 0 when absent. */
  ownProcesses?: number;
  /** Tells the program's end from the sandbox's; absent: the spawned process is the program. Not to be asked when we killed the run. */
  judge?: (exit: RawExit) => Judged;
  /** Frees what `confine` took. To be called once after the last process is gone, or when nothing could be started. Never throws. */
  finish?: () => Promise<Meter | null>;
}

/** The one place where a command becomes a confined command. */
export interface Sandbox {
  readonly level: SandboxLevel;
  /** What is really enforced on this machine for `workspace-write`, in words for a person; nothing else is listed. */
  readonly guarantees: readonly string[];
  /** The same for another profile; absent: no profile changes anything. */
  readonly guaranteesFor?: (profile: Profile) => readonly string[];
  /** False where no process is to be started before its job. */
  readonly ahead?: false;
  /** Throws nothing: what cannot be confined fails when it is spawned or is judged `sandbox`. */
  confine(request: ConfineRequest): ConfinedSpawn;
}
