import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Purpose } from '../../src/core/seams.ts';
import { drain } from '../../src/core/stream.ts';
import { type ScriptRule, scriptedModel } from '../../src/models/scripted.ts';
import {
  anthropicEvents,
  type Body,
  openaiEvents,
  type Protocol,
  type Said,
  type WireEvent,
  wholeOf,
  wrongWith,
} from './model-wire.ts';

/** A real HTTP server on loopback that speaks the Messages API and the Chat Completions API, streaming and not. */

export interface ServedRequest {
  protocol: Protocol;
  /** All text of the system prompt. */
  system: string;
  /** All text of the messages. */
  text: string;
  tools: string[];
  maxTokens: number;
  headers: IncomingHttpHeaders;
  body: Body;
  /** Settles when the answer's socket is closed: true when all of the answer had been sent. */
  closed: Promise<boolean>;
}

export type Answer =
  | (Said & {
      /** The socket is destroyed after so many events. */
      cutAfter?: number;
      /** Nothing more comes after so many events; 0: not even headers. */
      hangAfter?: number;
      /** An error event comes in place of the rest after two events. */
      sseError?: { type: string; message: string };
    })
  | { status: number; body?: unknown; headers?: Record<string, string> };

export interface ModelServer {
  /** For the Anthropic SDK; the OpenAI one wants `${url}/v1`. */
  url: string;
  requests: ServedRequest[];
  close(): Promise<void>;
}

/** Starts a server. With `apiKey` another key gets 401; with `models` another model gets 404. */
export async function startModelServer(options: {
  answer: (request: ServedRequest, index: number) => Answer | Promise<Answer>;
  apiKey?: string;
  models?: string[];
}): Promise<ModelServer> {
  const requests: ServedRequest[] = [];
  const server = createServer(async (incoming, response) => {
    const protocol = incoming.headers['anthropic-version'] ? 'anthropic' : 'openai';
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    if (incoming.url === '/v1/models') return sendJson(response, 200, modelList(options.models ?? []));
    const known = { anthropic: '/v1/messages', openai: '/v1/chat/completions' }[protocol];
    if (incoming.method !== 'POST' || incoming.url?.split('?')[0] !== known)
      return sendError(response, protocol, 404, 'not_found_error', `no route ${incoming.url}`);
    const body = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    const closed = new Promise<boolean>((done) =>
      response.on('close', () => done(response.writableFinished)),
    );
    const request = readRequest(protocol, body, incoming.headers, closed);
    requests.push(request);
    const key = incoming.headers['x-api-key'] ?? incoming.headers.authorization?.replace('Bearer ', '');
    if (options.apiKey && key !== options.apiKey)
      return sendError(response, protocol, 401, 'authentication_error', 'invalid x-api-key');
    if (options.models && !options.models.includes(body.model))
      return sendError(response, protocol, 404, 'not_found_error', `model: ${body.model}`);
    const wrong = protocol === 'anthropic' ? wrongWith(body) : null;
    if (wrong) return sendError(response, protocol, 400, 'invalid_request_error', wrong);
    const answer = await options.answer(request, requests.length - 1);
    if ('status' in answer) return sendJson(response, answer.status, answer.body ?? {}, answer.headers);
    if (answer.latencyMs) await wait(answer.latencyMs);
    const events = protocol === 'anthropic' ? anthropicEvents(answer, body) : openaiEvents(answer, body);
    if (body.stream !== true) return sendJson(response, 200, wholeOf(protocol, answer, body));
    await sendEvents(response, protocol, events, answer);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

/** Answers as a script would: the purpose is read from the tool that is offered. */
export function answerFromScript(rules: readonly ScriptRule[]): (request: ServedRequest) => Promise<Answer> {
  const model = scriptedModel({ id: 'scripted', source: 'the script', rules });
  return async (request) => {
    const tool = request.tools[0];
    const purpose = purposeOf(tool);
    const result = await drain(
      model.reply(
        {
          ...{ purpose, system: request.system, task: '', turn: request.text, maxTokens: request.maxTokens },
          ...(tool ? { schema: { name: tool, description: '', schema: {} } } : {}),
        },
        new AbortController().signal,
      ),
    );
    if (result.kind === 'failure') {
      const error = { type: 'invalid_request_error', message: result.message };
      return { status: result.status ?? 400, body: { type: 'error', error } };
    }
    return tool && result.data !== undefined
      ? { tool: { name: tool, input: result.data } }
      : { text: result.text };
  };
}

function purposeOf(tool: string | undefined): Purpose {
  if (tool?.startsWith('plan')) return 'plan';
  if (tool?.startsWith('diagnos')) return 'diagnose';
  return tool?.startsWith('lesson') ? 'lesson' : 'code';
}

function textIn(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((block) => block.text ?? '').join('\n\n');
}

function readRequest(
  protocol: Protocol,
  body: Body,
  headers: IncomingHttpHeaders,
  closed: Promise<boolean>,
): ServedRequest {
  const messages: Body[] = body.messages ?? [];
  const system = messages.filter(({ role }) => role === 'system' || role === 'developer');
  return {
    ...{ protocol, headers, body, closed },
    system: [textIn(body.system), ...system.map(({ content }) => textIn(content))]
      .filter(Boolean)
      .join('\n\n'),
    text: messages
      .filter((one) => !system.includes(one))
      .map(({ content }) => textIn(content))
      .join('\n\n'),
    tools: (body.tools ?? []).map((tool: Body) => tool.name ?? tool.function?.name),
    maxTokens: body.max_tokens ?? body.max_completion_tokens ?? 0,
  };
}

async function sendEvents(
  response: ServerResponse,
  protocol: Protocol,
  events: WireEvent[],
  answer: Extract<Answer, Said>,
): Promise<void> {
  const { cutAfter, hangAfter, sseError } = answer;
  if (hangAfter === 0) return;
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'request-id': 'req_1' });
  const error = sseError && { type: 'error', error: sseError };
  const sent = error
    ? [...events.slice(0, 2), { event: 'error', data: error }]
    : events.slice(0, cutAfter ?? hangAfter);
  const lines = sent.map(({ event, data }) => {
    const json = typeof data === 'string' ? data : JSON.stringify(data);
    return `${event && protocol === 'anthropic' ? `event: ${event}\n` : ''}data: ${json}\n\n`;
  });
  const written = new Promise<void>((done) =>
    response.write(lines.join('') || ': nothing\n\n', () => done()),
  );
  if (hangAfter !== undefined) return;
  if (cutAfter === undefined) return void response.end();
  await written;
  response.destroy();
}

function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const type = typeof body === 'string' ? 'text/html' : 'application/json';
  response.writeHead(status, { 'content-type': type, ...headers }).end(text);
}

function sendError(
  response: ServerResponse,
  protocol: Protocol,
  status: number,
  type: string,
  message: string,
): void {
  const error = { type, message, code: null };
  sendJson(response, status, protocol === 'anthropic' ? { type: 'error', error } : { error });
}

function modelList(ids: string[]): unknown {
  const data = ids.map((id) => ({
    id,
    type: 'model',
    object: 'model',
    display_name: id,
    created: 0,
    owned_by: 'local',
  }));
  return { object: 'list', data, has_more: false, first_id: ids[0] ?? null, last_id: ids.at(-1) ?? null };
}
