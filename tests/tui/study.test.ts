import { describe, expect, it } from 'vitest';
import { comparisonLines } from '../../src/cli/compare.ts';
import { sessionPage } from '../../src/cli/export-page.ts';
import { compareSessions } from '../../src/core/compare.ts';
import type { SessionEvent } from '../../src/core/events.ts';
import { initialState, reduce } from '../../src/core/state.ts';
import { plainReading } from '../../src/tui/highlight.ts';
import { memoriesPanel } from '../../src/tui/panels/memory.ts';
import { compareRows } from '../../src/tui/replay/compare-view.ts';
import { forkForm } from '../../src/tui/replay/fork-form.ts';
import { memoryRows, memoryView } from '../../src/tui/study/memory-view.ts';
import { statsRows } from '../../src/tui/study/stats.ts';
import { findingOf } from '../../src/tui/study/study.ts';
import { plainRow } from '../../src/tui/style.ts';
import { rowCells } from '../../src/tui/text.ts';
import { eventsOf } from '../support/kintsugi.ts';
import { demoJournals, goldenJournals } from '../support/sessions.ts';

const golden = [...demoJournals(), ...goldenJournals()];
const named = (name: string) => eventsOf(golden.find((one) => one.name === name)?.file ?? '');

async function* stream(events: readonly SessionEvent[]) {
  yield* events;
}

describe('the study of many sessions', () => {
  it('counts attempts, first tries and classes of errors', async () => {
    expect(await findingOf(stream(named('python')))).toMatchObject({
      verified: true,
      attempts: 2,
      firstTry: false,
      failures: ['AssertionError'],
    });
    expect(await findingOf(stream(named('blocked')))).toMatchObject({
      failures: ['blocked'],
      verified: true,
    });
    expect(await findingOf(stream(named('reverse')))).toMatchObject({ firstTry: true, failures: [] });
  });

  it('draws them at every width without going beyond it, and says when there is nothing', async () => {
    const found = await Promise.all(golden.map(({ file }) => findingOf(stream(eventsOf(file)))));
    const findings = found.filter((one) => one !== null);
    for (const width of [40, 80, 200]) {
      const rows = statsRows({ findings, unreadable: 1 }, width);
      expect(rows.map(plainRow).join('\n')).toContain(`${findings.length} sessions, 1 could not be read`);
      expect(rows.map(plainRow).join('\n')).toMatch(/AssertionError.*█/);
      for (const row of rows) expect(rowCells(row)).toBeLessThanOrEqual(Math.max(width, 70));
    }
    expect(statsRows({ findings: [], unreadable: 0 }, 80).map(plainRow)).toEqual([
      'No session has come to an end yet; there is nothing to count.',
    ]);
  });

  it('an empty memory is said in words, and a full one is listed beside what proves it', () => {
    const text = (items: Parameters<typeof memoryRows>[0]['items'], width: number) =>
      memoryRows({ items, failure: '', chosen: 0 }, width, 20).map(plainRow).join('\n');
    expect(text([], 80)).toContain('Nothing is remembered.');
    const item = {
      id: 'm1',
      kind: 'lesson',
      state: 'witnessed',
      title: 'mean of the two in the middle',
      details: [{ label: 'witness', text: 'failed twice, passed twice' }],
    };
    expect(text([item], 120)).toMatch(/lesson {3}witnessed.*│ m1/);
    expect(text([item], 60)).toContain('failed twice, passed twice');
  });
});

describe('the view of what was learned', () => {
  it('is read whole with Enter where it is longer than the screen, and Escape goes back to the list before it closes', async () => {
    const details = Array.from({ length: 30 }, (_, at) => ({ label: `part ${at}`, text: `text ${at}` }));
    const item = { id: 'm1', kind: 'lesson', state: 'witnessed', title: 'a mean', details };
    let draw = () => {};
    const drawn = new Promise<void>((resolve) => {
      draw = resolve;
    });
    const view = memoryView({ desk: { memories: { list: async () => [item] } }, changed: draw });
    await drawn;
    const shown = () => view.rows({ width: 80, height: 24 }).map(plainRow).join('\n');
    expect(shown()).toContain('what was learned · 1 of 1');
    expect(view.key({ kind: 'key', name: 'enter' })).toBe('stay');
    expect(shown()).toContain('lesson, witnessed · 1 of 1');
    expect(shown()).not.toContain('text 29');
    view.key({ kind: 'key', name: 'end' });
    expect(shown()).toContain('text 29');
    expect(view.key({ kind: 'key', name: 'escape' })).toBe('stay');
    expect(shown()).toContain('what was learned');
    expect(view.key({ kind: 'key', name: 'escape' })).toBe('close');
  });
});

describe('the form of a fork', () => {
  const settings = { model: 'demo', permissionMode: 'default', memory: true } as const;
  const form = () => forkForm(settings, { goal: 'a goal', memory: true });

  it('keeps the model of the record unless another one is named', () => {
    const empty = form().key({ kind: 'key', name: 'enter' });
    expect(empty).toMatchObject({ model: 'record', settings: { model: 'demo' } });
    const named = form();
    named.key({ kind: 'text', text: 'ollama/qwen3', pasted: false });
    const done = named.key({ kind: 'key', name: 'enter' });
    expect(done).toMatchObject({ settings: { model: 'ollama/qwen3' } });
    expect(done).not.toHaveProperty('model');
  });
});

describe('two sessions side by side', () => {
  it('a session is the same as itself', () => {
    const events = named('python');
    const comparison = compareSessions(events, events);
    expect(comparison).toMatchObject({ settings: [], parting: null });
    expect(comparison.attempts.map(({ differs }) => differs)).toEqual([[], []]);
  });

  it('say where they part and what differed: prompt, program, verdict', () => {
    const events = named('python');
    const changed = events.map((event): SessionEvent => {
      if (event.type === 'program.written' && event.attempt === 2) {
        return {
          ...event,
          hash: 'other',
          program: { ...event.program, files: [{ path: 'main.py', content: 'print(2.5)\n' }] },
        };
      }
      if (event.type === 'verdict.reached' && event.attempt === 2)
        return { ...event, verdict: { kind: 'malformed', why: 'no code' } };
      return event;
    });
    const comparison = compareSessions(events, changed);
    const { seq } =
      events.find((event) => event.type === 'program.written' && event.attempt === 2) ?? events[0] ?? {};
    expect(comparison.parting).toMatchObject({ left: seq, right: seq, type: 'program.written' });
    expect(comparison.attempts.map(({ differs }) => differs)).toEqual([[], ['program', 'verdict']]);
    const rows = compareRows({ name: 'a', events }, { name: 'b', events: changed }, 100, plainReading);
    expect(rows.map(plainRow).join('\n')).toContain(
      `they part at event ${seq} of A, ${seq} of B: program.written`,
    );
  });

  it('say what was left out on purpose, to measure memory', () => {
    const events = heldOutIn(named('python'));
    const { attempts } = compareSessions(events, named('python'));
    expect(attempts.map(({ left, right }) => [left?.heldOut.length, right?.heldOut.length])).toEqual([
      [1, 0],
      [0, 0],
    ]);
    const lines = comparisonLines(compareSessions(events, named('python')), { left: 'a', right: 'b' });
    expect(lines.map(({ text }) => text).join('\n')).toContain('left out on purpose, to measure memory: l1');
    const rows = compareRows(
      { name: 'a', events },
      { name: 'b', events: named('python') },
      100,
      plainReading,
    );
    expect(rows.map(plainRow).join('\n')).toContain('◇ l1 left out on purpose');
  });

  it('one that went on longer has attempts that the other has not', () => {
    const events = named('python');
    const cut = events.filter((event) => event.seq < 34);
    const comparison = compareSessions(events, cut);
    expect(comparison.attempts[1]).toMatchObject({ right: null, differs: [] });
    expect(comparison.outcomes.right).toBeNull();
  });
});

const heldOut = { id: 'l1', kind: 'lesson' as const, trust: 'witnessed', text: 'count from zero' };

/** The same session, where one memory fitted for the plan and was left out. */
function heldOutIn(events: readonly SessionEvent[]): SessionEvent[] {
  return events.map((event) =>
    event.type === 'memory.recalled' && event.moment === 'plan'
      ? { ...event, memories: [], arm: 'hold-out', heldOut: [heldOut] }
      : event,
  );
}

describe('a memory that was left out on purpose', () => {
  it('is told by the page and by the panel of the dashboard', async () => {
    const events = heldOutIn(named('python'));
    expect(await sessionPage(events)).toContain('Left out on purpose for the plan, to measure memory');
    expect(await sessionPage(named('python'))).not.toContain('eft out on purpose');
    const panel = memoriesPanel(events.reduce(reduce, initialState), 'the plan', 100);
    expect(panel.draw(100, 5).map(plainRow).join('\n')).toBe(
      '◇ left out on purpose for the plan, to measure memory: l1',
    );
  });
});
