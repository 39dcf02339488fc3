import { afterEach, describe, expect, it, vi } from 'vitest';
import { isDelta } from '../../src/core/events.ts';
import { startPlayer } from '../../src/tui/replay/player.ts';
import { timelineOf } from '../../src/tui/replay/timeline.ts';
import { stateOf } from '../support/frames.ts';
import { eventsOf } from '../support/kintsugi.ts';
import { demoJournals, goldenJournals } from '../support/sessions.ts';

const golden = [...demoJournals(), ...goldenJournals()];

describe.each(golden)('the timeline of $name', ({ file }) => {
  const events = eventsOf(file);
  const timeline = timelineOf(events);

  it('is at every place what the events up to there come to, in whatever order places are looked at', () => {
    const places = events.map((_, at) => at).reverse();
    for (const place of [...places, events.length, 0]) {
      expect(timeline.stateAt(place)).toEqual(stateOf(events.slice(0, place)));
    }
  });

  it('stepped forward shows every fact once, and back leads over the same places', () => {
    const places: number[] = [];
    for (let at = 0; at < events.length; at = timeline.step(at, 1)) places.push(at);
    expect(places).toHaveLength(events.filter((event) => !isDelta(event)).length);
    const back: number[] = [];
    for (let at = events.length; at > 0; ) {
      at = timeline.step(at, -1);
      back.push(at);
    }
    expect(back.reverse()).toEqual(places);
  });
});

describe('the player', () => {
  afterEach(() => vi.useRealTimers());

  it('takes as long as the record at 1×, a quarter of it at 4×, and no pause longer than three seconds', () => {
    vi.useFakeTimers();
    const at = (ms: number) => new Date(1_700_000_000_000 + ms).toISOString();
    const [start] = eventsOf(golden[0]?.file ?? '');
    if (!start) throw new Error('there is no golden journal');
    const events = [0, 1_000, 2_000, 60_000].map((ms, index) => ({ ...start, seq: index + 1, at: at(ms) }));
    const took = (faster: number) => {
      const begin = Date.now();
      const player = startPlayer(timelineOf(events), () => {}, Date.now);
      for (let step = 0; step < faster; step += 1) player.faster(1);
      while (player.place() < events.length) vi.advanceTimersByTime(50);
      player.dispose();
      return Date.now() - begin;
    };
    expect(took(0)).toBe(5_000);
    expect(took(2)).toBe(1_250);
  });

  it('stands still where it is put, and at the end has seen everything', () => {
    const events = eventsOf(golden[0]?.file ?? '');
    const player = startPlayer(timelineOf(events), () => {});
    player.go(7);
    expect([player.place(), player.isPlaying()]).toEqual([7, false]);
    player.instant();
    expect([player.place(), player.isPlaying()]).toEqual([events.length, false]);
    player.dispose();
  });
});
