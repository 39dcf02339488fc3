import { afterEach, describe, expect, it } from 'vitest';
import { anthropicModel } from '../../src/models/anthropic.ts';
import {
  type Answer,
  type ModelServer,
  type ServedRequest,
  startModelServer,
} from '../support/model-server.ts';
import { ask, codeRequest, failed, planRequest, replied } from './requests.ts';

const apiKey = 'sk-ant-api03-secret-of-the-test';
const start = '{"type":"message_start","message":{"model":"m","usage":{"input_tokens":"many"}}}';
let server: ModelServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function serve(answer: Answer | ((request: ServedRequest) => Answer), idleMs = 5000, totalMs?: number) {
  server = await startModelServer({
    apiKey,
    answer: (request) => (typeof answer === 'function' ? answer(request) : answer),
  });
  return anthropicModel({ model: 'claude-sonnet-5-5', apiKey, baseURL: server.url, idleMs, totalMs });
}

function request(): ServedRequest {
  const first = server?.requests[0];
  if (!first) throw new Error('the server got no request');
  return first;
}

describe('anthropicModel', () => {
  it('streams the text, hides the thinking, and counts cached tokens and dollars', async () => {
    const usage = { input: 1000, output: 200, cacheRead: 5000, cacheWrite: 400 };
    const model = await serve({ thinking: 'hmm, 5! is 120', text: 'print(120) # and more text', usage });
    const asked = await ask(model, codeRequest);
    expect(replied(asked)).toEqual({
      kind: 'reply',
      text: 'print(120) # and more text',
      stop: 'end',
      usage: { inputTokens: 1000, outputTokens: 200, cacheReadTokens: 5000, cacheWriteTokens: 400 },
      costUsd: (1000 * 2 + 200 * 10 + 400 * 2.5 + 5000 * 0.1) / 1e6,
      model: 'claude-sonnet-5-5',
    });
    expect(asked.shown).toBe('print(120) # and more text');
    expect(asked.parts.length).toBeGreaterThan(1);
    expect([model.id, model.priced]).toEqual(['anthropic/claude-sonnet-5-5', true]);
  });

  it('marks the system and the task for the cache when they are long enough for it, and nothing that changes', async () => {
    const task = codeRequest.task.padEnd(2_500, '.');
    await ask(await serve({ text: 'x' }), { ...codeRequest, task });
    const { body } = request();
    const mark = { type: 'ephemeral' };
    expect(body.system).toEqual([{ type: 'text', text: codeRequest.system, cache_control: mark }]);
    expect(body.messages[0].content).toEqual([
      { type: 'text', text: task, cache_control: mark },
      { type: 'text', text: codeRequest.turn },
    ]);
    expect(body).not.toHaveProperty('temperature');
    expect(body).not.toHaveProperty('tools');
    expect(body.max_tokens).toBe(1000);
  });

  it('marks nothing that is too short for the cache', async () => {
    await ask(await serve({ text: 'x' }), codeRequest);
    expect(JSON.stringify(request().body)).not.toContain('cache_control');
  });

  it('leaves out empty parts, which the API rejects', async () => {
    const asked = await ask(await serve({ text: 'x' }), { ...codeRequest, system: '', task: '' });
    expect(replied(asked).text).toBe('x');
    expect(request().body.system).toBeUndefined();
  });

  it('offers the schema as a tool without forcing it and returns the call as data', async () => {
    const input = { steps: [{ title: 'one', note: 'ünïcode "quoted"' }] };
    const asked = await ask(await serve({ thinking: 'hm', tool: { name: 'plan', input } }), planRequest);
    expect(replied(asked).data).toEqual(input);
    expect(replied(asked).stop).toBe('end');
    expect(request().body.tools[0]).toMatchObject({ name: 'plan', input_schema: planRequest.schema?.schema });
    expect(request().body.tool_choice.type).toBe('auto');
    expect(request().text).toContain('one call of the tool plan');
  });

  it('returns prose without data when the model does not call the tool', async () => {
    const reply = replied(await ask(await serve({ text: 'I would rather talk.' }), planRequest));
    expect(reply).not.toHaveProperty('data');
    expect(reply.text).toBe('I would rather talk.');
  });

  it('returns no data for a tool call that was cut at the token limit', async () => {
    const tool = { name: 'plan', input: { steps: ['a long first step', 'second'] } };
    const reply = replied(await ask(await serve({ tool, cutToolAt: 20, stop: 'max_tokens' }), planRequest));
    expect(reply).not.toHaveProperty('data');
    expect(reply.stop).toBe('max-tokens');
  });

  it.each<[number, unknown, string, RegExp]>([
    [401, error('authentication_error', 'invalid x-api-key'), 'authentication', /ANTHROPIC_API_KEY/],
    [
      403,
      error('permission_error', 'no access to this model'),
      'authentication',
      /may use claude-sonnet-5-5/,
    ],
    [
      400,
      error('invalid_request_error', 'Your credit balance is too low to access the API.'),
      'credit',
      /Add credit/,
    ],
    [402, error('billing_error', 'payment failed'), 'credit', /Add credit/],
    [404, error('not_found_error', 'model: claude-sonnet-5-5'), 'model-not-found', /Check the id/],
    [408, error('timeout_error', 'too slow'), 'timeout', /Try again/],
    [413, error('request_too_large', 'Request exceeds the maximum size'), 'too-large', /Shorten the goal/],
    [
      400,
      error('invalid_request_error', 'prompt is too long: 220000 tokens > 200000 maximum'),
      'too-large',
      /Shorten/,
    ],
    [400, error('invalid_request_error', 'messages: wrong'), 'bad-request', /messages: wrong/],
    [429, error('rate_limit_error', 'slow down'), 'rate-limit', /slow down/],
    [500, error('api_error', 'Internal server error'), 'server', /Try again later/],
    [502, '<html><body><h1>Bad gateway</h1></body></html>', 'server', /: Bad gateway\./],
    [529, error('overloaded_error', 'Overloaded'), 'overloaded', /Try again later/],
  ])('maps status %i to a typed failure, in one request', async (status, body, kind, message) => {
    const asked = await ask(await serve({ status, body }), codeRequest);
    expect(failed(asked)).toMatchObject({ failure: kind, status });
    expect(failed(asked).message).toMatch(message);
    expect(failed(asked).message).not.toContain(apiKey);
    expect(server?.requests).toHaveLength(1);
  });

  it.each([
    ['seconds', { 'retry-after': '7' }, 7000],
    ['milliseconds', { 'retry-after-ms': '250', 'retry-after': '7' }, 250],
  ])('reads retry-after in %s', async (_unit, headers, ms) => {
    const body = error('rate_limit_error', 'slow down');
    const asked = await ask(await serve({ status: 429, body, headers }), codeRequest);
    expect(failed(asked).retryAfterMs).toBe(ms);
  });

  it('reads retry-after as a date', async () => {
    const headers = { 'retry-after': new Date(Date.now() + 60_000).toUTCString() };
    const asked = await ask(await serve({ status: 429, body: {}, headers }), codeRequest);
    expect(failed(asked).retryAfterMs).toBeGreaterThan(50_000);
    expect(failed(asked).retryAfterMs).toBeLessThanOrEqual(60_000);
  });

  it('never repeats a key that a server echoes', async () => {
    const body = error(
      'invalid_request_error',
      `bad key ${apiKey} and Bearer abc.def, also sk-proj-0123456789`,
    );
    const { message } = failed(await ask(await serve({ status: 400, body }), codeRequest));
    expect(message).not.toMatch(/secret-of-the-test|abc\.def|sk-proj/);
  });

  it('calls a stream that ends before its last event cut, with what was spent', async () => {
    const model = await serve({
      text: 'a text of some length that is cut',
      usage: { input: 500, output: 90 },
      cutAfter: 5,
    });
    const asked = await ask(model, codeRequest);
    expect(failed(asked).failure).toBe('cut');
    expect(failed(asked).usage?.inputTokens).toBe(500);
    expect(failed(asked).usage?.outputTokens).toBeGreaterThan(1);
    expect(failed(asked).costUsd).toBeGreaterThan(0);
    expect(asked.shown).not.toBe('');
  });

  it.each([
    ['overloaded_error', 'overloaded'],
    ['api_error', 'server'],
    ['rate_limit_error', 'rate-limit'],
    ['invalid_request_error', 'bad-request'],
  ])('maps the error event %s inside a stream to %s', async (type, kind) => {
    const sseError = { type, message: 'it broke' };
    const failure = failed(await ask(await serve({ text: 'abc', sseError }), codeRequest));
    expect(failure.failure).toBe(kind);
    expect(failure.message).toContain('it broke');
  });

  it.each([
    ['is not JSON', 'event: message_start\ndata: {"type":\n\n', /not JSON/],
    [
      'has an unknown shape',
      `event: message_start\ndata: ${start}\n\nevent: x\ndata: null\n\n`,
      /unknown shape/,
    ],
    ['is missing', ': nothing\n\n', /cut off/],
  ])('survives a server whose event %s', async (_name, body, message) => {
    const headers = { 'content-type': 'text/event-stream' };
    const failure = failed(await ask(await serve({ status: 200, headers, body }), codeRequest));
    expect(['server', 'cut']).toContain(failure.failure);
    expect(failure.message).toMatch(message);
  });

  it('reports a refusal with its category', async () => {
    const stopDetails = { type: 'refusal' as const, category: 'cyber', explanation: 'Not this.' };
    const failure = failed(await ask(await serve({ text: '', stop: 'refusal', stopDetails }), codeRequest));
    expect(failure).toMatchObject({ failure: 'refusal', usage: { inputTokens: 11 } });
    expect(failure.message).toContain('cyber, Not this');
  });

  it('calls a full context window too large', async () => {
    const model = await serve({ text: 'abc', stop: 'model_context_window_exceeded' });
    expect(failed(await ask(model, codeRequest)).failure).toBe('too-large');
  });

  it.each([0, 4])(
    'ends a server that hangs after %i events in timeout and closes the socket',
    async (hangAfter) => {
      const asked = await ask(await serve({ text: 'some text', hangAfter }, 150), codeRequest);
      expect(failed(asked).failure).toBe('timeout');
      expect(failed(asked).message).toContain('0.15 s');
      expect(await request().closed).toBe(false);
    },
  );

  it('ends a reply that takes longer than the whole may take', async () => {
    const asked = await ask(await serve({ text: 'some text', hangAfter: 3 }, 5000, 150), codeRequest);
    expect(failed(asked).failure).toBe('timeout');
    expect(failed(asked).message).toContain('longer than 0.15 s');
  });

  it('does not take a slow reader for a silent server', async () => {
    // More than the buffers on the way hold, so that bytes are left to come.
    const model = await serve({ text: 'a long text '.repeat(40_000) }, 2_000);
    const stream = model.reply(codeRequest, new AbortController().signal);
    await stream.next();
    const until = Date.now() + 2_500;
    while (Date.now() < until) await new Promise((done) => setImmediate(done));
    let step = await stream.next();
    while (!step.done) step = await stream.next();
    expect(step.value).toMatchObject({ kind: 'reply', stop: 'end' });
  });

  it('reports a port where nobody listens as network', async () => {
    const model = await serve({ text: 'x' });
    await server?.close();
    const failure = failed(await ask(model, codeRequest));
    expect(failure.failure).toBe('network');
    expect(failure.message).toMatch(/127\.0\.0\.1.*ECONNREFUSED/);
  });

  it('says that the base URL is wrong when a web page answers', async () => {
    const failure = failed(await ask(await serve({ status: 200, body: '<html>hello</html>' }), codeRequest));
    expect(failure.failure).toBe('bad-request');
    expect(failure.message).toContain('text/html');
  });

  it('fails without a key before anything is sent', async () => {
    server = await startModelServer({ answer: () => ({ text: 'x' }) });
    const model = anthropicModel({
      model: 'claude-sonnet-5-5',
      apiKey: ' ',
      baseURL: server.url,
      idleMs: 1000,
    });
    expect(failed(await ask(model, codeRequest))).toMatchObject({ failure: 'authentication' });
    expect(server.requests).toHaveLength(0);
  });

  it('does not know the price of a model that is not in the table', async () => {
    server = await startModelServer({ answer: () => ({ text: 'x' }) });
    const model = anthropicModel({ model: 'claude-next', apiKey, baseURL: server.url, idleMs: 1000 });
    expect(model.priced).toBe(false);
    expect(replied(await ask(model, codeRequest)).costUsd).toBeNull();
  });
});

function error(type: string, message: string): unknown {
  return { type: 'error', error: { type, message }, request_id: 'req_1' };
}
