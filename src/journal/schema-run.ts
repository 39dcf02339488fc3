import * as z from 'zod';
import { profiles } from '../core/confinement.ts';
import { caseStatuses, frameworks, limitStatuses, refusedStatuses, sandboxLevels } from './words.ts';

/** The shapes of what a run and its tests showed. */

const count = z.int().min(0);
const amount = z.number().min(0);
const sourceFile = z.object({ path: z.string(), content: z.string() });

const runFacts = {
  stdout: z.string(),
  stderr: z.string(),
  truncated: z.boolean(),
  ms: amount,
  cpuMs: amount.nullable(),
  peakBytes: amount.nullable(),
  sandbox: z.object({
    level: z.enum(sandboxLevels),
    guarantees: z.array(z.string()),
    profile: z.exactOptional(z.enum(profiles)),
  }),
  files: z.array(sourceFile),
};
export const runResult = z.discriminatedUnion('status', [
  z.object({ status: z.literal('exited'), exitCode: z.int(), ...runFacts }),
  z.object({ status: z.enum(limitStatuses), ...runFacts }),
  z.object({ status: z.enum(refusedStatuses), why: z.string(), ...runFacts }),
  z.object({ status: z.literal('crashed'), signal: z.string(), ...runFacts }),
]);

export const frame = z.object({
  file: z.string(),
  line: count,
  column: z.exactOptional(count),
  name: z.exactOptional(z.string()),
});
const testCase = z.object({
  name: z.string(),
  status: z.enum(caseStatuses),
  message: z.exactOptional(z.string()),
  expected: z.exactOptional(z.string()),
  actual: z.exactOptional(z.string()),
  frame: z.exactOptional(frame),
  ms: z.exactOptional(amount),
});
export const testReport = z.object({
  framework: z.enum(frameworks),
  ok: z.boolean(),
  passed: count,
  failed: count,
  skipped: count,
  cases: z.array(testCase),
  ms: amount,
});
