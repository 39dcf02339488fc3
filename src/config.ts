import { existsSync } from 'node:fs';
import path from 'node:path';
import { type ConfigProblem, readDotenv } from './config/files.ts';
import { whyNoHome } from './config/home.ts';
import {
  environmentLayer,
  type Flags,
  fileLayer,
  findSecret,
  flagLayer,
  unknownVariables,
  type Variables,
  withoutHidden,
} from './config/layers.ts';
import { type PolicyLayer, policyFromFile, policyFromText, policyVariable } from './config/policy.ts';
import { resolveSettings, type Source } from './config/resolve.ts';
import type { ColorMode, Container, SandboxMode, SecretName, SettingName } from './config/settings.ts';
import { isLoopback } from './config/values.ts';
import type { Budgets, PermissionMode, SandboxLevel } from './core/domain.ts';
import { packageRoot } from './package-root.ts';
import { productVersion } from './version.ts';

export interface Config {
  version: string;
  /** Absolute. */
  cwd: string;
  /** Absolute; `logs/`, `memory/`, `.env` and `config.json` live in it. */
  home: string;
  logs: string;
  memoryDirectory: string;
  prompts: string;
  dotenvFile: string;
  /** As the user named it, or `auto`. */
  model: string;
  /** The id of the Anthropic model that `auto` means when there is a key. */
  defaultModel: string;
  /** Null: the provider's own. */
  endpoints: { anthropic: string | null; openai: string | null; ollama: string };
  budgets: Budgets;
  permissionMode: PermissionMode;
  sandbox: SandboxMode;
  /** The least level that programs may run at. One that nobody set (`sources.minLevel` is a default) is a wish, of which a machine may fall short. */
  minLevel: SandboxLevel;
  container: Container | null;
  /** Somebody said the word that goes with `danger-full-access`. */
  acceptDanger: boolean;
  /** What somebody says of single capabilities, the strongest place first; places that say nothing are left out. */
  policy: PolicyLayer[];
  memory: boolean;
  /** `hashed`, or the name of an installed model. */
  embedder: string;
  /** Whether one recall in ten is left out on purpose, to measure what memory is worth. */
  holdOut: boolean;
  offline: boolean;
  seed: number | null;
  color: ColorMode;
  modelCalls: {
    idleMs: number;
    retries: number;
    maxWaitMs: number;
    continuations: number;
    replyTokens: number;
  };
  secrets: Secrets;
  sources: Record<SettingName | SecretName | 'home', Source>;
  /** Sentences for stderr; nothing that stops the work. */
  warnings: string[];
}

/** Functions, so that a Config that is printed or turned into JSON shows no secret. */
export interface Secrets {
  anthropic: () => string | null;
  openai: () => string | null;
  /** Every value of `.env`: what the journal must not contain. */
  dotenv: () => Record<string, string>;
}

export type LoadedConfig =
  | { kind: 'config'; config: Config }
  | { kind: 'invalid'; problems: ConfigProblem[]; exitCode: 2 | 52 };

export interface ConfigInput {
  flags: Flags;
  env: Variables;
  cwd: string;
  /** The package's folder; found by itself when left out. */
  root?: string;
}

/**
 * The settings of one start: flag, environment, `<home>/.env`, `<cwd>/kintsugi.json`, `<home>/config.json`, default; the first that
 * says something wins, and an empty variable says "none". Only the `.env` of the home is read: one in a project's folder could
 * send a key elsewhere. Never throws for what a person wrote: every problem is named, with its fix.
 */
export async function loadConfig({
  flags,
  env,
  cwd,
  root = packageRoot(),
}: ConfigInput): Promise<LoadedConfig> {
  const { home, homeSource, problems } = await findHome(env, cwd, root);
  const dotenvFile = path.join(home, '.env');
  const dotenv = await readDotenv(dotenvFile);
  const projectFile = path.join(cwd, 'kintsugi.json');
  const userFile = path.join(home, 'config.json');
  const project = flags.bare ? null : fileLayer('project file', projectFile, problems);
  const user = flags.bare ? null : fileLayer('user file', userFile, problems);
  problems.push(...dotenv.problems);

  const layers = [
    flagLayer(flags, problems),
    environmentLayer('environment', env, (variable) => variable),
    environmentLayer('.env', withoutHidden(dotenv.values, env), (variable) => `${variable} in ${dotenvFile}`),
    ...(project ? [project.settings] : []),
    ...(user ? [user.settings] : []),
  ];
  const { values, sources, problems: unreadable } = resolveSettings(layers);
  problems.push(...unreadable);
  const policy = [
    policyFromText('flag', '--policy', flags.policy ?? [], problems),
    policyFromText('environment', policyVariable, [env[policyVariable] ?? ''], problems),
    policyFromText(
      '.env',
      `${policyVariable} in ${dotenvFile}`,
      [withoutHidden(dotenv.values, env)[policyVariable] ?? ''],
      problems,
    ),
    policyFromFile('project file', projectFile, project?.policy, problems),
    policyFromFile('user file', userFile, user?.policy, problems),
  ].filter(({ changes }) => Object.keys(changes).length > 0);
  const anthropic = findSecret('anthropic', env, dotenv.values, dotenvFile, problems);
  const openai = findSecret('openai', env, dotenv.values, dotenvFile, problems);

  if (problems.length > 0) {
    return { kind: 'invalid', problems, exitCode: problems.some(({ exitCode }) => exitCode === 2) ? 2 : 52 };
  }
  const config: Config = {
    version: productVersion(),
    cwd: path.resolve(cwd),
    home,
    logs: path.join(home, 'logs'),
    memoryDirectory: path.join(home, 'memory'),
    prompts: values.prompts === null ? path.join(root, 'prompts') : path.resolve(cwd, values.prompts),
    dotenvFile,
    model: values.model,
    defaultModel: values.defaultModel,
    endpoints: {
      anthropic: values.anthropicBaseUrl,
      openai: values.openaiBaseUrl,
      ollama: values.ollamaBaseUrl,
    },
    budgets: {
      attempts: values.maxAttempts,
      tokens: values.maxTokens,
      usd: values.maxBudgetUsd,
      wallMs: values.timeout,
    },
    permissionMode: values.permissionMode,
    sandbox: values.sandbox,
    minLevel: values.minLevel,
    container: values.container,
    acceptDanger: flags.acceptDanger === true,
    policy,
    memory: values.memory && !flags.bare,
    embedder: values.embedder,
    holdOut: values.holdOut,
    offline: values.offline,
    seed: values.seed,
    color: values.color,
    modelCalls: {
      idleMs: values.modelIdleTimeout,
      retries: values.modelRetries,
      maxWaitMs: values.modelMaxWait,
      continuations: values.continuations,
      replyTokens: values.replyTokens,
    },
    secrets: {
      anthropic: () => anthropic.value,
      openai: () => openai.value,
      dotenv: () => ({ ...dotenv.values }),
    },
    sources: { ...sources, anthropic: anthropic.source, openai: openai.source, home: homeSource },
    warnings: [...unknownVariables(env, ''), ...unknownVariables(dotenv.values, ` in ${dotenvFile}`)],
  };
  config.warnings.push(...openRoads(config));
  return { kind: 'config', config };
}

/** The text of all problems, one a line: where, what, what to do. */
export function formatProblems(problems: readonly ConfigProblem[]): string {
  return problems.map(({ where, what, fix }) => `${where} ${what}. ${fix}`).join('\n');
}

async function findHome(
  env: Variables,
  cwd: string,
  root: string,
): Promise<{ home: string; homeSource: Source; problems: ConfigProblem[] }> {
  const named = env.KINTSUGI_HOME;
  if (named === undefined || named === '') {
    const homeSource: Source = { layer: 'default', name: '' };
    if (existsSync(path.join(root, 'src'))) return { home: root, homeSource, problems: [] };
    const { default: dataFolders } = await import('env-paths');
    return { home: dataFolders('kintsugi', { suffix: '' }).data, homeSource, problems: [] };
  }
  const home = path.resolve(cwd, named);
  const what = whyNoHome(home);
  const fix = 'Name a folder; it is made when it is missing.';
  return {
    home,
    homeSource: { layer: 'environment', name: 'KINTSUGI_HOME' },
    problems: what === null ? [] : [{ where: 'KINTSUGI_HOME', what, fix, exitCode: 52 }],
  };
}

/** Keys that would travel unencrypted to another machine. */
function openRoads({ endpoints, secrets }: Config): string[] {
  const roads = [
    { variable: 'ANTHROPIC_BASE_URL', address: endpoints.anthropic, key: secrets.anthropic() },
    { variable: 'OPENAI_BASE_URL', address: endpoints.openai, key: secrets.openai() },
  ];
  return roads
    .filter(({ address, key }) => key !== null && address?.startsWith('http://') && !isLoopback(address))
    .map(({ variable }) => `${variable} is not https: the key goes over the network unencrypted.`);
}
