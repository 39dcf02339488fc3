import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventOf, SessionEvent } from '../../src/core/events.ts';
import { isDelta } from '../../src/core/events.ts';
import { packageRoot } from '../../src/package-root.ts';
import { footerRow } from '../../src/tui/footer.ts';
import { loadReading } from '../../src/tui/highlight.ts';
import { sessionFeed } from '../../src/tui/session-feed.ts';
import { plainRow } from '../../src/tui/style.ts';
import { rowCells } from '../../src/tui/text.ts';
import { frameOf, rowsOf, stateOf } from '../support/frames.ts';
import { eventsOf } from '../support/kintsugi.ts';
import { demoJournals, goldenJournals } from '../support/sessions.ts';

const golden = [...demoJournals(), ...goldenJournals()];
const sizes = [
  { width: 60, height: 20 },
  { width: 80, height: 24 },
  { width: 140, height: 40 },
];
const folder = path.join(packageRoot(), 'tests', 'fixtures', 'frames');

describe.each(golden)('the frames of $name', ({ name, file }) => {
  const events = eventsOf(file);

  it.each(sizes)('the last one is the one that is kept, $width columns wide', async (size) => {
    const frame = await frameOf(events, size);
    const kept = path.join(folder, `${name}-${size.width}.txt`);
    if (!existsSync(kept) && process.env.KINTSUGI_KEEP_FRAMES === '1') {
      mkdirSync(folder, { recursive: true });
      writeFileSync(kept, frame);
    }
    expect(frame).toBe(readFileSync(kept, 'utf8'));
  });

  it('the last one is the same when every delta is left out', async () => {
    const facts = events.filter((event) => !isDelta(event));
    expect(await frameOf(facts, { width: 80, height: 24 })).toBe(
      await frameOf(events, { width: 80, height: 24 }),
    );
  });

  it('none is higher or wider than the screen, whatever its size', async () => {
    const reading = await loadReading();
    for (const size of [
      { width: 20, height: 5 },
      { width: 37, height: 9 },
      ...sizes,
      { width: 250, height: 70 },
    ]) {
      for (let at = 0; at <= events.length; at += 3) {
        const rows = rowsOf(stateOf(events.slice(0, at)), size, reading);
        expect(rows.length).toBeLessThanOrEqual(size.height);
        for (const row of rows) expect(rowCells(row)).toBeLessThanOrEqual(size.width);
      }
    }
  });

  it('each finished attempt becomes one card, and the end is told once', () => {
    const feed = sessionFeed();
    const rows = events.flatMap((event) => feed.take(event, 200)).map(plainRow);
    const verdicts = events.filter(
      (event): event is EventOf<'verdict.reached'> => event.type === 'verdict.reached',
    );
    const resumed = events.some((event) => event.type === 'session.resumed');
    const cards = rows.filter((row) => /^[✓✗■◌] attempt \d+ /.test(row));
    if (!resumed) expect(cards.length).toBeGreaterThanOrEqual(verdicts.length);
    const ends = events.filter((event) => event.type === 'session.ended');
    expect(rows.filter((row) => /^[✓■] [a-z-]+: /.test(row))).toHaveLength(ends.length);
  });
});

/** What programs and models may say: controls, sequences, wide and combining characters, half of a pair. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.constantFrom(
    '\u001b[2J\u001b[H\u001b]0;title\u0007',
    'a\rb\r\nc',
    '\u001b[31mred',
    '\ud800',
    '漢字'.repeat(80),
    'e\u0301'.repeat(90),
    '👩‍👩‍👧‍👦'.repeat(30),
    '\u202egnirts',
    '\t\t\t',
    '\u0000\u0001\u009b31m',
    '\u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\',
  ),
);

it('text from outside never breaks a frame: every row is one row of the screen and holds no control', async () => {
  const reading = await loadReading();
  const python = golden.find(({ name }) => name === 'python');
  const events = eventsOf(python?.file ?? '');
  fc.assert(
    fc.property(hostile, hostile, fc.integer({ min: 20, max: 160 }), (one, other, width) => {
      const changed = events.map((event) => poisoned(event, one, other));
      for (const at of [8, 20, 28, 34, changed.length]) {
        const state = stateOf(changed.slice(0, at));
        const footer = footerRow(state, { cwd: one, home: undefined, model: other, mode: 'default' }, width);
        for (const row of [...rowsOf(state, { width, height: 30 }, reading), footer]) {
          expect(plainRow(row)).not.toMatch(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]/);
          expect(rowCells(row)).toBeLessThanOrEqual(width);
        }
      }
    }),
    { numRuns: 60 },
  );
});

function poisoned(event: SessionEvent, one: string, other: string): SessionEvent {
  switch (event.type) {
    case 'session.started':
      return { ...event, model: other, task: { ...event.task, goal: one } };
    case 'run.delta':
      return { ...event, text: one };
    case 'model.delta':
      return { ...event, text: other };
    case 'run.ended':
      return { ...event, result: { ...event.result, stdout: one, stderr: other } };
    case 'program.written': {
      const files = event.program.files.map((file) => ({
        path: other || 'x',
        content: `${file.content}${one}`,
      }));
      return { ...event, program: { ...event.program, files } };
    }
    case 'program.scanned': {
      const finding = {
        rule: one,
        severity: 'ask' as const,
        message: other,
        file: other || 'x',
        line: 1,
        column: 1,
      };
      return { ...event, report: { ...event.report, findings: [finding] } };
    }
    case 'tests.reported': {
      const cases = event.report.cases.map((test) => ({
        ...test,
        name: one,
        message: other,
        expected: one,
        actual: other,
      }));
      return { ...event, check: event.check, report: { ...event.report, cases } };
    }
    case 'diagnosis.made':
      return { ...event, diagnosis: { text: one } };
    default:
      return event;
  }
}
