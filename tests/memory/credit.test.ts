import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MemoryUse } from '../../src/core/memory.ts';
import {
  baselineOf,
  contrastOf,
  distinctUses,
  drawOf,
  harmOf,
  statsOf,
  switchedOff,
} from '../../src/memory/credit.ts';

let session = 0;
function use(over: Partial<MemoryUse> = {}): MemoryUse {
  session += 1;
  return {
    session: `s${session}`,
    step: 1,
    attempt: 1,
    moment: 'plan',
    arm: 'inject',
    propensity: 1,
    memories: ['m'],
    applied: null,
    cluster: 'first:python',
    language: 'python',
    passed: false,
    tokens: 10,
    ...over,
  };
}
const none = (passed: boolean, over: Partial<MemoryUse> = {}) =>
  use({ arm: 'none', memories: [], passed, ...over });
const times = (n: number, make: () => MemoryUse) => Array.from({ length: n }, make);

describe('harm', () => {
  it('is seen after five failures when nothing else is known, and after three where others pass', () => {
    expect(
      harmOf(
        'm',
        times(4, () => use()),
      ),
    ).toBeNull();
    expect(
      harmOf(
        'm',
        times(5, () => use()),
      ),
    ).toMatch(/0 of 5/);
    const others = times(12, () => none(true));
    expect(harmOf('m', [...others, ...times(2, () => use())])).toBeNull();
    expect(harmOf('m', [...others, ...times(3, () => use())])).toMatch(/0 of 3/);
  });

  it('is not held against a lesson where everything fails alike', () => {
    const hard = times(40, () => none(false, { cluster: 'error:x' }));
    const uses = [...hard, ...times(6, () => use({ cluster: 'error:x' }))];
    expect(harmOf('m', uses)).toBeNull();
    expect(harmOf('m', [...uses, use({ cluster: 'error:x' })])).toMatch(/never helped in 7/);
  });

  it('is not held against a lesson that stood beside a guilty one', () => {
    const uses = [...times(12, () => none(true)), ...times(5, () => use({ memories: ['m', 'bad'] }))];
    expect(harmOf('m', uses)).not.toBeNull();
    expect(harmOf('m', uses, new Set(['bad']))).toBeNull();
  });

  it('is never seen in a lesson whose attempts all pass', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 }), fc.array(fc.boolean(), { maxLength: 60 }), (n, others) => {
        const uses = [...others.map((passed) => none(passed)), ...times(n, () => use({ passed: true }))];
        expect(harmOf('m', uses)).toBeNull();
      }),
    );
  });
});

describe('advantage', () => {
  it('is what an injection passes above the attempts of its own cluster, easy and hard alike', () => {
    const easy = times(20, () => none(true, { cluster: 'error:easy' }));
    const hard = times(20, () => none(false, { cluster: 'error:hard' }));
    const inEasy = times(4, () => use({ passed: true, cluster: 'error:easy' }));
    const inHard = times(4, () => use({ memories: ['n'], passed: true, cluster: 'error:hard' }));
    const uses = [...easy, ...hard, ...inEasy, ...inHard];
    const m = statsOf('m', uses).advantage ?? 0;
    const n = statsOf('n', uses).advantage ?? 0;
    expect(m).toBeGreaterThan(0);
    expect(m).toBeLessThan(0.15);
    expect(n).toBeGreaterThan(0.4);
  });

  it('is not known before three injections', () => {
    expect(
      statsOf(
        'm',
        times(2, () => use({ passed: true })),
      ).advantage,
    ).toBeNull();
  });

  it('has a baseline of the prior without data, which gives way to the cluster', () => {
    expect(baselineOf([], 'error:x', 'm')).toBeCloseTo(0.4);
    const many = times(200, () => none(true, { cluster: 'error:x' }));
    expect(baselineOf(many, 'error:x', 'm')).toBeGreaterThan(0.95);
  });
});

describe('a scope', () => {
  const many = (with_: number, without: number) => [
    ...Array.from({ length: 40 }, (_, at) => use({ passed: at < with_ })),
    ...Array.from({ length: 40 }, (_, at) => use({ arm: 'hold-out', passed: at < without })),
  ];

  it('is switched off when its interval excludes benefit, and says so', () => {
    expect(switchedOff(many(8, 30), 'python')).toMatch(/switched off for python: 8 of 40/);
    expect(switchedOff(many(8, 30), 'javascript')).toBeNull();
    expect(switchedOff(many(20, 24), 'python')).toBeNull();
    expect(switchedOff(many(8, 30).slice(20, 60), 'python')).toBeNull();
  });

  it('has no lift without enough data, and an interval that holds its difference with it', () => {
    expect(contrastOf(times(4, () => use())).lift).toBeNull();
    const { lift } = contrastOf(many(30, 10));
    expect(lift?.difference).toBeCloseTo(0.5);
    expect(lift?.low).toBeGreaterThan(0.25);
    expect(lift?.high).toBeLessThan(0.72);
  });
});

describe('what is counted', () => {
  it('counts an attempt once, however often it was written down', () => {
    const one = use();
    expect(distinctUses([one, { ...one }, { ...one, attempt: 2 }])).toHaveLength(2);
  });

  it('draws the same for the same seed and text, and spreads evenly', () => {
    expect(drawOf(7, 'a/1/1')).toBe(drawOf(7, 'a/1/1'));
    expect(drawOf(7, 'a/1/1')).not.toBe(drawOf(8, 'a/1/1'));
    const share = Array.from({ length: 5_000 }, (_, at) => drawOf(3, `session-${at}/plan`)).filter(
      (one) => one < 0.1,
    );
    expect(share.length / 5_000).toBeGreaterThan(0.08);
    expect(share.length / 5_000).toBeLessThan(0.12);
  });
});
