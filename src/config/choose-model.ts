import type { Config } from '../config.ts';
import { describeSource } from './describe.ts';
import type { LocalEndpoint } from './local-models.ts';
import { isLoopback, showAddress } from './values.ts';

export interface ModelChoice {
  /** As `--model` takes it, never `auto`. */
  model: string;
  /** The OpenAI-compatible address of a local server; null when `model` and the configured endpoints say it all. */
  baseUrl: string | null;
  /** One sentence for a person. */
  why: string;
}

/**
 * What `auto` means here: an Anthropic key, else a local server that has a model, else the demo. A model that the user named is
 * taken as it is. Pure: `local` comes from `findLocalModels`.
 */
export function chooseModel(
  config: Pick<Config, 'model' | 'defaultModel' | 'offline' | 'endpoints' | 'secrets' | 'sources'>,
  local: readonly LocalEndpoint[],
): ModelChoice {
  if (config.model !== 'auto') {
    return { model: config.model, baseUrl: null, why: `named by ${describeSource(config.sources.model)}` };
  }
  const anthropicIsNear = config.endpoints.anthropic !== null && isLoopback(config.endpoints.anthropic);
  if (config.secrets.anthropic() !== null && (!config.offline || anthropicIsNear)) {
    return { model: `anthropic/${config.defaultModel}`, baseUrl: null, why: 'ANTHROPIC_API_KEY is set' };
  }
  for (const { name, baseUrl, models } of local) {
    const id = models?.[0];
    if (id === undefined) continue;
    const why = `${name} at ${showAddress(baseUrl)} has it`;
    return name === 'Ollama'
      ? { model: `ollama/${id}`, baseUrl: null, why }
      : { model: `openai/${id}`, baseUrl, why };
  }
  const reasons = config.offline
    ? 'offline, and no local model answers'
    : config.secrets.openai() !== null
      ? 'OPENAI_API_KEY is set but no model is named (--model openai/<id>)'
      : 'no key, and no local model answers';
  return { model: 'demo', baseUrl: null, why: reasons };
}
