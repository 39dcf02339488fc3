import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SessionEvent } from '../core/events.ts';
import type { ModelProvider } from '../core/seams.ts';
import { cassetteModel } from './cassette.ts';

/** The demo model: recorded sessions of this loop for a few goals, so that everything can be seen without a key. */

interface Demo {
  /** The goal as it was recorded. */
  goal: string;
  /** The journal beside this module. */
  file: string;
  /** Every one of these must be in a goal for the recording to answer it… */
  all: RegExp[];
  /** …and no number but these: "factorial of 6" is another goal. */
  numbers: readonly string[];
}

export const demos: readonly Demo[] = [
  {
    goal: 'write a function that calculates the factorial of a number and print factorial of 5',
    file: 'factorial.jsonl',
    all: [/factorial/],
    numbers: ['5'],
  },
  {
    goal: 'write a function that checks if a number is prime and print whether 17 is prime',
    file: 'prime.jsonl',
    all: [/prime/, /\b17\b/],
    numbers: ['17'],
  },
  {
    goal: 'reverse the string "hello world" and print it',
    file: 'reverse.jsonl',
    all: [/revers/, /hello world/],
    numbers: [],
  },
  {
    goal: 'write a function that gives the fibonacci sequence up to n terms and print the first 10',
    file: 'fibonacci.jsonl',
    all: [/fibonacci/],
    numbers: ['10'],
  },
  {
    goal: 'build a task manager in several files that adds, completes and lists tasks and keeps them in a JSON file',
    file: 'task-manager.jsonl',
    all: [/\btask/, /\b(?:manager|to-?do|list)/, /json/],
    numbers: [],
  },
  {
    goal: 'parse durations such as "1h 30m" into seconds, and refuse what is not a duration',
    file: 'durations.jsonl',
    all: [/duration/, /second/],
    numbers: ['1', '30'],
  },
];

/** The recording that answers a goal, or null. Another paragraph makes it another goal, such as a change of a program; texts in tags do not count. */
export function findDemo(goal: string): Demo | null {
  if (/\n\s*\n(?!\s*<)/.test(goal.trim())) return null;
  const words = goal.toLowerCase();
  const numbers = words.match(/\d+/g) ?? [];
  return (
    demos.find(
      (demo) =>
        demo.all.every((one) => one.test(words)) && numbers.every((number) => demo.numbers.includes(number)),
    ) ?? null
  );
}

/** Answers a known goal from its recording; any other ends in `unknown-goal` with the list and the ways to get a model. `answered` as in `cassetteModel`. */
export function demoModel(goal: string, answered = 0): ModelProvider {
  const demo = findDemo(goal);
  if (demo) return { ...cassetteModel({ id: 'demo', events: recording(demo.file), answered }), id: 'demo' };
  return {
    id: 'demo',
    priced: true,
    // biome-ignore lint/correctness/useYield: the stream ends at once, in a failure.
    async *reply() {
      return { kind: 'failure', failure: 'unknown-goal', message: unknownGoal() };
    },
  };
}

function unknownGoal(): string {
  return [
    'There is no key and no local model, and the demo model knows only these goals:',
    ...demos.map((demo) => `  - ${demo.goal}`),
    'To get a model:',
    '  1. set ANTHROPIC_API_KEY in the environment or in .env (or OPENAI_API_KEY with --model openai/<id>)',
    '  2. run one on this machine: install Ollama, "ollama pull qwen3", then --model ollama/qwen3',
    '  3. name any OpenAI-compatible server: --model http://host:port/v1#<id>',
  ].join('\n');
}

function recording(file: string): SessionEvent[] {
  const text = readFileSync(path.join(directory(), file), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as SessionEvent);
}

/** Beside this module in the source tree; in `dist/demo` when built. */
function directory(): string {
  const here = path.dirname(fileURLToPath(import.meta.url));
  const candidates = [path.join(here, 'demo'), path.join(here, '..', 'demo')];
  return candidates.find((candidate) => existsSync(candidate)) ?? path.join(here, 'demo');
}
