import type { ModelFailure } from '../core/seams.ts';
import { type FailureContext, failureOf } from './failure.ts';

/** Bounds one reply in time and size, whatever the SDK does: it sees every byte that comes, keep-alives included. */

export interface ReplyLimits {
  /** Milliseconds without a byte, the first one included. */
  idleMs: number;
  /** Milliseconds for the whole reply; absent is no limit. */
  totalMs?: number | undefined;
  /** Past this many bytes a reply is not read further; absent: 64 MB. */
  mostBytes?: number | undefined;
}

export interface ReplyWatch {
  /** Aborts when the caller's signal does, when a limit is passed, and at `close`. */
  readonly signal: AbortSignal;
  /** `fetch` for the SDK: the same, with the bytes of the body counted. */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
  /** The limit that was passed, or null. */
  stopped(): 'idle' | 'total' | 'oversized' | null;
  /** The content type of the last answer, lower case; '' before there is one. */
  contentType(): string;
  /** Stops the idle clock while the reader, not the server, takes its time. */
  rest(): void;
  wake(): void;
  close(): void;
}

const defaultMostBytes = 64 * 1024 * 1024;

/** Starts the clocks of one reply. `close` must be called. */
export function watchReply(signal: AbortSignal, limits: ReplyLimits): ReplyWatch {
  const controller = new AbortController();
  let stopped: ReturnType<ReplyWatch['stopped']> = null;
  let contentType = '';
  const mostBytes = limits.mostBytes ?? defaultMostBytes;
  let bytes = 0;
  let resting = false;
  let closed = false;

  const stop = (why: NonNullable<typeof stopped>) => {
    stopped ??= why;
    controller.abort(new Error(`reply stopped: ${why}`));
  };
  const onAbort = () => controller.abort(signal.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });

  const onIdle = () => {
    if (!resting) stop('idle');
  };
  const idle = setTimeout(onIdle, limits.idleMs);
  const total = limits.totalMs === undefined ? undefined : setTimeout(() => stop('total'), limits.totalMs);

  // A cleared timer that is refreshed would keep the process alive.
  const alive = () => {
    if (!closed) idle.refresh();
  };
  const count = (chunk: Uint8Array) => {
    alive();
    bytes += chunk.byteLength;
    if (bytes > mostBytes) stop('oversized');
  };

  return {
    signal: controller.signal,
    async fetch(input, init) {
      const response = await fetch(input, init);
      alive();
      contentType = response.headers.get('content-type')?.toLowerCase() ?? '';
      if (!response.body) return response;
      const counted = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, out) {
          count(chunk);
          out.enqueue(chunk);
        },
      });
      return new Response(response.body.pipeThrough(counted), response);
    },
    stopped: () => stopped,
    contentType: () => contentType,
    rest() {
      resting = true;
    },
    wake() {
      resting = false;
      alive();
    },
    close() {
      closed = true;
      clearTimeout(idle);
      clearTimeout(total);
      signal.removeEventListener('abort', onAbort);
      controller.abort(new Error('reply closed'));
    },
  };
}

/** What to say of a reply that a limit ended; null when none did. */
export function failureOfStop(
  watch: ReplyWatch,
  limits: ReplyLimits,
  context: FailureContext,
): ModelFailure | null {
  const why = watch.stopped();
  if (why === null) return null;
  if (why === 'oversized') {
    const megabytes = (limits.mostBytes ?? defaultMostBytes) / 1024 / 1024;
    const message = `The reply of ${context.model} grew past ${megabytes} MB and was stopped. Choose another model with --model.`;
    return { kind: 'failure', failure: 'too-large', message };
  }
  const ms = why === 'idle' ? limits.idleMs : (limits.totalMs ?? 0);
  const what = why === 'idle' ? 'nothing came for' : 'the reply took longer than';
  return failureOf('timeout', `${what} ${ms / 1000} s`, context);
}

/** What to say of a stream without an event: usually a base URL that leads to something else. Null when the answer was an event stream. */
export function failureOfContent(watch: ReplyWatch, context: FailureContext): ModelFailure | null {
  const type = watch.contentType();
  if (type === '' || type.includes('event-stream')) return null;
  return failureOf(
    'bad-request',
    `it answered with ${type.split(';')[0]}, not with an event stream`,
    context,
  );
}
