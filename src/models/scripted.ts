import * as z from 'zod';
import {
  type ModelFailure,
  type ModelPart,
  type ModelProvider,
  type ModelReply,
  type ModelRequest,
  purposes,
} from '../core/seams.ts';
import type { Stream } from '../core/stream.ts';
import { failureOfStatus } from './failure.ts';
import { pause } from './steady.ts';
import { estimateUsage, parsed, textOf } from './usage.ts';

const failing = z.looseObject({
  status: z.number().int().min(400).max(599),
  type: z.string().optional(),
  message: z.string().optional(),
  retryAfterMs: z.number().min(0).optional(),
});

const ruleSchema = z
  .strictObject({
    purpose: z.enum(purposes),
    when: z.array(z.string()).default([]),
    whenAny: z.array(z.string()).min(1).optional(),
    times: z.number().int().min(1).optional(),
    reply: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
    latencyMs: z.number().min(0).optional(),
    fail: failing.optional(),
  })
  .refine((rule) => rule.reply !== undefined || rule.fail !== undefined, {
    message: 'a rule needs "reply" or "fail"',
  });

/** One line of a script: it answers requests of its purpose that hold every text of `when` and at least one of `whenAny`. */
export type ScriptRule = z.infer<typeof ruleSchema>;

export type Script = { ok: true; rules: ScriptRule[] } | { ok: false; error: string };

/** Reads a script, one JSON object a line; empty lines are passed over. The error names `file:line` and the field. */
export function parseScript(text: string, fileName: string): Script {
  const rules: ScriptRule[] = [];
  for (const [at, line] of text
    .replace(/^\ufeff/, '')
    .split('\n')
    .entries()) {
    if (line.trim() === '') continue;
    const value = parsed(line);
    const rule = ruleSchema.safeParse(value);
    if (rule.success) {
      rules.push(rule.data);
      continue;
    }
    const issue = rule.error.issues[0];
    const field = issue && issue.path.length > 0 ? `"${issue.path.join('.')}": ` : '';
    const why = value === undefined ? 'this line is not JSON' : `${field}${issue?.message ?? 'not a rule'}`;
    return { ok: false, error: `${fileName}:${at + 1}: ${why}. Each line is one rule of a script.` };
  }
  return { ok: true, rules };
}

/**
 * A model that answers from rules, tried in order. A purpose without a fitting rule gets a neutral answer, except `code`: that ends in
 * `no-script` with the end of the request. `times` counts for this model alone. Usage is estimated; it costs nothing.
 */
export function scriptedModel({
  id,
  source,
  rules,
  answered = [],
}: {
  id: string;
  /** The script's name, for messages. */
  source: string;
  rules: readonly ScriptRule[];
  /** Requests that were answered before, for a session that goes on: their rules count as used. */
  answered?: readonly ModelRequest[];
}): ModelProvider {
  const uses = new Map<ScriptRule, number>();
  const choose = (request: ModelRequest, text: string) => {
    const rule = rules.find(
      (one) => fits(one, request, text) && (uses.get(one) ?? 0) < (one.times ?? Infinity),
    );
    if (rule) uses.set(rule, (uses.get(rule) ?? 0) + 1);
    return rule;
  };
  for (const request of answered) choose(request, textOf(request));
  return {
    id,
    priced: true,
    async *reply(request, signal): Stream<ModelPart, ModelReply | ModelFailure> {
      signal.throwIfAborted();
      const text = textOf(request);
      const rule = choose(request, text);
      if (rule?.latencyMs) await pause(rule.latencyMs, signal);
      if (rule?.fail) return failureOfRule(rule.fail, id, source);
      const answer = rule?.reply ?? neutralAnswer(request);
      if (answer === null) return noScript(text, source);
      const reply = replyOf(answer, request, id);
      if (reply.text !== '') yield { kind: 'text', text: reply.text };
      signal.throwIfAborted();
      return reply;
    },
  };
}

function fits(rule: ScriptRule, request: ModelRequest, text: string): boolean {
  return (
    rule.purpose === request.purpose &&
    rule.when.every((part) => text.includes(part)) &&
    (rule.whenAny?.some((part) => text.includes(part)) ?? true)
  );
}

/** An object answers a structured request as data, and any other as its JSON; a string is read as JSON where a structure is asked for. */
function replyOf(answer: string | Record<string, unknown>, request: ModelRequest, id: string): ModelReply {
  const value = typeof answer === 'string' && request.schema ? parsed(answer) : answer;
  const data = request.schema && typeof value === 'object' && value !== null ? value : undefined;
  const written = typeof answer === 'string' ? answer : JSON.stringify(answer);
  return {
    kind: 'reply',
    text: data === undefined ? written : '',
    ...(data === undefined ? {} : { data }),
    stop: 'end',
    usage: estimateUsage(request, written),
    costUsd: 0,
    model: id,
  };
}

function neutralAnswer(request: ModelRequest): Record<string, unknown> | null {
  if (request.purpose === 'plan')
    return { approach: '', steps: [{ title: 'Write the program', instructions: '', checks: [] }] };
  if (request.purpose === 'diagnose') return { text: firstLineOfFailure(request.turn) };
  if (request.purpose === 'lesson') return { lesson: null };
  return null;
}

/** The first line with text between `<failure>` and `</failure>`; `unknown` without one. */
function firstLineOfFailure(turn: string): string {
  const start = turn.indexOf('<failure>');
  if (start < 0) return 'unknown';
  const end = turn.indexOf('</failure>', start);
  const report = turn.slice(start + '<failure>'.length, end < 0 ? undefined : end);
  const line = report.split('\n').find((one) => one.trim() !== '');
  return line?.trim() ?? 'unknown';
}

function failureOfRule(fail: z.infer<typeof failing>, id: string, source: string): ModelFailure {
  const context = { service: id, where: source, model: id, keyVariable: 'the script' };
  const body = { type: fail.type ?? '', message: fail.message ?? '' };
  return failureOfStatus(fail.status, body, context, fail.retryAfterMs);
}

function noScript(text: string, source: string): ModelFailure {
  const message = `No rule of ${source} answers this code request: the script has a hole. The request ends with:\n${text.slice(-400)}`;
  return { kind: 'failure', failure: 'no-script', message };
}
