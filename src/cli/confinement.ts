import type { Confinement } from '../core/confinement.ts';

/** One line that says what this machine's sandbox does not give and how to get it; null where nothing is missing. */
export function confinementLine({ level, missing, advice }: Confinement): string | null {
  if (missing.length === 0) return null;
  const how = advice.length > 0 ? ` To have it: ${advice.join(' ')}` : '';
  return `sandbox ${level} is less than L2; not guaranteed: ${missing.join('; ')}.${how} (--min-level L2 runs nothing without it)`;
}
