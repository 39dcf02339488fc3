import type { Usage } from '../core/domain.ts';
import type {
  FailureKind,
  ModelFailure,
  ModelPart,
  ModelProvider,
  ModelReply,
  ModelRequest,
} from '../core/seams.ts';
import type { Stream } from '../core/stream.ts';
import { continuationOf, seamWindow } from './seam.ts';
import { addCost, addUsage, noUsage } from './usage.ts';

export interface SteadyOptions {
  /** How often one call is made again after a failure that may pass. */
  retries: number;
  /** Milliseconds before the first retry; each further one waits twice as long, give or take. */
  baseMs: number;
  /** The longest wait in milliseconds. A server that asks for longer ends the call at once. */
  maxWaitMs: number;
  /** How often a reply that stopped at its token limit is gone on with. */
  maxContinuations: number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts. */
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** 0 to 1, for the jitter. */
  random: () => number;
}

const passing: ReadonlySet<FailureKind> = new Set([
  'rate-limit',
  'overloaded',
  'server',
  'timeout',
  'network',
  'cut',
]);

/** How often a reply that was cut before it said anything usable is asked for again, with twice the tokens each time. */
const maxDoublings = 2;

/**
 * The same model, with failures that may pass tried again and cut replies completed. Every retry is a part. What all calls together cost,
 * failed ones included, is in the result.
 */
export function steady(provider: ModelProvider, options: SteadyOptions): ModelProvider {
  return {
    id: provider.id,
    priced: provider.priced,
    reply: (request, signal) => whole(provider, options, request, signal),
  };
}

/** `sleep` for SteadyOptions. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const wake = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', wake);
      resolve();
    }, ms);
    if (signal.aborted) wake();
    else signal.addEventListener('abort', wake, { once: true });
  });
}

interface Spending {
  usage: Usage;
  costUsd: number | null;
  /** False while no call has reported usage. */
  any: boolean;
}

async function* whole(
  provider: ModelProvider,
  options: SteadyOptions,
  request: ModelRequest,
  signal: AbortSignal,
): Stream<ModelPart, ModelReply | ModelFailure> {
  const spending: Spending = { usage: noUsage, costUsd: 0, any: false };
  const first = yield* tried(provider, options, request, signal, spending);
  let reply: ModelReply | ModelFailure = first;
  if (isCut(reply) && (request.schema || reply.text.trim() === ''))
    reply = yield* doubled(provider, options, request, signal, spending, reply);
  if (isCut(reply) && !request.schema && reply.text.trim() !== '')
    reply = yield* continued(provider, options, request, signal, spending, reply);
  return withSpending(reply, spending);
}

function isCut(result: ModelReply | ModelFailure): result is ModelReply {
  return result.kind === 'reply' && result.stop === 'max-tokens' && result.data === undefined;
}

/** A tool call that was cut cannot be gone on with, nor a reply that was all thinking: it is asked for again with more room. */
async function* doubled(
  provider: ModelProvider,
  options: SteadyOptions,
  request: ModelRequest,
  signal: AbortSignal,
  spending: Spending,
  cut: ModelReply,
): Stream<ModelPart, ModelReply | ModelFailure> {
  let best = cut;
  for (let doubling = 1; doubling <= maxDoublings; doubling += 1) {
    const roomier = { ...request, maxTokens: request.maxTokens * 2 ** doubling };
    const result = yield* tried(provider, options, roomier, signal, spending);
    // More than the model can write at once: what came before stands.
    if (result.kind === 'failure') return result.failure === 'bad-request' ? best : result;
    best = result;
    if (!isCut(result) || (!request.schema && result.text.trim() !== '')) break;
  }
  return best;
}

/** Goes on where the text stopped, until it ends or there were enough continuations. */
async function* continued(
  provider: ModelProvider,
  options: SteadyOptions,
  request: ModelRequest,
  signal: AbortSignal,
  spending: Spending,
  cut: ModelReply,
): Stream<ModelPart, ModelReply | ModelFailure> {
  let { text, stop } = cut;
  for (let count = 0; count < options.maxContinuations && stop === 'max-tokens'; count += 1) {
    const asked = { ...request, turn: continueTurn(request.turn, text) };
    const source = tried(provider, options, asked, signal, spending);
    const next = yield* seamed(source, text);
    if (next.kind === 'failure') {
      // Nothing more can come, but what came is a reply.
      if (next.failure === 'too-large' || next.failure === 'refusal') break;
      return next;
    }
    text += continuationOf(text, next.text);
    stop = next.stop;
  }
  return { ...cut, text, stop };
}

function continueTurn(turn: string, text: string): string {
  return `${turn}\n\nYour answer so far, cut off at the length limit:\n<partial>\n${text}\n</partial>\nContinue exactly where it stopped: repeat nothing, explain nothing, open no code block again, and finish the answer.`;
}

/** The parts of a continuation, its start held back until it can be joined. After a retry the text before it is shown again. */
async function* seamed(
  source: Stream<ModelPart, ModelReply | ModelFailure>,
  soFar: string,
): Stream<ModelPart, ModelReply | ModelFailure> {
  let held: string | null = '';
  let finished = false;
  try {
    for (;;) {
      const step = await source.next();
      if (step.done) {
        finished = true;
        const rest = held === null ? '' : continuationOf(soFar, held);
        if (rest !== '') yield { kind: 'text', text: rest };
        return step.value;
      }
      const part = step.value;
      if (part.kind === 'retry') {
        held = '';
        yield part;
        yield { kind: 'text', text: soFar };
      } else if (held === null) {
        yield part;
      } else {
        held += part.text;
        if (held.length < seamWindow) continue;
        const fresh = continuationOf(soFar, held);
        held = null;
        if (fresh !== '') yield { kind: 'text', text: fresh };
      }
    }
  } finally {
    if (!finished) await source.return(undefined as never);
  }
}

/** One call, made again while its failure may pass. */
async function* tried(
  provider: ModelProvider,
  options: SteadyOptions,
  request: ModelRequest,
  signal: AbortSignal,
  spending: Spending,
): Stream<ModelPart, ModelReply | ModelFailure> {
  for (let retry = 1; ; retry += 1) {
    const result = yield* provider.reply(request, signal);
    spend(spending, result);
    if (result.kind === 'reply' || !passing.has(result.failure)) return result;
    const asked = result.retryAfterMs;
    if (asked !== undefined && asked > options.maxWaitMs) {
      const longest = Math.round(options.maxWaitMs / 1000);
      return { ...result, message: `${result.message} That is longer than the ${longest} s this waits.` };
    }
    if (retry > options.retries)
      return retry === 1 ? result : { ...result, message: `${result.message} It was tried ${retry} times.` };
    const waitMs = Math.ceil(asked || backoff(retry, options));
    yield { kind: 'retry', failure: result, retry, waitMs };
    await options.sleep(waitMs, signal);
  }
}

/** Twice as long each time, between half and the whole of it by chance, so that many callers do not come back at once. */
function backoff(retry: number, { baseMs, maxWaitMs, random }: SteadyOptions): number {
  return Math.min(maxWaitMs, baseMs * 2 ** (retry - 1)) * (0.5 + random() / 2);
}

function spend(spending: Spending, result: ModelReply | ModelFailure): void {
  if (!result.usage) return;
  spending.any = true;
  spending.usage = addUsage(spending.usage, result.usage);
  spending.costUsd = addCost(spending.costUsd, result.costUsd ?? null);
}

function withSpending(
  result: ModelReply | ModelFailure,
  { usage, costUsd, any }: Spending,
): ModelReply | ModelFailure {
  return any ? { ...result, usage, costUsd } : result;
}
