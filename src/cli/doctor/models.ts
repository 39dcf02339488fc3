import { chooseModel } from '../../config/choose-model.ts';
import { describeSource, maskSecret } from '../../config/describe.ts';
import { findLocalModels, type LocalEndpoint } from '../../config/local-models.ts';
import { type SecretName, secretVariables } from '../../config/settings.ts';
import { showAddress } from '../../config/values.ts';
import type { Config } from '../../config.ts';
import { gap, missing, ok, type Row } from './row.ts';

function keyRow(config: Config, secret: SecretName, name: string): Row {
  const key = config.secrets[secret]();
  if (key !== null)
    return ok('models', name, `${maskSecret(key)} (${describeSource(config.sources[secret])})`);
  return missing('models', name, 'not set', `Put ${secretVariables[secret]}=… into ${config.dotenvFile}.`);
}

function endpointRow({ name, baseUrl, models }: LocalEndpoint): Row {
  const address = showAddress(baseUrl);
  const start: Record<LocalEndpoint['name'], string> = {
    Ollama: 'Start it (ollama serve), or say where it is with OLLAMA_HOST.',
    'LM Studio': 'Start its server (lms server start), if you use it.',
    OPENAI_BASE_URL: 'Start that server, or take the variable away.',
  };
  if (models === null) return missing('models', name, `no answer at ${address}`, start[name]);
  if (models.length === 0) {
    return gap(
      'models',
      name,
      `at ${address}, without a model`,
      'Load a model there, such as qwen2.5-coder.',
    );
  }
  const shown = models.slice(0, 3).join(', ');
  return ok(
    'models',
    name,
    `at ${address}: ${shown}${models.length > 3 ? ` and ${models.length - 3} more` : ''}`,
  );
}

/** Which model a session would use and why, the keys, and the servers on this machine. */
export async function modelRows(
  config: Config,
  endpoints: Parameters<typeof findLocalModels>[1] = {},
): Promise<Row[]> {
  const local = await findLocalModels(config, endpoints);
  const { model, why } = chooseModel(config, local);
  const value = `${showAddress(model)}: ${why}`;
  const ways = `For any goal: a key in ${config.dotenvFile}, a local model (Ollama), or --model with an address. The demo knows a few goals only.`;
  return [
    model === 'demo' ? gap('models', 'model', value, ways) : ok('models', 'model', value),
    keyRow(config, 'anthropic', 'Anthropic key'),
    keyRow(config, 'openai', 'OpenAI key'),
    ...local.map(endpointRow),
  ];
}
