import { expect, it, vi } from 'vitest';
import { type Progress, startProgress } from '../../src/cli/progress.ts';
import type { Screen } from '../../src/cli/terminal.ts';
import type { SessionEvent } from '../../src/core/events.ts';

const asked: SessionEvent = {
  ...{ seq: 1, at: '2026-01-01T00:00:00.000Z', type: 'model.asked', call: 1 },
  request: { purpose: 'plan', system: '', task: '', turn: '', maxTokens: 1 },
} as const;

function drawing(): { progress: Progress; drawn: string[] } {
  const drawn: string[] = [];
  const screen: Screen = {
    color: false,
    live: true,
    columns: () => 70,
    write: (text) => {
      drawn.push(text);
    },
  };
  const progress = startProgress(screen, 'brief', Date.now);
  progress.show(asked);
  return { progress, drawn };
}

it('nothing is drawn while a question stands, and the live line goes on after it', async () => {
  const asking = drawing();
  const free = drawing();
  try {
    await vi.waitUntil(() => asking.drawn.length > 0, { timeout: 300_000 });
    await asking.progress.held(async () => {
      const before = asking.drawn.length;
      const frames = free.drawn.length;
      await vi.waitUntil(() => free.drawn.length >= frames + 6, { timeout: 300_000 });
      expect(asking.drawn.slice(before)).toEqual([]);
    });
    const before = asking.drawn.length;
    await vi.waitUntil(() => asking.drawn.length > before, { timeout: 300_000 });
  } finally {
    asking.progress.close();
    free.progress.close();
  }
});
