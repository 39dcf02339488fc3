import * as z from 'zod';
import { capabilities, endings, languages } from '../core/domain.ts';
import type { EventType } from '../core/events.ts';
import { failureKinds, purposes } from '../core/seams.ts';
import { memoryShapes } from './schema-memory.ts';
import { frame, runResult, testReport } from './schema-run.ts';
import {
  decisions,
  origins,
  permissionModes,
  proofs,
  sandboxLevels,
  severities,
  stops,
  streams,
} from './words.ts';

/**
 * The shape of every event as it stands in a file. Objects let unknown fields through, so that a later minor version may add some.
 * Import it lazily: only readers need it.
 */

const count = z.int().min(0);
const ordinal = z.int().min(1);
const amount = z.number().min(0);

const sourceFile = z.object({ path: z.string(), content: z.string() });

const program = z.object({
  name: z.exactOptional(z.string()),
  language: z.enum(languages),
  entry: z.string(),
  files: z.array(sourceFile),
});

const checkName = { name: z.string(), origin: z.enum(origins) };
const check = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('tests'), ...checkName, files: z.array(z.string()) }),
  z.object({ kind: z.literal('command'), ...checkName, command: z.string() }),
  z.object({
    kind: z.literal('output'),
    ...checkName,
    args: z.exactOptional(z.array(z.string())),
    stdin: z.exactOptional(z.string()),
    stdout: z.string(),
  }),
]);
const checkSet = z.object({ checks: z.array(check), files: z.array(sourceFile), hash: z.string() });

const plan = z.object({
  approach: z.string(),
  language: z.enum(languages),
  steps: z.array(z.object({ title: z.string(), instructions: z.string(), checks: checkSet })),
});

const finding = z.object({
  rule: z.string(),
  severity: z.enum(severities),
  message: z.string(),
  file: z.string(),
  line: count,
  column: count,
  cwe: z.exactOptional(z.string()),
});
const scanReport = z.object({
  decision: z.enum(decisions),
  capabilities: z.array(z.enum(capabilities)),
  findings: z.array(finding),
});

const signature = z.object({
  v: z.union([z.literal(1), z.literal(2)]),
  tool: z.string(),
  code: z.exactOptional(z.string()),
  class: z.exactOptional(z.string()),
  template: z.string(),
  frames: z.exactOptional(z.array(frame)),
  test: z.exactOptional(z.string()),
  key: z.string(),
  hash: z.string(),
  h0: z.exactOptional(z.string()),
  h1: z.exactOptional(z.string()),
  h2: z.exactOptional(z.string()),
});
const verdict = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('passed'), proof: z.enum(proofs) }),
  z.object({ kind: z.literal('failed'), signature, passed: count, failed: count }),
  z.object({ kind: z.literal('blocked'), decision: z.enum(['ask', 'deny']), findings: z.array(finding) }),
  z.object({ kind: z.literal('malformed'), why: z.string() }),
]);

const usage = z.object({
  inputTokens: count,
  outputTokens: count,
  cacheReadTokens: count,
  cacheWriteTokens: count,
});

const task = z.object({
  goal: z.string(),
  language: z.enum(languages).nullable(),
  attachments: z.array(sourceFile),
  files: z.array(sourceFile),
  checks: checkSet.nullable(),
  budgets: z.object({
    attempts: count,
    tokens: amount.nullable(),
    usd: amount.nullable(),
    wallMs: amount.nullable(),
  }),
  permissionMode: z.enum(permissionModes),
  seed: z.number().nullable(),
  corrects: z.exactOptional(
    z.object({ goal: z.string(), said: z.string(), entry: z.string(), solution: z.string().nullable() }),
  ),
});

const modelRequest = z.object({
  purpose: z.enum(purposes),
  system: z.string(),
  task: z.string(),
  turn: z.string(),
  schema: z.exactOptional(
    z.object({ name: z.string(), description: z.string(), schema: z.record(z.string(), z.unknown()) }),
  ),
  maxTokens: count,
});
const modelReply = z.object({
  kind: z.literal('reply'),
  text: z.string(),
  data: z.unknown().optional(),
  stop: z.enum(stops),
  usage,
  costUsd: amount.nullable(),
  model: z.string(),
});
const modelFailure = z.object({
  kind: z.literal('failure'),
  failure: z.enum(failureKinds),
  message: z.string(),
  status: z.exactOptional(z.int()),
  retryAfterMs: z.exactOptional(amount),
  usage: z.exactOptional(usage),
  costUsd: z.exactOptional(amount.nullable()),
});

const outcome = z.object({
  ending: z.enum(endings),
  why: z.string(),
  proof: z.enum(proofs).nullable(),
  attempts: count,
  modelCalls: count,
  usage,
  costUsd: amount.nullable(),
});

const confinement = z.object({
  level: z.enum(sandboxLevels),
  guarantees: z.array(z.string()),
  missing: z.array(z.string()),
  advice: z.array(z.string()),
});

const attempt = { step: count, attempt: count };
const checkOfRun = z.string().nullable();

const memory = memoryShapes({ program, checkSet });

/** `seq` and `at` of every event. */
const stamp = { seq: ordinal, at: z.iso.datetime() };

function event<Type extends EventType, Shape extends z.core.$ZodLooseShape>(type: Type, shape: Shape) {
  return z.object({ type: z.literal(type), ...stamp, ...shape });
}

/** The schema of each event type. */
export const eventSchemas = {
  'session.started': event('session.started', {
    schema: ordinal,
    session: z.string(),
    version: z.string(),
    model: z.string(),
    memory: z.boolean(),
    task,
    forkedFrom: z.exactOptional(z.object({ session: z.string(), seq: count })),
    sandbox: z.exactOptional(confinement),
  }),
  'session.resumed': event('session.resumed', {
    after: count,
    version: z.string(),
    model: z.string(),
    sandbox: z.exactOptional(confinement),
  }),
  'solution.recalled': event('solution.recalled', memory['solution.recalled']),
  'memory.retired': event('memory.retired', memory['memory.retired']),
  'memory.recalled': event('memory.recalled', memory['memory.recalled']),
  'memory.credited': event('memory.credited', memory['memory.credited']),
  'model.asked': event('model.asked', { call: ordinal, request: modelRequest }),
  'model.delta': event('model.delta', { call: ordinal, text: z.string() }),
  'model.retried': event('model.retried', {
    call: ordinal,
    retry: count,
    waitMs: amount,
    failure: modelFailure,
  }),
  'model.replied': event('model.replied', { call: ordinal, reply: modelReply }),
  'model.failed': event('model.failed', { call: ordinal, failure: modelFailure }),
  'plan.made': event('plan.made', { plan }),
  'step.started': event('step.started', { step: count, title: z.string() }),
  'checks.frozen': event('checks.frozen', { step: count, checks: checkSet }),
  'checks.tried': event('checks.tried', {
    step: count,
    red: z.array(z.string()),
    vacuous: z.array(z.string()),
  }),
  'checks.returned': event('checks.returned', { step: count, vacuous: z.array(z.string()) }),
  'attempt.started': event('attempt.started', attempt),
  'program.written': event('program.written', { ...attempt, program, hash: z.string() }),
  'program.scanned': event('program.scanned', { ...attempt, report: scanReport }),
  'permission.answered': event('permission.answered', {
    ...attempt,
    answer: z.enum(['allow', 'allow-session', 'deny']).nullable(),
    feedback: z.exactOptional(z.string()),
    remembered: z.exactOptional(z.literal(true)),
  }),
  'run.started': event('run.started', { ...attempt, check: checkOfRun, runner: z.string() }),
  'run.delta': event('run.delta', { stream: z.enum(streams), text: z.string() }),
  'run.ended': event('run.ended', { ...attempt, check: checkOfRun, result: runResult }),
  'tests.reported': event('tests.reported', { ...attempt, check: z.string(), report: testReport }),
  'verdict.reached': event('verdict.reached', { ...attempt, verdict }),
  'diagnosis.made': event('diagnosis.made', { ...attempt, diagnosis: z.object({ text: z.string() }) }),
  'step.ended': event('step.ended', { step: count, passed: z.boolean() }),
  'program.delivered': event('program.delivered', {
    delivery: z.object({
      directory: z.string().nullable(),
      files: z.array(z.string()),
      refused: z.exactOptional(z.string()),
    }),
  }),
  'lesson.tested': event('lesson.tested', memory['lesson.tested']),
  'memory.remembered': event('memory.remembered', memory['memory.remembered']),
  'session.ended': event('session.ended', { outcome }),
};

type Parsed = z.infer<(typeof eventSchemas)[keyof typeof eventSchemas]>;

/** What is wrong with a parsed line, in one phrase, or null when it is an event. */
export function eventFault(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not an object';
  if (!('type' in value) || typeof value.type !== 'string') return 'it has no event type';
  const known: Record<string, z.ZodType<Parsed>> = eventSchemas;
  const schema = Object.hasOwn(known, value.type) ? known[value.type] : undefined;
  if (schema === undefined) return `unknown event type ${JSON.stringify(value.type.slice(0, 60))}`;
  const parsed = schema.safeParse(value);
  if (parsed.success) return null;
  const issue = parsed.error.issues[0];
  const where = issue?.path.join('.') ?? '';
  return `${value.type}${where === '' ? '' : ` field ${where}`}: ${issue?.message ?? 'not valid'}`;
}
