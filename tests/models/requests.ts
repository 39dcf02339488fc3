import type {
  ModelFailure,
  ModelPart,
  ModelProvider,
  ModelReply,
  ModelRequest,
} from '../../src/core/seams.ts';
import { drain } from '../../src/core/stream.ts';

export const codeRequest: ModelRequest = {
  purpose: 'code',
  system: 'You write programs.',
  task: 'Goal: print 120.',
  turn: 'Write the program.',
  maxTokens: 1000,
};

export const planRequest: ModelRequest = {
  ...codeRequest,
  purpose: 'plan',
  turn: 'Plan it.',
  schema: {
    name: 'plan',
    description: 'The plan.',
    schema: { type: 'object', required: ['steps'], properties: { steps: { type: 'array' } } },
  },
};

export interface Asked {
  parts: ModelPart[];
  /** The text parts, joined. */
  shown: string;
  result: ModelReply | ModelFailure;
}

export async function ask(
  provider: ModelProvider,
  request: ModelRequest,
  signal: AbortSignal = new AbortController().signal,
): Promise<Asked> {
  const parts: ModelPart[] = [];
  const result = await drain(provider.reply(request, signal), (part) => {
    parts.push(part);
  });
  return { parts, shown: shownIn(parts), result };
}

/** What stands on the screen: text before a retry is void. */
export function shownIn(parts: ModelPart[]): string {
  return parts.reduce((shown, part) => (part.kind === 'retry' ? '' : shown + part.text), '');
}

export function replied({ result }: Asked): ModelReply {
  if (result.kind !== 'reply') throw new Error(`expected a reply, got ${result.failure}: ${result.message}`);
  return result;
}

export function failed({ result }: Asked): ModelFailure {
  if (result.kind !== 'failure') throw new Error(`expected a failure, got the reply ${result.text}`);
  return result;
}
