import type * as z from 'zod';
import * as zod from 'zod';
import type { PermissionMode, SandboxLevel } from '../core/domain.ts';
import { dollars, duration, line, ollamaAddress, truth, webAddress, wholeNumber } from './values.ts';

/** Every setting, with its flag, its variable and its default: the one table. */

const sandboxModes = ['read-only', 'workspace-write', 'danger-full-access'] as const;
export type SandboxMode = (typeof sandboxModes)[number];

const containers = ['docker', 'podman'] as const;
export type Container = (typeof containers)[number];

const colorModes = ['auto', 'always', 'never'] as const;
export type ColorMode = (typeof colorModes)[number];

/** Strictest first. */
const permissionModes = [
  'plan',
  'dontAsk',
  'default',
  'acceptEdits',
  'bypassPermissions',
] as const satisfies readonly PermissionMode[];
/** Strictest first. */
const sandboxLevels = ['L3', 'L2', 'L1', 'L0'] as const satisfies readonly SandboxLevel[];

/**
 * What a project's own `kintsugi.json` may do to a setting. Such a file comes with whatever folder somebody stands in, so it is not
 * trusted: it never says where keys are sent, and it may tighten but not loosen.
 */
type ProjectRight<Value> =
  | { may: 'set' }
  | { may: 'set-if'; fits: (value: Value) => boolean; why: string }
  /** A lower rank is stricter. */
  | { may: 'tighten'; rank: (value: Value) => number }
  | { may: 'not' };

export interface Setting<Value> {
  flag: string | null;
  variable: string;
  schema: z.ZodType<Value>;
  /** What is accepted, for errors: "a whole number from 1 to 100". */
  expects: string;
  fallback: Value;
  project: ProjectRight<Value>;
}

function setting<Value>(of: Setting<Value>): Setting<Value> {
  return of;
}

function rankIn<Value>(strictestFirst: readonly Value[]): ProjectRight<Value> {
  return { may: 'tighten', rank: (value) => strictestFirst.indexOf(value) };
}

const lowerOnly: ProjectRight<number> = { may: 'tighten', rank: (value) => value };
const lowerOrSome: ProjectRight<number | null> = {
  may: 'tighten',
  rank: (value) => value ?? Number.POSITIVE_INFINITY,
};

function oneOf(words: readonly string[]): string {
  return `one of ${words.join(', ')}`;
}

const aDuration = 'a duration such as 90s, 5m or 1h30m';
const anAddress = 'an address that begins with http:// or https://';
const onOrOff = 'on or off';

export const settings = {
  model: setting<string>({
    flag: '--model',
    variable: 'KINTSUGI_MODEL',
    schema: line,
    expects:
      'a model such as anthropic/<id>, openai/<id>, ollama/<id>, an http(s) address, demo or scripted:<file>',
    fallback: 'auto',
    project: {
      may: 'set-if',
      fits: (name) =>
        /^(auto|demo|(anthropic|openai|ollama)\/[\w.:@/-]+)$/.test(name) && !name.includes('://'),
      why: 'a project file may only name auto, demo, anthropic/<id>, openai/<id> or ollama/<id>: never an address that your goal and key would be sent to',
    },
  }),
  /** The Anthropic model that `auto` means when there is a key. */
  defaultModel: setting<string>({
    flag: null,
    variable: 'KINTSUGI_DEFAULT_MODEL',
    schema: line,
    expects: 'the id of an Anthropic model',
    fallback: 'claude-sonnet-5-5',
    project: { may: 'not' },
  }),
  maxAttempts: setting<number>({
    flag: '--max-attempts',
    variable: 'KINTSUGI_MAX_ATTEMPTS',
    schema: wholeNumber(1, 100),
    expects: 'a whole number from 1 to 100',
    fallback: 5,
    project: lowerOnly,
  }),
  maxBudgetUsd: setting<number | null>({
    flag: '--max-budget-usd',
    variable: 'KINTSUGI_MAX_BUDGET_USD',
    schema: dollars,
    expects: 'a number of dollars above 0, such as 0.50',
    fallback: null,
    project: lowerOrSome,
  }),
  maxTokens: setting<number | null>({
    flag: '--max-tokens',
    variable: 'KINTSUGI_MAX_TOKENS',
    schema: wholeNumber(1, 1_000_000_000),
    expects: 'a whole number of tokens, 1 or more',
    fallback: null,
    project: lowerOrSome,
  }),
  timeout: setting<number | null>({
    flag: '--timeout',
    variable: 'KINTSUGI_TIMEOUT',
    schema: duration,
    expects: aDuration,
    fallback: null,
    project: lowerOrSome,
  }),
  permissionMode: setting<PermissionMode>({
    flag: '--permission-mode',
    variable: 'KINTSUGI_PERMISSION_MODE',
    schema: zod.enum(permissionModes),
    expects: oneOf(permissionModes),
    fallback: 'default',
    project: rankIn<PermissionMode>(permissionModes),
  }),
  sandbox: setting<SandboxMode>({
    flag: '--sandbox',
    variable: 'KINTSUGI_SANDBOX',
    schema: zod.enum(sandboxModes),
    expects: oneOf(sandboxModes),
    fallback: 'workspace-write',
    project: rankIn<SandboxMode>(sandboxModes),
  }),
  minLevel: setting<SandboxLevel>({
    flag: '--min-level',
    variable: 'KINTSUGI_MIN_LEVEL',
    schema: zod.enum(sandboxLevels),
    expects: oneOf(sandboxLevels),
    // Of a default the machine may fall short, which is said; what somebody set is kept or nothing runs.
    fallback: 'L2',
    project: rankIn<SandboxLevel>(sandboxLevels),
  }),
  /** Null: what the machine itself offers. */
  container: setting<Container | null>({
    flag: '--container',
    variable: 'KINTSUGI_CONTAINER',
    schema: zod.enum(containers),
    expects: oneOf(containers),
    fallback: null,
    project: { may: 'not' },
  }),
  memory: setting<boolean>({
    flag: '--no-memory',
    variable: 'KINTSUGI_MEMORY',
    schema: truth,
    expects: onOrOff,
    fallback: true,
    project: rankIn([false, true]),
  }),
  /** `hashed`, which needs nothing, or the name of a model for transformers.js that was installed. */
  embedder: setting<string>({
    flag: null,
    variable: 'KINTSUGI_EMBEDDER',
    schema: line,
    expects: 'hashed, or the name of an installed model such as Xenova/all-MiniLM-L6-v2',
    fallback: 'hashed',
    project: { may: 'not' },
  }),
  holdOut: setting<boolean>({
    flag: '--no-hold-out',
    variable: 'KINTSUGI_HOLD_OUT',
    schema: truth,
    expects: onOrOff,
    fallback: true,
    project: { may: 'set' },
  }),
  offline: setting<boolean>({
    flag: '--offline',
    variable: 'KINTSUGI_OFFLINE',
    schema: truth,
    expects: onOrOff,
    fallback: false,
    project: rankIn([true, false]),
  }),
  seed: setting<number | null>({
    flag: '--seed',
    variable: 'KINTSUGI_SEED',
    schema: wholeNumber(0, Number.MAX_SAFE_INTEGER),
    expects: 'a whole number, 0 or more',
    fallback: null,
    project: { may: 'set' },
  }),
  color: setting<ColorMode>({
    flag: '--color',
    variable: 'KINTSUGI_COLOR',
    schema: zod.enum(colorModes),
    expects: oneOf(colorModes),
    fallback: 'auto',
    project: { may: 'set' },
  }),
  anthropicBaseUrl: setting<string | null>({
    flag: null,
    variable: 'ANTHROPIC_BASE_URL',
    schema: webAddress,
    expects: anAddress,
    fallback: null,
    project: { may: 'not' },
  }),
  openaiBaseUrl: setting<string | null>({
    flag: null,
    variable: 'OPENAI_BASE_URL',
    schema: webAddress,
    expects: anAddress,
    fallback: null,
    project: { may: 'not' },
  }),
  ollamaBaseUrl: setting<string>({
    flag: null,
    variable: 'OLLAMA_HOST',
    schema: ollamaAddress,
    expects: 'an address such as http://127.0.0.1:11434',
    fallback: 'http://127.0.0.1:11434',
    project: { may: 'not' },
  }),
  /** A model that sends nothing for this long is given up. */
  modelIdleTimeout: setting<number>({
    flag: null,
    variable: 'KINTSUGI_MODEL_IDLE_TIMEOUT',
    schema: duration,
    expects: aDuration,
    fallback: 120_000,
    project: lowerOnly,
  }),
  modelRetries: setting<number>({
    flag: null,
    variable: 'KINTSUGI_MODEL_RETRIES',
    schema: wholeNumber(0, 20),
    expects: 'a whole number from 0 to 20',
    fallback: 4,
    project: lowerOnly,
  }),
  /** A provider that asks for a longer pause than this is not waited for. */
  modelMaxWait: setting<number>({
    flag: null,
    variable: 'KINTSUGI_MODEL_MAX_WAIT',
    schema: duration,
    expects: aDuration,
    fallback: 60_000,
    project: lowerOnly,
  }),
  /** How often a reply that was cut at its token limit is asked to go on. */
  continuations: setting<number>({
    flag: null,
    variable: 'KINTSUGI_CONTINUATIONS',
    schema: wholeNumber(0, 20),
    expects: 'a whole number from 0 to 20',
    fallback: 4,
    project: lowerOnly,
  }),
  /** Output tokens of one call. */
  replyTokens: setting<number>({
    flag: null,
    variable: 'KINTSUGI_REPLY_TOKENS',
    schema: wholeNumber(256, 1_000_000),
    expects: 'a whole number from 256 to 1000000',
    fallback: 16_000,
    project: lowerOnly,
  }),
  /** Null: the prompts that come with the package. */
  prompts: setting<string | null>({
    flag: null,
    variable: 'KINTSUGI_PROMPTS',
    schema: line,
    expects: 'a folder',
    fallback: null,
    project: { may: 'not' },
  }),
} as const;

export type SettingName = keyof typeof settings;
type ValueOf<Of> = Of extends Setting<infer Value> ? Value : never;
export type SettingValues = { [Name in SettingName]: ValueOf<(typeof settings)[Name]> };

export const settingNames = Object.keys(settings) as SettingName[];

/** Read from the environment and from `.env`, never from a flag or a JSON file, and never shown. */
export const secretVariables = { anthropic: 'ANTHROPIC_API_KEY', openai: 'OPENAI_API_KEY' } as const;
export type SecretName = keyof typeof secretVariables;
