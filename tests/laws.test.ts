import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeEvent } from '../src/cli/describe.ts';
import { paint } from '../src/cli/terminal.ts';
import { compareFacts } from '../src/core/divergence.ts';
import type { EventOf, SessionEvent } from '../src/core/events.ts';
import { isDelta } from '../src/core/events.ts';
import { factsOf } from '../src/core/standing.ts';
import { initialState, reduce } from '../src/core/state.ts';
import { loadJournal } from '../src/journal/read.ts';
import { full } from './support/full.ts';
import { type Ended, eventsOf, makePlace, type Place, processesOf, start } from './support/kintsugi.ts';
import { demoJournals, goldenJournals, linesIn, severalAtOnce, shownEvents } from './support/sessions.ts';

/** The laws of the design, each on every golden journal: the recordings of the demo and those of tests/fixtures/journals. */

const golden = [...demoJournals(), ...goldenJournals()];
/** What is played again, in a process each: with KINTSUGI_FULL=1 all of them, else of the demo the second; durability-verify.test.ts verifies the others. */
const again = [...demoJournals().filter((_, at) => full || at === 1), ...goldenJournals()];
/** What is stopped in its first run: in each language and with two steps. */
const stopped = full ? golden : goldenJournals().filter(({ name }) => ['python', 'two-steps'].includes(name));
const cancelled = 'cancelled';

/** A golden journal that was played again as a cassette, by a process of its own. */
interface Played {
  name: string;
  recorded: SessionEvent[];
  place: Place;
  ended: Ended;
  /** Its own journal. */
  file: string;
  events: SessionEvent[];
}

const startOf = (events: readonly SessionEvent[]): EventOf<'session.started'> => {
  const [first] = events;
  if (first?.type !== 'session.started') throw new Error('a session begins with its start');
  return first;
};

/** The command line that asks for the same again, of the recording. */
function asked(file: string): string[] {
  const { goal, language, checks, budgets } = startOf(eventsOf(file)).task;
  const commands = (checks?.checks ?? []).flatMap((check) =>
    check.kind === 'command' ? [check.command] : [],
  );
  return [
    ...['-p', goal, '-m', `cassette:${file}`, '--max-attempts', String(budgets.attempts)],
    ...(language ? ['--language', language] : []),
    ...commands.flatMap((command) => ['--check', command]),
    ...['--verbose', '--output-format', 'stream-json'],
  ];
}

async function play(place: Place, { name, file }: { name: string; file: string }): Promise<Played> {
  const running = start(place, asked(file));
  if (name === cancelled) {
    await running.until('"stdout","text":"wait for it', 'stdout');
    running.kill('SIGINT');
  }
  const ended = await running.ended;
  const [own = ''] = place.journals();
  return { name, recorded: eventsOf(file), place, ended, file: own, events: eventsOf(own) };
}

describe('on every golden journal', { timeout: 300_000 }, () => {
  const played: Played[] = [];
  const places: Place[] = [];
  beforeAll(async () => {
    await severalAtOnce(again, 3, async (one) => {
      const place = makePlace();
      places.push(place);
      played.push(await play(place, one));
    });
  }, 120_000);
  afterAll(async () => {
    for (const place of places) await place.remove();
  });

  it('the goldens are there: blocked, malformed, exhausted, stopped, resumed, of two steps, and in Python', () => {
    const names = ['blocked', 'malformed', 'max-attempts', cancelled, 'resumed', 'two-steps', 'python'];
    expect(golden.map((one) => one.name)).toEqual(expect.arrayContaining(names));
    expect(played).toHaveLength(again.length);
  });

  it('a journal is a cassette: played from itself, a session comes to the same facts, times aside', () => {
    for (const { name, recorded, events, ended } of played) {
      const facts = factsOf(recorded);
      const own = factsOf(events);
      expect(
        own.map((event) => event.type),
        `${name}: ${ended.stderr}`,
      ).toEqual(facts.map((event) => event.type));
      for (const [at, fact] of facts.entries()) {
        const now = own[at];
        if (!now) throw new Error(`${name} has no fact ${at}`);
        const same = now.type === 'session.started' ? { ...now, model: startOf(recorded).model } : now;
        expect(compareFacts(fact, same), `${name}, event ${fact.seq}`).toBeNull();
      }
    }
  });

  it('replay is the session: what was shown live is what stands on disk, byte for byte, and folds to the same state', async () => {
    for (const { name, ended, file } of played) {
      const shown = shownEvents(ended.stdout);
      expect(linesIn(file), name).toEqual(shown);
      const live = shown.map((line) => JSON.parse(line) as SessionEvent);
      const { events } = await loadJournal(file);
      expect(events, name).toEqual(live);
      expect(events.reduce(reduce, initialState), name).toEqual(live.reduce(reduce, initialState));
    }
  });

  it('replay is the session: it prints what was printed live', () => {
    for (const { name, ended, file, events } of played) {
      const lines = events
        .flatMap((event) => describeEvent(event, 'full'))
        .map((line) => `${paint({ color: false }, line)}\n`);
      expect(ended.stderr, name).toBe(`${lines.join('')}journal: ${file}\n`);
    }
  });

  it('deltas are decoration: without them the state is the same at every fact', () => {
    for (const { name, file } of golden) {
      const events = eventsOf(file);
      let whole = initialState;
      let bare = initialState;
      for (const event of events) {
        whole = reduce(whole, event);
        if (isDelta(event)) continue;
        bare = reduce(bare, event);
        const undecorated = {
          ...whole,
          asking: whole.asking && { ...whole.asking, text: '' },
          running: whole.running && { ...whole.running, stdout: '', stderr: '' },
        };
        expect(undecorated, `${name}, event ${event.seq}`).toEqual(bare);
      }
      expect(whole, name).toEqual(bare);
    }
  });

  it('a blocked program never reaches a runner', () => {
    let blocked = 0;
    for (const { name, recorded, events, place } of played) {
      for (const session of [recorded, events]) {
        for (const [at, event] of session.entries()) {
          if (event.type !== 'program.scanned' || event.report.decision !== 'deny') continue;
          blocked += 1;
          expect(session[at + 1], name).toMatchObject({
            type: 'verdict.reached',
            verdict: { kind: 'blocked' },
          });
          const ran = session.filter(
            (other) =>
              other.type === 'run.started' && other.step === event.step && other.attempt === event.attempt,
          );
          expect(ran, name).toEqual([]);
        }
      }
      expect(
        place.listing().filter((file) => file.endsWith('it-ran')),
        name,
      ).toEqual([]);
    }
    expect(blocked).toBe(2);
  });

  it('abort ends in session.ended, cancelled, and leaves no process', async () => {
    expect(stopped.length).toBeGreaterThan(1);
    await severalAtOnce(stopped, 3, async ({ name, file }) => {
      const place = makePlace();
      try {
        const running = start(place, asked(file));
        // In its first run: something is there to be left behind.
        await running.until('"type":"run.started"', 'stdout');
        running.kill('SIGINT');
        const ended = await running.ended;
        expect(ended.code, `${name}: ${ended.stderr}`).toBe(130);
        expect(processesOf(place.root), name).toEqual([]);
        const { events, tornBytes } = await loadJournal(place.journals()[0] ?? '');
        expect(tornBytes).toBe(0);
        expect(events.at(-1), name).toMatchObject({
          type: 'session.ended',
          outcome: { ending: 'cancelled' },
        });
        expect(place.listing().filter((left) => left.endsWith('.lock') || left.startsWith('tmp/'))).toEqual(
          [],
        );
      } finally {
        await place.remove();
      }
    });
  });

  it('a journal cut mid-line replays up to the cut, and any other bad line names file:line', async () => {
    const place = makePlace();
    try {
      for (const { name, file } of golden) {
        const lines = linesIn(file);
        const cut = Math.floor(lines.length / 2);
        const half = (lines[cut] ?? '').slice(0, (lines[cut] ?? '').length / 2);
        const head = lines.slice(0, cut).join('\n');
        const torn = place.file(`${name}-torn.jsonl`, `${head}\n${half}`);
        const loaded = await loadJournal(torn);
        expect(loaded.events, name).toEqual(eventsOf(file).slice(0, cut));
        const bad = place.file(`${name}-bad.jsonl`, `${head}\n${half}\n${lines.slice(cut + 1).join('\n')}\n`);
        await expect(loadJournal(bad), name).rejects.toThrow(`${bad}:${cut + 1}: `);
      }
    } finally {
      await place.remove();
    }
  });
});
