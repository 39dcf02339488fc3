import { readFileSync } from 'node:fs';
import { setTimeout as pass } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { initialState, reduce } from '../../src/core/state.ts';
import { loadJournal } from '../../src/journal/read.ts';
import { full } from '../support/full.ts';
import {
  codeRule,
  type Ended,
  kintsugi,
  makePlace,
  type Place,
  planToPrint,
  processesOf,
  type Running,
  start,
} from '../support/kintsugi.ts';
import {
  allGone,
  mendingGoal,
  mendingRules,
  randomFrom,
  severalAtOnce,
  shownEvents,
} from '../support/sessions.ts';

const seed = Number(process.env.KINTSUGI_SEED ?? 20_261_121);
const kills = full ? 50 : 2;
const atOnce = 3;
const stream = ['--output-format', 'stream-json'];

const begin = (place: Place, model: string) => start(place, ['-p', mendingGoal, '-m', model, ...stream]);

/** Waits until so many lines are shown, and then for a moment more; kills at once. */
async function killAfter(running: Running, lines: number, momentMs: number): Promise<Ended> {
  await running.until(new RegExp(`^(?:[^\\n]*\\n){${lines}}`), 'stdout').catch(() => {});
  await pass(momentMs);
  running.kill('SIGKILL');
  return await running.ended;
}

/** Every event that was shown stands in the journal as it was shown, from its place on. */
function expectKept(place: Place, shown: readonly string[], before: readonly string[]): string[] {
  const [file = ''] = place.journals();
  const kept = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  expect(kept.slice(0, before.length)).toEqual(before);
  const [first = '{"seq":1}'] = shown;
  const from = (JSON.parse(first) as { seq: number }).seq - 1;
  expect(kept.slice(from, from + shown.length)).toEqual(shown);
  return kept;
}

async function expectVerified(place: Place): Promise<void> {
  const [file = ''] = place.journals();
  const { events, tornBytes } = await loadJournal(file);
  expect(tornBytes).toBe(0);
  expect(events.map((event) => event.seq)).toEqual(events.map((_, at) => at + 1));
  const state = events.reduce(reduce, initialState);
  expect(state).toMatchObject({ phase: 'ended', outcome: { ending: 'verified', attempts: 3 } });
  expect(state.steps.map((step) => [step.passed, step.attempts.length])).toEqual([
    [true, 2],
    [true, 1],
  ]);
  expect(place.journals()).toHaveLength(1);
}

async function inPlace(work: (place: Place, model: string) => Promise<void>): Promise<void> {
  const place = makePlace();
  try {
    await work(place, place.script(...mendingRules()));
  } finally {
    await place.remove();
  }
}

it(`loses nothing that was shown, and is resumed to the end, when it is killed at ${kills} random moments`, {
  timeout: kills * 120_000,
}, async () => {
  const random = randomFrom(seed);
  let whole = 0;
  await inPlace(async (place, model) => {
    const ended = await begin(place, model).ended;
    expect(ended.code, ended.stderr).toBe(0);
    whole = shownEvents(ended.stdout).length;
    await expectVerified(place);
  });
  expect(whole).toBeGreaterThan(50);
  const resumedAfter = new Set<number>();
  const moments = Array.from({ length: kills }, (_, at) => ({
    // Spread over the whole session, by chance within each part.
    lines: 2 + Math.floor(((at + random()) / kills) * (whole - 4)),
    momentMs: random() * 60,
    twice: at % 2 === 1 ? Math.floor(1 + random() * 12) : null,
  }));
  await severalAtOnce(moments, atOnce, ({ lines, momentMs, twice }) =>
    inPlace(async (place, model) => {
      const shown = shownEvents((await killAfter(begin(place, model), lines, momentMs)).stdout);
      expect(shown.length).toBeGreaterThan(0);
      await allGone(place.root);
      let kept = expectKept(place, shown, []);
      if (twice !== null) {
        const resuming = start(place, ['resume', 'latest', '-m', model, ...stream]);
        const again = shownEvents((await killAfter(resuming, twice, momentMs)).stdout);
        await allGone(place.root);
        kept = expectKept(place, again, kept.slice(0, shown.length));
      }
      resumedAfter.add(kept.length);
      const ended = await kintsugi(place, ['resume', 'latest', '-m', model, ...stream]);
      expect(ended.code, `killed after ${shown.length} events: ${ended.stderr}`).toBe(0);
      expectKept(place, shownEvents(ended.stdout), kept);
      await expectVerified(place);
    }),
  );
  // The moments must not all be the same one.
  expect(resumedAfter.size).toBeGreaterThan(kills / 2);
});

it('takes what it was running with it when it is killed, daemons too', { timeout: 300_000 }, async () => {
  const source = `import { spawn } from 'node:child_process';
spawn('sleep', ['61'], { detached: true, stdio: 'ignore' }).unref();
console.log('a daemon is out');
setTimeout(() => {}, 61_000);`;
  const place = makePlace();
  try {
    const slow = place.script(planToPrint('42'), codeRule(source, 'main.js', { times: 1 }));
    const running = start(place, ['-p', 'print 42', '-m', slow, '--yolo', ...stream]);
    await running.until('"text":"a daemon is out', 'stdout');
    expect(processesOf(place.root).some((one) => one.includes('sleep 61'))).toBe(true);
    running.kill('SIGKILL');
    const shown = shownEvents((await running.ended).stdout);
    await allGone(place.root);
    expectKept(place, shown, []);
    const model = place.script(codeRule('console.log(42);', 'main.js'));
    // The program in the record is the one that hangs: the resumed session runs it again, and goes on when it is stopped.
    const resuming = start(place, ['resume', 'latest', '-m', model, ...stream]);
    await resuming.until('"text":"a daemon is out', 'stdout');
    resuming.kill('SIGINT');
    expect((await resuming.ended).code).toBe(130);
    expect(processesOf(place.root)).toEqual([]);
  } finally {
    await place.remove();
  }
});
