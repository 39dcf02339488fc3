import { readFileSync } from 'node:fs';
import path from 'node:path';
import { chooseModel } from '../config/choose-model.ts';
import { findLocalModels } from '../config/local-models.ts';
import { isLoopback } from '../config/values.ts';
import type { Config } from '../config.ts';
import type { ModelProvider, ModelRequest } from '../core/seams.ts';
import { exitCodes, problem } from '../problem.ts';

/**
 * The model a session asks, from `--model`: the only place that knows every provider, each loaded when it is named. Throws a Problem for a
 * name that means nothing, a file that cannot be read, and for a remote model while `--offline`. `answered` is what a session that goes on
 * has asked already: recorded and scripted models go on behind it. `recordedGoal` is what a cassette's replies were recorded for.
 */
export async function composeModel(
  config: Config,
  goal: string,
  answered: readonly ModelRequest[] = [],
): Promise<{ model: ModelProvider; why: string; recordedGoal: string | null }> {
  const local = config.model === 'auto' ? await findLocalModels(config) : [];
  const choice = chooseModel(config, local);
  const recorded: Recorded = { goal: null };
  const model = await provider(choice.model, choice.baseUrl, { config, goal, answered, recorded });
  if (config.budgets.usd !== null && !model.priced) {
    throw problem(
      exitCodes.usage,
      `--max-budget-usd: the price of ${model.id} is not known, so dollars cannot be counted. Use --max-tokens instead.`,
    );
  }
  return { model, why: choice.why, recordedGoal: recorded.goal };
}

/** Whether the demo model has a recording for a goal. */
export async function isDemoGoal(goal: string): Promise<boolean> {
  return (await import('../models/demo.ts')).findDemo(goal) !== null;
}

interface Recorded {
  goal: string | null;
}

interface Asking {
  config: Config;
  goal: string;
  answered: readonly ModelRequest[];
  /** Gets the goal of a record that answers. */
  recorded: Recorded;
}

async function provider(name: string, baseUrl: string | null, asking: Asking): Promise<ModelProvider> {
  const { config } = asking;
  const [kind = '', rest = ''] = splitOnce(name, /^https?:/.test(name) ? /$/ : /[/:]/);
  switch (kind) {
    case 'demo':
      return (await import('../models/demo.ts')).demoModel(asking.goal, asking.answered.length);
    case 'scripted':
      return await scripted(rest, asking);
    case 'cassette':
      return await cassette(rest, asking);
    case 'anthropic':
      return await anthropic(rest || config.defaultModel, config);
    case 'openai':
      return await openai({
        name,
        id: rest,
        baseUrl: baseUrl ?? config.endpoints.openai ?? 'https://api.openai.com/v1',
        key: config.secrets.openai(),
        config,
      });
    case 'ollama':
      return await openai({
        name,
        id: rest,
        baseUrl: `${config.endpoints.ollama.replace(/\/+$/, '')}/v1`,
        key: null,
        config,
      });
    default:
      if (/^https?:\/\//.test(name)) return await atAddress(name, config);
      throw problem(
        exitCodes.usage,
        `--model: "${name}" is not a model. Use anthropic/<id>, openai/<id>, ollama/<id>, http://host/v1#<id>, demo, cassette:<journal> or scripted:<file>.`,
      );
  }
}

async function anthropic(id: string, config: Config): Promise<ModelProvider> {
  const address = config.endpoints.anthropic;
  refuseRemote(config, address ?? 'https://api.anthropic.com', `anthropic/${id}`);
  const { anthropicModel } = await import('../models/anthropic.ts');
  const key = config.secrets.anthropic();
  const options = { model: id, apiKey: key ?? '', idleMs: config.modelCalls.idleMs };
  return await steadied(anthropicModel({ ...options, baseURL: address ?? undefined }), config);
}

async function openai(options: {
  name: string;
  id: string;
  baseUrl: string;
  key: string | null;
  config: Config;
}): Promise<ModelProvider> {
  const { name, id, baseUrl, key, config } = options;
  if (id === '')
    throw problem(
      exitCodes.usage,
      `--model: "${name}" names no model; write ${name.replace(/\/?$/, '/')}<id>.`,
    );
  refuseRemote(config, baseUrl, name);
  const { openaiModel } = await import('../models/openai.ts');
  const free = isLoopback(baseUrl);
  return await steadied(
    openaiModel({
      id: name,
      model: id,
      baseURL: baseUrl,
      apiKey: key ?? undefined,
      idleMs: config.modelCalls.idleMs,
      free,
    }),
    config,
  );
}

/** `http://host/v1#id`; without an id, the first model the server lists. */
async function atAddress(name: string, config: Config): Promise<ModelProvider> {
  const [address = '', fragment = ''] = splitOnce(name, /#/);
  refuseRemote(config, address, address);
  const baseUrl = address.replace(/\/+$/, '');
  const id = fragment || (await firstModel(baseUrl));
  return await openai({ name: `${baseUrl}#${id}`, id, baseUrl, key: config.secrets.openai(), config });
}

async function firstModel(baseUrl: string): Promise<string> {
  try {
    const response = await fetch(`${baseUrl}/models`, { signal: AbortSignal.timeout(5_000) });
    const answer = (await response.json()) as { data?: { id?: unknown }[] };
    const id = answer.data?.find((one) => typeof one.id === 'string')?.id;
    if (typeof id === 'string') return id;
  } catch (error) {
    throw problem(
      exitCodes.failure,
      `${baseUrl}/models does not answer: ${error instanceof Error ? error.message : error}. Is the server running?`,
    );
  }
  throw problem(exitCodes.usage, `${baseUrl} lists no model; name one: --model ${baseUrl}#<id>`);
}

async function scripted(file: string, { config, answered }: Asking): Promise<ModelProvider> {
  const { parseScript, scriptedModel } = await import('../models/scripted.ts');
  const script = parseScript(readFileOf('scripted', file, config), file);
  if (!script.ok) throw problem(exitCodes.invalidConfig, script.error);
  return await steadied(
    scriptedModel({ id: `scripted:${file}`, source: file, rules: script.rules, answered }),
    config,
  );
}

async function cassette(reference: string, { config, answered, recorded }: Asking): Promise<ModelProvider> {
  const { findSession } = await import('../journal/list.ts');
  const { loadJournal } = await import('../journal/read.ts');
  const { cassetteModel } = await import('../models/cassette.ts');
  const file = await findSession(config.logs, reference);
  const { events } = await loadJournal(file);
  const [first] = events;
  if (first?.type === 'session.started') recorded.goal = first.task.goal;
  return cassetteModel({
    id: `cassette:${reference === 'latest' ? file : reference}`,
    events,
    answered: answered.length,
  });
}

async function steadied(model: ModelProvider, config: Config): Promise<ModelProvider> {
  const { pause, steady } = await import('../models/steady.ts');
  return steady(model, {
    retries: config.modelCalls.retries,
    baseMs: 1_000,
    maxWaitMs: config.modelCalls.maxWaitMs,
    maxContinuations: config.modelCalls.continuations,
    sleep: pause,
    random: Math.random,
  });
}

function refuseRemote(config: Config, address: string, name: string): void {
  if (!config.offline || isLoopback(address)) return;
  throw problem(
    exitCodes.usage,
    `--offline: ${name} is not on this machine. Use a local model, demo, cassette:<journal> or scripted:<file>.`,
  );
}

function readFileOf(kind: string, file: string, config: Config): string {
  if (file === '') throw problem(exitCodes.usage, `--model: write ${kind}:<file>.`);
  try {
    return readFileSync(path.resolve(config.cwd, file), 'utf8');
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    const why =
      { ENOENT: 'there is no such file', EISDIR: 'it is a folder', EACCES: 'no permission' }[code] ?? code;
    throw problem(exitCodes.unreadable, `--model ${kind}:${file} cannot be read: ${why}.`);
  }
}

function splitOnce(text: string, by: RegExp): [string, string] {
  const at = text.search(by);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
