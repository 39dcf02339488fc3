import type { Config } from '../config.ts';
import { isLoopback } from './values.ts';

/** A model server on this machine that was asked what it has. */
export interface LocalEndpoint {
  name: 'Ollama' | 'LM Studio' | 'OPENAI_BASE_URL';
  /** The OpenAI-compatible base address. */
  baseUrl: string;
  /** Ids of models that can chat; null when nothing answered. */
  models: string[] | null;
}

const mostModels = 1000;

/** The ids in the answer of `/v1/models`, the one form that Ollama, LM Studio, vLLM and llama.cpp share; null for any other answer. */
function modelIds(answer: unknown): string[] | null {
  if (typeof answer !== 'object' || answer === null || !('data' in answer)) return null;
  // Ollama without a model says null.
  if (answer.data === null) return [];
  if (!Array.isArray(answer.data)) return null;
  const entries: unknown[] = answer.data.slice(0, mostModels);
  return entries.flatMap((entry) => {
    if (typeof entry !== 'object' || entry === null || !('id' in entry)) return [];
    return typeof entry.id === 'string' && /^[\w.:@/-]{1,200}$/.test(entry.id) && !/embed/i.test(entry.id)
      ? [entry.id]
      : [];
  });
}

async function ask(
  name: LocalEndpoint['name'],
  baseUrl: string,
  apiKey: string | null,
  timeoutMs: number,
): Promise<LocalEndpoint> {
  try {
    const response = await fetch(`${baseUrl}/models`, {
      signal: AbortSignal.timeout(timeoutMs),
      redirect: 'error',
      headers: apiKey === null ? {} : { authorization: `Bearer ${apiKey}` },
    });
    if (!response.ok) {
      await response.body?.cancel();
      return { name, baseUrl, models: null };
    }
    return { name, baseUrl, models: modelIds(await response.json()) };
  } catch {
    return { name, baseUrl, models: null };
  }
}

/**
 * Asks the model servers that may run on this machine (Ollama at its configured address, LM Studio at its usual one, and
 * OPENAI_BASE_URL when that is loopback), all at once, each for at most `timeoutMs`. Never throws.
 */
export async function findLocalModels(
  config: Pick<Config, 'endpoints' | 'offline' | 'secrets'>,
  { timeoutMs = 300, lmStudio = 'http://127.0.0.1:1234/v1' }: { timeoutMs?: number; lmStudio?: string } = {},
): Promise<LocalEndpoint[]> {
  const { ollama, openai } = config.endpoints;
  const asked: Promise<LocalEndpoint>[] = [];
  if (openai !== null && isLoopback(openai)) {
    asked.push(ask('OPENAI_BASE_URL', openai, config.secrets.openai(), timeoutMs));
  }
  if (isLoopback(ollama) || !config.offline) asked.push(ask('Ollama', `${ollama}/v1`, null, timeoutMs));
  asked.push(ask('LM Studio', lmStudio, null, timeoutMs));
  return await Promise.all(asked);
}
