import type { Usage } from '../core/domain.ts';

/** What models cost. An id that is not in the table has no known price; nothing is guessed from a family or a prefix. */

/** US dollars per million tokens. `cacheWrite` is for the five-minute cache. */
export interface Rates {
  input: number;
  output: number;
  cacheWrite: number;
  cacheRead: number;
}

export interface Price extends Rates {
  /** The whole request is charged at these rates when its prompt, cached parts included, has more than `tokens` tokens. */
  above?: Rates & { tokens: number };
}

/** Where the prices come from and when they were read (ISO date). */
export const priceSources = {
  anthropic: { page: 'https://platform.claude.com/docs/en/about-claude/pricing', readOn: '2026-10-24' },
  openai: { page: 'https://developers.openai.com/api/docs/pricing', readOn: '2026-11-21' },
} as const;

const anthropic = (input: number, output: number, cacheWrite: number, cacheRead: number): Price => ({
  input,
  output,
  cacheWrite,
  cacheRead,
});

/** Past 272,000 prompt tokens input costs twice and output one and a half times as much; a cache write costs 1.25 times the input. */
const openai = (input: number, output: number, cacheRead: number): Price => ({
  ...{ input, output, cacheWrite: input * 1.25, cacheRead },
  above: {
    ...{ tokens: 272_000, input: input * 2, output: output * 1.5 },
    ...{ cacheWrite: input * 2.5, cacheRead: cacheRead * 2 },
  },
});

const prices: ReadonlyMap<string, Price> = new Map([
  ['claude-sonnet-5-5', anthropic(2, 10, 2.5, 0.1)],
  ['claude-opus-5-5', anthropic(4, 20, 5, 0.2)],
  [
    'claude-haiku-5-5',
    { ...anthropic(0.1, 0.5, 0.125, 0.01), above: { tokens: 100_000, ...anthropic(0.5, 2.5, 0.625, 0.05) } },
  ],
  ['claude-opus-5', anthropic(5, 25, 6.25, 0.5)],
  ['claude-opus-4-8', anthropic(5, 25, 6.25, 0.5)],
  ['claude-opus-4-7', anthropic(5, 25, 6.25, 0.5)],
  ['claude-opus-4-6', anthropic(5, 25, 6.25, 0.5)],
  ['claude-opus-4-5', anthropic(5, 25, 6.25, 0.5)],
  ['claude-sonnet-5', anthropic(2, 10, 2.5, 0.2)],
  ['claude-sonnet-4-6', anthropic(3, 15, 3.75, 0.3)],
  ['claude-sonnet-4-5', anthropic(3, 15, 3.75, 0.3)],
  ['claude-haiku-4-5', anthropic(1, 5, 1.25, 0.1)],
  ['gpt-5.6-terra', openai(2, 12, 0.2)],
  ['gpt-5.6-luna', openai(0.2, 1.2, 0.02)],
]);

/** The price of a model by its exact id, or by the id without its date (`-20251001`, `-2025-10-01`); null when it is not known. */
export function priceOf(model: string): Price | null {
  return prices.get(model) ?? prices.get(model.replace(/-(?:\d{8}|\d{4}-\d{2}-\d{2})$/, '')) ?? null;
}

/** US dollars for `usage`, or null when the price is not known. `inputTokens` do not include cached ones. */
export function costOf(model: string, usage: Usage): number | null {
  const price = priceOf(model);
  if (!price) return null;
  const prompt = usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
  const rates = price.above && prompt > price.above.tokens ? price.above : price;
  const dollarsPerMillion =
    usage.inputTokens * rates.input +
    usage.outputTokens * rates.output +
    usage.cacheWriteTokens * rates.cacheWrite +
    usage.cacheReadTokens * rates.cacheRead;
  return dollarsPerMillion / 1e6;
}
