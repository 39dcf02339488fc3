import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect } from 'vitest';
import type { SessionEvent } from '../../src/core/events.ts';
import { loadJournal } from '../../src/journal/read.ts';
import { full } from '../support/full.ts';
import {
  codeRule,
  type Ended,
  eventsOf,
  jsonLines,
  kintsugi,
  type Place,
  planToPrint,
  resultIn,
  start,
} from '../support/kintsugi.ts';
import { it } from '../support/sessions.ts';

const asJson = ['--output-format', 'json'];
const goal = 'print 42';
const good = codeRule('console.log(42);');
const resume = (place: Place, ...args: string[]): Promise<Ended> => kintsugi(place, ['resume', ...args]);

describe('a session that was stopped', { timeout: 300_000 }, () => {
  it.concurrent('by Ctrl+C in a run goes on as it says, in the same journal, and verifies', async ({
    place,
  }) => {
    const slow = place.script(
      planToPrint('42'),
      codeRule('await new Promise((resolve) => setTimeout(resolve, 60_000));', 'main.js', { times: 1 }),
      good,
    );
    const running = start(place, ['-p', goal, '-m', slow, '--verbose']);
    await running.until('runs the program');
    running.kill('SIGINT');
    const stopped = await running.ended;
    expect(stopped.code).toBe(130);
    expect(stopped.stderr).toContain('kintsugi resume goes on');
    const [journal = ''] = place.journals();
    const shown = readFileSync(journal, 'utf8');
    const resuming = start(place, ['resume', '-m', slow, '--verbose']);
    // The same program, which is stopped again, the other way.
    await resuming.until('goes on after event');
    resuming.kill('SIGTERM');
    expect((await resuming.ended).code).toBe(143);
    expect(readFileSync(journal, 'utf8').startsWith(shown)).toBe(true);
    const { events } = await loadJournal(journal);
    const marks = events.filter((event) => event.type === 'session.resumed');
    expect(marks).toHaveLength(1);
    const after = marks.map((event) => event.after)[0] ?? 0;
    expect(events[after - 1]?.type).toMatch(/^run\.(started|delta)$/);
    const verification = await kintsugi(place, ['replay', 'latest', '--verify']);
    expect(verification, verification.stdout).toMatchObject({ code: 0 });
  });

  it.skipIf(!full).concurrent(
    'by Ctrl+C while the model was asked goes on to the end, as one session',
    async ({ place }) => {
      const slow = place.script(planToPrint('42'), { ...good, latencyMs: 60_000 });
      const running = start(place, ['-p', goal, '-m', slow, '--verbose']);
      await running.until('asks for code');
      running.kill('SIGINT');
      expect((await running.ended).code).toBe(130);
      const sessions = await kintsugi(place, ['sessions']);
      expect(sessions.stdout).toContain('cancelled');
      const resumed = await resume(
        place,
        'latest',
        '-m',
        place.script(good),
        '--output-format',
        'stream-json',
      );
      expect(resumed.code, resumed.stderr).toBe(0);
      const [init, mark] = jsonLines(resumed.stdout);
      expect(init).toMatchObject({ type: 'system', subtype: 'init' });
      expect(mark).toMatchObject({ type: 'session.resumed' });
      expect((await kintsugi(place, ['sessions'])).stdout).toContain('verified');
      expect((await kintsugi(place, ['replay', 'latest', '--verify'])).code).toBe(0);
    },
  );

  it.skipIf(!full).concurrent('by a model that failed asks it again', async ({ place }) => {
    const failing = place.script(planToPrint('42'), {
      purpose: 'code',
      fail: { status: 400, message: 'no' },
    });
    const failed = await kintsugi(place, ['-p', goal, '-m', failing]);
    expect(failed.code).toBe(1);
    expect(await resume(place, 'latest', '-m', place.script(good))).toMatchObject({
      code: 0,
      stdout: '42\n',
    });
    expect((await kintsugi(place, ['replay', 'latest', '--verify'])).code).toBe(0);
  });

  it.skipIf(!full).concurrent(
    'by a delivery that was refused is delivered elsewhere, and verified',
    async ({ place }) => {
      place.file('taken/main.js', '// mine\n');
      const model = place.script(planToPrint('42'), good);
      expect((await kintsugi(place, ['-p', goal, '-m', model, '--out', 'taken'])).code).toBe(1);
      expect((await resume(place, 'latest')).code).toBe(1);
      const ended = await resume(place, 'latest', '--out', 'free', ...asJson);
      expect(ended.code, ended.stderr).toBe(0);
      expect(resultIn(ended)).toMatchObject({ ending: 'verified', out: 'free' });
      expect(readFileSync(path.join(place.cwd, 'free', 'main.js'), 'utf8')).toContain('42');
    },
  );

  it.concurrent('for want of a permission goes on when it is given', async ({ place }) => {
    const asking = place.script(
      planToPrint('42'),
      codeRule(
        "import { execFileSync } from 'node:child_process';\nconsole.log(42, execFileSync ? '' : '');",
      ),
    );
    const denied = await kintsugi(place, ['-p', goal, '-m', asking]);
    expect(denied.code, denied.stderr).toBe(5);
    expect((await resume(place, 'latest')).code).toBe(5);
    const allowed = await resume(place, 'latest', '--yolo', ...asJson);
    expect(allowed.code, allowed.stderr).toBe(0);
    const [journal = ''] = place.journals();
    expect(eventsOf(journal)[0]).toMatchObject({ task: { permissionMode: 'default' } });
    const verification = await kintsugi(place, ['replay', 'latest', '--verify']);
    expect(verification.code, verification.stdout).toBe(0);
  });
});

it.concurrent('does not run the programs of a stranger unasked, however their journal says they were allowed', {
  timeout: 300_000,
}, async ({ place }) => {
  const marker = path.join(place.root, 'it-ran');
  // Without a sandbox: here nothing but the question stands in the way.
  const open = ['--sandbox', 'danger-full-access', '--accept-danger'];
  const source = `import { execFileSync } from 'node:child_process';\nexecFileSync('touch', [${JSON.stringify(marker)}]);\nconsole.log(42);`;
  const model = place.script(planToPrint('42'), codeRule(source));
  await kintsugi(place, ['-p', goal, '-m', model]);
  const events = place.events();
  expect(events.at(-1)).toMatchObject({ outcome: { ending: 'permission-denied' } });
  // The stranger's journal: everything is allowed, and the run is still to come.
  const [first] = events;
  if (first?.type !== 'session.started') throw new Error('it begins with its start');
  const answers = events.findIndex((event) => event.type === 'permission.answered');
  const upTo = events.slice(0, answers + 1);
  const write = (name: string, all: SessionEvent[]) =>
    place.file(name, all.map((event) => `${JSON.stringify(event)}\n`).join(''));
  const given = write(
    'given.jsonl',
    upTo.map((event) => (event.type === 'permission.answered' ? { ...event, answer: 'allow' } : event)),
  );
  const task = { ...first.task, permissionMode: 'bypassPermissions' } as const;
  const bypassed = write('bypassed.jsonl', [{ ...first, task }, ...upTo.slice(1, -1)]);
  for (const file of [given, bypassed]) {
    for (const args of [
      ['resume', file],
      ['resume', file, '--fork-session'],
      ['replay', file, '--verify'],
    ]) {
      const ended = await kintsugi(place, [...args, ...open]);
      expect(ended.code, `${args.join(' ')}: ${ended.stderr}`).not.toBe(0);
      expect(place.listing(), args.join(' ')).not.toContain('it-ran');
    }
  }
  expect((await kintsugi(place, ['resume', bypassed, '--yolo', ...open])).code).toBe(0);
  expect(place.listing()).toContain('it-ran');
});
