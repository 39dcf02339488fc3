import type { EventOf, SessionEvent } from '../core/events.ts';
import type { ModelFailure, ModelPart, ModelProvider, ModelReply } from '../core/seams.ts';
import type { Stream } from '../core/stream.ts';

interface RecordedCall {
  asked: EventOf<'model.asked'>;
  retries: ModelPart[];
  answer: ModelReply | ModelFailure | null;
}

/**
 * A model that answers from a journal: its k-th call gets what the k-th recorded call got, retries included and without waiting. A call
 * for another purpose, or one more than were recorded, ends in `no-script`.
 */
export function cassetteModel({
  id,
  events,
  answered = 0,
}: {
  id: string;
  events: readonly SessionEvent[];
  /** How many calls of this session were answered before, for one that goes on. */
  answered?: number;
}): ModelProvider {
  const calls = recordedCalls(events);
  let next = answered;
  return {
    id,
    priced: calls.every(({ answer }) => answer?.kind !== 'reply' || answer.costUsd !== null),
    async *reply(request, signal): Stream<ModelPart, ModelReply | ModelFailure> {
      signal.throwIfAborted();
      next += 1;
      const call = calls[next - 1];
      if (!call?.answer) return noScript(next, calls, request.purpose, id);
      if (call.asked.request.purpose !== request.purpose) return noScript(next, calls, request.purpose, id);
      for (const part of call.retries) {
        yield part;
        signal.throwIfAborted();
      }
      if (call.answer.kind === 'reply') {
        for (const text of linesOf(call.answer.text)) {
          yield { kind: 'text', text };
          signal.throwIfAborted();
        }
      }
      return call.answer;
    },
  };
}

/** The calls in order. One that was cut off and asked again after a resume is left out; a last one without an answer stays, unanswered. */
function recordedCalls(events: readonly SessionEvent[]): RecordedCall[] {
  const calls: RecordedCall[] = [];
  for (const event of events) {
    const last = calls.at(-1);
    if (event.type === 'model.asked') {
      if (last && !last.answer) calls.pop();
      calls.push({ asked: event, retries: [], answer: null });
    } else if (event.type === 'model.retried') {
      const { failure, retry, waitMs } = event;
      last?.retries.push({ kind: 'retry', failure, retry, waitMs });
    } else if (last && event.type === 'model.replied') {
      last.answer = event.reply;
    } else if (last && event.type === 'model.failed') {
      last.answer = event.failure;
    }
  }
  return calls;
}

function noScript(number: number, calls: readonly RecordedCall[], purpose: string, id: string): ModelFailure {
  const call = calls[number - 1];
  const answered = calls.filter(({ answer }) => answer !== null).length;
  const message = call?.answer
    ? `${id}: call ${number} was recorded for ${call.asked.request.purpose} and is now asked for ${purpose}. The session has gone another way than the recorded one.`
    : `${id}: call ${number}, for ${purpose}, has no recorded answer; ${answered} calls were answered. The session has gone further than the recorded one.`;
  return { kind: 'failure', failure: 'no-script', message };
}

/** Lines with their ends, so that they join to the same text. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}
