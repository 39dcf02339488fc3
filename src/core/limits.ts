import type { Budgets, Ending, Usage, Verdict } from './domain.ts';

/** Budgets and the breaker. The harness counts; the model never counts itself. */

/** Why a session must stop now. A value, never thrown. */
export interface Stop {
  ending: Ending;
  why: string;
}

/** What was spent. Changed only through `spend`. */
export interface Ledger {
  calls: number;
  usage: Usage;
  /** Null once a reply without a known price was paid for. */
  costUsd: number | null;
}

export function emptyLedger(): Ledger {
  return {
    calls: 0,
    usage: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 },
    costUsd: 0,
  };
}

export function addUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
    cacheWriteTokens: a.cacheWriteTokens + b.cacheWriteTokens,
  };
}

/** All tokens that pass through a model, cached ones included: what `--max-tokens` bounds. */
export function tokensOf(usage: Usage): number {
  return usage.inputTokens + usage.outputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
}

export function spend(ledger: Ledger, usage: Usage | undefined, costUsd: number | null | undefined): void {
  ledger.calls += 1;
  if (usage) ledger.usage = addUsage(ledger.usage, usage);
  if (costUsd === undefined) return;
  ledger.costUsd = ledger.costUsd === null || costUsd === null ? null : ledger.costUsd + costUsd;
}

/** Characters a token, for estimates before a provider tells the truth. */
export const charactersPerToken = 3.6;

/**
 * The output tokens the next call may use, or the reason why there must be no next call. A call whose request alone would pass the
 * limit is not made.
 */
export function allowance(
  ledger: Ledger,
  budgets: Budgets,
  requestCharacters: number,
  wanted: number,
): number | Stop {
  if (budgets.usd !== null && ledger.costUsd !== null && ledger.costUsd >= budgets.usd) {
    return { ending: 'max-usd', why: `$${ledger.costUsd.toFixed(4)} of $${budgets.usd} are spent.` };
  }
  if (budgets.tokens === null) return wanted;
  const left = budgets.tokens - tokensOf(ledger.usage) - Math.ceil(requestCharacters / charactersPerToken);
  if (left < 1) {
    return {
      ending: 'max-tokens',
      why: `${tokensOf(ledger.usage)} of ${budgets.tokens} tokens are spent and the next request does not fit in the rest.`,
    };
  }
  return Math.min(wanted, left);
}

/** What the breaker looks at: one entry an attempt of the step, oldest first. `hash` is null when there was no program. */
export interface Try {
  hash: string | null;
  verdict: Verdict;
}

const sameProgramTries = 3;
const sameErrorTries = 4;
const blockedTries = 3;

/** Whether going on has stopped making sense; null when it has not. */
export function breaker(tries: readonly Try[]): Stop | null {
  const blocked = tries.slice(-blockedTries);
  if (blocked.length === blockedTries && blocked.every((one) => one.verdict.kind === 'blocked')) {
    return { ending: 'unsafe', why: `The safety scanner refused ${blockedTries} programs in a row.` };
  }
  const streak = sameErrorStreak(tries);
  const repeated = tries.slice(-sameProgramTries);
  const [first] = repeated;
  if (streak >= sameProgramTries && first?.hash && repeated.every((one) => one.hash === first.hash)) {
    return {
      ending: 'no-progress',
      why: `The model wrote the same failing program ${sameProgramTries} times in a row.`,
    };
  }
  if (streak >= sameErrorTries) {
    return {
      ending: 'no-progress',
      why: `The same error came ${streak} times in a row and no more tests pass than before.`,
    };
  }
  if (oscillates(tries)) {
    return {
      ending: 'oscillation',
      why: 'The model goes back and forth between the same two failing programs.',
    };
  }
  return null;
}

/** How many of the last attempts failed with one signature, none with more passing tests than the one before. */
function sameErrorStreak(tries: readonly Try[]): number {
  let streak = 0;
  let later: Extract<Verdict, { kind: 'failed' }> | null = null;
  for (const one of [...tries].reverse()) {
    if (one.verdict.kind !== 'failed') break;
    if (later && (one.verdict.signature.hash !== later.signature.hash || later.passed > one.verdict.passed))
      break;
    streak += 1;
    later = one.verdict;
  }
  return streak;
}

/** A B A B at the end. */
function oscillates(tries: readonly Try[]): boolean {
  const [a, b, c, d] = tries.slice(-4).map((one) => one.hash);
  return tries.length >= 4 && Boolean(a) && Boolean(b) && a !== b && a === c && b === d;
}
