import * as z from 'zod';
import { languages } from '../core/domain.ts';
import { flipOutcomes, memoryStates } from '../core/memory.ts';
import { arms, memoryKinds, moments, operations, proofs } from './words.ts';

/** The shapes of the events of memory. `parts` are those of the whole schema. */

const count = z.int().min(0);
const amount = z.number().min(0);
const attempt = { step: count, attempt: count };

const recalledMemory = z.object({
  id: z.string(),
  kind: z.enum(memoryKinds),
  trust: z.string(),
  text: z.string(),
  seen: z.exactOptional(count),
  scope: z.exactOptional(z.string()),
  why: z.exactOptional(z.string()),
});
const passedOver = z.object({ id: z.string(), score: z.number(), why: z.string() });
const memoryUse = z.object({
  session: z.string(),
  step: count,
  attempt: count,
  moment: z.enum(moments),
  arm: z.enum(arms),
  propensity: amount,
  memories: z.array(z.string()),
  applied: z.array(z.string()).nullable(),
  cluster: z.string(),
  language: z.exactOptional(z.enum(languages)),
  passed: z.boolean(),
  tokens: amount,
});
const stateChange = z.object({ id: z.string(), state: z.enum(memoryStates), why: z.string() });
const kept = z.object({
  operation: z.enum(operations),
  id: z.string(),
  state: z.enum(memoryStates),
  other: z.exactOptional(z.string()),
});

export function memoryShapes<Program extends z.ZodType, Checks extends z.ZodType>({
  program,
  checkSet,
}: {
  program: Program;
  checkSet: Checks;
}) {
  const knownSolution = z.object({
    id: z.string(),
    goal: z.string(),
    program,
    checks: checkSet,
    proof: z.enum(proofs),
    state: z.enum(memoryStates),
  });
  return {
    'solution.recalled': { solution: knownSolution.nullable() },
    'memory.retired': { id: z.string(), why: z.string() },
    'memory.recalled': {
      moment: z.enum(moments),
      memories: z.array(recalledMemory),
      arm: z.exactOptional(z.enum(arms)),
      propensity: z.exactOptional(amount),
      heldOut: z.exactOptional(z.array(recalledMemory)),
      passedOver: z.exactOptional(z.array(passedOver)),
    },
    'memory.credited': { use: memoryUse, changed: z.array(stateChange) },
    'lesson.tested': {
      ...attempt,
      outcome: z.enum(flipOutcomes),
      why: z.string(),
      runs: count,
      diff: z.string().nullable(),
    },
    'memory.remembered': {
      ...attempt,
      kind: z.enum(memoryKinds),
      text: z.string(),
      kept: kept.nullable(),
      why: z.string(),
    },
  };
}
