import { type DescribedSetting, describeConfig } from '../config/describe.ts';
import type { Flags } from '../config/layers.ts';
import { type Config, formatProblems, loadConfig } from '../config.ts';
import { productVersion } from '../version.ts';
import { diskRow, dotenvRow, homeRow, machineRows, promptsRow, type Terminal } from './doctor/machine.ts';
import { memoryRows } from './doctor/memory.ts';
import { modelRows } from './doctor/models.ts';
import type { Row } from './doctor/row.ts';
import { toolRows } from './doctor/tools.ts';

const groups: Record<Row['group'], string> = {
  machine: 'Machine',
  models: 'Models',
  languages: 'Languages',
  memory: 'Memory',
  safety: 'Safety',
  probes: 'Attacked from inside the sandbox, and stopped',
};

/**
 * Looks at everything a session may need, all at once and each with a time-out of a few seconds; nothing is changed, and nothing but
 * this machine (and the configured Ollama address) is asked.
 */
export async function doctor(
  config: Config,
  terminal: Terminal,
  endpoints: Parameters<typeof modelRows>[1] = {},
): Promise<Row[]> {
  const [disk, models, tools, memory] = await Promise.all([
    diskRow(config.home),
    modelRows(config, endpoints),
    toolRows(config),
    memoryRows(config),
  ]);
  const rows = [
    ...machineRows(terminal, config.version),
    homeRow(config),
    disk,
    dotenvRow(config),
    promptsRow(config),
    ...models,
    ...tools,
    ...memory,
  ];
  const order = Object.keys(groups);
  return rows.sort((a, b) => order.indexOf(a.group) - order.indexOf(b.group));
}

/** 1 when something without which nothing works is not ok, else 0. */
export function doctorExitCode(rows: readonly Row[]): 0 | 1 {
  return rows.some(({ required, state }) => required && state !== 'ok') ? 1 : 0;
}

export interface DoctorLook {
  json: boolean;
  color: boolean;
  unicode: boolean;
}

/** The rows as text for stdout: one JSON object in one line, or a table with the advice under each gap. Ends in a line break. */
export function printDoctor(
  rows: readonly Row[],
  settings: readonly DescribedSetting[],
  look: DoctorLook,
): string {
  if (look.json) {
    const problems = doctorExitCode(rows);
    return `${JSON.stringify({ version: productVersion(), ok: problems === 0, rows, settings })}\n`;
  }
  const paint = (code: number, text: string) => (look.color ? `\u001b[${code}m${text}\u001b[0m` : text);
  const states = { ok: paint(32, 'ok     '), gap: paint(33, 'gap    '), missing: paint(31, 'missing') };
  const arrow = look.unicode ? '→' : '->';
  const wide = Math.max(...rows.map(({ name }) => name.length), ...settings.map(({ name }) => name.length));
  const lines: string[] = [];
  for (const [group, title] of Object.entries(groups)) {
    const members = rows.filter((row) => row.group === group);
    if (members.length > 0) lines.push('', paint(1, title));
    for (const { name, state, value, advice, required } of members) {
      const must = required && state !== 'ok' ? ' (required)' : '';
      lines.push(`  ${states[state]}  ${name.padEnd(wide)}  ${value}${must}`);
      if (advice !== null) lines.push(`           ${' '.repeat(wide)}${arrow} ${advice}`);
    }
  }
  const chosen = settings.filter(({ from }) => from !== 'default');
  if (chosen.length > 0) lines.push('', paint(1, 'Settings that are not the default'));
  for (const { name, value, from } of chosen) lines.push(`  ${name.padEnd(wide)}  ${value}  (${from})`);
  return `${lines.slice(1).join('\n')}\n`;
}

/** What a stream can show, and whether colour is wanted on it. */
function terminalOf(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): Terminal {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
  return {
    isTTY: stream.isTTY === true,
    columns: stream.isTTY ? stream.columns : null,
    colorDepth: stream.isTTY ? stream.getColorDepth(env) : 1,
    unicode: /utf-?8/i.test(locale) || Boolean(env.WT_SESSION),
  };
}

/**
 * `kintsugi doctor`: what to write to stdout and to stderr, and the exit code. With an invalid configuration the problems are told
 * (exit 2 or 52) and the rest, which needs it, is left out.
 */
export async function runDoctor(input: {
  flags: Flags;
  json: boolean;
  env: NodeJS.ProcessEnv;
  cwd: string;
  stdout: NodeJS.WriteStream;
}): Promise<{ stdout: string; stderr: string; exitCode: number }> {
  const loaded = await loadConfig({ flags: input.flags, env: input.env, cwd: input.cwd });
  if (loaded.kind === 'invalid') {
    return { stdout: '', stderr: `${formatProblems(loaded.problems)}\n`, exitCode: loaded.exitCode };
  }
  const { config } = loaded;
  const terminal = terminalOf(input.stdout, input.env);
  const rows = await doctor(config, terminal);
  const color = config.color === 'always' || (config.color === 'auto' && terminal.colorDepth > 1);
  const look = { json: input.json, color, unicode: terminal.unicode };
  return {
    stdout: printDoctor(rows, describeConfig(config), look),
    stderr: config.warnings.map((warning) => `warning: ${warning}\n`).join(''),
    exitCode: doctorExitCode(rows),
  };
}
