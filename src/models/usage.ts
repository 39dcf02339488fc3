import type { Usage } from '../core/domain.ts';
import type { ModelRequest } from '../core/seams.ts';

export const noUsage: Readonly<Usage> = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
};

/** A count of tokens for text when nobody counted them: characters / 3.6. */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / 3.6);
}

/** All text of a request that a model sees. */
export function textOf(request: ModelRequest): string {
  return [request.system, request.task, request.turn].filter((part) => part !== '').join('\n\n');
}

/** Usage of a reply that nobody counted. */
export function estimateUsage(request: ModelRequest, output: string): Usage {
  return { ...noUsage, inputTokens: estimateTokens(textOf(request)), outputTokens: estimateTokens(output) };
}

export function addUsage(left: Usage, right: Usage): Usage {
  return {
    inputTokens: left.inputTokens + right.inputTokens,
    outputTokens: left.outputTokens + right.outputTokens,
    cacheReadTokens: left.cacheReadTokens + right.cacheReadTokens,
    cacheWriteTokens: left.cacheWriteTokens + right.cacheWriteTokens,
  };
}

/** Dollars add up; one unknown makes the sum unknown. */
export function addCost(left: number | null, right: number | null): number | null {
  return left === null || right === null ? null : left + right;
}

/** A count a server sent; undefined when it is not one. */
export function tokens(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}

/** JSON as a value; undefined when it is not JSON. */
export function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
