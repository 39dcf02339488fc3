import { describe, expect, it } from 'vitest';
import { costOf, priceOf, priceSources } from '../../src/models/price.ts';

const usage = { inputTokens: 1_000_000, outputTokens: 100_000, cacheReadTokens: 0, cacheWriteTokens: 0 };

describe('prices', () => {
  it('charges input, output and both kinds of cached tokens', () => {
    const counted = { inputTokens: 1000, outputTokens: 100, cacheReadTokens: 10_000, cacheWriteTokens: 500 };
    expect(costOf('claude-opus-5-5', counted)).toBeCloseTo((4000 + 2000 + 2000 + 2500) / 1e6, 12);
  });

  it('knows a dated id by its undated one', () => {
    expect(priceOf('claude-haiku-4-5-20251001')).toEqual(priceOf('claude-haiku-4-5'));
    expect(priceOf('gpt-5.6-luna-2026-07-09')).toEqual(priceOf('gpt-5.6-luna'));
  });

  it.each(['claude-sonnet-9', 'claude-opus-5-5-fast', 'claude', 'gpt-5.6-sol', 'qwen3', ''])(
    'does not guess for "%s"',
    (model) => {
      expect(priceOf(model)).toBeNull();
      expect(costOf(model, usage)).toBeNull();
    },
  );

  it('charges a whole long prompt at the higher rate, cached tokens counted in', () => {
    const prompt = { ...usage, inputTokens: 40_000, outputTokens: 1000, cacheReadTokens: 60_000 };
    expect(costOf('claude-haiku-5-5', prompt)).toBeCloseTo((4000 + 500 + 600) / 1e6, 12);
    const longer = { ...prompt, cacheReadTokens: 60_001 };
    expect(costOf('claude-haiku-5-5', longer)).toBeCloseTo((20_000 + 2500 + 3000.05) / 1e6, 12);
  });

  it('names its sources with a date', () => {
    for (const { page, readOn } of Object.values(priceSources)) {
      expect(page).toMatch(/^https:/);
      expect(readOn).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    }
  });
});
