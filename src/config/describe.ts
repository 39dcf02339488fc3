import type { Config } from '../config.ts';
import type { Source } from './resolve.ts';
import { type SecretName, type SettingName, secretVariables, settingNames } from './settings.ts';
import { formatDuration, showAddress } from './values.ts';

export interface DescribedSetting {
  name: string;
  /** For a person; of a secret at most its last four characters. */
  value: string;
  /** `default`, or the layer and the flag, variable or file. */
  from: string;
}

/** Says that a secret is there without saying it: the last four characters, and only of a long one. */
export function maskSecret(secret: string | null): string {
  if (secret === null) return 'not set';
  return secret.length >= 20 ? `set, ends in ${secret.slice(-4)}` : 'set';
}

/** Where a value came from, in a few words. */
export function describeSource({ layer, name }: Source): string {
  if (layer === 'default') return 'default';
  return layer === '.env' ? name : `${layer} ${name}`;
}

function describePolicy({ policy }: Config): DescribedSetting[] {
  const [strongest] = policy;
  if (strongest === undefined) return [];
  const said = policy.flatMap(({ changes }) =>
    Object.entries(changes).map(([name, one]) => `${name}=${one}`),
  );
  return [{ name: 'policy', value: said.join(', '), from: policy.map(({ name }) => name).join(', ') }];
}

/** Every setting with its value and where it came from, secrets masked, addresses without their credentials. */
export function describeConfig(config: Config): DescribedSetting[] {
  const duration = (ms: number | null) => (ms === null ? 'no limit' : formatDuration(ms));
  const limit = (amount: number | null) => (amount === null ? 'no limit' : String(amount));
  const onOff = (on: boolean) => (on ? 'on' : 'off');
  const values: Record<SettingName, string> = {
    model: showAddress(config.model),
    defaultModel: config.defaultModel,
    maxAttempts: String(config.budgets.attempts),
    maxBudgetUsd: limit(config.budgets.usd),
    maxTokens: limit(config.budgets.tokens),
    timeout: duration(config.budgets.wallMs),
    permissionMode: config.permissionMode,
    sandbox: config.sandbox,
    minLevel: config.minLevel,
    container: config.container ?? 'none',
    memory: onOff(config.memory),
    embedder: config.embedder,
    holdOut: onOff(config.holdOut),
    offline: onOff(config.offline),
    seed: config.seed === null ? 'none' : String(config.seed),
    color: config.color,
    anthropicBaseUrl: showAddress(config.endpoints.anthropic ?? "the provider's own"),
    openaiBaseUrl: showAddress(config.endpoints.openai ?? "the provider's own"),
    ollamaBaseUrl: showAddress(config.endpoints.ollama),
    modelIdleTimeout: duration(config.modelCalls.idleMs),
    modelRetries: String(config.modelCalls.retries),
    modelMaxWait: duration(config.modelCalls.maxWaitMs),
    continuations: String(config.modelCalls.continuations),
    replyTokens: String(config.modelCalls.replyTokens),
    prompts: config.prompts,
  };
  const secretNames = Object.keys(secretVariables) as SecretName[];
  return [
    { name: 'home', value: config.home, from: describeSource(config.sources.home) },
    ...settingNames.map((name) => ({
      name,
      value: values[name],
      from: describeSource(config.sources[name]),
    })),
    ...describePolicy(config),
    ...secretNames.map((name) => ({
      name: secretVariables[name],
      value: maskSecret(config.secrets[name]()),
      from: describeSource(config.sources[name]),
    })),
  ];
}
