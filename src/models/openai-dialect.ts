import type { OpenAI } from 'openai';
import type { ModelRequest } from '../core/seams.ts';
import { textOf } from './usage.ts';

/** What one OpenAI-compatible server takes. It starts with everything and loses what the server complains of. */
export interface Dialect {
  usage: boolean;
  tools: boolean;
  toolChoice: boolean;
  limit: 'max_tokens' | 'max_completion_tokens';
  swapped: boolean;
}

export function startDialect(isOpenAI: boolean): Dialect {
  return {
    usage: true,
    tools: true,
    toolChoice: true,
    // OpenAI's own models take the new name only; many local servers only the old one.
    limit: isOpenAI ? 'max_completion_tokens' : 'max_tokens',
    swapped: false,
  };
}

/** Leaves out what a rejected request was rejected for. False: nothing to leave out, the error stands. */
export function adapt(dialect: Dialect, request: ModelRequest, error: unknown): boolean {
  const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined;
  if (status !== 400 && status !== 422 && status !== 500 && status !== 501) return false;
  const said = error instanceof Error ? error.message : '';
  const limit =
    /max_tokens|max_completion_tokens/i.test(said) &&
    /unsupported|not supported|unknown|unrecognized|unexpected|extra|use /i.test(said);
  if (limit && !dialect.swapped) {
    dialect.limit = dialect.limit === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens';
    dialect.swapped = true;
    return true;
  }
  if (dialect.usage && /stream_options|include_usage/i.test(said)) {
    dialect.usage = false;
    return true;
  }
  if (!request.schema || !dialect.tools || !/\btools?\b|tool[_ ]choice|function.?call/i.test(said))
    return false;
  if (dialect.toolChoice && /tool[_ ]choice/i.test(said)) dialect.toolChoice = false;
  else dialect.tools = false;
  return true;
}

/** One system and one user message, plain strings: what every server takes. The stable parts come first, for prefix caches. */
export function messagesOf(request: ModelRequest, dialect: Dialect): OpenAI.ChatCompletionMessageParam[] {
  const { schema } = request;
  const asked = !schema
    ? ''
    : dialect.tools
      ? `\n\nAnswer only with one call of the tool ${schema.name}.`
      : `\n\nAnswer with one JSON object that fits this schema, and nothing else:\n${JSON.stringify(schema.schema)}`;
  const messages: OpenAI.ChatCompletionMessageParam[] = [];
  if (request.system !== '') messages.push({ role: 'system', content: request.system });
  messages.push({ role: 'user', content: textOf({ ...request, system: '' }) + asked });
  return messages;
}

/** The request's one tool, and that it must be called; nothing for prose or for a server without tools. */
export function toolsOf(
  { schema }: ModelRequest,
  dialect: Dialect,
): { tools?: OpenAI.ChatCompletionFunctionTool[]; tool_choice?: 'required' } {
  if (!schema || !dialect.tools) return {};
  const { name, description, schema: parameters } = schema;
  return {
    tools: [{ type: 'function', function: { name, description, parameters } }],
    ...(dialect.toolChoice ? { tool_choice: 'required' as const } : {}),
  };
}
