import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { failureOfStop, watchReply } from '../../src/models/watch.ts';

const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function serve(answer: (response: ServerResponse) => void): Promise<string> {
  const server = createServer((_request, response) => answer(response));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const context = { service: 'local', where: 'http://local', model: 'm', keyVariable: 'KEY' };

describe('watchReply', () => {
  it('stops a reply that never ends once it is too large', async () => {
    const limits = { idleMs: 5000, mostBytes: 100_000 };
    const watch = watchReply(new AbortController().signal, limits);
    closers.push(watch.close);
    const url = await serve((response) => {
      response.write('x'.repeat(200_000));
    });
    const response = await watch.fetch(url, { signal: watch.signal });
    await expect(response.text()).rejects.toThrow('oversized');
    expect(failureOfStop(watch, limits, context)).toMatchObject({ failure: 'too-large' });
  });

  it('takes every byte as a sign of life and stops only when none comes', async () => {
    const limits = { idleMs: 400 };
    const watch = watchReply(new AbortController().signal, limits);
    closers.push(watch.close);
    const beats = 20;
    const url = await serve((response) => {
      let beat = 0;
      const timer = setInterval(() => {
        response.write(': keep-alive\n\n');
        beat += 1;
        if (beat === beats) clearInterval(timer);
      }, 40);
    });
    const started = performance.now();
    const response = await watch.fetch(url, { signal: watch.signal });
    await expect(response.text()).rejects.toThrow('idle');
    expect(performance.now() - started).toBeGreaterThan(beats * 40 + limits.idleMs - 50);
    expect(failureOfStop(watch, limits, context)).toMatchObject({ failure: 'timeout' });
  });

  it('aborts with the reason of the caller and is then not a stop of its own', () => {
    const controller = new AbortController();
    const watch = watchReply(controller.signal, { idleMs: 1000 });
    controller.abort('enough');
    expect(watch.signal.reason).toBe('enough');
    expect(watch.stopped()).toBeNull();
    watch.close();
  });
});
