import { fencedBlocks } from '../core/fences.ts';

/** Joins a reply that was cut at its token limit with the reply that goes on from there. */

/** Characters of a continuation that must be there before its start can be judged. */
export const seamWindow = 2000;

/**
 * The part of `next` that is new after `soFar`. Left out: a code fence opened again inside an open fence, and what `next` repeats of the
 * end of `soFar`. A closing fence that would land in the middle of a line gets its own.
 */
export function continuationOf(soFar: string, next: string): string {
  const inFence = fencedBlocks(soFar).at(-1)?.closed === false;
  const reopened = inFence ? /^\s*(?:`{3,}|~{3,})[ \t]*[^\s`][^\n`]*\n/.exec(next) : null;
  const plain = reopened ? next.slice(reopened[0].length) : next;
  const fresh = plain.slice(overlapOf(soFar, plain));
  const fence = inFence && !soFar.endsWith('\n') && /^(?:`{3,}|~{3,})/.test(fresh);
  return fence ? `\n${fresh}` : fresh;
}

/**
 * How many characters at the start of `next` repeat the end of `soFar`. Short repeats happen by themselves (`}` after `}`), so one counts
 * only when it is the whole unfinished last line, or long.
 */
function overlapOf(soFar: string, next: string): number {
  const lastLine = soFar.slice(soFar.lastIndexOf('\n') + 1);
  for (let length = Math.min(seamWindow, soFar.length, next.length); length > 0; length -= 1) {
    const repeated = next.slice(0, length);
    if (!soFar.endsWith(repeated)) continue;
    const ink = repeated.replace(/\s/g, '').length;
    if (ink >= (repeated === lastLine ? 3 : 16)) return length;
  }
  return 0;
}
