import { existsSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { exitCodes, problem } from '../problem.ts';
import { examples } from './examples.ts';
import { addExec } from './exec-flags.ts';
import type { Invocation, RunFlags } from './invocation.ts';
import { addMemory } from './memory-flags.ts';
import {
  configFlags,
  looksLikeFile,
  refuseForeign,
  textOr,
  themeFlag,
  truth,
  type Values,
  wholeNumber,
  withOptions,
} from './options.ts';
import { addExport, addReplay } from './replay-flags.ts';

/** argv → what to do. The one place that knows the names of flags; values are checked by the configuration and by each command. */

/** Reads the arguments after the program's name. Throws a usage Problem (2); help and version come back as text to print. */
export function readArguments(argv: readonly string[], version: string): Invocation {
  const said: string[] = [];
  let found: Invocation | null = null;
  const program = new Command('kintsugi');
  program
    .description('A self-improving coding agent: plan, execute, test, reflect. Exit 0 is a proof.')
    .version(version, '-V, --version')
    .argument('[goal]', 'what the program must do; - or nothing: standard input')
    .allowExcessArguments(false)
    .showHelpAfterError('kintsugi --help lists what there is.')
    .exitOverride()
    .configureOutput({ writeOut: (text) => said.push(text), writeErr: () => {} });
  withOptions(program, [
    'model',
    'goal',
    'program',
    'budgets',
    'permissions',
    'confinement',
    'policy',
    'format',
    'output',
    'repeatable',
    'session',
    'screen',
    'general',
  ])
    .option(
      '-c, --continue',
      'go on with the last session: its program when there is a goal, else where it was cut off',
    )
    .option('-r, --resume <id>', 'the same for one session')
    .option('--fork-session', 'with -c or -r and no goal: go on in a new session')
    .addHelpText('after', examples)
    .action((goal: string | undefined, values: Values) => {
      found = runInvocation(goal, values);
    });
  withOptions(program.command('sessions'), ['general'])
    .description('what was done: id, time, goal, outcome, attempts, cost')
    .option('--json', 'one object a line')
    .option('--limit <n>', 'only the newest n')
    .action((_: Values, command: Command) => {
      refuseForeign(command);
      const values = command.optsWithGlobals();
      found = {
        command: 'sessions',
        config: configFlags(values),
        json: truth(values, 'json'),
        limit: wholeNumber(values, 'limit'),
      };
    });
  withOptions(program.command('resume'), [
    'model',
    'program',
    'permissions',
    'confinement',
    'policy',
    'format',
    'output',
    'budgets',
    'session',
    'general',
  ])
    .description('go on with a session that was cut off')
    .argument('[id]', 'an id, the beginning of one, a journal file, or latest', 'latest')
    .option(
      '--fork-session',
      'go on in a new session and leave this journal as it is; only so budgets can change',
    )
    .action((id: string, _: Values, command: Command) => {
      refuseForeign(command);
      found = resumeInvocation(id, command.optsWithGlobals());
    });
  addReplay(program, (ids, values) => {
    found = {
      command: 'replay',
      ids,
      flags: runFlags(values),
      speed: textOr(values, 'speed'),
      step: truth(values, 'step'),
      verify: truth(values, 'verify'),
      from: textOr(values, 'from'),
    };
  });
  addExport(program, (id, values) => {
    found = {
      command: 'export',
      config: configFlags(values),
      id,
      html: values.html ?? null,
      force: truth(values, 'force'),
    };
  });
  withOptions(program.command('bench'), [
    'model',
    'program',
    'budgets',
    'permissions',
    'confinement',
    'policy',
    'format',
    'repeatable',
    'general',
  ])
    .description('run a suite of goals; exit 0 when all are verified, else 3')
    .argument('<suite>', 'a file with one goal a line, as JSON')
    .option('-j, --jobs <n>', 'how many at once', '1')
    .option('--limit <n>', 'only the first n goals')
    .option('--recall <file>', 'what recall gives for each goal in place of memory: {"id","text"} a line')
    .action((suite: string, _: Values, command: Command) => {
      refuseForeign(command);
      const values = command.optsWithGlobals();
      found = {
        command: 'bench',
        suite,
        flags: runFlags(values),
        jobs: String(values.jobs),
        limit: textOr(values, 'limit'),
        recall: textOr(values, 'recall'),
      };
    });
  withOptions(program.command('scan'), ['policy', 'general'])
    .description('the safety scanner by itself: what files need and what is wrong with them; nothing is run')
    .argument('<file...>', 'files, folders (without node_modules and hidden ones), or - for standard input')
    .option('--language <name>', 'read the named files as javascript, typescript, python or shell')
    .option('--json', 'one object a file')
    .option('--sarif', 'a SARIF 2.1.0 log for code scanners')
    .option('--verbose', 'notes and allowed files too')
    .addHelpText('after', '\nExit codes: 0 nothing denied · 4 something denied · 42 a file cannot be read')
    .action((files: string[], _: Values, command: Command) => {
      refuseForeign(command);
      const values = command.optsWithGlobals();
      found = {
        command: 'scan',
        config: configFlags(values),
        files,
        language: textOr(values, 'language'),
        json: truth(values, 'json'),
        sarif: truth(values, 'sarif'),
        verbose: truth(values, 'verbose'),
      };
    });
  addExec(program, (invocation) => {
    found = invocation;
  });
  addMemory(program, (invocation) => {
    found = invocation;
  });
  withOptions(program.command('doctor'), [
    'model',
    'budgets',
    'permissions',
    'confinement',
    'policy',
    'repeatable',
    'general',
  ])
    .description('what this machine has: keys, models, runners, sandbox; and what to do about each gap')
    .option('--json', 'as JSON')
    .action((_: Values, command: Command) => {
      refuseForeign(command);
      const values = command.optsWithGlobals();
      found = { command: 'doctor', config: configFlags(values), json: truth(values, 'json') };
    });
  try {
    program.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { command: 'said', text: said.join('') };
    const hint = error.code === 'commander.excessArguments' ? ' A goal of several words goes in quotes.' : '';
    throw problem(
      exitCodes.usage,
      `${error.message.replace(/^error: /, '')}${hint}\nkintsugi --help lists what there is.`,
    );
  }
  if (!found) throw new Error('no command was chosen');
  return found;
}

function runInvocation(given: string | undefined, values: Values): Invocation {
  const flags = runFlags(values);
  const continueFrom = textOr(values, 'resume') ?? (truth(values, 'continue') ? 'latest' : null);
  // "--tests a.js "the goal"": a list of files takes every word behind it.
  const swallowed = given === undefined && flags.tests.length > 1 ? flags.tests.at(-1) : undefined;
  const isGoal = swallowed !== undefined && !looksLikeFile(swallowed) && !existsSync(swallowed);
  const goal = isGoal ? swallowed : given;
  if (goal === undefined && continueFrom !== null) return resumeInvocation(continueFrom, values);
  if (truth(values, 'forkSession')) {
    throw problem(
      exitCodes.usage,
      '--fork-session goes with resume, or with -c or -r and no goal; a goal always begins a new session.',
    );
  }
  const tests = isGoal ? flags.tests.slice(0, -1) : flags.tests;
  return { command: 'run', goal, flags: { ...flags, tests, continueFrom } };
}

function resumeInvocation(id: string, values: Values): Invocation {
  const flags = runFlags(values);
  const fork = truth(values, 'forkSession');
  const changed = fork
    ? undefined
    : ['maxAttempts', 'maxBudgetUsd', 'maxTokens', 'timeout', 'sessionId'].find((name) =>
        textOr(values, name),
      );
  if (changed !== undefined) {
    const flag = changed.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw problem(
      exitCodes.usage,
      `--${flag}: a resumed session keeps its own. --fork-session goes on in a new one, with what you say.`,
    );
  }
  return { command: 'resume', id, flags, fork };
}

function runFlags(values: Values): RunFlags {
  const list = (key: string) => (Array.isArray(values[key]) ? values[key].map(String) : []);
  return {
    config: configFlags(values),
    print: truth(values, 'print'),
    language: textOr(values, 'language'),
    tests: list('tests'),
    check: list('check'),
    out: textOr(values, 'out'),
    force: truth(values, 'force'),
    sessionId: textOr(values, 'sessionId'),
    continueFrom: null,
    outputFormat: textOr(values, 'outputFormat') ?? undefined,
    json: truth(values, 'json'),
    outputLastMessage: textOr(values, 'outputLastMessage'),
    verbose: truth(values, 'verbose'),
    debug: truth(values, 'debug'),
    theme: themeFlag(values),
    screenReader: truth(values, 'screenReader'),
  };
}
