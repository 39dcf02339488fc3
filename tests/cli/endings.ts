import { chmodSync } from 'node:fs';
import path from 'node:path';
import type { Ending } from '../../src/core/domain.ts';
import { codeRule, type Place, planToPrint, type StartOptions } from '../support/kintsugi.ts';
import { type Answer, type ServedRequest, startModelServer } from '../support/model-server.ts';

/** What drives a real session into each ending. */
export interface Drive {
  ending: Ending;
  /** For the table in the documentation: what was done. */
  how: string;
  /** The arguments and the environment; what it returns is closed when the session has ended. */
  prepare: (place: Place) => Promise<Prepared> | Prepared;
}

export interface Prepared {
  args: string[];
  options?: StartOptions;
  /** Sent as soon as the model is asked. */
  signal?: NodeJS.Signals;
  close?: () => Promise<void>;
}

const prints = (text: string) => codeRule(`console.log(${JSON.stringify(text)});`);
const wrong = (code: string, more = {}) => codeRule(code, 'main.js', more);
const slow = { purpose: 'plan', latencyMs: 60_000, reply: 'too late' } as const;

async function served(
  answer: (request: ServedRequest) => Answer,
  options: { apiKey?: string } = {},
): Promise<{ env: Record<string, string>; close: () => Promise<void> }> {
  const server = await startModelServer({ answer, ...options });
  const env = { ANTHROPIC_BASE_URL: server.url, ANTHROPIC_API_KEY: 'test-key' };
  return { env, close: () => server.close() };
}

const asked = ['--model', 'anthropic/claude-sonnet-5-5', 'print 120'];

export const drives: readonly Drive[] = [
  {
    ending: 'verified',
    how: 'the program prints what the plan’s check says',
    prepare: (place) => ({ args: ['print 120', '-m', place.script(planToPrint('120'), prints('120'))] }),
  },
  {
    ending: 'not-verified',
    how: 'the program runs, and there is no check that could fail',
    prepare: (place) => ({ args: ['print 120', '-m', place.script(prints('120'))] }),
  },
  {
    ending: 'planned',
    how: '`--permission-mode plan`: only a plan was asked for',
    prepare: (place) => ({
      args: ['print 120', '--permission-mode', 'plan', '-m', place.script(planToPrint('120'))],
    }),
  },
  {
    ending: 'max-attempts',
    how: '`--max-attempts 1` and a program that prints something else',
    prepare: (place) => ({
      args: ['print 120', '--max-attempts', '1', '-m', place.script(planToPrint('120'), prints('24'))],
    }),
  },
  {
    ending: 'no-progress',
    how: 'the model writes the same failing program again and again',
    prepare: (place) => ({ args: ['print 120', '-m', place.script(planToPrint('120'), prints('24'))] }),
  },
  {
    ending: 'oscillation',
    how: 'the model goes back and forth between two programs that fail in different ways',
    prepare: (place) => ({
      args: [
        'print 120',
        '-m',
        place.script(
          planToPrint('120'),
          ...[1, 2].flatMap(() => [
            wrong("throw new TypeError('no');", { times: 1 }),
            wrong('missing();', { times: 1 }),
          ]),
        ),
      ],
    }),
  },
  {
    ending: 'unsafe',
    how: 'the scanner refuses what the model wrote, each time',
    prepare: (place) => ({
      args: [
        'clean up',
        '-m',
        place.script(
          planToPrint('120', 'shell'),
          codeRule("rm -rf --no-preserve-root /\nprintf '120\\n'", 'main.sh'),
        ),
      ],
    }),
  },
  {
    ending: 'permission-denied',
    how: 'the program wants to use the network, and nobody can be asked',
    prepare: (place) => ({
      args: [
        'print 120',
        '-m',
        place.script(
          planToPrint('120'),
          wrong("fetch('https://example.com/').then((answer) => console.log(answer.status));"),
        ),
      ],
    }),
  },
  {
    ending: 'sandbox-unavailable',
    how: 'a Python program on a machine whose `python3` does not start',
    prepare: (place) => {
      chmodSync(place.file(path.join(place.root, 'bin', 'python3'), '#!/bin/sh\nexit 1\n'), 0o755);
      return {
        args: [
          'print 120',
          '-m',
          place.script(planToPrint('120', 'python'), codeRule('print(120)', 'main.py')),
        ],
        options: { env: { PATH: `${path.join(place.root, 'bin')}:${place.env.PATH}` } },
      };
    },
  },
  {
    ending: 'max-tokens',
    how: '`--max-tokens 500`: the plan fits, the next request does not',
    prepare: (place) => ({
      args: ['print 120', '--max-tokens', '500', '-m', place.script(planToPrint('120'), prints('120'))],
    }),
  },
  {
    ending: 'max-usd',
    how: '`--max-budget-usd 0.01` and a first reply that costs more',
    prepare: async () => {
      const { env, close } = await served((request) => ({
        tool: { name: request.tools[0] ?? '', input: planToPrint('120').reply },
        usage: { input: 20_000, output: 2_000 },
      }));
      return { args: [...asked, '--max-budget-usd', '0.01'], options: { env }, close };
    },
  },
  {
    ending: 'timeout',
    how: '`--timeout 1s` and a model that takes longer',
    prepare: (place) => ({ args: ['print 120', '--timeout', '1s', '-m', place.script(slow)] }),
  },
  {
    ending: 'authentication',
    how: 'the API answers 401',
    prepare: async () => {
      const { env, close } = await served(() => ({ text: '' }), { apiKey: 'another-key' });
      return { args: asked, options: { env }, close };
    },
  },
  {
    ending: 'authentication',
    how: 'there is no key, and the demo model does not know the goal',
    prepare: () => ({ args: ['-m', 'demo', 'write an operating system'] }),
  },
  {
    ending: 'model-failed',
    how: 'the API answers 400',
    prepare: async () => {
      const error = { type: 'invalid_request_error', message: 'messages: too strange' };
      const { env, close } = await served(() => ({ status: 400, body: { type: 'error', error } }));
      return { args: asked, options: { env }, close };
    },
  },
  {
    ending: 'refused',
    how: 'the model declines',
    prepare: async () => {
      const { env, close } = await served(() => ({
        text: 'I cannot help with that.',
        stop: 'refusal',
        stopDetails: { type: 'refusal', category: 'cyber', explanation: 'No.' },
      }));
      return { args: asked, options: { env }, close };
    },
  },
  {
    ending: 'not-delivered',
    how: '`--out` has a file of that name that is not ours',
    prepare: (place) => {
      place.file('out/main.js', '// mine\n');
      return {
        args: ['print 120', '--out', 'out', '-m', place.script(planToPrint('120'), prints('120'))],
      };
    },
  },
  {
    ending: 'cancelled',
    how: 'Ctrl+C (SIGINT)',
    prepare: (place) => ({ args: ['print 120', '-m', place.script(slow)], signal: 'SIGINT' }),
  },
  {
    ending: 'terminated',
    how: 'SIGTERM',
    prepare: (place) => ({ args: ['print 120', '-m', place.script(slow)], signal: 'SIGTERM' }),
  },
];

/** Ends before there is a session: no journal, nothing on standard output. */
export const refusals: readonly { code: number; how: string; args: string[]; options?: StartOptions }[] = [
  { code: 2, how: 'an empty goal', args: ['-p', ''] },
  { code: 2, how: 'a flag that does not exist', args: ['-p', 'print 120', '--no-such-flag'] },
  { code: 2, how: 'a model that does not exist', args: ['-p', 'print 120', '--model', 'hal9000'] },
  { code: 42, how: '`@missing.txt` in the goal', args: ['-p', 'sum up @missing.txt'] },
  {
    code: 42,
    how: 'binary standard input',
    args: ['-p', '-'],
    options: { stdin: Buffer.from([0xff, 0xfe, 0x00, 0x01]) },
  },
  {
    code: 52,
    how: '`KINTSUGI_MAX_ATTEMPTS=many`',
    args: ['-p', 'print 120'],
    options: { env: { KINTSUGI_MAX_ATTEMPTS: 'many' } },
  },
];
