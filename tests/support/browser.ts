import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A headless Chromium of this machine, spoken to in its own protocol. */

const binary = ['chromium', 'chromium-browser', 'google-chrome'].find(
  (name) => spawnSync(name, ['--version']).status === 0,
);

/** Why there is none here; null when there is one. */
export const noBrowser: string | null = binary === undefined ? 'no Chromium is installed' : null;

export interface Page {
  /** Sends a command of the protocol to the page; rejects with what the browser says against it. */
  send(method: string, params?: object): Promise<Record<string, unknown>>;
  /** The value of an expression in the page. */
  value(expression: string): Promise<unknown>;
  /** Every event of the protocol so far, by name. */
  events: { method: string; params: Record<string, unknown> }[];
  close(): Promise<void>;
}

/** Opens an empty page. The browser has no network beyond this machine. */
export async function openPage(): Promise<Page> {
  const profile = mkdtempSync(path.join(tmpdir(), 'kintsugi-browser-'));
  const flags = [
    '--headless=new',
    '--no-sandbox',
    '--disable-gpu',
    '--no-first-run',
    '--disable-background-networking',
  ];
  const child = spawn(
    binary ?? '',
    [
      ...flags,
      '--proxy-server=127.0.0.1:9',
      `--user-data-dir=${profile}`,
      '--remote-debugging-pipe',
      'about:blank',
    ],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'], detached: true },
  );
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const [, , , commands, answers] = child.stdio;
  if (!commands || !('write' in commands) || !answers || !('on' in answers)) throw new Error('no pipes');
  const events: Page['events'] = [];
  const waiting = new Map<
    number,
    { resolve(value: Record<string, unknown>): void; reject(error: Error): void }
  >();
  let last = 0;
  let rest = '';
  answers.on('data', (data: Buffer) => {
    const messages = (rest + data.toString('utf8')).split('\0');
    rest = messages.pop() ?? '';
    for (const text of messages) {
      const message = JSON.parse(text);
      if (message.id === undefined) events.push(message);
      else if (message.error) waiting.get(message.id)?.reject(new Error(message.error.message));
      else waiting.get(message.id)?.resolve(message.result);
    }
  });
  const raw = (method: string, params: object, sessionId?: string) =>
    new Promise<Record<string, unknown>>((resolve, reject) => {
      last += 1;
      waiting.set(last, { resolve, reject });
      commands.write(
        `${JSON.stringify({ id: last, method, params, ...(sessionId ? { sessionId } : {}) })}\0`,
      );
    });
  const { targetId } = await raw('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await raw('Target.attachToTarget', { targetId, flatten: true });
  const send = (method: string, params: object = {}) => raw(method, params, String(sessionId));
  for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await send(`${domain}.enable`);
  return {
    send,
    events,
    value: async (expression) => {
      const { result } = await send('Runtime.evaluate', { expression, returnByValue: true });
      return (result as { value: unknown }).value;
    },
    close: async () => {
      if (child.pid) process.kill(-child.pid, 'SIGKILL');
      await ended;
      rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
}
