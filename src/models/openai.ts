import type { ClientOptions, OpenAI } from 'openai';
import type { Usage } from '../core/domain.ts';
import type { ModelFailure, ModelPart, ModelProvider, ModelReply, ModelRequest } from '../core/seams.ts';
import type { Stream } from '../core/stream.ts';
import { type FailureContext, failureOf, failureOfError } from './failure.ts';
import { adapt, type Dialect, messagesOf, startDialect, toolsOf } from './openai-dialect.ts';
import { costOf, priceOf } from './price.ts';
import { estimateUsage, noUsage, parsed, tokens } from './usage.ts';
import { failureOfContent, failureOfStop, type ReplyWatch, watchReply } from './watch.ts';

export interface OpenAIOptions {
  /** As the user names it: `ollama/qwen3`, `http://host/v1#id`; a part before the `/` names the service in messages. */
  id: string;
  /** The id as the server knows it. */
  model: string;
  /** With its `/v1`. */
  baseURL: string;
  /** Absent for servers that ask for none. */
  apiKey?: string | undefined;
  /** The variable the key came from, for messages. */
  keyVariable?: string | undefined;
  /** Milliseconds without a byte before a call ends in `timeout`. */
  idleMs: number;
  totalMs?: number | undefined;
  /** True for a model that runs on the user's own machine: it costs 0. */
  free: boolean;
}

/**
 * Any OpenAI-compatible chat endpoint, streaming, one reply a call: retries are `steady`'s. What a server does not take (tools, a tool
 * choice, stream options, the name of the token limit) is left out after its first complaint, for this provider's lifetime. Failures are
 * values, as the seam says. Prices are known only at api.openai.com.
 */
export function openaiModel(options: OpenAIOptions): ModelProvider {
  const context: FailureContext = {
    service: /^https?:/.test(options.id) ? 'the server' : options.id.split('/')[0] || 'the server',
    where: options.baseURL,
    model: options.model,
    keyVariable: options.keyVariable ?? 'OPENAI_API_KEY',
    apiKey: options.apiKey,
  };
  const dialect = startDialect(isOpenAI(options.baseURL));
  return {
    id: options.id,
    priced: options.free || (isOpenAI(options.baseURL) && priceOf(options.model) !== null),
    reply: (request, signal) => reply(request, signal, options, context, dialect),
  };
}

function isOpenAI(baseURL: string): boolean {
  return URL.canParse(baseURL) && new URL(baseURL).hostname === 'api.openai.com';
}

async function* reply(
  request: ModelRequest,
  signal: AbortSignal,
  options: OpenAIOptions,
  context: FailureContext,
  dialect: Dialect,
): Stream<ModelPart, ModelReply | ModelFailure> {
  signal.throwIfAborted();
  if (isOpenAI(options.baseURL) && (options.apiKey ?? '').trim() === '') {
    const message = `There is no key for OpenAI. Set ${context.keyVariable} in .env or in the environment, or choose another model with --model.`;
    return { kind: 'failure', failure: 'authentication', message };
  }
  // Loaded before the clocks start: it takes a while the first time.
  const { OpenAI: Client } = await import('openai');
  const watch = watchReply(signal, options);
  const reading = startReading(options.model);
  try {
    const client = new Client(clientOptions(options, watch));
    const chunks = await opened(client, request, options.model, dialect, watch);
    for await (const chunk of chunks) {
      const text = takeChunk(reading, chunk);
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
    return spent(failure, reading, request, options);
  } finally {
    watch.close();
  }
}

function clientOptions(options: OpenAIOptions, watch: ReplyWatch): ClientOptions {
  const keyless = (options.apiKey ?? '').trim() === '';
  return {
    apiKey: keyless ? 'none' : (options.apiKey ?? ''),
    baseURL: options.baseURL,
    // The account's names belong to OpenAI alone, whatever the environment says.
    ...(isOpenAI(options.baseURL) ? {} : { organization: null, project: null }),
    ...(keyless ? { defaultHeaders: { Authorization: null } } : {}),
    fetch: watch.fetch,
    maxRetries: 0,
    timeout: Math.min(options.idleMs + 60_000, 2 ** 31 - 1),
    logLevel: 'off',
  };
}

/** Opens the stream; asks again in a plainer way while the server complains of something that can be left out. */
async function opened(
  client: OpenAI,
  request: ModelRequest,
  model: string,
  dialect: Dialect,
  watch: ReplyWatch,
): Promise<AsyncIterable<OpenAI.ChatCompletionChunk>> {
  for (;;) {
    try {
      return await client.chat.completions.create(
        {
          model,
          stream: true,
          messages: messagesOf(request, dialect),
          ...(dialect.usage ? { stream_options: { include_usage: true } } : {}),
          [dialect.limit]: request.maxTokens,
          ...toolsOf(request, dialect),
        },
        { signal: watch.signal },
      );
    } catch (error) {
      if (!adapt(dialect, request, error)) throw error;
    }
  }
}

interface Reading {
  started: boolean;
  model: string;
  text: string;
  refusal: string;
  calls: Map<number, { name: string; json: string }>;
  finish: string | null;
  usage: Usage | null;
}

function startReading(model: string): Reading {
  return {
    ...{ started: false, model, text: '', refusal: '', calls: new Map() },
    ...{ finish: null, usage: null },
  };
}

/** Takes one chunk in; returns the text it adds, or ''. */
function takeChunk(reading: Reading, chunk: OpenAI.ChatCompletionChunk): string {
  reading.started = true;
  if (typeof chunk.model === 'string' && chunk.model !== '') reading.model = chunk.model;
  reading.usage = usageOf(chunk.usage) ?? reading.usage;
  const choice = chunk.choices?.[0];
  if (!choice) return '';
  reading.finish = choice.finish_reason ?? reading.finish;
  for (const [at, part] of (choice.delta?.tool_calls ?? []).entries()) {
    const index = part.index ?? at;
    const call = reading.calls.get(index) ?? { name: '', json: '' };
    call.name += part.function?.name ?? '';
    const fragment: unknown = part.function?.arguments ?? '';
    call.json += typeof fragment === 'string' ? fragment : JSON.stringify(fragment);
    reading.calls.set(index, call);
  }
  reading.refusal += choice.delta?.refusal ?? '';
  const text: unknown = choice.delta?.content;
  if (typeof text !== 'string') return '';
  reading.text += text;
  return text;
}

/** Cached tokens are counted apart from the input, as the domain has it; null when the server sent no usage. */
function usageOf(seen: OpenAI.CompletionUsage | null | undefined): Usage | null {
  const prompt = tokens(seen?.prompt_tokens);
  if (prompt === undefined) return null;
  const cacheReadTokens = Math.min(prompt, tokens(seen?.prompt_tokens_details?.cached_tokens) ?? 0);
  const written = tokens(seen?.prompt_tokens_details?.cache_write_tokens) ?? 0;
  const cacheWriteTokens = Math.min(prompt - cacheReadTokens, written);
  return {
    ...noUsage,
    inputTokens: prompt - cacheReadTokens - cacheWriteTokens,
    outputTokens: tokens(seen?.completion_tokens) ?? 0,
    cacheReadTokens,
    cacheWriteTokens,
  };
}

function endOf(
  reading: Reading,
  request: ModelRequest,
  watch: ReplyWatch,
  options: OpenAIOptions,
  context: FailureContext,
): ModelReply | ModelFailure {
  const fail = (failure: ModelFailure) => spent(failure, reading, request, options);
  if (reading.finish === null) {
    const stopped = failureOfStop(watch, options, context);
    const foreign = reading.started ? null : failureOfContent(watch, context);
    return fail(stopped ?? foreign ?? failureOf('cut', '', context));
  }
  if (reading.finish === 'content_filter') return fail(failureOf('refusal', 'content filter', context));
  if (reading.finish === 'error') return fail(failureOf('server', 'its model failed midway', context));
  if (reading.refusal !== '' && reading.text === '')
    return fail(failureOf('refusal', reading.refusal, context));
  const data = request.schema ? dataOf(reading, request.schema.name) : undefined;
  const { usage, costUsd } = chargeOf(reading, request, options);
  return {
    kind: 'reply',
    text: reading.text,
    ...(data === undefined ? {} : { data }),
    stop: reading.finish === 'length' ? 'max-tokens' : 'end',
    usage,
    costUsd,
    model: reading.model,
  };
}

/** The arguments of the first whole call of the tool. */
function dataOf(reading: Reading, name: string): unknown {
  for (const call of reading.calls.values()) {
    const data = call.name === name ? parsed(call.json) : undefined;
    if (data !== undefined) return data;
  }
  return undefined;
}

function spent(
  failure: ModelFailure,
  reading: Reading,
  request: ModelRequest,
  options: OpenAIOptions,
): ModelFailure {
  return reading.started ? { ...failure, ...chargeOf(reading, request, options) } : failure;
}

/** The server's counts, or an estimate where it sent none. */
function chargeOf(
  reading: Reading,
  request: ModelRequest,
  options: OpenAIOptions,
): { usage: Usage; costUsd: number | null } {
  const written = reading.text + [...reading.calls.values()].map((call) => call.json).join('');
  const usage = reading.usage ?? estimateUsage(request, written);
  if (options.free) return { usage, costUsd: 0 };
  const priced = isOpenAI(options.baseURL);
  return { usage, costUsd: priced ? (costOf(reading.model, usage) ?? costOf(options.model, usage)) : null };
}
