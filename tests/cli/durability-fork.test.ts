import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect } from 'vitest';
import { compareFacts } from '../../src/core/divergence.ts';
import type { SessionEvent } from '../../src/core/events.ts';
import { factsOf } from '../../src/core/standing.ts';
import { full } from '../support/full.ts';
import { codeRule, eventsOf, kintsugi, makePlace, type Place, planToPrint } from '../support/kintsugi.ts';
import { demoJournals, goldenJournals, it, linesIn, severalAtOnce } from '../support/sessions.ts';

const durations = demoJournals().find((demo) => demo.name === 'durations')?.file ?? '';
const twoSteps = goldenJournals().find((one) => one.name === 'two-steps')?.file ?? '';
const resumed = goldenJournals().find((one) => one.name === 'resumed')?.file ?? '';

async function fork(place: Place, file: string, from: number | string, ...args: string[]) {
  const before = place.journals();
  const ended = await kintsugi(place, ['replay', file, '--from', String(from), ...args]);
  const [journal, ...more] = place.journals().filter((one) => !before.includes(one));
  expect(more).toEqual([]);
  return { ...ended, journal, events: journal ? eventsOf(journal) : [] };
}

/**
 * The fork says what the original says, up to event `upTo`. What it remembers behind event `from` it remembers itself, under an id of its
 * own session.
 */
function expectPrefix(
  original: readonly SessionEvent[],
  from: number,
  events: readonly SessionEvent[],
  upTo = from,
): void {
  const facts = factsOf(original).filter((event) => event.seq <= upTo);
  for (const [at, fact] of facts.entries()) {
    const now = factsOf(events)[at];
    if (!now) throw new Error(`the fork has no fact ${at}`);
    if (fact.type === 'session.started' && now.type === 'session.started') {
      expect(compareFacts({ ...fact, model: now.model }, now)).toBeNull();
    } else if (fact.seq > from && fact.type === 'memory.remembered' && now.type === 'memory.remembered') {
      const own = fact.kept && now.kept ? { ...fact.kept, id: now.kept.id } : fact.kept;
      expect(compareFacts({ ...fact, kept: own }, now), `fact ${at}`).toBeNull();
      if (fact.kept) expect(now.kept?.id).not.toBe(fact.kept.id);
    } else {
      expect(compareFacts(fact, now), `fact ${at}`).toBeNull();
    }
  }
}

const seqOf = (file: string, type: SessionEvent['type'], nth = 0) =>
  eventsOf(file).filter((event) => event.type === type)[nth]?.seq ?? 0;

describe('a fork', { timeout: 300_000 }, () => {
  it.concurrent('is a new session that is the old one up to its event, and leaves the old one as it was', async () => {
    const before = readFileSync(durations, 'utf8');
    const end = eventsOf(durations).length;
    const most = [1, seqOf(durations, 'program.written'), seqOf(durations, 'tests.reported', 3), end];
    const froms = full ? most : most.slice(2, 3);
    // Each in a home of its own, where nothing is remembered yet.
    await severalAtOnce(froms, 2, async (from) => {
      const place = makePlace();
      const { code, stdout, stderr, events } = await fork(
        place,
        durations,
        from,
        '-m',
        `cassette:${durations}`,
      );
      expect(code, stderr).toBe(0);
      expect(stdout).toBe('5400\n');
      expect(events[0]).toMatchObject({
        type: 'session.started',
        model: `cassette:${durations}`,
        forkedFrom: { session: 'demo-durations', seq: from },
      });
      expect(events[0]).not.toMatchObject({ session: 'demo-durations' });
      // Its own recording behind what was answered: all of it is the same.
      expectPrefix(eventsOf(durations), from, events, Number.POSITIVE_INFINITY);
      expect(place.journals()).toHaveLength(1);
      await place.remove();
    });
    expect(readFileSync(durations, 'utf8')).toBe(before);
  });

  it.concurrent('goes on with another model behind what was answered', async ({ place }) => {
    const from = seqOf(durations, 'diagnosis.made');
    const model = place.script(
      codeRule('export const seconds = () => 0;', 'duration.ts', { when: ['durations'], times: 1 }),
      codeRule('console.log(5400);', 'main.ts'),
    );
    const { code, events, stderr } = await fork(place, durations, from, '-m', model, '--max-attempts', '2');
    expect(code, stderr).toBe(3);
    expectPrefix(
      eventsOf(durations).map((event) =>
        event.type === 'session.started'
          ? { ...event, task: { ...event.task, budgets: { ...event.task.budgets, attempts: 2 } } }
          : event,
      ),
      from,
      events,
    );
    expect(events.at(-1)).toMatchObject({ outcome: { ending: 'max-attempts', attempts: 2 } });
    // The first reply of the scripted model was used up by the attempt that the record answered.
    const written = events.filter((event) => event.type === 'program.written');
    expect(written.at(-1)?.program.files.at(-1)?.content).toContain('5400');
  });

  it.concurrent('takes budgets, and stops by them', async ({ place }) => {
    const from = seqOf(twoSteps, 'program.written');
    const spent = await fork(place, twoSteps, from, '-m', `cassette:${twoSteps}`, '--max-tokens', '2000');
    expect(spent.code, spent.stderr).toBe(56);
    expect(spent.events[0]).toMatchObject({ task: { budgets: { tokens: 2000, attempts: 5 } } });
    const slow = place.script({ purpose: 'diagnose', latencyMs: 60_000, reply: { text: '' } });
    const late = await fork(
      place,
      twoSteps,
      seqOf(twoSteps, 'verdict.reached'),
      '-m',
      slow,
      '--timeout',
      '2s',
    );
    expect(late.code, late.stderr).toBe(56);
    expect(late.events.at(-1)).toMatchObject({ outcome: { ending: 'timeout' } });
  });

  it.skipIf(!full).concurrent(
    'asks the model again where the recorded one had failed or was stopped',
    async ({ place }) => {
      const failing = place.script(planToPrint('42'), {
        purpose: 'code',
        fail: { status: 400, message: 'no' },
      });
      expect((await kintsugi(place, ['-p', 'print 42', '-m', failing])).code).toBe(1);
      const [failed = ''] = place.journals();
      const good = place.script(codeRule('console.log(42);'));
      const { code, stdout, stderr } = await fork(place, failed, eventsOf(failed).length, '-m', good);
      expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: '42\n' });
    },
  );

  it.skipIf(!full).concurrent(
    'of a session that went on leaves out what it went back behind',
    async ({ place }) => {
      const { code, events, stderr } = await fork(
        place,
        resumed,
        linesIn(resumed).length,
        '-m',
        `cassette:${resumed}`,
      );
      expect(code, stderr).toBe(0);
      expect(events.some((event) => event.type === 'session.resumed')).toBe(false);
      expect(events.filter((event) => event.type === 'session.ended')).toHaveLength(1);
      expectPrefix(eventsOf(resumed), Number.POSITIVE_INFINITY, events);
    },
  );

  it.skipIf(!full).concurrent(
    'delivers its own program, whatever the original did with its',
    async ({ place }) => {
      const end = eventsOf(durations).length;
      const { code, stderr } = await fork(place, durations, end, '-m', 'demo', '--out', 'made');
      expect(code, stderr).toBe(0);
      expect(readFileSync(path.join(place.cwd, 'made', 'duration.ts'), 'utf8')).toContain('seconds');
    },
  );

  it.concurrent('is verified like any other session', async ({ place }) => {
    const from = seqOf(durations, 'verdict.reached');
    const { journal, code } = await fork(place, durations, from, '-m', `cassette:${durations}`);
    expect(code).toBe(0);
    const ended = await kintsugi(place, ['replay', journal ?? '', '--verify']);
    expect(ended.code, ended.stdout).toBe(0);
  });

  it.skipIf(!full).concurrent(
    'is made by resume --fork-session as well, with the id that is asked for',
    async ({ place }) => {
      const lines = linesIn(durations).slice(0, seqOf(durations, 'diagnosis.made'));
      const cut = place.file('cut.jsonl', `${lines.join('\n')}\n{"seq":`);
      const before = readFileSync(cut, 'utf8');
      const args = [
        'resume',
        cut,
        '--fork-session',
        '--session-id',
        'second-try',
        '-m',
        `cassette:${durations}`,
      ];
      const ended = await kintsugi(place, args);
      expect(ended.code, ended.stderr).toBe(0);
      expect(readFileSync(cut, 'utf8')).toBe(before);
      expect(place.events()[0]).toMatchObject({
        session: 'second-try',
        forkedFrom: { session: 'demo-durations', seq: lines.length },
      });
    },
  );

  it.concurrent('with other permissions asks the world from where it goes another way', async ({ place }) => {
    const source =
      "import { execFileSync } from 'node:child_process';\nconsole.log(execFileSync('echo', ['42']).toString().trim());";
    const model = place.script(planToPrint('42'), codeRule(source));
    expect((await kintsugi(place, ['-p', 'print 42', '-m', model])).code).toBe(5);
    const [denied = ''] = place.journals();
    const end = eventsOf(denied).length;
    const { code, stdout, stderr, events } = await fork(place, denied, end, '--yolo');
    expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: '42\n' });
    expect(events.filter((event) => event.type === 'run.ended').map((event) => event.attempt)).toEqual([
      0, 1, 1,
    ]);
    // And the other way round: what was allowed then is asked again, and no recorded result counts for it.
    const yolo = place.journals().find((file) => file !== denied) ?? '';
    const wrong = place.script(codeRule(source, 'main.js', { times: 1 }), codeRule('console.log(41);'));
    const more = ['--permission-mode', 'dontAsk', '-m', wrong, '--max-attempts', '2'];
    const again = await fork(place, yolo, seqOf(yolo, 'verdict.reached'), ...more);
    expect(again.code, again.stderr).toBe(3);
    expect(again.stderr).toMatch(/goes another way than the record at event \d+ \(run\.started\)/);
  });

  it.concurrent('from an event that there is not is a usage error, and makes no session', async ({
    place,
  }) => {
    const beyond = String(linesIn(durations).length + 1);
    const wrong = full ? ['0', beyond, '-3', 'two', '1.5', ''] : [beyond, 'two'];
    for (const from of wrong) {
      const ended = await kintsugi(place, ['replay', durations, `--from=${from}`, '-m', 'demo']);
      expect(ended, from).toMatchObject({ code: 2, stdout: '' });
      expect(ended.stderr, from).toContain('--from');
    }
    expect(place.journals()).toEqual([]);
  });
});
