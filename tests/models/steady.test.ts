import { afterEach, describe, expect, it } from 'vitest';
import { anthropicModel } from '../../src/models/anthropic.ts';
import { openaiModel } from '../../src/models/openai.ts';
import { pause, type SteadyOptions, steady } from '../../src/models/steady.ts';
import { type Answer, type ModelServer, startModelServer } from '../support/model-server.ts';
import { ask, codeRequest, failed, planRequest, replied } from './requests.ts';

let server: ModelServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** A model on a real server that gives these answers in turn, the last one for ever. `waits` collects what was slept. */
async function serve(answers: Answer[], changes: Partial<SteadyOptions> = {}, protocol = 'anthropic') {
  const started = await startModelServer({
    answer: (_request, index) => answers[index] ?? answers.at(-1) ?? {},
  });
  server = started;
  const waits: number[] = [];
  const options: SteadyOptions = {
    ...{ retries: 3, baseMs: 100, maxWaitMs: 30_000, maxContinuations: 3, random: () => 1 },
    sleep: async (ms, signal) => {
      waits.push(ms);
      await pause(0, signal);
    },
    ...changes,
  };
  const common = { model: 'claude-sonnet-5-5', apiKey: 'test-key', idleMs: 400 };
  const provider =
    protocol === 'anthropic'
      ? anthropicModel({ ...common, baseURL: started.url })
      : openaiModel({ ...common, id: 'local/x', baseURL: `${started.url}/v1`, free: true });
  return { model: steady(provider, options), waits, requests: started.requests };
}

const usage = { input: 100, output: 10 };
const status = (code: number, headers: Record<string, string> = {}): Answer => ({
  status: code,
  headers,
  body: { type: 'error', error: { type: 'x', message: 'x' } },
});

describe('steady', () => {
  it.each<[string, Answer]>([
    ['429', status(429)],
    ['500', status(500)],
    ['529', status(529)],
    ['408', status(408)],
    ['a cut stream', { text: 'half of a text', cutAfter: 4 }],
    ['a hang', { text: 'half of a text', hangAfter: 4 }],
    ['an error event', { text: 'x', sseError: { type: 'overloaded_error', message: 'x' } }],
  ])('tries again after %s, visibly, and then replies', async (_name, failure) => {
    const { model, waits, requests } = await serve([failure, failure, { text: 'print(120)' }]);
    const asked = await ask(model, codeRequest);
    expect(replied(asked).text).toBe('print(120)');
    expect(asked.shown).toBe('print(120)');
    const retries = asked.parts.filter((part) => part.kind === 'retry');
    expect(retries.map(({ retry, waitMs }) => [retry, waitMs])).toEqual([
      [1, 100],
      [2, 200],
    ]);
    expect(waits).toEqual([100, 200]);
    expect(requests).toHaveLength(3);
  });

  it.each<[string, Answer]>([
    ['authentication', status(401)],
    ['credit', status(402)],
    ['model-not-found', status(404)],
    ['bad-request', status(400)],
    ['too-large', status(413)],
    ['refusal', { text: '', stop: 'refusal' }],
  ])('does not try again after %s', async (kind, failure) => {
    const { model, waits, requests } = await serve([failure]);
    expect(failed(await ask(model, codeRequest)).failure).toBe(kind);
    expect(requests).toHaveLength(1);
    expect(waits).toEqual([]);
  });

  it('gives up after the retries and says how often it tried', async () => {
    const { model, waits, requests } = await serve([status(529)], { retries: 2, random: () => 0 });
    const failure = failed(await ask(model, codeRequest));
    expect(failure.failure).toBe('overloaded');
    expect(failure.message).toContain('tried 3 times');
    expect(requests).toHaveLength(3);
    expect(waits).toEqual([50, 100]);
  });

  it('waits as long as the server asks', async () => {
    const { model, waits } = await serve([status(429, { 'retry-after': '12' }), { text: 'x' }]);
    replied(await ask(model, codeRequest));
    expect(waits).toEqual([12_000]);
  });

  it('fails at once when the server asks for a longer wait than allowed', async () => {
    const { model, requests } = await serve([status(429, { 'retry-after': '3600' })]);
    const failure = failed(await ask(model, codeRequest));
    expect(failure.message).toMatch(/wait 3600 s\..*longer than the 30 s/);
    expect(requests).toHaveLength(1);
  });

  it('never waits longer than the limit by itself', async () => {
    const { model, waits } = await serve([status(500)], { retries: 6, maxWaitMs: 500 });
    failed(await ask(model, codeRequest));
    expect(waits).toEqual([100, 200, 400, 500, 500, 500]);
  });

  it('throws the reason when the signal aborts during a wait', async () => {
    const { model, requests } = await serve([status(529)], { baseMs: 60_000, sleep: pause });
    const controller = new AbortController();
    const stream = model.reply(codeRequest, controller.signal);
    const first = await stream.next();
    expect(first.value).toMatchObject({ kind: 'retry', waitMs: 30_000 });
    const next = stream.next();
    controller.abort('enough');
    await expect(next).rejects.toBe('enough');
    expect(requests).toHaveLength(1);
  });

  it('adds what failed tries cost', async () => {
    const cut: Answer = { text: 'half of a text', usage: { input: 1000, output: 50 }, cutAfter: 4 };
    const { model } = await serve([cut, { text: 'x', usage }]);
    const reply = replied(await ask(model, codeRequest));
    expect(reply.usage.inputTokens).toBe(1100);
    expect(reply.usage.outputTokens).toBeGreaterThan(10);
    expect(reply.costUsd).toBeCloseTo((1100 * 2 + reply.usage.outputTokens * 10) / 1e6, 10);
  });

  it('keeps what was spent when all tries fail', async () => {
    const cut: Answer = { text: 'half of a text', usage, cutAfter: 4 };
    const { model } = await serve([cut], { retries: 1 });
    expect(failed(await ask(model, codeRequest)).usage?.inputTokens).toBe(200);
  });
});

describe.each([
  ['anthropic', 'max_tokens'],
  ['openai', 'length'],
])('a reply cut at the token limit, over %s', (protocol, stop) => {
  it('is gone on with from where it stopped, until it ends', async () => {
    const { model, requests } = await serve(
      [
        { text: '```python path=a.py\nfor i in range(3):\n    pri', usage, stop },
        { text: 'nt(i)\nprint("mid', usage, stop },
        { text: 'dle")\n```\n', usage },
      ],
      {},
      protocol,
    );
    const asked = await ask(model, codeRequest);
    const whole = '```python path=a.py\nfor i in range(3):\n    print(i)\nprint("middle")\n```\n';
    expect(replied(asked)).toMatchObject({ text: whole, stop: 'end' });
    expect(replied(asked).usage).toMatchObject({ inputTokens: 300, outputTokens: 30 });
    expect(asked.shown).toBe(whole);
    expect(requests[2]?.text).toContain('    print(i)\nprint("mid\n</partial>');
    expect(requests[2]?.text).toContain('Continue exactly where it stopped');
  });

  it('keeps all text when there are too many continuations', async () => {
    const { model, requests } = await serve(
      [
        { text: 'one, ', stop },
        { text: 'two, ', stop },
        { text: 'three, ', stop },
      ],
      { maxContinuations: 2 },
      protocol,
    );
    expect(replied(await ask(model, codeRequest))).toMatchObject({
      text: 'one, two, three, ',
      stop: 'max-tokens',
    });
    expect(requests).toHaveLength(3);
  });

  it('shows the text before it again when a continuation is retried', async () => {
    const { model } = await serve(
      [{ text: 'The first half ', stop }, { text: 'and the sec', cutAfter: 3 }, { text: 'and the second.' }],
      {},
      protocol,
    );
    const asked = await ask(model, codeRequest);
    expect(replied(asked).text).toBe('The first half and the second.');
    expect(asked.shown).toBe('The first half and the second.');
  });

  it('stays a reply when it has grown too long to be gone on with', async () => {
    const { model } = await serve([{ text: 'The first half ', stop }, status(413)], {}, protocol);
    expect(replied(await ask(model, codeRequest))).toMatchObject({
      text: 'The first half ',
      stop: 'max-tokens',
    });
  });

  it('is asked for again with more room when it is a tool call', async () => {
    const tool = { name: 'plan', input: { steps: ['a long first step'] } };
    const cut: Answer = { tool, cutToolAt: 9, stop, usage };
    const { model, requests } = await serve([cut, cut, { tool, usage }], {}, protocol);
    const reply = replied(await ask(model, planRequest));
    expect(reply.data).toEqual(tool.input);
    expect(reply.usage.inputTokens).toBe(300);
    expect(requests.map(({ maxTokens }) => maxTokens)).toEqual([1000, 2000, 4000]);
  });

  it('is returned as cut when a tool call never fits', async () => {
    const tool = { name: 'plan', input: { steps: ['a long first step'] } };
    const { model, requests } = await serve([{ tool, cutToolAt: 9, stop }], {}, protocol);
    expect(replied(await ask(model, planRequest))).toMatchObject({ stop: 'max-tokens' });
    expect(requests).toHaveLength(3);
  });

  it('is asked for again with more room when all of it was thinking', async () => {
    const { model, requests } = await serve(
      [{ thinking: 'long thoughts', stop }, { text: 'print(1', stop }, { text: '20)' }],
      {},
      protocol,
    );
    expect(replied(await ask(model, codeRequest))).toMatchObject({ text: 'print(120)', stop: 'end' });
    expect(requests.map(({ maxTokens }) => maxTokens)).toEqual([1000, 2000, 1000]);
  });
});
