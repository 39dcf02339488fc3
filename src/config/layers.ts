import { type ConfigProblem, readJsonObject } from './files.ts';
import { policyName, policyVariable } from './policy.ts';
import { type LayerValues, nearest, type Source } from './resolve.ts';
import { type SecretName, type SettingName, secretVariables, settingNames, settings } from './settings.ts';

/** Each place that settings come from, reduced to setting names. Problems are added to the list that is handed in. */

/** The environment, or what stands in a `.env` file. */
export type Variables = Record<string, string | undefined>;

/** Flags as the command line gives them, by setting name; texts are parsed here. `memory: true` is commander's default and means nothing. */
export type Flags = Partial<Record<SettingName, string | boolean>> & {
  yolo?: boolean;
  bare?: boolean;
  /** `capability=decision`, as often as it was given. */
  policy?: readonly string[];
  /** The word that goes with danger-full-access. */
  acceptDanger?: boolean;
};

export function flagLayer(flags: Flags, problems: ConfigProblem[]): LayerValues {
  const values: LayerValues['values'] = {};
  for (const name of settingNames) {
    if (flags[name] !== undefined && !((name === 'memory' || name === 'holdOut') && flags[name] === true))
      values[name] = flags[name];
  }
  if (flags.yolo) {
    if (values.permissionMode !== undefined && values.permissionMode !== 'bypassPermissions') {
      problems.push({
        where: '--yolo',
        what: `means --permission-mode bypassPermissions, but --permission-mode ${values.permissionMode} is given too`,
        fix: 'Leave one of them out.',
        exitCode: 2,
      });
    }
    values.permissionMode = 'bypassPermissions';
  }
  return { layer: 'flag', nameOf: (name) => settings[name].flag ?? name, values };
}

/** NO_COLOR (any value but an empty one) is KINTSUGI_COLOR=never where that says nothing. */
export function environmentLayer(
  layer: 'environment' | '.env',
  env: Variables,
  nameOf: (variable: string) => string,
): LayerValues {
  const values: LayerValues['values'] = {};
  for (const name of settingNames) {
    const text = env[settings[name].variable]?.trim();
    if (text) values[name] = text;
  }
  const byNoColor = values.color === undefined && Boolean(env.NO_COLOR);
  if (byNoColor) values.color = 'never';
  return {
    layer,
    nameOf: (name) => nameOf(name === 'color' && byNoColor ? 'NO_COLOR' : settings[name].variable),
    values,
  };
}

/** What `.env` says about variables the real environment does not have, not even empty. */
export function withoutHidden(dotenv: Record<string, string>, env: Variables): Variables {
  return Object.fromEntries(Object.entries(dotenv).filter(([name]) => env[name] === undefined));
}

export function fileLayer(
  layer: 'project file' | 'user file',
  file: string,
  problems: ConfigProblem[],
): { settings: LayerValues; policy: unknown } {
  const read = readJsonObject(file);
  problems.push(...read.problems);
  const known: readonly string[] = settingNames;
  for (const name of Object.keys(read.values)) {
    if (known.includes(name) || name === policyName) continue;
    const near = nearest(name, known);
    const isSecret = /key|token$|secret|password/i.test(name);
    problems.push({
      where: `${file}: ${name.slice(0, 60)}`,
      what: 'is not a setting',
      fix: isSecret
        ? `Keys belong in .env, as ${Object.values(secretVariables).join(' or ')}.`
        : near
          ? `Did you mean ${near}?`
          : `Settings are ${known.join(', ')}.`,
      exitCode: 52,
    });
  }
  const { [policyName]: policy, ...values } = read.values;
  return { settings: { layer, nameOf: () => file, values }, policy };
}

export function findSecret(
  name: SecretName,
  env: Variables,
  dotenv: Record<string, string>,
  dotenvFile: string,
  problems: ConfigProblem[],
): { value: string | null; source: Source } {
  const variable = secretVariables[name];
  const real = env[variable];
  const value = (real ?? dotenv[variable] ?? '').trim();
  if (value === '') return { value: null, source: { layer: 'default', name: '' } };
  const source: Source =
    real === undefined
      ? { layer: '.env', name: `${variable} in ${dotenvFile}` }
      : { layer: 'environment', name: variable };
  if (/^[\x21-\x7e]+$/.test(value)) return { value, source };
  problems.push({
    where: source.name,
    what: 'has a space, a line break or another character that no key has',
    fix: 'Paste the key again, alone and whole.',
    exitCode: 52,
  });
  return { value: null, source };
}

/** Read elsewhere, or given to the programs that are run. */
const otherVariables = [
  'KINTSUGI_HOME',
  policyVariable,
  'KINTSUGI_DEBUG',
  'KINTSUGI_RUN',
  'KINTSUGI_CHECKS',
  'KINTSUGI_REPORT',
];

export function unknownVariables(env: Variables, place: string): string[] {
  const known = [...settingNames.map((name) => settings[name].variable), ...otherVariables];
  return Object.keys(env)
    .filter((variable) => variable.startsWith('KINTSUGI_') && !known.includes(variable))
    .map((variable) => {
      const near = nearest(variable, known);
      return `${variable}${place} means nothing to kintsugi${near ? `; did you mean ${near}?` : '.'}`;
    });
}
