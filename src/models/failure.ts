import type { FailureKind, ModelFailure } from '../core/seams.ts';

/** Turns what went wrong with a provider into a ModelFailure: one kind, one message that says what, where and what to do, and no key in it. */

export interface FailureContext {
  /** How the provider is called in messages: `Anthropic`, `ollama` … */
  service: string;
  /** The base URL; credentials and query are left out of messages. */
  where: string;
  model: string;
  /** The variable that holds the key. */
  keyVariable: string;
  /** Removed from every message. */
  apiKey?: string | undefined;
}

interface ErrorBody {
  type: string;
  code: string;
  message: string;
}

const creditText =
  /credit balance|insufficient (?:credit|fund|balance|quota)|out of credits?|billing|payment required|exceeded your (?:current )?quota|quota exceeded|usage limits?|spend(?:ing)? limit/i;
const creditCode =
  /^(?:insufficient_quota|billing_error|billing_hard_limit_reached|billing_not_active|credit_balance_too_low)$/;
const tooLargeText =
  /prompt is too long|context_length_exceeded|maximum context length|context (?:window|length|size)|input is too long|too many (?:input )?tokens|request_too_large/i;

/** The kind of a failed HTTP answer. */
export function kindOfStatus(status: number, body: ErrorBody): FailureKind {
  const text = `${body.type} ${body.code} ${body.message}`;
  const credit = creditCode.test(body.code) || creditCode.test(body.type);
  if (status === 402 || (credit && status >= 400)) return 'credit';
  if ((status === 400 || status === 403) && creditText.test(body.message)) return 'credit';
  if (status === 401 || status === 403) return 'authentication';
  if (status === 404) return 'model-not-found';
  if (status === 408) return 'timeout';
  if (status === 413) return 'too-large';
  if (status === 429) return 'rate-limit';
  if (status === 503 || status === 529) return 'overloaded';
  if (status >= 500) return 'server';
  if (status >= 400) return tooLargeText.test(text) ? 'too-large' : 'bad-request';
  return 'server';
}

/** A failure from an HTTP status and what the server said about it. `retryAfterMs` in milliseconds. */
export function failureOfStatus(
  status: number,
  body: Partial<ErrorBody>,
  context: FailureContext,
  retryAfterMs?: number,
): ModelFailure {
  const whole = { type: body.type ?? '', code: body.code ?? '', message: body.message ?? '' };
  const kind = kindOfStatus(status, whole);
  return failureOf(kind, whole.message || whole.type, context, {
    status,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

const statusOfType: Record<string, number> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  insufficient_quota: 429,
  permission_error: 403,
  not_found_error: 404,
  timeout_error: 408,
  request_too_large: 413,
  context_length_exceeded: 400,
  rate_limit_error: 429,
  rate_limit_exceeded: 429,
  api_error: 500,
  server_error: 500,
  overloaded_error: 529,
};

/**
 * A failure from whatever an SDK threw: an HTTP error, an `error` event inside a stream, or a socket's error.
 * `started`: some of the reply had come, so a socket that closes is a cut. `now`: milliseconds, for a `retry-after` that is a date.
 */
export function failureOfError(
  error: unknown,
  context: FailureContext,
  { started, now }: { started: boolean; now: number },
): ModelFailure {
  const body = bodyOf(error);
  const status = field(error, 'status');
  if (typeof status === 'number')
    return failureOfStatus(status, body, context, retryAfter(field(error, 'headers'), now));
  if (body.type !== '' || body.code !== '' || field(error, 'error') !== undefined) {
    const coded = Number(body.code);
    const named = statusOfType[body.type] ?? statusOfType[body.code];
    const known = coded >= 400 && coded < 600 ? coded : (named ?? 500);
    return failureOfStatus(known, body, context, retryAfter(field(error, 'headers'), now));
  }
  if (error instanceof SyntaxError) return failureOf('server', 'it sent an event that is not JSON', context);
  if (started && error instanceof TypeError && error.cause === undefined)
    return failureOf('server', 'it sent an event of an unknown shape', context);
  const socket = socketCode(error);
  if (/TIMEDOUT|_TIMEOUT$/.test(socket) || /timed out/i.test(messageOf(error)))
    return failureOf('timeout', socket || 'no answer in time', context);
  if (started) return failureOf('cut', socket, context);
  return failureOf('network', socket || messageOf(error), context);
}

/** One failure with its message. `detail`: what the other side said, or the socket's code; cleaned and shortened here. */
export function failureOf(
  kind: FailureKind,
  detail: string,
  context: FailureContext,
  extra: { status?: number; retryAfterMs?: number } = {},
): ModelFailure {
  const status = extra.status === undefined ? '' : ` (${extra.status})`;
  const said = clean(detail, context);
  const tail = said === '' ? '.' : `: ${said.replace(/[.\s]+$/, '')}.`;
  const { service, model, keyVariable } = context;
  const where = placeOf(context.where);
  const messages: Record<FailureKind, string> = {
    authentication: `${service} at ${where} did not accept the key${status}${tail} Check ${keyVariable}, and that its key may use ${model}.`,
    credit: `The account at ${service} has no credit or quota left${status}${tail} Add credit there, or choose another model with --model.`,
    'model-not-found': `${service} at ${where} does not know the model ${model}${status}${tail} Check the id given to --model; a local server must have pulled it.`,
    'bad-request': `${service} at ${where} rejected the request${status}${tail} Check the base URL, and that ${model} is a chat model.`,
    'too-large': `The request is too long for ${model}${status}${tail} Shorten the goal or its attachments, or choose a model with a larger context.`,
    'rate-limit': `${service} limits how often it may be asked${status}${tail}${asksToWait(extra.retryAfterMs)} Wait and try again.`,
    overloaded: `${service} is overloaded${status}${tail}${asksToWait(extra.retryAfterMs)} Try again later.`,
    server: `${service} at ${where} failed to answer${status}${tail} Try again later.`,
    timeout: `${service} at ${where} did not answer in time${status}${tail} Try again, or check the connection.`,
    network: `Cannot reach ${service} at ${where}${tail} Check the connection, the base URL, and that the server runs.`,
    cut: `The reply of ${model} was cut off before its end${tail} Try again.`,
    refusal: `${model} declined to answer${tail} Put the goal in other words.`,
    'no-script': said,
    'unknown-goal': said,
  };
  const message = messages[kind].replace(/^the server/, 'The server');
  return { kind: 'failure', failure: kind, message, ...extra };
}

function asksToWait(ms: number | undefined): string {
  return ms === undefined ? '' : ` It asks to wait ${Math.ceil(ms / 1000)} s.`;
}

/** `retry-after-ms`, or `retry-after` as seconds or as a date; undefined when the server asked for nothing readable. */
function retryAfter(headers: unknown, now: number): number | undefined {
  if (!(headers instanceof Headers)) return undefined;
  const ms = headers.get('retry-after-ms');
  if (ms !== null && Number(ms) >= 0) return Number(ms);
  const value = headers.get('retry-after');
  if (value === null || value.trim() === '') return undefined;
  const wait = Number.isNaN(Number(value)) ? Date.parse(value) - now : Number(value) * 1000;
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}

/** The innermost `{type, code, message}` of an SDK error: Anthropic wraps it in `error.error`, others send a bare string. */
function bodyOf(error: unknown): ErrorBody {
  let body = field(error, 'error');
  if (typeof field(body, 'error') === 'object' || typeof field(body, 'error') === 'string')
    body = field(body, 'error');
  const typed = field(error, 'type');
  const status = field(error, 'status');
  const fallback =
    typeof status === 'number' && body === undefined ? messageOf(error).replace(`${status} `, '') : '';
  return {
    type: asText(field(body, 'type')) || asText(typed),
    code: asText(field(body, 'code')),
    message: typeof body === 'string' ? body : asText(field(body, 'message')) || fallback,
  };
}

function socketCode(error: unknown): string {
  for (let at: unknown = error, depth = 0; at !== undefined && at !== null && depth < 6; depth += 1) {
    const code = field(at, 'code');
    if (typeof code === 'string' && code !== '') return code;
    const errors = field(at, 'errors');
    at = Array.isArray(errors) && errors.length > 0 ? errors[0] : field(at, 'cause');
  }
  return '';
}

const keyShapes = /\b(?:sk|pk|rk|gsk|xai)-[\w*.-]{6,}|\bBearer\s+\S+/g;

function clean(detail: string, context: FailureContext): string {
  const key = context.apiKey ?? '';
  const hidden = key.length >= 4 ? detail.split(key).join('[key]') : detail;
  const plain = hidden
    .replace(keyShapes, '[key]')
    .replace(/<[^>]*>/g, ' ')
    .replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .trim();
  return plain.length > 600 ? `${plain.slice(0, 600)}…` : plain;
}

function placeOf(where: string): string {
  return URL.canParse(where)
    ? `${new URL(where).origin}${new URL(where).pathname.replace(/\/$/, '')}`
    : where;
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
