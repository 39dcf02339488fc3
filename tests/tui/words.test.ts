import { describe, expect, it } from 'vitest';
import type { SessionEvent } from '../../src/core/events.ts';
import { approvalPrompt } from '../../src/tui/approval.ts';
import { approvalRows, endCard } from '../../src/tui/cards.ts';
import { footerRow } from '../../src/tui/footer.ts';
import { plainReading } from '../../src/tui/highlight.ts';
import { editorRows } from '../../src/tui/input/editor.ts';
import { goalRows } from '../../src/tui/session-view.ts';
import { lineChart } from '../../src/tui/study/charts.ts';
import { plainRow } from '../../src/tui/style.ts';
import { hangingText } from '../../src/tui/text.ts';
import { changedGoal } from '../../src/words.ts';
import { rowsOf, stateOf } from '../support/frames.ts';
import { eventsOf } from '../support/kintsugi.ts';
import { goldenJournals } from '../support/sessions.ts';

/** Words that a person must be able to read to their end. */

const named = (name: string) => eventsOf(goldenJournals().find((one) => one.name === name)?.file ?? '');
const plain = (rows: Parameters<typeof plainRow>[0][]) => rows.map(plainRow);

describe('what a session ended with', () => {
  it('keeps the lines of a list, and what does not fit goes on below its own item', () => {
    const events = named('cancelled').map(
      (event): SessionEvent =>
        event.type === 'session.ended'
          ? {
              ...event,
              outcome: { ...event.outcome, why: 'One of these:\n  - a goal of some words\n  1. key' },
            }
          : event,
    );
    expect(plain(endCard(stateOf(events), 22)).slice(0, 6)).toEqual([
      '■ cancelled: One of',
      '  these:',
      '    - a goal of some',
      '      words',
      '    1. key',
      expect.stringContaining('tokens'),
    ]);
  });

  it('columns go on below the last of them, and no row is too wide', () => {
    expect(hangingText('  gap  terminal  60 columns, Unicode', 30)).toEqual([
      '  gap  terminal  60 columns,',
      '                 Unicode',
    ]);
    const home = `${'home'.padEnd(17)}/home/somebody/.local/share/kintsugi-elsewhere  default`;
    expect(hangingText(home, 56)).toEqual([
      'home',
      '    /home/somebody/.local/share/kintsugi-elsewhere',
      '    default',
    ]);
    expect(hangingText('a\nb\nc', 10, 2)).toEqual(['a', 'b …']);
  });
});

it('a goal that changes a program is told as the change, and what it is a change of', () => {
  const once = changedGoal('count the words', 'ignore case');
  const events = named('python').map(
    (event): SessionEvent =>
      event.type === 'session.started'
        ? { ...event, task: { ...event.task, goal: changedGoal(once, 'sort them') } }
        : event,
  );
  expect(plain(goalRows(stateOf(events), 60))).toEqual(['❯ sort them', '  a change to: count the words']);
});

it('the footer tells what is done with the attempt that is under way, never the verdict of the one before', () => {
  const events = named('python');
  const words = (from: number) =>
    plainRow(
      footerRow(
        stateOf(events.slice(0, from)),
        { cwd: '/', home: undefined, model: 'm', mode: 'default' },
        200,
      ),
    );
  const failed = events.findIndex((event) => event.type === 'verdict.reached');
  const next = events.findIndex((event, at) => at > failed && event.type === 'attempt.started');
  expect(words(failed + 1)).toMatch(/attempt 1\/\d+ · failed$/);
  expect(words(next + 1)).toMatch(/attempt 2\/\d+ · (?:writing|reflecting)$/);
});

it('a wide screen has two columns only when there is code for the left one', () => {
  const events = named('python');
  const planned = events.findIndex((event) => event.type === 'plan.made');
  const frame = (upTo: number) =>
    plain(rowsOf(stateOf(events.slice(0, upTo)), { width: 140, height: 40 })).join('\n');
  expect(frame(planned + 1)).not.toContain(' │ ');
  expect(frame(events.length)).toContain(' │ ');
});

it('the question about a program shows its findings whole, and the answer stays whole', () => {
  const finding = {
    rule: 'process.spawn',
    severity: 'ask',
    message: 'subprocess.run starts another program: echo ok. Use the language itself instead.',
    file: 'main.py',
    line: 5,
    column: 1,
  } as const;
  const program = {
    language: 'python',
    entry: 'main.py',
    files: [{ path: 'main.py', content: 'x\n' }],
  } as const;
  const shown = (findings: number) =>
    plain(
      approvalPrompt(
        { ...program, files: [...program.files] },
        Array.from({ length: findings }, () => finding),
        () => {},
      ).rows(80, 20, { reading: plainReading, hears: true }),
    ).join('\n');
  expect(shown(1)).toContain('itself\n  instead. main.py:5 [process.spawn]');
  expect(shown(9)).toContain('… of 9 findings; the code below has them all');
  const feedback = 'no other programs, and this goes on for more than there is of one row';
  expect(
    plain(approvalRows({ answer: 'deny', feedback }, 40))
      .join(' ')
      .replace(/\s+/g, ' '),
  ).toContain(feedback);
});

it('a long line that is being written is broken at words, and the cursor stays where it is', () => {
  const text = 'one two three four';
  for (let cursor = 0; cursor <= text.length; cursor += 1) {
    const rows = editorRows(
      { text, cursor },
      { width: 12, most: 5, prompt: '> ', placeholder: '', focused: true },
    );
    expect(plain(rows)).toEqual(['> one two', '  three', '  four']);
    const before = text.slice(0, cursor);
    const row = rows.find((one) => one.some(({ tone }) => tone === 'cursor')) ?? [];
    const left = row.slice(
      1,
      row.findIndex(({ tone }) => tone === 'cursor'),
    );
    expect(before.endsWith(left.map((span) => span.text).join(''))).toBe(true);
    expect(row.find(({ tone }) => tone === 'cursor')?.text).toBe(text[cursor] ?? ' ');
  }
});

it('a line of a chart leads from one value to the next, and covers no value of another', () => {
  const rows = lineChart(
    [
      { values: [1, null, 1, null], mark: '○', line: '┄', tone: 'link' },
      { values: [null, 1, null, 1], mark: '●', line: '─', tone: 'gold' },
    ],
    { width: 11, height: 2, top: 1, label: String },
  );
  expect(plain(rows)).toEqual(['1 ┤○┄●─○─●', '0 ┤']);
});
