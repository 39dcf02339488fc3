import type { Anthropic, ClientOptions } from '@anthropic-ai/sdk';
import type { Usage } from '../core/domain.ts';
import type { ModelFailure, ModelPart, ModelProvider, ModelReply, ModelRequest } from '../core/seams.ts';
import type { Stream } from '../core/stream.ts';
import { type FailureContext, failureOf, failureOfError } from './failure.ts';
import { costOf, priceOf } from './price.ts';
import { estimateTokens, noUsage, parsed, tokens } from './usage.ts';
import { failureOfContent, failureOfStop, type ReplyWatch, watchReply } from './watch.ts';

export interface AnthropicOptions {
  /** The id as the API knows it: `claude-sonnet-5-5`. */
  model: string;
  /** Empty: every call ends in `authentication`, before anything is sent. */
  apiKey: string;
  /** Absent: the SDK's own default, ANTHROPIC_BASE_URL included. */
  baseURL?: string | undefined;
  /** Milliseconds without a byte before a call ends in `timeout`. */
  idleMs: number;
  /** Milliseconds a whole reply may take; absent is no limit. */
  totalMs?: number | undefined;
}

/**
 * Claude through the official SDK, streaming, one HTTP request a call: retries are `steady`'s. Failures are values, as the seam says.
 * `system` and `task` are marked for the prompt cache when they are long enough for it. Thinking is read and not shown.
 */
export function anthropicModel(options: AnthropicOptions): ModelProvider {
  const context: FailureContext = {
    service: 'Anthropic',
    where: options.baseURL ?? 'https://api.anthropic.com',
    model: options.model,
    keyVariable: 'ANTHROPIC_API_KEY',
    apiKey: options.apiKey,
  };
  return {
    id: `anthropic/${options.model}`,
    priced: priceOf(options.model) !== null,
    reply: (request, signal) => reply(request, signal, options, context),
  };
}

async function* reply(
  request: ModelRequest,
  signal: AbortSignal,
  options: AnthropicOptions,
  configured: FailureContext,
): Stream<ModelPart, ModelReply | ModelFailure> {
  signal.throwIfAborted();
  if (options.apiKey.trim() === '') {
    const message =
      'There is no key for Anthropic. Set ANTHROPIC_API_KEY in .env or in the environment, or choose another model with --model.';
    return { kind: 'failure', failure: 'authentication', message };
  }
  // Loaded before the clocks start: it takes a while the first time.
  const { Anthropic: Client } = await import('@anthropic-ai/sdk');
  const watch = watchReply(signal, options);
  const reading = startReading(options.model);
  let context = configured;
  try {
    const client = new Client(clientOptions(options, watch));
    context = { ...configured, where: client.baseURL };
    const events = await client.messages.create(bodyOf(request, options.model), { signal: watch.signal });
    for await (const event of events) {
      const text = takeEvent(reading, event);
      if (text === '') continue;
      watch.rest();
      yield { kind: 'text', text };
      watch.wake();
    }
    signal.throwIfAborted();
    return endOf(reading, request, watch, options, context);
  } catch (error) {
    signal.throwIfAborted();
    const failure =
      failureOfStop(watch, options, context) ??
      failureOfError(error, context, { started: reading.started, now: Date.now() });
    return spent(failure, reading);
  } finally {
    watch.close();
  }
}

function clientOptions(options: AnthropicOptions, watch: ReplyWatch): ClientOptions {
  return {
    apiKey: options.apiKey,
    ...(options.baseURL === undefined ? {} : { baseURL: options.baseURL }),
    fetch: watch.fetch,
    maxRetries: 0,
    // The watch is stricter; the SDK's own clock must not come first.
    timeout: Math.min(options.idleMs + 60_000, 2 ** 31 - 1),
    logLevel: 'off',
  };
}

/** Characters that can hold the 1,024 tokens which the cache of prompts takes at least; below, a mark does nothing. */
const leastCached = 2_500;

/** Current models reject a forced tool, sampling parameters and a started answer; so the turn asks for the tool in words. Empty blocks are rejected too. */
function bodyOf(request: ModelRequest, model: string): Anthropic.MessageCreateParamsStreaming {
  const { schema } = request;
  const stable = request.system.length + request.task.length;
  const cached = stable < leastCached ? {} : ({ cache_control: { type: 'ephemeral' } } as const);
  const asked = schema
    ? `${request.turn}\n\nAnswer only with one call of the tool ${schema.name}.`
    : request.turn;
  const content: Anthropic.TextBlockParam[] = [];
  if (request.task.trim() !== '') content.push({ type: 'text', text: request.task, ...cached });
  if (asked.trim() !== '') content.push({ type: 'text', text: asked });
  return {
    model,
    max_tokens: request.maxTokens,
    stream: true,
    ...(request.system.trim() === '' ? {} : { system: [{ type: 'text', text: request.system, ...cached }] }),
    messages: [{ role: 'user', content }],
    ...(schema
      ? {
          tools: [
            {
              name: schema.name,
              description: schema.description,
              input_schema: { ...schema.schema, type: 'object' as const },
            },
          ],
          tool_choice: { type: 'auto' as const, disable_parallel_tool_use: true },
        }
      : {}),
  };
}

interface Reading {
  started: boolean;
  ended: boolean;
  asked: string;
  model: string;
  text: string;
  /** Tool calls by block index, their JSON as it comes. */
  calls: Map<number, { name: string; input: unknown; json: string }>;
  stop: Anthropic.StopReason | null;
  stopDetails: Anthropic.RefusalStopDetails | null;
  usage: Usage;
}

function startReading(model: string): Reading {
  return {
    ...{ started: false, ended: false, asked: model, model, text: '', calls: new Map() },
    ...{ stop: null, stopDetails: null, usage: { ...noUsage } },
  };
}

/** Takes one event in; returns the text it adds, or ''. Blocks and deltas that are not known are passed over. */
function takeEvent(reading: Reading, event: Anthropic.RawMessageStreamEvent): string {
  reading.started = true;
  let text = '';
  if (event.type === 'message_start') {
    reading.model = event.message.model;
    takeUsage(reading.usage, event.message.usage);
  } else if (event.type === 'content_block_start') {
    const block = event.content_block;
    if (block.type === 'tool_use')
      reading.calls.set(event.index, { name: block.name, input: block.input, json: '' });
    if (block.type === 'text') text = block.text;
  } else if (event.type === 'content_block_delta') {
    if (event.delta.type === 'text_delta') text = event.delta.text;
    const call = reading.calls.get(event.index);
    if (call && event.delta.type === 'input_json_delta') call.json += event.delta.partial_json;
  } else if (event.type === 'message_delta') {
    reading.stop = event.delta.stop_reason ?? reading.stop;
    reading.stopDetails = event.delta.stop_details ?? null;
    takeUsage(reading.usage, event.usage);
  } else if (event.type === 'message_stop') {
    reading.ended = true;
  }
  if (typeof text !== 'string') return '';
  reading.text += text;
  return text;
}

/** Counts are cumulative: the last one that is a number holds. */
function takeUsage(usage: Usage, seen: Partial<Anthropic.MessageDeltaUsage> | null | undefined): void {
  usage.inputTokens = tokens(seen?.input_tokens) ?? usage.inputTokens;
  usage.outputTokens = tokens(seen?.output_tokens) ?? usage.outputTokens;
  usage.cacheReadTokens = tokens(seen?.cache_read_input_tokens) ?? usage.cacheReadTokens;
  usage.cacheWriteTokens = tokens(seen?.cache_creation_input_tokens) ?? usage.cacheWriteTokens;
}

function endOf(
  reading: Reading,
  request: ModelRequest,
  watch: ReplyWatch,
  options: AnthropicOptions,
  context: FailureContext,
): ModelReply | ModelFailure {
  if (!reading.ended) {
    const stopped = failureOfStop(watch, options, context);
    const foreign = reading.started ? null : failureOfContent(watch, context);
    return spent(stopped ?? foreign ?? failureOf('cut', '', context), reading);
  }
  if (reading.stop === 'refusal') {
    const { category, explanation } = reading.stopDetails ?? {};
    return spent(failureOf('refusal', [category, explanation].filter(Boolean).join(', '), context), reading);
  }
  if (reading.stop === 'model_context_window_exceeded')
    return spent(
      failureOf('too-large', 'prompt and reply together passed its context window', context),
      reading,
    );
  const data = request.schema ? dataOf(reading, request.schema.name) : undefined;
  return {
    kind: 'reply',
    text: reading.text,
    ...(data === undefined ? {} : { data }),
    stop: reading.stop === 'max_tokens' ? 'max-tokens' : 'end',
    usage: reading.usage,
    costUsd: costOfReading(reading),
    model: reading.model,
  };
}

/** The input of the first whole call of the tool. JSON that was cut is no call. */
function dataOf(reading: Reading, name: string): unknown {
  for (const call of reading.calls.values()) {
    if (call.name !== name) continue;
    const data = call.json === '' && reading.stop !== 'max_tokens' ? call.input : parsed(call.json);
    if (data !== undefined) return data;
  }
  return undefined;
}

/** What a failed call cost all the same: the provider charges for what it had written. */
function spent(failure: ModelFailure, reading: Reading): ModelFailure {
  if (!reading.started) return failure;
  const written = reading.text + [...reading.calls.values()].map((call) => call.json).join('');
  reading.usage.outputTokens = Math.max(reading.usage.outputTokens, estimateTokens(written));
  return { ...failure, usage: reading.usage, costUsd: costOfReading(reading) };
}

/** The answering id may be one the table lacks (a dated one, a gateway's name): the asked one then has the price. */
function costOfReading(reading: Reading): number | null {
  return costOf(reading.model, reading.usage) ?? costOf(reading.asked, reading.usage);
}
