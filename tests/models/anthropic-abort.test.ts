import { afterEach, describe, expect, it } from 'vitest';
import { anthropicModel } from '../../src/models/anthropic.ts';
import { type Answer, type ModelServer, startModelServer } from '../support/model-server.ts';
import { ask, codeRequest } from './requests.ts';

let server: ModelServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function serve(answer: Answer) {
  server = await startModelServer({ answer: () => answer });
  return anthropicModel({
    model: 'claude-sonnet-5-5',
    apiKey: 'test-key',
    baseURL: server.url,
    idleMs: 5000,
  });
}

describe('a call of anthropicModel that is given up', () => {
  it('throws the reason of the signal and closes the socket when it aborts midway', async () => {
    const model = await serve({ text: 'some text in several parts', hangAfter: 4 });
    const controller = new AbortController();
    const reason = new Error('the user pressed Esc');
    const stream = model.reply(codeRequest, controller.signal);
    await stream.next();
    controller.abort(reason);
    await expect(
      (async () => {
        for (let step = await stream.next(); !step.done; ) step = await stream.next();
      })(),
    ).rejects.toBe(reason);
    expect(await server?.requests[0]?.closed).toBe(false);
  });

  it('throws at once, and asks nobody, when the signal has aborted before', async () => {
    const model = await serve({ text: 'x' });
    await expect(ask(model, codeRequest, AbortSignal.abort('gone'))).rejects.toBe('gone');
    expect(server?.requests).toHaveLength(0);
  });

  it('closes the socket when the reader walks away', async () => {
    const model = await serve({ text: 'some text in several parts', hangAfter: 4 });
    for await (const part of model.reply(codeRequest, new AbortController().signal)) {
      expect(part.kind).toBe('text');
      break;
    }
    expect(await server?.requests[0]?.closed).toBe(false);
  });
});
