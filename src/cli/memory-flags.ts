import type { Command } from 'commander';
import type { Flags } from '../config/layers.ts';
import { exitCodes, problem } from '../problem.ts';
import {
  configFlags,
  refuseForeign,
  textOr,
  truth,
  type Values,
  wholeNumber,
  withOptions,
} from './options.ts';

const verbs = [
  'list',
  'search',
  'show',
  'why',
  'verify',
  'forget',
  'disable',
  'enable',
  'export',
  'import',
  'report',
  'rebuild',
  'embedder',
] as const;
type Verb = (typeof verbs)[number];

export interface MemoryInvocation {
  verb: Verb;
  /** Ids, a query, a file: what stands behind the verb. */
  words: string[];
  config: Flags;
  json: boolean;
  kind: string | null;
  state: string | null;
  language: string | null;
  limit: number | null;
  since: string | null;
  all: boolean;
  yes: boolean;
  force: boolean;
  global: boolean;
}

interface Description {
  about: string;
  /** The words behind the verb, each with what it is. */
  arguments?: Readonly<Record<string, string>>;
  options?: readonly (keyof typeof options)[];
  help: string;
}

const options = {
  kind: (command: Command) => command.option('--kind <kind>', 'lesson, solution or fact'),
  state: (command: Command) =>
    command.option(
      '--state <state>',
      'candidate, witnessed, replicated, trusted, quarantined, superseded or retired',
    ),
  language: (command: Command) =>
    command.option('--language <name>', 'javascript, typescript, python or shell (js, ts, py, bash)'),
  limit: (command: Command) => command.option('--limit <n>', 'at most n'),
  all: (command: Command) => command.option('--all', 'every memory'),
  since: (command: Command) =>
    command.option('--since <when>', 'all that came since: 90m, 24h, 7d, or a date such as 2026-01-31'),
  yes: (command: Command) => command.option('-y, --yes', 'do not ask'),
  force: (command: Command) => command.option('--force', 'write over a file that is there'),
  global: (command: Command) => command.option('--global', 'for every project, not only this one'),
};

const descriptions: Record<Verb, Description> = {
  list: {
    about: 'what is remembered, newest first',
    options: ['kind', 'state', 'language', 'limit'],
    help: '--json: an array of {"id","kind","state","about","body",…}.',
  },
  search: {
    about: 'the memories near a query, in every state, best first',
    arguments: { '<query...>': 'an error, a diagnosis, a goal, or words' },
    options: ['kind', 'state', 'language', 'limit'],
    help: '--json: an array of {"id","kind","state","score","about","body",…}; score is 0 … 1. Nothing near: an empty array, exit 0.\nA query that begins with a dash stands behind --.',
  },
  show: {
    about: 'one memory whole: its words, proof, sessions, effect and history',
    arguments: { '<id>': 'an id or the beginning of one' },
    help: 'Exit codes: 2 no such memory.',
  },
  why: {
    about: 'what was recalled for an attempt, what was not, and why',
    arguments: { '<attempt>': 'SESSION, SESSION:ATTEMPT, a journal file, or latest' },
    help: 'Read from the journal alone: kintsugi sessions lists them.',
  },
  verify: {
    about: 'run the witnesses again in the sandbox; what no longer holds is retired',
    arguments: { '[id...]': 'ids; none with --all' },
    options: ['all'],
    help: 'A candidate whose witness holds becomes witnessed. Exit codes: 0 nothing failed · 3 something no longer holds · 44 no sandbox.',
  },
  forget: {
    about: 'take memories out for good',
    arguments: { '[id...]': 'ids; none with --since or --all' },
    options: ['since', 'all', 'yes'],
    help: 'A tombstone is written; the lines before it stay in the log. --all and --since ask in a terminal; --all needs --yes elsewhere.',
  },
  disable: {
    about: 'put memories out of use until enable',
    arguments: { '<id...>': 'ids or beginnings of them' },
    help: 'Their state becomes quarantined; nothing is lost.',
  },
  enable: {
    about: 'give disabled memories the state back that they had',
    arguments: { '<id...>': 'ids or beginnings of them' },
    help: 'Also for what was quarantined because it did harm.',
  },
  export: {
    about: 'all memories as JSONL',
    arguments: { '[file]': 'a new file; none or -: standard output' },
    options: ['kind', 'state', 'language', 'force'],
    help: 'What import takes.',
  },
  import: {
    about: 'memories from a file, as candidates',
    arguments: { '<file>': 'JSONL of {"kind","about","body",…}; - is standard input' },
    options: ['global'],
    help: 'kind: lesson, pitfall, fix, strategy, solution or fact. Nothing imported is used before it was proven here (memory verify).\nGood lines are kept, bad ones are named. Exit codes: 42 unreadable, or no usable line.',
  },
  report: {
    about: 'what memory did for your sessions, drawn and with its uncertainty',
    help: 'Counted from the log and the journals alone, the same each time.',
  },
  rebuild: {
    about: 'make the index again from the log',
    help: 'Says whether it is equal. Exit codes: 1 it cannot be written · 42 the log is damaged.',
  },
  embedder: {
    about: 'what turns texts into vectors: status, or install a model',
    arguments: {
      '[what]': 'status (when left out) or install',
      '[model]': 'what to install: organisation/name of a model of sentences',
    },
    help: 'install downloads a model; nothing else of memory uses the network. Settings: KINTSUGI_EMBEDDER=organisation/name.',
  },
};

/** Adds `memory` and its verbs to the commands; `take` gets what was asked. */
export function addMemory(
  program: Command,
  take: (invocation: ({ command: 'memory' } & MemoryInvocation) | { command: 'said'; text: string }) => void,
): void {
  const memory = program
    .command('memory')
    .description(
      'what is remembered: list, search, show, why, verify, forget, disable, export, import, report …',
    )
    .argument('[verb]');
  memory.action((verb: string | undefined) => {
    if (verb === undefined) take({ command: 'said', text: memory.helpInformation() });
    else
      throw problem(
        exitCodes.usage,
        `kintsugi memory has no "${verb}": ${verbs.join(', ')}.\nkintsugi memory --help says what they do.`,
      );
  });
  for (const verb of verbs) {
    const { about, arguments: words = {}, options: own = [], help } = descriptions[verb];
    const command = withOptions(memory.command(verb), ['general']);
    if (verb === 'verify') withOptions(command, ['permissions', 'confinement', 'policy']);
    command.description(about).option('--json', 'as JSON').addHelpText('after', `\n${help}`);
    for (const name of own) options[name](command);
    for (const [form, aboutIt] of Object.entries(words)) command.argument(form, aboutIt);
    command.action((...given: unknown[]) => {
      refuseForeign(command);
      const said = given
        .slice(0, -2)
        .flat()
        .filter((word) => typeof word === 'string');
      take(invocationOf(verb, said, command.optsWithGlobals()));
    });
  }
}

function invocationOf(verb: Verb, words: string[], values: Values): { command: 'memory' } & MemoryInvocation {
  return {
    command: 'memory',
    verb,
    words,
    config: configFlags(values),
    json: truth(values, 'json'),
    kind: textOr(values, 'kind'),
    state: textOr(values, 'state'),
    language: textOr(values, 'language'),
    limit: wholeNumber(values, 'limit'),
    since: textOr(values, 'since'),
    all: truth(values, 'all'),
    yes: truth(values, 'yes'),
    force: truth(values, 'force'),
    global: truth(values, 'global'),
  };
}
