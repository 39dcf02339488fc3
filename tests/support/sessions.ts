import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'vitest';
import type { Divergence } from '../../src/core/divergence.ts';
import type { EventBody, SessionEvent } from '../../src/core/events.ts';
import type { ScriptRule } from '../../src/models/scripted.ts';
import { packageRoot } from '../../src/package-root.ts';
import {
  codeRule,
  jsonLines,
  kintsugi,
  makePlace,
  type Place,
  planToPrint,
  processesOf,
} from './kintsugi.ts';

/** Sessions that tests cut, kill, verify and play again. */

type Rule = Partial<ScriptRule>;

export const mendingGoal = 'write a module that adds and multiplies, and print 42';

const fenced = (...files: readonly (readonly [path: string, content: string])[]) =>
  files.map(([name, content]) => `\`\`\`javascript path=${name}\n${content}\n\`\`\`\n`).join('\n');

const mathTest = `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { add, multiply } from './math.js';

test('adds', () => assert.equal(add(40, 2), 42));
test('multiplies', () => assert.equal(multiply(6, 7), 42));
`;

/** A program that takes a moment, so that a kill can fall into its run. */
const main = (step: string) => `import { add, multiply } from './math.js';
const until = Date.now() + 60;
while (Date.now() < until) {}
console.log('${step}', multiply(6, 7));
console.log(add(40, 2));
`;

const math = (sum: string) => `export const add = (a, b) => ${sum};
export const multiply = (a, b) => a * b;
`;

/**
 * A session of two steps: checks that fail first, a failure, an overloaded model, a diagnosis, a fix. Each answer takes `latencyMs`.
 * Verified by the model's own checks after three attempts.
 */
export function mendingRules(latencyMs = 40): Rule[] {
  const tests = { kind: 'tests', name: 'math', path: 'math.test.js', content: mathTest };
  return [
    {
      purpose: 'plan',
      latencyMs,
      reply: {
        approach: 'A module first, then a program that uses it.',
        language: 'javascript',
        steps: [
          { title: 'The module', instructions: 'add and multiply', checks: [tests] },
          {
            title: 'The program',
            instructions: 'print 42',
            checks: [
              { kind: 'command', name: 'ends in 42', command: 'node main.js | tail -n 1 | grep -qx 42' },
            ],
          },
        ],
      },
    },
    { purpose: 'diagnose', times: 1, fail: { status: 529, retryAfterMs: 60 } },
    { purpose: 'diagnose', latencyMs, reply: { text: 'It subtracts where it must add.' } },
    {
      purpose: 'code',
      latencyMs,
      when: ['Step 2 of 2'],
      reply: fenced(['main.js', main('second')], ['math.js', math('a + b')]),
    },
    {
      purpose: 'code',
      latencyMs,
      when: ['did not meet the goal', 'It subtracts'],
      reply: fenced(['main.js', main('mended')], ['math.js', math('a + b')]),
    },
    { purpose: 'code', latencyMs, reply: fenced(['main.js', main('first')], ['math.js', math('a - b')]) },
  ];
}

/** What a model says that a mended session teaches. */
export const mendingLesson = {
  when: 'a sum comes out too small',
  do: 'add the second operand',
  avoid: 'taking it away',
  why: 'a sum grows',
};

/** The same in one step with one check: a failure, its fix, and the lesson of it. Verified after two attempts. */
export function quickRules(): Rule[] {
  return [
    planToPrint('42'),
    { purpose: 'diagnose', reply: { text: 'It subtracts where it must add.' } },
    { purpose: 'lesson', reply: mendingLesson },
    codeRule('console.log(44 - 2 - 2);', 'main.js', { times: 1 }),
    codeRule('console.log(44 - 2);'),
  ];
}

/** The demo recordings of the package, by name. */
export function demoJournals(): { name: string; file: string }[] {
  return ['durations', 'factorial', 'fibonacci', 'prime', 'reverse', 'task-manager'].map((name) => ({
    name,
    file: path.join(packageRoot(), 'src', 'models', 'demo', `${name}.jsonl`),
  }));
}

/** The events of a journal's text as it stands, whole lines only. */
export function linesIn(file: string): string[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  lines.pop();
  return lines;
}

/** Writes a journal of these events at a path below a place, numbered and timed anew where they have no time of their own. */
export function writeJournal(
  place: Place,
  name: string,
  events: readonly (EventBody & { at?: string; seq?: number })[],
): string {
  const lines = events.map((event, at) => {
    const { type, ...rest } = event;
    return JSON.stringify({ ...rest, type, seq: at + 1, at: event.at ?? '2026-11-21T00:00:00.000Z' });
  });
  return place.file(name, `${lines.join('\n')}\n`);
}

/** The lines of `stream-json` that are events, as they were printed; a line that was cut off by a kill is not one. */
export function shownEvents(stdout: string): string[] {
  const lines = stdout.split('\n');
  lines.pop();
  return lines.filter((line) => !/^\{"type":"(?:system|result)"/.test(line));
}

export function parsedEvents(text: string): SessionEvent[] {
  return jsonLines(text) as SessionEvent[];
}

/** Settles when no process of a place is left; throws after a minute with those that are. */
export async function allGone(root: string): Promise<void> {
  const until = Date.now() + 60_000;
  for (let left = processesOf(root); left.length > 0; left = processesOf(root)) {
    if (Date.now() > until) throw new Error(`processes are left: ${left.join('; ')}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Runs `work` for every item, so many at once. */
export async function severalAtOnce<Item>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** A copy of a journal with some events changed: what a forger would hand in. */
export function forged(
  place: Place,
  file: string,
  change: (events: SessionEvent[]) => SessionEvent[],
): string {
  const events = change(parsedEvents(readFileSync(file, 'utf8')));
  const target = path.join(place.cwd, `forged-${path.basename(file)}`);
  writeFileSync(target, events.map((event, at) => `${JSON.stringify({ ...event, seq: at + 1 })}\n`).join(''));
  return target;
}

/** The journals of tests/fixtures/journals, by name; record.mjs there makes them. */
export function goldenJournals(): { name: string; file: string }[] {
  const folder = path.join(packageRoot(), 'tests', 'fixtures', 'journals');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .map((name) => ({ name: name.replace('.jsonl', ''), file: path.join(folder, name) }));
}

interface Verified {
  agreed: number;
  total: number;
  divergence: Divergence | null;
}

/** `replay --verify` of a journal: what it found, and its exit code. */
export async function verify(place: Place, file: string): Promise<Verified & { code: number | null }> {
  const ended = await kintsugi(place, ['replay', file, '--verify', '--output-format', 'json']);
  const [answer] = jsonLines(ended.stdout);
  if (!answer) throw new Error(ended.stderr);
  return { ...(answer as Verified), code: ended.code };
}

/** A test with a place of its own, so that tests can run beside each other. */
export const it = test.extend<{ place: Place }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of what a fixture needs from its first parameter.
  place: async ({}, use) => {
    const place = makePlace();
    await use(place);
    await place.remove();
  },
});
