import { describe, expect, it } from 'vitest';
import type { EventBody, SessionEvent } from '../../src/core/events.ts';
import type { ModelFailure, ModelReply } from '../../src/core/seams.ts';
import { cassetteModel } from '../../src/models/cassette.ts';
import { ask, codeRequest, failed, planRequest, replied } from './requests.ts';

const reply: ModelReply = {
  ...{
    kind: 'reply',
    text: 'line one\nline two\n\nend',
    stop: 'end',
    costUsd: 0.25,
    model: 'claude-sonnet-5-5',
  },
  usage: { inputTokens: 1, outputTokens: 2, cacheReadTokens: 3, cacheWriteTokens: 4 },
};
const busy: ModelFailure = { kind: 'failure', failure: 'overloaded', message: 'Overloaded.', status: 529 };

function recorded(...bodies: EventBody[]): SessionEvent[] {
  return bodies.map((body, at) => ({ ...body, seq: at + 1, at: '2026-11-01T00:00:00.000Z' }));
}

const resumed: EventBody = { type: 'session.resumed', after: 2, version: '0', model: 'x' };
const asked = (call: number, request = codeRequest): EventBody => ({ type: 'model.asked', call, request });

describe('cassetteModel', () => {
  it('answers the k-th call with the k-th recorded one, retries included, without waiting', async () => {
    const events = recorded(
      asked(1, planRequest),
      { type: 'model.replied', call: 1, reply: { ...reply, text: '', data: { steps: [] } } },
      asked(2),
      { type: 'model.delta', call: 2, text: 'void' },
      { type: 'model.retried', call: 2, retry: 1, waitMs: 3_600_000, failure: busy },
      { type: 'model.replied', call: 2, reply },
      asked(3),
      { type: 'model.failed', call: 3, failure: busy },
    );
    const model = cassetteModel({ id: 'cassette:x.jsonl', events });
    expect(replied(await ask(model, planRequest)).data).toEqual({ steps: [] });
    const second = await ask(model, codeRequest);
    expect(second.result).toEqual(reply);
    expect(second.parts).toEqual([
      { kind: 'retry', retry: 1, waitMs: 3_600_000, failure: busy },
      ...['line one\n', 'line two\n', '\n', 'end'].map((text) => ({ kind: 'text', text })),
    ]);
    expect((await ask(model, codeRequest)).result).toEqual(busy);
    expect(model.priced).toBe(true);
  });

  it('names the call and both purposes when the session asks for something else', async () => {
    const events = recorded(asked(1), { type: 'model.replied', call: 1, reply });
    const failure = failed(await ask(cassetteModel({ id: 'cassette:x', events }), planRequest));
    expect(failure.failure).toBe('no-script');
    expect(failure.message).toMatch(/call 1 was recorded for code and is now asked for plan/);
  });

  it('says so when its calls are used up, a call that was cut off included', async () => {
    const events = recorded(asked(1), { type: 'model.replied', call: 1, reply }, asked(2));
    const model = cassetteModel({ id: 'cassette:x', events });
    replied(await ask(model, codeRequest));
    const failure = failed(await ask(model, codeRequest));
    expect(failure.failure).toBe('no-script');
    expect(failure.message).toMatch(/call 2, for code, has no recorded answer; 1 calls were answered/);
    expect(failed(await ask(model, codeRequest)).message).toMatch(/call 3/);
  });

  it('passes over a call that was cut off and asked again after a resume', async () => {
    const events = recorded(asked(1), resumed, asked(1), { type: 'model.replied', call: 1, reply });
    expect((await ask(cassetteModel({ id: 'cassette:x', events }), codeRequest)).result).toEqual(reply);
  });

  it('goes on behind the calls that were answered before', async () => {
    const events = recorded(
      asked(1),
      { type: 'model.replied', call: 1, reply: { ...reply, text: 'first' } },
      asked(2),
      { type: 'model.replied', call: 2, reply: { ...reply, text: 'second' } },
    );
    const model = cassetteModel({ id: 'cassette:x', events, answered: 1 });
    expect(replied(await ask(model, codeRequest)).text).toBe('second');
  });

  it('throws the reason of a signal that has aborted', async () => {
    const model = cassetteModel({ id: 'cassette:x', events: recorded(asked(1)) });
    await expect(ask(model, codeRequest, AbortSignal.abort('gone'))).rejects.toBe('gone');
  });
});
