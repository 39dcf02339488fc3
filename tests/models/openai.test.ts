import { afterEach, describe, expect, it } from 'vitest';
import { openaiModel } from '../../src/models/openai.ts';
import {
  type Answer,
  type ModelServer,
  type ServedRequest,
  startModelServer,
} from '../support/model-server.ts';
import { ask, codeRequest, failed, planRequest, replied } from './requests.ts';

const apiKey = 'sk-proj-secret-of-the-test';
let server: ModelServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function serve(
  answer: Answer | ((request: ServedRequest) => Answer),
  options: { idleMs?: number; free?: boolean; key?: string } = {},
) {
  server = await startModelServer({
    answer: (request) => (typeof answer === 'function' ? answer(request) : answer),
  });
  return openaiModel({
    id: 'ollama/qwen3',
    model: 'qwen3',
    baseURL: `${server.url}/v1`,
    apiKey: options.key,
    idleMs: options.idleMs ?? 5000,
    free: options.free ?? true,
  });
}

function request(at = 0): ServedRequest {
  const one = server?.requests[at];
  if (!one) throw new Error(`the server got no request ${at}`);
  return one;
}

describe('openaiModel', () => {
  it('streams text, hides reasoning, and counts cached tokens apart from the input', async () => {
    const usage = { input: 100, output: 20, cacheRead: 900 };
    const asked = await ask(
      await serve({ thinking: 'hm', text: 'print(120) # and more', usage }),
      codeRequest,
    );
    expect(replied(asked)).toEqual({
      kind: 'reply',
      text: 'print(120) # and more',
      stop: 'end',
      usage: { inputTokens: 100, outputTokens: 20, cacheReadTokens: 900, cacheWriteTokens: 0 },
      costUsd: 0,
      model: 'qwen3',
    });
    expect(asked.shown).toBe('print(120) # and more');
    expect(request().system).toBe(codeRequest.system);
    expect(request().text).toBe(`${codeRequest.task}\n\n${codeRequest.turn}`);
    expect(request().maxTokens).toBe(1000);
  });

  it('sends no authorization without a key, and the key where there is one', async () => {
    await ask(await serve({ text: 'x' }), codeRequest);
    expect(request().headers.authorization).toBeUndefined();
    await server?.close();
    await ask(await serve({ text: 'x' }, { key: apiKey }), codeRequest);
    expect(request().headers.authorization).toBe(`Bearer ${apiKey}`);
  });

  it('estimates usage where the server counts nothing', async () => {
    const reply = replied(await ask(await serve({ text: 'a'.repeat(36), usage: null }), codeRequest));
    expect(reply.usage.outputTokens).toBe(10);
    expect(reply.usage.inputTokens).toBeGreaterThan(10);
  });

  it('does not know what a paid endpoint costs that is not OpenAI', async () => {
    const model = await serve({ text: 'x' }, { free: false, key: apiKey });
    expect(model.priced).toBe(false);
    expect(replied(await ask(model, codeRequest)).costUsd).toBeNull();
  });

  it('asks for the one tool and returns its arguments as data', async () => {
    const input = { steps: [{ title: 'first step' }] };
    const reply = replied(await ask(await serve({ tool: { name: 'plan', input } }), planRequest));
    expect(reply.data).toEqual(input);
    expect(request().body.tools[0].function.parameters).toEqual(planRequest.schema?.schema);
    expect(request().body.tool_choice).toBe('required');
  });

  it('asks for JSON in the text of a server without tools, at once from the second call on', async () => {
    const json = '{"steps":[]}';
    const message = 'registry.ollama.ai/library/qwen3 does not support tools';
    const model = await serve(({ tools }) =>
      tools.length > 0 ? { status: 400, body: { error: { message, type: 'api_error' } } } : { text: json },
    );
    for (const calls of [2, 3]) {
      const reply = replied(await ask(model, planRequest));
      expect(reply).toMatchObject({ text: json });
      expect(reply).not.toHaveProperty('data');
      expect(server?.requests).toHaveLength(calls);
    }
    expect(request(1).text).toContain(JSON.stringify(planRequest.schema?.schema));
  });

  it.each([
    ['tool_choice', 'tool_choice: "required" is not supported'],
    ['stream_options', 'Unrecognized request argument: stream_options'],
    ['max_tokens', "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."],
  ])('leaves out %s when the server does not take it', async (name, message) => {
    const model = await serve(({ body }) =>
      body[name] === undefined
        ? { tool: { name: 'plan', input: { steps: [] } } }
        : { status: 400, body: { error: { message, type: 'invalid_request_error' } } },
    );
    expect(replied(await ask(model, planRequest)).data).toEqual({ steps: [] });
    expect(request(1).maxTokens).toBe(1000);
  });

  it('does not repeat a request for an error that nothing can be left out for', async () => {
    const body = { error: { message: 'tools are fine, the messages are not' } };
    expect(failed(await ask(await serve({ status: 400, body }), codeRequest)).failure).toBe('bad-request');
    expect(server?.requests).toHaveLength(1);
  });

  it('returns no data for arguments that were cut at the token limit', async () => {
    const tool = { name: 'plan', input: { steps: ['a long first step'] } };
    const reply = replied(await ask(await serve({ tool, cutToolAt: 15, stop: 'length' }), planRequest));
    expect(reply).not.toHaveProperty('data');
    expect(reply.stop).toBe('max-tokens');
  });

  it.each<[number, unknown, string]>([
    [
      401,
      { error: { message: 'Incorrect API key provided: sk-proj-se****test', code: 'invalid_api_key' } },
      'authentication',
    ],
    [403, { error: { message: 'Country not supported' } }, 'authentication'],
    [429, { error: { message: 'You exceeded your current quota', code: 'insufficient_quota' } }, 'credit'],
    [402, { error: { message: 'Insufficient credits', code: 402 } }, 'credit'],
    [404, { error: { message: 'model "qwen3" not found, try pulling it first' } }, 'model-not-found'],
    [404, { error: 'model not found' }, 'model-not-found'],
    [
      400,
      {
        error: {
          message: "This model's maximum context length is 8192 tokens",
          code: 'context_length_exceeded',
        },
      },
      'too-large',
    ],
    [413, 'too big', 'too-large'],
    [408, {}, 'timeout'],
    [429, { error: { message: 'Rate limit reached', code: 'rate_limit_exceeded' } }, 'rate-limit'],
    [500, { error: { message: 'oops' } }, 'server'],
    [503, { error: { message: 'Loading model' } }, 'overloaded'],
  ])('maps status %i to a typed failure, in one request', async (status, body, kind) => {
    const failure = failed(await ask(await serve({ status, body }, { key: apiKey }), codeRequest));
    expect(failure).toMatchObject({ failure: kind, status });
    expect(failure.message).not.toMatch(/sk-proj/);
    expect(server?.requests).toHaveLength(1);
  });

  it('calls a stream that ends before its finish reason cut', async () => {
    const asked = await ask(await serve({ text: 'a text that is cut', cutAfter: 2 }), codeRequest);
    expect(failed(asked)).toMatchObject({ failure: 'cut', costUsd: 0 });
    expect(asked.shown).not.toBe('');
  });

  it('maps an error inside a stream by its type', async () => {
    const sseError = { type: 'server_error', message: 'The model crashed' };
    const failure = failed(await ask(await serve({ text: 'abc', sseError }), codeRequest));
    expect(failure.failure).toBe('server');
    expect(failure.message).toContain('The model crashed');
  });

  it('reports the content filter as a refusal', async () => {
    const model = await serve({ text: '', stop: 'content_filter' });
    expect(failed(await ask(model, codeRequest)).failure).toBe('refusal');
  });

  it.each([0, 2])('ends a server that hangs after %i events in timeout', async (hangAfter) => {
    const asked = await ask(await serve({ text: 'some text', hangAfter }, { idleMs: 150 }), codeRequest);
    expect(failed(asked).failure).toBe('timeout');
    expect(await request().closed).toBe(false);
  });

  it('reports a port where nobody listens as network', async () => {
    const model = await serve({ text: 'x' });
    await server?.close();
    const failure = failed(await ask(model, codeRequest));
    expect(failure.failure).toBe('network');
    expect(failure.message).toMatch(/ollama at http:\/\/127\.0\.0\.1:\d+\/v1: ECONNREFUSED/);
  });

  it('says that the base URL is wrong when a web page answers', async () => {
    const failure = failed(await ask(await serve({ status: 200, body: '<html>hello</html>' }), codeRequest));
    expect(failure.failure).toBe('bad-request');
    expect(failure.message).toContain('text/html');
  });

  it('throws the reason of the signal and closes the socket when it aborts midway', async () => {
    const model = await serve({ text: 'some text in several parts', hangAfter: 3 });
    const controller = new AbortController();
    const stream = model.reply(codeRequest, controller.signal);
    await stream.next();
    controller.abort('stop');
    await expect(
      (async () => {
        for (let step = await stream.next(); !step.done; ) step = await stream.next();
      })(),
    ).rejects.toBe('stop');
    expect(await request().closed).toBe(false);
  });

  it('calls a server that is named by its address a server', async () => {
    const { id, baseURL } = {
      id: 'http://127.0.0.1:9/v1#m',
      baseURL: 'http://user:secret@127.0.0.1:9/v1?key=secret',
    };
    const model = openaiModel({ id, model: 'm', baseURL, idleMs: 1000, free: true });
    const { message } = failed(await ask(model, codeRequest));
    expect(message).toMatch(/^Cannot reach the server at http:\/\/127\.0\.0\.1:9\/v1/);
    expect(message).not.toContain('secret');
  });

  it('fails at OpenAI itself without a key, before anything is sent', async () => {
    const baseURL = 'https://api.openai.com/v1';
    const model = openaiModel({
      id: 'openai/gpt-5.6-luna',
      model: 'gpt-5.6-luna',
      baseURL,
      idleMs: 1000,
      free: false,
    });
    const failure = failed(await ask(model, codeRequest));
    expect(failure.failure).toBe('authentication');
    expect(failure.message).toContain('OPENAI_API_KEY');
    expect(model.priced).toBe(true);
  });
});
