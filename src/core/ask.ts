import { historyBudget } from './brief.ts';
import type { Task } from './domain.ts';
import type { EventBody } from './events.ts';
import { allowance, type Ledger, type Stop, spend } from './limits.ts';
import type { ModelFailure, ModelReply, ModelRequest, Toolkit } from './seams.ts';
import { mapParts, type Stream } from './stream.ts';

/** What every part of the loop is given. */
export interface Context {
  session: string;
  task: Task;
  toolkit: Toolkit;
  signal: AbortSignal;
  ledger: Ledger;
  memory: boolean;
  /** What somebody allowed for the rest of the session: a set of rules and capabilities each. */
  remembered: ReadonlySet<string>[];
}

/**
 * One question to the model: within the budgets, on the record. `build` makes the request with a budget of characters for its history;
 * a request that is too large is made again with half of it, twice at the most. Ends in a reply, or in the reason to stop.
 */
export async function* ask(
  context: Context,
  build: (historyCharacters: number) => ModelRequest,
): Stream<EventBody, ModelReply | Stop> {
  const { ledger, task, toolkit, signal } = context;
  for (let characters = historyBudget, halvings = 0; ; characters /= 2, halvings += 1) {
    const request = build(characters);
    const size = request.system.length + request.task.length + request.turn.length;
    const allowed = allowance(ledger, task.budgets, size, request.maxTokens);
    if (typeof allowed !== 'number') return allowed;
    const answer = yield* call(context, { ...request, maxTokens: allowed });
    signal.throwIfAborted();
    spend(ledger, answer.usage, answer.costUsd);
    if (answer.kind === 'reply') return answer;
    if (answer.failure !== 'too-large' || halvings === 2) return stopFor(answer, toolkit.model.id);
  }
}

async function* call(context: Context, request: ModelRequest): Stream<EventBody, ModelReply | ModelFailure> {
  const { toolkit, signal } = context;
  const number = context.ledger.calls + 1;
  yield { type: 'model.asked', call: number, request };
  const answer = yield* mapParts(
    toolkit.model.reply(request, signal),
    (part): EventBody =>
      part.kind === 'text'
        ? { type: 'model.delta', call: number, text: part.text }
        : {
            type: 'model.retried',
            call: number,
            retry: part.retry,
            waitMs: part.waitMs,
            failure: part.failure,
          },
  );
  if (answer.kind === 'reply') yield { type: 'model.replied', call: number, reply: answer };
  else yield { type: 'model.failed', call: number, failure: answer };
  return answer;
}

function stopFor(failure: ModelFailure, model: string): Stop {
  switch (failure.failure) {
    case 'authentication':
    case 'unknown-goal':
      return { ending: 'authentication', why: failure.message };
    case 'refusal':
      return { ending: 'refused', why: failure.message };
    default:
      return { ending: 'model-failed', why: `${model}: ${failure.message}` };
  }
}
