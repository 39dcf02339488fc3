import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type SessionEvent, schemaVersion } from '../../src/core/events.ts';
import { loadJournal } from '../../src/journal/read.ts';
import { full } from '../support/full.ts';
import {
  codeRule,
  type Ended,
  eventsOf,
  kintsugi,
  makePlace,
  type Place,
  planToPrint,
  resultIn,
  start,
} from '../support/kintsugi.ts';
import { it, linesIn } from '../support/sessions.ts';

const asJson = ['--output-format', 'json'];
const goal = 'print 42';
const good = codeRule('console.log(42);');

/** A session that ended verified, recorded once; its model stays where it is. */
let recorded: { events: SessionEvent[]; model: string };
let studio: Place;
beforeAll(async () => {
  studio = makePlace();
  const model = studio.script(planToPrint('42'), good);
  const ended = await kintsugi(studio, ['-p', goal, '-m', model]);
  expect(ended.code, ended.stderr).toBe(0);
  recorded = { events: studio.events(), model };
});
afterAll(() => studio.remove());

/** The recorded session among those of the place, with another id or time limit if asked: its journal and its model. */
function verified(place: Place, { session = 'recorded', wallMs = null as number | null } = {}) {
  const [first, ...rest] = recorded.events;
  if (first?.type !== 'session.started') throw new Error('a session begins with its start');
  const task = { ...first.task, budgets: { ...first.task.budgets, wallMs } };
  const name = path.join(place.home, 'logs', `2026-11-21T07-31-47Z-${session}.jsonl`);
  const journal = place.file(name, '');
  writeEvents(journal, [{ ...first, session, task }, ...rest]);
  return { journal, model: recorded.model };
}

function writeEvents(journal: string, events: readonly SessionEvent[]): void {
  writeFileSync(journal, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
}

/** Keeps the lines of a journal up to the last event of a type, itself included. */
function cutBehind(journal: string, type: SessionEvent['type']): void {
  const events = eventsOf(journal);
  const at = events.findLastIndex((event) => event.type === type);
  expect(at).toBeGreaterThan(0);
  writeFileSync(
    journal,
    linesIn(journal)
      .slice(0, at + 1)
      .map((line) => `${line}\n`)
      .join(''),
  );
}

function change(journal: string, to: (events: SessionEvent[]) => SessionEvent[]): void {
  writeEvents(journal, to(eventsOf(journal)));
}

const resume = (place: Place, ...args: string[]): Promise<Ended> => kintsugi(place, ['resume', ...args]);

describe('resume says what is wrong and what to do', { timeout: 300_000 }, () => {
  it.concurrent('for a session that there is not, and where there is none at all', async ({ place }) => {
    const none = await resume(place, 'latest');
    expect(none).toMatchObject({ code: 2, stdout: '' });
    expect(none.stderr).toMatch(/no session yet.*kintsugi "goal"/s);
    verified(place);
    const unknown = await resume(place, 'zzz');
    expect(unknown).toMatchObject({ code: 2, stdout: '' });
    expect(unknown.stderr).toMatch(/no session begins with zzz/);
  });

  it.concurrent('for the beginning of an id that several have, with the ids', async ({ place }) => {
    verified(place, { session: 'twin-one' });
    verified(place, { session: 'twin-two' });
    const ended = await resume(place, 'twin');
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toMatch(/could be 2 sessions: .*twin-(one|two).*twin-(one|two)/);
  });

  it.concurrent('for one that another process is at, by its pid, and leaves it alone', async ({ place }) => {
    const model = place.script({ purpose: 'plan', latencyMs: 60_000, reply: {} });
    const running = start(place, ['-p', goal, '-m', model, '--verbose']);
    await running.until('asks for plan');
    const before = readFileSync(place.journals()[0] ?? '', 'utf8');
    const ended = await resume(place, 'latest');
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain(`process ${running.pid} is writing it`);
    expect(readFileSync(place.journals()[0] ?? '', 'utf8')).toBe(before);
    running.kill('SIGTERM');
    expect((await running.ended).code).toBe(143);
  });

  it.concurrent('for a journal of a newer version, one without its first event, and a damaged one', async ({
    place,
  }) => {
    const { journal } = verified(place);
    const whole = readFileSync(journal, 'utf8');
    change(journal, ([first, ...rest]) => [{ ...first, schema: schemaVersion + 1 } as SessionEvent, ...rest]);
    const newer = await resume(place, 'latest');
    expect(newer.code).toBe(42);
    expect(newer.stderr).toMatch(/newer kintsugi wrote it.*Upgrade/s);
    writeFileSync(journal, whole.slice(whole.indexOf('\n') + 1));
    const headless = await resume(place, 'latest');
    expect(headless.code).toBe(42);
    expect(headless.stderr).toContain(`${journal}:1: seq is 2 and should be 1`);
    writeFileSync(journal, whole.replace('"type":"model.asked"', '"type":"model.shouted"'));
    const damaged = await resume(place, 'latest');
    expect(damaged.code).toBe(42);
    const line = whole.split('\n').findIndex((one) => one.includes('"type":"model.asked"')) + 1;
    expect(damaged.stderr).toContain(`${journal}:${line}: `);
    writeFileSync(journal, '');
    expect(await resume(place, 'latest')).toMatchObject({ code: 42, stdout: '' });
  });

  it.skipIf(!full).concurrent(
    'for a model that is gone, and goes on with another one that is named',
    async ({ place }) => {
      const { journal } = verified(place);
      cutBehind(journal, 'model.asked');
      const gone = 'scripted:gone.jsonl';
      change(journal, ([first, ...rest]) => [{ ...first, model: gone } as SessionEvent, ...rest]);
      const before = readFileSync(journal, 'utf8');
      const ended = await resume(place, 'latest');
      expect(ended).toMatchObject({ code: 42, stdout: '' });
      expect(ended.stderr).toContain(gone);
      expect(ended.stderr).toMatch(/It is the model of session recorded; name another one with --model/);
      expect(readFileSync(journal, 'utf8')).toBe(before);
      const other = place.script(good);
      expect(await resume(place, 'latest', '-m', other)).toMatchObject({ code: 0, stdout: '42\n' });
      expect(eventsOf(journal).find((event) => event.type === 'session.resumed')).toMatchObject({
        model: other,
      });
    },
  );

  it.concurrent('for budgets and ids, which only a fork may change', async ({ place }) => {
    verified(place);
    for (const flag of ['--max-attempts', '--max-tokens', '--timeout', '--session-id']) {
      expect(await resume(place, 'latest', flag, '9'), flag).toMatchObject({ code: 2, stdout: '' });
    }
  });
});

describe('a session that is finished', { timeout: 300_000 }, () => {
  it.concurrent('prints its result again with its exit code, and is left as it was', async ({ place }) => {
    const { journal } = verified(place);
    const before = readFileSync(journal, 'utf8');
    const ended = await resume(place, 'latest', ...asJson);
    expect(ended.code).toBe(0);
    expect(resultIn(ended)).toMatchObject({ subtype: 'success', verified: true, result: '42', journal });
    expect(ended.stderr).toContain('has ended already: verified');
    expect(readFileSync(journal, 'utf8')).toBe(before);
    const failing = place.script(planToPrint('42'), codeRule('console.log(41);'));
    const failed = await kintsugi(place, ['-p', goal, '-m', failing, '--max-attempts', '1']);
    expect(failed.code).toBe(3);
    expect(await resume(place, 'latest', '-m', place.script(good))).toMatchObject({ code: 3, stdout: '' });
  });

  it.concurrent('is delivered with --out, and not over a file that is not ours', async ({ place }) => {
    verified(place);
    const ended = await resume(place, 'latest', '--out', 'made', ...asJson);
    expect(ended.code, ended.stderr).toBe(0);
    expect(resultIn(ended)).toMatchObject({ out: 'made', files: ['main.js'] });
    expect(readFileSync(path.join(place.cwd, 'made', 'main.js'), 'utf8')).toBe('console.log(42);\n');
    place.file('taken/main.js', '// mine\n');
    const refused = await resume(place, 'latest', '--out', 'taken');
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/not ours/);
    expect(readFileSync(path.join(place.cwd, 'taken', 'main.js'), 'utf8')).toBe('// mine\n');
  });
});

describe('what a session brings along', { timeout: 300_000 }, () => {
  it.skipIf(!full).concurrent(
    'is its permission mode: one that was begun with --yolo goes on without asking',
    async ({ place }) => {
      const model = place.script(
        planToPrint('42'),
        codeRule(
          "import { execFileSync } from 'node:child_process';\nconsole.log(42, execFileSync ? '' : '');",
        ),
      );
      expect((await kintsugi(place, ['-p', goal, '-m', model, '--yolo'])).code).toBe(0);
      const [journal = ''] = place.journals();
      for (const type of ['verdict.reached', 'run.started', 'program.scanned'] as const) {
        cutBehind(journal, type);
        const ended = await resume(place, 'latest');
        expect(ended, `${type}: ${ended.stderr}`).toMatchObject({ code: 0 });
      }
    },
  );

  it.concurrent('is its model, whatever the environment names', async ({ place }) => {
    const { journal, model } = verified(place);
    cutBehind(journal, 'model.asked');
    const ended = await kintsugi(place, ['resume'], { env: { KINTSUGI_MODEL: 'demo' } });
    expect(ended.code, ended.stderr).toBe(0);
    expect(eventsOf(journal).find((event) => event.type === 'session.resumed')).toMatchObject({ model });
  });

  it.concurrent('is its clock: what it ran counts, the pause before the resume does not', async ({
    place,
  }) => {
    const { journal } = verified(place, { wallMs: 30_000 });
    cutBehind(journal, 'model.asked');
    // It was cut long ago, after a second.
    change(journal, (events) =>
      events.map((event, at) => ({ ...event, at: `2026-01-01T00:00:0${at === 0 ? 0 : 1}.000Z` })),
    );
    const ended = await resume(place, 'latest');
    expect(ended, ended.stderr).toMatchObject({ code: 0, stdout: '42\n' });
    // Cut again: the pause of months stands in the journal now, before the mark of the first resume.
    cutBehind(journal, 'run.started');
    const again = await resume(place, 'latest');
    expect(again, again.stderr).toMatchObject({ code: 0, stdout: '42\n' });
  });

  it.skipIf(!full).concurrent(
    'is its clock when that has run out: it ends by its time limit, with everything it had',
    async ({ place }) => {
      const { journal } = verified(place, { wallMs: 30_000 });
      cutBehind(journal, 'verdict.reached');
      change(journal, (events) =>
        events.map((event, at) => ({ ...event, at: `2026-01-01T00:00:${at === 0 ? '00' : '31'}.000Z` })),
      );
      const before = readFileSync(journal, 'utf8');
      const model = place.script(planToPrint('42'), { ...good, latencyMs: 60_000 });
      cutBehind(journal, 'model.asked');
      const ended = await resume(place, 'latest', '-m', model, ...asJson);
      expect(ended.code, ended.stderr).toBe(56);
      expect(resultIn(ended)).toMatchObject({ subtype: 'error_timeout', num_turns: 1, attempts: 1 });
      expect(before.startsWith(linesIn(journal).slice(0, 5).join('\n'))).toBe(true);
      const again = await resume(place, 'latest', ...asJson);
      expect(again.code).toBe(56);
      expect(again.stderr).toMatch(/--fork-session --timeout/);
      const forked = await resume(
        place,
        'latest',
        '--fork-session',
        '--timeout',
        '60s',
        '-m',
        place.script(good),
      );
      expect(forked, forked.stderr).toMatchObject({ code: 0, stdout: '42\n' });
    },
  );

  it.skipIf(!full).concurrent('is its budget of attempts and tokens', async ({ place }) => {
    const wrong = place.script(planToPrint('42'), codeRule('console.log(41);'));
    const ended = await kintsugi(place, ['-p', goal, '-m', wrong, '--max-attempts', '2', ...asJson]);
    expect(resultIn(ended)).toMatchObject({ ending: 'max-attempts', attempts: 2 });
    const [journal = ''] = place.journals();
    cutBehind(journal, 'attempt.started');
    const resumed = await resume(place, 'latest', '-m', wrong, ...asJson);
    expect(resumed.code).toBe(3);
    expect(resultIn(resumed)).toMatchObject({
      ending: 'max-attempts',
      attempts: 2,
      num_turns: resultIn(ended).num_turns,
      usage: resultIn(ended).usage,
    });
  });
});

it.concurrent('goes on from a torn last line, which is kept beside the journal', {
  timeout: 300_000,
}, async ({ place }) => {
  const { journal } = verified(place);
  cutBehind(journal, 'program.written');
  const torn = '{"type":"program.scanned","step":1,"att';
  appendFileSync(journal, torn);
  const ended = await resume(place, 'latest');
  expect(ended, ended.stderr).toMatchObject({ code: 0, stdout: '42\n' });
  expect(ended.stderr).toContain(`${torn.length} bytes were moved to ${journal}.torn`);
  expect(readFileSync(`${journal}.torn`, 'utf8')).toBe(`${torn}\n`);
  expect((await loadJournal(journal)).tornBytes).toBe(0);
});
