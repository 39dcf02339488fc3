import type { Command } from 'commander';
import type { Flags } from '../config/layers.ts';
import { exitCodes, problem } from '../problem.ts';

/** What commander read. */
export type Values = Record<string, unknown>;

/** Options that several commands share. A command's help lists what means something to it, and nothing else is taken. */
const groups = {
  general: (command: Command) =>
    command
      .option('--offline', 'no model beyond this machine')
      .option('--bare', 'no user or project configuration, no memory')
      .option('--color <when>', 'auto, always or never')
      .option('--debug', 'show stacks of errors'),
  model: (command: Command) =>
    command.option(
      '-m, --model <name>',
      'anthropic/<id>, openai/<id>, ollama/<id>, http://host/v1#<id>, demo, cassette:<journal>, scripted:<file>',
    ),
  goal: (command: Command) =>
    command
      .option('--language <name>', 'javascript, typescript, python or shell (js, ts, py, bash)')
      .option('--tests <file...>', 'test files that must pass')
      .option(
        '--check <command>',
        'a command that must exit with 0, beside the program (repeatable)',
        collect,
        [],
      ),
  program: (command: Command) =>
    command
      .option('--out <dir>', 'where the finished program goes')
      .option('--force', 'let --out overwrite files that are not ours'),
  budgets: (command: Command) =>
    command
      .option('--max-attempts <n>', 'attempts a step (5)')
      .option('--max-budget-usd <x>', 'stop when so many dollars are spent')
      .option('--max-tokens <n>', 'stop when so many tokens are used')
      .option('--timeout <duration>', 'stop after so long: 90s, 5m, 1h'),
  permissions: (command: Command) =>
    command
      .option('-p, --print', 'never ask anything')
      .option('--permission-mode <mode>', 'default, plan, acceptEdits, dontAsk or bypassPermissions')
      .option('--yolo', 'the same as --permission-mode bypassPermissions'),
  confinement: (command: Command) =>
    command
      .option('--sandbox <mode>', 'read-only, workspace-write or danger-full-access (workspace-write)')
      .option('--accept-danger', 'the word that goes with danger-full-access: programs run with your rights')
      .option(
        '--min-level <level>',
        'run programs at this level of the sandbox or a higher one, or not at all: L0, L1, L2, L3',
      )
      .option('--container <engine>', 'confine programs with docker or podman'),
  policy: (command: Command) =>
    command.option(
      '--policy <capability=decision>',
      'allow, ask or deny what a program needs: net.client=deny (repeatable)',
      collect,
      [],
    ),
  repeatable: (command: Command) =>
    command
      .option('--no-memory', 'neither recall nor remember')
      .option('--no-hold-out', 'use memory each time; else one recall in ten is left out, to measure it')
      .option('--seed <n>', 'kept in the journal; orders a bench'),
  session: (command: Command) => command.option('--session-id <id>', 'the id of the new session'),
  format: (command: Command) =>
    command
      .option('--output-format <format>', 'text, json or stream-json')
      .option('--json', 'the same as --output-format stream-json'),
  screen: (command: Command) =>
    command
      .option('--theme <name>', 'of the dashboard: auto, dark or light')
      .option('--screen-reader', 'plain lines instead of the dashboard'),
  output: (command: Command) =>
    command
      .option('--output-last-message <file>', 'write the answer to a file as well')
      .option('--verbose', 'say more on stderr: programs, output, requests'),
};
type OptionGroup = keyof typeof groups;

/** Gives a command the options of these groups. */
export function withOptions(command: Command, named: readonly OptionGroup[]): Command {
  for (const name of named) groups[name](command);
  return command;
}

/** The program itself takes every option in any place; one that a command does not list would be passed over in silence, so it is refused. */
export function refuseForeign(command: Command): void {
  let program = command.parent;
  if (!program) return;
  let name = command.name();
  for (; program.parent; program = program.parent) name = `${program.name()} ${name}`;
  const taken = new Set(command.options.map((option) => option.attributeName()));
  const foreign = program.options.find((option) => {
    const key = option.attributeName();
    return program.getOptionValueSource(key) === 'cli' && !taken.has(key);
  });
  if (!foreign) return;
  throw problem(
    exitCodes.usage,
    `${foreign.long ?? foreign.short} means nothing to kintsugi ${name}.\nkintsugi ${name} --help lists what does.`,
  );
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

const configNames = [
  'model',
  'maxAttempts',
  'maxBudgetUsd',
  'maxTokens',
  'timeout',
  'permissionMode',
  'sandbox',
  'minLevel',
  'container',
  'acceptDanger',
  'offline',
  'seed',
  'color',
  'yolo',
  'bare',
] as const;

/** What the configuration reads of the options. */
export function configFlags(values: Values): Flags {
  const flags: Record<string, string | boolean | string[]> = {};
  for (const name of configNames) {
    const value = values[name];
    if (typeof value === 'string' || typeof value === 'boolean') flags[name] = value;
  }
  if (values.memory === false) flags.memory = false;
  if (Array.isArray(values.policy) && values.policy.length > 0) flags.policy = values.policy.map(String);
  if (values.holdOut === false) flags.holdOut = false;
  return flags as Flags;
}

/** Whether a switch was given. */
export function truth(values: Values, key: string): boolean {
  return values[key] === true;
}

/** The text of an option, or null. */
export function textOr(values: Values, key: string): string | null {
  const value = values[key];
  return typeof value === 'string' ? value : null;
}

/** A whole number above 0, or null; anything else is a usage error. */
export function wholeNumber(values: Values, key: string): number | null {
  const text = textOr(values, key);
  if (text === null) return null;
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw problem(exitCodes.usage, `--${key}: "${text}" is not a whole number above 0.`);
}

/** `--theme`, or a usage error. */
export function themeFlag(values: Values): 'auto' | 'dark' | 'light' {
  const given = textOr(values, 'theme') ?? 'auto';
  if (given === 'auto' || given === 'dark' || given === 'light') return given;
  throw problem(exitCodes.usage, `--theme: "${given}" is not one of auto, dark, light.`);
}

/** A misspelt test file is an error, never the goal. */
export function looksLikeFile(word: string): boolean {
  return !/\s/.test(word) && /[/\\]|\.\w{1,5}$/.test(word);
}
