import type { Confinement } from './core/confinement.ts';
import type { Finding, RunResult } from './core/domain.ts';
import { endedBadly } from './core/signature.ts';

/** Words that every surface says in the same way. */

/** "1 step", "2 steps". */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** Milliseconds as a person reads them: 81 ms, 4.2 s, 3 min 5 s. */
export function seconds(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`;
}

const changeWords = 'The program in the folder was made for this goal. Change it so: ';

/** The goal of a session that changes the program of another. */
export function changedGoal(goal: string, change: string): string {
  return `${goal}\n\n${changeWords}${change}`;
}

/** What a goal asks for: the last change, and what it is a change of; `of` is null for a goal that is no change. */
export function askedOf(goal: string): { asked: string; of: string | null } {
  const [of = '', ...changes] = goal.split(`\n\n${changeWords}`);
  const asked = changes.at(-1);
  return asked === undefined ? { asked: of, of: null } : { asked, of };
}

/** How a run ended, in words. */
export function runText(result: RunResult): string {
  const words = endedBadly(result);
  if (words !== null) return words;
  return result.status === 'exited' ? `exit code ${result.exitCode} (${seconds(result.ms)})` : result.status;
}

export function findingText(finding: Finding): string {
  return `${finding.file}:${finding.line}:${finding.column} ${finding.severity}: ${finding.message} [${finding.rule}]`;
}

/** One line that says what this machine's sandbox does not give and how to get it; null where nothing is missing. */
export function confinementLine({ level, missing, advice }: Confinement): string | null {
  if (missing.length === 0) return null;
  const how = advice.length > 0 ? ` To have it: ${advice.join(' ')}` : '';
  return `sandbox ${level} is less than L2; not guaranteed: ${missing.join('; ')}.${how} (--min-level L2 runs nothing without it)`;
}
