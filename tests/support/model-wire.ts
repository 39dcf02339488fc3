/** The wire formats of the Messages API and the Chat Completions API, as a server writes them. */

// biome-ignore lint/suspicious/noExplicitAny: a request as it came; tests look into it.
export type Body = any;

export type Protocol = 'anthropic' | 'openai';

/** What the model says, in either protocol. */
export interface Said {
  text?: string;
  thinking?: string;
  tool?: { name: string; input: unknown };
  /** Anthropic's word (`end_turn`, `max_tokens` …) or OpenAI's (`stop`, `length` …), sent as it is. */
  stop?: string;
  stopDetails?: { type: 'refusal'; category: string; explanation: string };
  /** Null: none is sent. */
  usage?: { input: number; output: number; cacheRead?: number; cacheWrite?: number } | null;
  /** The tool call's JSON ends after this many characters. */
  cutToolAt?: number;
  latencyMs?: number;
}

/** What current models reject with a 400. */
export function wrongWith(body: Body): string | null {
  if (!(body.max_tokens > 0)) return 'max_tokens: Field required';
  if (body.tool_choice?.type === 'tool' || body.tool_choice?.type === 'any')
    return 'tool_choice: forced tool use is not supported by this model';
  for (const name of ['temperature', 'top_p', 'top_k'])
    if (body[name] !== undefined) return `${name} is deprecated for this model`;
  if (body.messages?.at(-1)?.role !== 'user') return 'This model does not support assistant message prefill';
  const blocks: Body[] = [...(body.system ?? []), ...body.messages.flatMap((one: Body) => one.content)];
  if (blocks.some((block) => block.text === '')) return 'messages: text content blocks must be non-empty';
  if (blocks.filter((block) => block.cache_control).length > 4)
    return 'A maximum of 4 blocks with cache_control may be provided';
  return null;
}

export type WireEvent = { event?: string; data: unknown };

function pieces(text: string): string[] {
  return text.match(/[\s\S]{1,12}/g) ?? [];
}

export function anthropicEvents(said: Said, body: Body): WireEvent[] {
  const data: ({ type: string } & Record<string, unknown>)[] = [];
  const usage = said.usage ?? { input: 11, output: 7 };
  const counts = {
    input_tokens: usage.input,
    cache_creation_input_tokens: usage.cacheWrite ?? 0,
    cache_read_input_tokens: usage.cacheRead ?? 0,
  };
  const message = { ...wholeOf('anthropic', said, body), content: [], stop_reason: null };
  data.push({ type: 'message_start', message: { ...message, usage: { ...counts, output_tokens: 1 } } });
  let index = 0;
  const block = (start: Record<string, unknown>, deltas: Record<string, unknown>[]) => {
    data.push({ type: 'content_block_start', index, content_block: start });
    if (index === 0) data.push({ type: 'ping' });
    for (const delta of deltas) data.push({ type: 'content_block_delta', index, delta });
    data.push({ type: 'content_block_stop', index });
    index += 1;
  };
  if (said.thinking !== undefined)
    block({ type: 'thinking', thinking: '', signature: '' }, [
      ...pieces(said.thinking).map((thinking) => ({ type: 'thinking_delta', thinking })),
      { type: 'signature_delta', signature: 'c2lnbmVk' },
    ]);
  if (said.text)
    block(
      { type: 'text', text: '' },
      pieces(said.text).map((text) => ({ type: 'text_delta', text })),
    );
  if (said.tool)
    block({ type: 'tool_use', id: 'toolu_1', name: said.tool.name, input: {} }, [
      { type: 'input_json_delta', partial_json: '' },
      ...pieces(toolJson(said)).map((partial_json) => ({ type: 'input_json_delta', partial_json })),
    ]);
  const stop_reason = said.stop ?? (said.tool ? 'tool_use' : 'end_turn');
  const stop = { stop_reason, stop_sequence: null, stop_details: said.stopDetails ?? null };
  data.push({ type: 'message_delta', delta: stop, usage: { ...counts, output_tokens: usage.output } });
  data.push({ type: 'message_stop' });
  return data.map((one) => ({ event: one.type, data: one }));
}

function toolJson(said: Said): string {
  return JSON.stringify(said.tool?.input ?? {}).slice(0, said.cutToolAt);
}

export function openaiEvents(said: Said, body: Body): WireEvent[] {
  const base = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 0, model: body.model };
  const chunk = (delta: unknown, finish_reason: string | null = null) => ({
    data: { ...base, choices: [{ index: 0, delta, finish_reason }] },
  });
  const events: WireEvent[] = [chunk({ role: 'assistant', content: '' })];
  if (said.thinking) events.push(chunk({ reasoning_content: said.thinking }));
  for (const content of pieces(said.text ?? '')) events.push(chunk({ content }));
  if (said.tool) {
    const call = {
      index: 0,
      id: 'call_1',
      type: 'function',
      function: { name: said.tool.name, arguments: '' },
    };
    events.push(chunk({ tool_calls: [call] }));
    for (const piece of pieces(toolJson(said)))
      events.push(chunk({ tool_calls: [{ index: 0, function: { arguments: piece } }] }));
  }
  events.push(chunk({}, said.stop ?? (said.tool ? 'tool_calls' : 'stop')));
  const usage = openaiUsage(said);
  if (usage && body.stream_options?.include_usage) events.push({ data: { ...base, choices: [], usage } });
  return [...events, { data: '[DONE]' }];
}

function openaiUsage({ usage = { input: 11, output: 7 } }: Said): unknown {
  if (!usage) return null;
  const cached_tokens = usage.cacheRead ?? 0;
  const prompt_tokens = usage.input + cached_tokens;
  return {
    ...{ prompt_tokens, completion_tokens: usage.output, total_tokens: prompt_tokens + usage.output },
    prompt_tokens_details: { cached_tokens },
  };
}

/** The answer to a request that does not stream. */
export function wholeOf(protocol: Protocol, said: Said, body: Body): Record<string, unknown> {
  if (protocol === 'openai') {
    const call = {
      id: 'call_1',
      type: 'function',
      function: { name: said.tool?.name, arguments: toolJson(said) },
    };
    const message = {
      role: 'assistant',
      content: said.text ?? null,
      ...(said.tool ? { tool_calls: [call] } : {}),
    };
    const choices = [{ index: 0, message, finish_reason: said.stop ?? (said.tool ? 'tool_calls' : 'stop') }];
    return {
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 0,
      model: body.model,
      choices,
      usage: openaiUsage(said),
    };
  }
  const content = [
    ...(said.text ? [{ type: 'text', text: said.text }] : []),
    ...(said.tool ? [{ type: 'tool_use', id: 'toolu_1', ...said.tool }] : []),
  ];
  const usage = { input_tokens: said.usage?.input ?? 11, output_tokens: said.usage?.output ?? 7 };
  const stop_reason = said.stop ?? (said.tool ? 'tool_use' : 'end_turn');
  return {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: body.model,
    content,
    stop_reason,
    stop_sequence: null,
    usage,
  };
}
