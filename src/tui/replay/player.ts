import type { Timeline } from './timeline.ts';

export const speeds = [0.25, 0.5, 1, 2, 4, 8, 16, Number.POSITIVE_INFINITY] as const;

/** Walks along a timeline by the clock of the record. */
export interface Player {
  place(): number;
  isPlaying(): boolean;
  speed(): number;
  faster(by: 1 | -1): void;
  instant(): void;
  toggle(): void;
  /** Stands still at a place. */
  go(place: number): void;
  dispose(): void;
}

/** No pause of the record is shown longer than this at speed 1. */
const longestPauseMs = 3_000;
const tickMs = 50;

/** Starts at the beginning, playing. `onMove` is called after every change. */
export function startPlayer(
  timeline: Timeline,
  onMove: () => void,
  now: () => number = () => performance.now(),
): Player {
  let place = 0;
  let speed = speeds.indexOf(1);
  let timer: NodeJS.Timeout | null = null;
  let last = 0;
  /** Milliseconds of the record that are played but not yet covered by an event. */
  let credit = 0;
  const { events } = timeline;
  const times = events.map((event) => Date.parse(event.at));
  const gap = (at: number) =>
    Math.min(longestPauseMs, Math.max(0, (times[at] ?? 0) - (times[at - 1] ?? times[at] ?? 0)));
  const current = () => speeds[speed] ?? 1;

  const tick = () => {
    const time = now();
    credit += (time - last) * current();
    last = time;
    const before = place;
    while (place < events.length && (current() === Number.POSITIVE_INFINITY || credit >= gap(place))) {
      if (current() !== Number.POSITIVE_INFINITY) credit -= gap(place);
      place += 1;
    }
    if (place >= events.length) stop();
    if (place !== before) onMove();
  };
  const stop = () => {
    if (timer) clearInterval(timer);
    timer = null;
  };
  const play = () => {
    if (timer) return;
    if (place >= events.length) place = 0;
    last = now();
    credit = 0;
    timer = setInterval(tick, tickMs);
    tick();
  };
  play();
  return {
    place: () => place,
    isPlaying: () => timer !== null,
    speed: current,
    faster: (by) => {
      speed = Math.max(0, Math.min(speeds.length - 1, speed + by));
      if (current() === Number.POSITIVE_INFINITY) credit = 0;
      onMove();
    },
    instant: () => {
      stop();
      place = events.length;
      onMove();
    },
    toggle: () => {
      if (timer) stop();
      else play();
      onMove();
    },
    go: (to) => {
      stop();
      place = Math.max(0, Math.min(to, events.length));
      onMove();
    },
    dispose: stop,
  };
}
