import type { Command } from 'commander';
import { exitCodes, problem } from '../problem.ts';
import type { RunFlags } from './invocation.ts';
import { refuseForeign, type Values, withOptions } from './options.ts';

/** The commands that look at a session again. */

/** `kintsugi replay`; `found` gets the sessions and what commander read. */
export function addReplay(program: Command, found: (ids: string[], values: Values) => void): void {
  withOptions(program.command('replay'), [
    'model',
    'program',
    'permissions',
    'confinement',
    'policy',
    'format',
    'output',
    'budgets',
    'session',
    'screen',
    'general',
  ])
    .description('play a session again; --verify re-runs its programs and checks, --from forks it')
    .argument('[id...]', 'an id, the beginning of one, a journal file, or latest; two are laid side by side')
    .option('--speed <x>', 'how many times as fast as it was, or instant')
    .option('--step', 'wait for Enter before each event')
    .option(
      '--verify',
      'run every program and check again from the recorded replies and name the first divergence',
    )
    .option('--from <n>', 'fork: go on from event n in a new session (with --model: with another model)')
    .action((ids: string[], _: Values, command: Command) => {
      refuseForeign(command);
      found(ids, command.optsWithGlobals());
    });
}

/** Throws a usage Problem for the first flag that only a fork has a use for; `replay` without `--from` would pass it over in silence. */
export function refuseForkFlags({ config, ...flags }: RunFlags): void {
  const given: [flag: string, isGiven: boolean][] = [
    ['--model', config.model !== undefined],
    ['--out', flags.out !== null],
    ['--force', flags.force],
    ['--session-id', flags.sessionId !== null],
    ['--output-last-message', flags.outputLastMessage !== null],
    ['--max-attempts', config.maxAttempts !== undefined],
    ['--max-budget-usd', config.maxBudgetUsd !== undefined],
    ['--max-tokens', config.maxTokens !== undefined],
    ['--timeout', config.timeout !== undefined],
  ];
  const [flag] = given.find(([, isGiven]) => isGiven) ?? [];
  if (flag === undefined) return;
  throw problem(
    exitCodes.usage,
    `${flag} goes with --from: a replay shows what is recorded, and --from N goes on from event N in a new session.`,
  );
}

/** `kintsugi export`. */
export function addExport(program: Command, found: (id: string, values: Values) => void): void {
  withOptions(program.command('export'), ['general'])
    .description(
      'one self-contained page of a session: opens offline, prints, carries nothing from elsewhere',
    )
    .argument('[id]', 'an id, the beginning of one, a journal file, or latest', 'latest')
    .option('--html [file]', 'an HTML page; without a file it goes to standard output')
    .option('--force', 'overwrite the file')
    .action((id: string, _: Values, command: Command) => {
      refuseForeign(command);
      found(id, command.optsWithGlobals());
    });
}
