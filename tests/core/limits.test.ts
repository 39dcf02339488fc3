import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../src/core/domain.ts';
import { allowance, breaker, emptyLedger, spend, type Try } from '../../src/core/limits.ts';

const failed = (hash: string, passed = 0): Verdict => ({
  kind: 'failed',
  passed,
  failed: 1,
  signature: { v: 1, tool: 'script', template: hash, key: hash, hash },
});
const tries = (...list: [hash: string | null, verdict: Verdict][]): Try[] =>
  list.map(([hash, verdict]) => ({ hash, verdict }));
const blocked: Verdict = { kind: 'blocked', decision: 'deny', findings: [] };

describe('the breaker', () => {
  it('stops when the same failing program comes three times in a row', () => {
    expect(breaker(tries(['a', failed('e')], ['a', failed('e')]))).toBeNull();
    expect(breaker(tries(['a', failed('e')], ['a', failed('e')], ['a', failed('e')]))?.ending).toBe(
      'no-progress',
    );
  });

  it('gives different programs with the same error one more try', () => {
    const three = tries(['a', failed('e')], ['b', failed('e')], ['c', failed('e')]);
    expect(breaker(three)).toBeNull();
    expect(breaker([...three, { hash: 'd', verdict: failed('e') }])?.ending).toBe('no-progress');
  });

  it('does not stop while more tests pass, or while the error changes', () => {
    const progress = [1, 2, 3, 4].map((passed) => ({ hash: `p${passed}`, verdict: failed('e', passed) }));
    expect(breaker(progress)).toBeNull();
    expect(
      breaker(tries(['a', failed('e')], ['b', failed('f')], ['c', failed('g')], ['d', failed('h')])),
    ).toBeNull();
  });

  it('sees the model going back and forth between two programs', () => {
    const back = tries(['a', failed('e')], ['b', failed('f')], ['a', failed('e')], ['b', failed('f')]);
    expect(breaker(back)?.ending).toBe('oscillation');
    expect(breaker(back.slice(0, 3))).toBeNull();
  });

  it('stops after three refused programs in a row', () => {
    expect(breaker(tries(['a', blocked], ['b', blocked], ['c', blocked]))?.ending).toBe('unsafe');
    expect(breaker(tries(['a', blocked], ['b', failed('e')], ['c', blocked]))).toBeNull();
  });
});

describe('budgets', () => {
  const budgets = { attempts: 5, tokens: 100, usd: 0.5, wallMs: null };
  const usage = { inputTokens: 30, outputTokens: 20, cacheReadTokens: 10, cacheWriteTokens: 5 };

  it('let a call use only what is left, cached tokens counted too', () => {
    const ledger = emptyLedger();
    spend(ledger, usage, 0.1);
    expect(allowance(ledger, budgets, 36, 1_000)).toBe(100 - 65 - 10);
  });

  it('forbid a call whose request alone does not fit', () => {
    const ledger = emptyLedger();
    spend(ledger, usage, 0.1);
    expect(allowance(ledger, budgets, 360, 1_000)).toMatchObject({ ending: 'max-tokens' });
  });

  it('forbid a call when the dollars are spent', () => {
    const ledger = emptyLedger();
    spend(ledger, usage, 0.5);
    expect(allowance(ledger, { ...budgets, tokens: null }, 1, 1_000)).toMatchObject({ ending: 'max-usd' });
  });

  it('stay unknown once one reply had no price', () => {
    const ledger = emptyLedger();
    spend(ledger, usage, null);
    spend(ledger, usage, 0.5);
    expect(ledger.costUsd).toBeNull();
    expect(ledger.calls).toBe(2);
  });
});
