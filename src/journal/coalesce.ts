import type { EventBody } from '../core/events.ts';
import type { ChunkRedactor } from './chunks.ts';
import type { Redactor } from './redact.ts';

export type Delta = Extract<EventBody, { type: `${string}.delta` }>;

/** Deltas waiting to be passed on, in order; neighbours of one source are one delta. */
export interface Coalescer {
  add(delta: Delta): void;
  /** What a whole line, or nothing for a while, has made due. `now` in milliseconds of the clock that `waitMs` uses. */
  due(now: number): Delta[];
  /** Milliseconds until something may be due, or null when nothing waits. */
  waitMs(now: number): number | null;
  /** Everything, unfinished lines too; the next event is a fact. */
  flush(): Delta[];
}

const intervalMs = 50;
/** Characters that are passed on at once. */
const muchText = 32 * 1024;

function sourceOf(delta: Delta): string {
  return delta.type === 'model.delta' ? `model ${delta.call}` : `run ${delta.stream}`;
}

/** A coalescer: text is passed on by the line, or after 50 ms without one, and not more often than every 50 ms. */
export function makeCoalescer(redact: Redactor): Coalescer {
  const sources = new Map<string, { redactor: ChunkRedactor; last: Delta; holds: boolean }>();
  let ready: Delta[] = [];
  let readyLength = 0;
  let passedOn = Number.NEGATIVE_INFINITY;
  let waitingSince: number | null = null;

  const keep = (source: string, delta: Delta, text: string) => {
    if (text === '') return;
    readyLength += text.length;
    const last = ready.at(-1);
    if (last !== undefined && sourceOf(last) === source) last.text += text;
    else ready.push({ ...delta, text });
  };

  const take = (): Delta[] => {
    const taken = ready;
    ready = [];
    readyLength = 0;
    // An unfinished line is still waiting.
    waitingSince = [...sources.values()].some(({ holds }) => holds) ? performance.now() : null;
    return taken;
  };

  const settle = () => {
    for (const [source, state] of sources) {
      if (!state.holds) continue;
      keep(source, state.last, state.redactor.settle());
      state.holds = false;
    }
  };

  return {
    add(delta) {
      const source = sourceOf(delta);
      const state = sources.get(source) ?? { redactor: redact.chunks(), last: delta, holds: false };
      sources.set(source, state);
      state.last = delta;
      state.holds = true;
      keep(source, delta, state.redactor.push(delta.text));
      waitingSince ??= performance.now();
    },
    due(now) {
      const lineReady = ready.length > 0 && (now - passedOn >= intervalMs || readyLength >= muchText);
      const waitedLong = waitingSince !== null && now - waitingSince >= intervalMs;
      if (!lineReady && !waitedLong) return [];
      if (waitedLong) settle();
      passedOn = now;
      return take();
    },
    waitMs(now) {
      return waitingSince === null ? null : Math.max(0, waitingSince + intervalMs - now);
    },
    flush() {
      for (const [source, state] of sources) keep(source, state.last, state.redactor.end());
      sources.clear();
      passedOn = Number.NEGATIVE_INFINITY;
      return take();
    },
  };
}
