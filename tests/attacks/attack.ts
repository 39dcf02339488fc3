import type { RunLimits, RunResult, SandboxLevel } from '../../src/core/domain.ts';

/** One hostile program, what it is bounded by, and which level promises that it comes to nothing. */
export interface Attack {
  /** Its number in the list of groups. */
  group: number;
  name: string;
  /** A file of `programs/`. */
  program: string;
  /** The least level that promises to stop it. */
  promised: SandboxLevel;
  /** Below this level it is not run: it would hurt the machine. */
  tried?: SandboxLevel;
  /** It must go through at level L0, or it is no attack. */
  control?: true;
  limits?: Partial<RunLimits>;
  /** More for the program to know. */
  aim?: Record<string, string>;
  /** A check file stands beside the program. */
  checks?: true;
  /** Run plainly as well; output and exit code must be the same. */
  compared?: true;
  /** How it must end, where that tells; any way will do otherwise. */
  ends?: readonly RunResult['status'][];
  /** What went through, when that is not what the program says with DONE. */
  judge?: (seen: Observation, level: SandboxLevel) => string[];
}

/** What a run showed, from inside and outside. */
export interface Observation {
  run: RunResult;
  tampered: string[];
  /** Connections and datagrams that came through. */
  reached: number;
  /** Paths of the guarded tree that changed. */
  harmed: string[];
  /** Processes that were there afterwards. */
  left: number;
  victimLives: boolean;
  wallMs: number;
  plain: { stdout: string; exitCode: number | null } | null;
}

export const levels: readonly SandboxLevel[] = ['L0', 'L1', 'L2', 'L3'];

export function isAtLeast(level: SandboxLevel, least: SandboxLevel): boolean {
  return levels.indexOf(level) >= levels.indexOf(least);
}

/** Lines in which a program says that something went through. */
export function doneIn({ run }: Observation): string[] {
  return [...run.stdout.matchAll(/^DONE (.*)$/gm)].map(([, what = '']) => what.trim());
}

/** Why a run proves nothing: the program failed before it tried anything. */
export function brokenAttack(attack: Attack, { run }: Observation): string | null {
  if (run.status === 'sandbox-failed' || run.status === 'refused') return run.why;
  if (attack.judge || attack.ends || run.status !== 'exited' || run.exitCode === 0) return null;
  return /^(DONE|STOP) /m.test(run.stdout) ? null : `exit code ${run.exitCode}: ${run.stderr.slice(0, 500)}`;
}

/** All that went through; empty when the attack came to nothing. */
export function breaches(attack: Attack, seen: Observation, level: SandboxLevel): string[] {
  const { run } = seen;
  return [
    ...(attack.judge ? attack.judge(seen, level) : doneIn(seen)),
    ...seen.harmed.map((path) => `${path} outside has changed`),
    ...(seen.reached > 0 ? [`${seen.reached} connections came through`] : []),
    ...(seen.left > 0 ? [`${seen.left} processes are left`] : []),
    ...(seen.victimLives ? [] : ['a process outside was killed']),
    ...(run.ms > seen.wallMs + 3_000 ? [`it ran for ${Math.round(run.ms)} ms`] : []),
    ...(attack.ends && !attack.ends.includes(run.status) ? [`it ended as ${run.status}`] : []),
  ];
}
