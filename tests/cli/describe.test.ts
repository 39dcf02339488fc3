import { expect, it } from 'vitest';
import { describeEvent } from '../../src/cli/describe.ts';

it('a recall that was left out on purpose is told with its memories and the reason', () => {
  const memory = { id: 'l1', kind: 'lesson', trust: 'trusted', text: 'do: look first' } as const;
  const recalled = {
    seq: 3,
    at: '2026-01-01T00:00:00.000Z',
    type: 'memory.recalled',
    moment: 'plan',
  } as const;
  const told = (event: Parameters<typeof describeEvent>[0]) =>
    describeEvent(event, 'brief').map(({ text }) => text);
  expect(
    told({ ...recalled, memories: [], arm: 'hold-out', propensity: 0.1, heldOut: [memory], passedOver: [] }),
  ).toEqual(['left out on purpose for plan, to measure memory: l1']);
  expect(told({ ...recalled, memories: [memory], heldOut: [] })).toEqual(['recalled 1 for plan']);
  expect(told({ ...recalled, memories: [] })).toEqual([]);
});
