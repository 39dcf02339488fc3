import { z } from 'zod';
import { failureKinds, purposes } from '../core/seams.ts';
import { stops } from './words.ts';

/** The shapes of what is asked of a model and what it answers. */

const count = z.int().min(0);
const amount = z.number().min(0);

export const usage = z.object({
  inputTokens: count,
  outputTokens: count,
  cacheReadTokens: count,
  cacheWriteTokens: count,
});

export const modelRequest = z.object({
  purpose: z.enum(purposes),
  system: z.string(),
  task: z.string(),
  turn: z.string(),
  schema: z.exactOptional(
    z.object({ name: z.string(), description: z.string(), schema: z.record(z.string(), z.unknown()) }),
  ),
  maxTokens: count,
});
export const modelReply = z.object({
  kind: z.literal('reply'),
  text: z.string(),
  data: z.unknown().optional(),
  stop: z.enum(stops),
  usage,
  costUsd: amount.nullable(),
  model: z.string(),
});
export const modelFailure = z.object({
  kind: z.literal('failure'),
  failure: z.enum(failureKinds),
  message: z.string(),
  status: z.exactOptional(z.int()),
  retryAfterMs: z.exactOptional(amount),
  usage: z.exactOptional(usage),
  costUsd: z.exactOptional(amount.nullable()),
});
