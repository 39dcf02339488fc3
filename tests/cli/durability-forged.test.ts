import { describe, expect } from 'vitest';
import type { SessionEvent } from '../../src/core/events.ts';
import { full } from '../support/full.ts';
import { eventsOf, kintsugi } from '../support/kintsugi.ts';
import { demoJournals, forged, it, linesIn, verify } from '../support/sessions.ts';

const factorial = demoJournals().find((demo) => demo.name === 'factorial')?.file ?? '';

type Change = (events: SessionEvent[]) => SessionEvent[];

/** Changes the first event of a type. */
const edit =
  <Type extends SessionEvent['type']>(
    type: Type,
    change: (event: Extract<SessionEvent, { type: Type }>) => void,
    nth = 0,
  ): Change =>
  (events) => {
    const found = events.filter((event) => event.type === type)[nth];
    if (!found) throw new Error(`there is no ${type}`);
    change(found as Extract<SessionEvent, { type: Type }>);
    return events;
  };

const at = (events: readonly SessionEvent[], type: SessionEvent['type']) =>
  events.findIndex((event) => event.type === type);

describe('a journal that was tampered with is named by its first divergence', { timeout: 300_000 }, () => {
  const forgeries: [what: string, change: Change, type: SessionEvent['type'], path: string][] = [
    [
      'another program',
      edit('program.written', (event) => {
        for (const file of event.program.files) file.content += '\n// harmless';
      }),
      'program.written',
      'program.files.0.content',
    ],
    [
      'another reply',
      edit('model.replied', (event) => {
        event.reply.text = event.reply.text.replaceAll('120', '121');
        event.reply.data = JSON.parse(JSON.stringify(event.reply.data).replaceAll('120', '121'));
      }),
      'plan.made',
      'plan.steps.0',
    ],
    [
      'another scan',
      edit('program.scanned', (event) => {
        event.report.decision = 'deny';
      }),
      'program.scanned',
      'report.decision',
    ],
    [
      'another output',
      edit(
        'run.ended',
        (event) => {
          event.result.stdout = '121\n';
        },
        2,
      ),
      'run.ended',
      'result.stdout',
    ],
    [
      'another exit code',
      edit('run.ended', (event) => {
        if (event.result.status === 'exited') event.result.exitCode = 0;
      }),
      'run.ended',
      'result.exitCode',
    ],
    [
      'a failing test made a passing one',
      edit('tests.reported', (event) => {
        event.report.ok = true;
      }),
      'tests.reported',
      'report.ok',
    ],
    [
      'another verdict',
      edit('verdict.reached', (event) => {
        event.verdict = { kind: 'passed', proof: 'user-checks' };
      }),
      'verdict.reached',
      'verdict.proof',
    ],
    [
      'another outcome',
      edit('session.ended', (event) => {
        event.outcome.costUsd = 0.5;
      }),
      'session.ended',
      'outcome.costUsd',
    ],
  ];

  it.concurrent.for(forgeries.filter((_, index) => full || index % 2 === 1))(
    '%s',
    async ([, change, type, where], { place }) => {
      const file = forged(place, factorial, change);
      const { code, divergence, agreed, total } = await verify(place, file);
      expect(divergence).toMatchObject({
        type,
        path: expect.stringContaining(where),
      });
      const event = eventsOf(file)[(divergence?.seq ?? 0) - 1];
      expect(event?.type).toBe(type);
      expect(agreed).toBeLessThan(total);
      expect(code).toBe(3);
    },
  );

  it.concurrent('an event that was taken out, put in, or moved', async ({ place }) => {
    const without: Change = (events) => events.filter((_, index) => index !== at(events, 'tests.reported'));
    const moved: Change = (events) => {
      const from = at(events, 'attempt.started');
      const [one, two] = [events[from], events[from + 1]] as [SessionEvent, SessionEvent];
      return events.toSpliced(from, 2, two, one);
    };
    const more: Change = (events) => {
      const from = at(events, 'step.ended');
      return events.toSpliced(from, 0, events[from] as SessionEvent);
    };
    const longer: Change = (events) => [
      ...events,
      events.find((event) => event.type === 'step.ended') as SessionEvent,
    ];
    const all = [
      [without, 'type'],
      [moved, 'type'],
      [more, 'type'],
      [longer, ''],
    ] as const;
    for (const [change, path] of full ? all : [all[1], all[3]]) {
      const file = forged(place, factorial, change);
      const { code, divergence } = await verify(place, file);
      expect(divergence).toMatchObject({ path });
      expect(code).toBe(3);
    }
  });

  it.concurrent('says in words at which event, what was recorded and what is now, and leaves the terminal alone', async ({
    place,
  }) => {
    const file = forged(
      place,
      factorial,
      edit(
        'run.ended',
        (event) => {
          event.result.stdout = '121\u009b31m\u202e\u001b[2J\n';
        },
        2,
      ),
    );
    const ended = await kintsugi(place, ['replay', file, '--verify']);
    expect(ended.code).toBe(3);
    expect(ended.stdout).toMatch(
      /^diverges at event \d+ \(run\.ended\), result\.stdout\n {2}recorded: "121.*\n {2}now: {6}"120\\n"\n/,
    );
    expect(ended.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  });

  it.concurrent('and one whose numbers do not run on is damaged: its line is named', async ({ place }) => {
    const lines = linesIn(factorial);
    const file = place.file(
      'gap.jsonl',
      lines
        .toSpliced(5, 1)
        .map((line) => `${line}\n`)
        .join(''),
    );
    const ended = await kintsugi(place, ['replay', file, '--verify']);
    expect(ended).toMatchObject({ code: 42, stdout: '' });
    expect(ended.stderr).toContain(`${file}:6: seq is 7 and should be 6`);
  });
});
