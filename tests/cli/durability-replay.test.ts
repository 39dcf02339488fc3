import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventBody } from '../../src/core/events.ts';
import { full } from '../support/full.ts';
import {
  type Ended,
  jsonLines,
  kintsugi,
  makePlace,
  type Place,
  resultIn,
  type StartOptions,
  start,
} from '../support/kintsugi.ts';
import { demoJournals, goldenJournals, linesIn, parsedEvents, writeJournal } from '../support/sessions.ts';

let place: Place;
beforeAll(() => {
  place = makePlace();
});
afterAll(() => place.remove());

const replay = (file: string, args: string[] = [], options: StartOptions = {}): Promise<Ended> =>
  kintsugi(place, ['replay', file, ...args], options);
const durations = demoJournals().find((demo) => demo.name === 'durations')?.file ?? '';
const golden = (name: string) => goldenJournals().find((one) => one.name === name)?.file ?? '';

/** The events of a recorded session, to be changed. */
const eventsIn = (file: string) => parsedEvents(readFileSync(file, 'utf8'));

/** A time, so many milliseconds after noon. */
const noonPlus = (ms: number) => new Date(Date.parse('2026-11-21T12:00:00.000Z') + ms).toISOString();

describe('the text of a replay', { timeout: 300_000 }, () => {
  it('is the whole session, at once where nobody watches', async () => {
    const slow = eventsIn(durations).map((event, at) => ({ ...event, at: noonPlus(at * 1_000) }));
    const began = performance.now();
    const ended = await replay(writeJournal(place, 'slow.jsonl', slow));
    expect(performance.now() - began).toBeLessThan(slow.length * 500);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    for (const part of [
      'session demo-durations',
      'plan: 1 step in typescript',
      'attempt 1: wrote duration.ts',
      '✗ what is not a duration is refused, and quoted',
      'attempt 3: passed (model-checks)',
      'verified: Proven by checks of the model',
    ]) {
      expect(ended.stdout).toContain(part);
    }
    expect(ended.stdout.indexOf('attempt 1:')).toBeLessThan(ended.stdout.indexOf('attempt 2:'));
  });

  it('says where a session was cut off, and plays what is there of a torn line’s journal', async () => {
    const lines = linesIn(durations).slice(0, 30);
    const cut = place.file('cut.jsonl', `${lines.join('\n')}\n{"seq":31,"type":"ru`);
    const ended = await replay(cut);
    expect(ended.code).toBe(0);
    expect(ended.stdout).toMatch(/the session was cut off here; kintsugi resume goes on\n$/);
    expect(ended.stderr).toContain('is torn (20 bytes)');
    const bad = place.file('bad.jsonl', `${lines.toSpliced(9, 1, '{"seq":10,').join('\n')}\n`);
    const refused = await replay(bad);
    expect(refused).toMatchObject({ code: 42, stdout: '' });
    expect(refused.stderr).toContain(`${bad}:10: `);
  });

  it('shows a session that was stopped and went on as it was', async () => {
    const ended = await replay(golden('resumed'));
    expect(ended.stdout).toMatch(
      /cancelled: Interrupted by Ctrl\+C[\s\S]*goes on after event 28[\s\S]*verified: /,
    );
    const result = await replay(golden('resumed'), ['--output-format', 'json']);
    expect(resultIn(result)).toMatchObject({ ending: 'verified', result: '42', attempts: 2 });
    const cut = place.file('unended.jsonl', `${linesIn(golden('resumed')).slice(0, -1).join('\n')}\n`);
    const none = await replay(cut, ['--output-format', 'json']);
    expect(none).toMatchObject({ code: 3, stdout: '' });
    expect(none.stderr).toMatch(/was cut off and has no result; kintsugi resume golden-resumed/);
  });

  it('as stream-json is the journal as it stands', async () => {
    for (const file of [durations, golden('resumed'), golden('two-steps')]) {
      const ended = await replay(file, ['--output-format', 'stream-json']);
      expect(ended).toMatchObject({ code: 0, stdout: readFileSync(file, 'utf8') });
    }
  });

  it('never steers the terminal, whatever goals, names, programs and outputs hold', async () => {
    const hostile = 'x\u001b]0;owned\u0007\u001b[2J\u009b31m\u202egnp\u2066\u0000\u007f\r\u2028\u000b\u0085y';
    const poison = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(poison);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value).map(([key, one]) =>
          typeof one === 'string' &&
          /^(goal|title|approach|instructions|name|content|text|stdout|stderr|why|message|expected|actual|key|system|turn|task|model|command)$/.test(
            key,
          )
            ? [key, `${one}${hostile}`]
            : [key, poison(one)],
        ),
      );
    };
    const events = [durations, golden('blocked'), golden('malformed'), golden('two-steps')].map((file) =>
      eventsIn(file).map((event) => poison(event) as EventBody),
    );
    for (const [at, one] of events.entries()) {
      const file = writeJournal(place, `hostile-${at}.jsonl`, one);
      const ended = await replay(file);
      expect(ended.code, ended.stderr).toBe(0);
      expect(ended.stdout).toContain('owned');
      expect(`${ended.stdout}${ended.stderr}`).not.toMatch(
        /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/,
      );
    }
  });

  it('of ten thousand events is there in no time', async () => {
    const [first, ...rest] = eventsIn(golden('malformed'));
    const last = rest.pop();
    const diagnosis = { type: 'diagnosis.made', step: 1, attempt: 1, diagnosis: { text: 'why' } } as const;
    const many = Array.from({ length: 9_998 }, () => diagnosis);
    const file = writeJournal(place, 'long.jsonl', [first, ...many, last] as EventBody[]);
    const began = performance.now();
    const ended = await replay(file);
    expect(performance.now() - began).toBeLessThan(40_000);
    expect(ended.code).toBe(0);
    expect(ended.stdout.match(/why: why/g)).toHaveLength(9_998);
    const gone = start(place, ['replay', file]);
    gone.closeOutput();
    expect(await gone.ended).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('the pace of a replay', { timeout: 300_000 }, () => {
  /** Five events, 200 ms apart. */
  const paced = () => {
    const events = eventsIn(golden('malformed'));
    const [first] = events;
    const diagnosis = { type: 'diagnosis.made', step: 1, attempt: 1, diagnosis: { text: 'why' } } as const;
    return writeJournal(
      place,
      'paced.jsonl',
      [first, diagnosis, diagnosis, diagnosis, events.at(-1)].map((event, at) => ({
        ...(event as EventBody),
        at: noonPlus(at * 200),
      })),
    );
  };
  const msOf = async (...args: string[]) => {
    const file = paced();
    const running = start(place, ['replay', file, ...args]);
    await running.until('session ', 'stdout');
    const began = performance.now();
    expect((await running.ended).code).toBe(0);
    return performance.now() - began;
  };

  it.skipIf(!full)('follows the times of the record, as many times faster or slower as asked', async () => {
    const instant = await msOf('--speed', 'instant');
    const [once, twice, half] = [
      await msOf('--speed', '1'),
      await msOf('--speed', '2x'),
      await msOf('--speed', '0.5'),
    ];
    // 0.8 s of record; what starting and ending takes is in every one of them.
    expect(once).toBeGreaterThan(770);
    expect(twice).toBeGreaterThan(380);
    expect(half).toBeGreaterThan(1_570);
    expect(twice).toBeLessThan(once);
    expect(once).toBeLessThan(half);
    expect(instant).toBeLessThan(twice);
  });

  it('does not wait out a night between two events, nor a clock that was set back', async () => {
    const file = writeJournal(
      place,
      'night.jsonl',
      eventsIn(golden('malformed'))
        .filter((event) => !event.type.endsWith('.delta'))
        .slice(0, 3)
        .map((event, at) => ({ ...event, at: noonPlus([0, 8 * 3_600_000, -60_000][at] ?? 0) })),
    );
    const began = performance.now();
    expect((await replay(file, ['--speed', '100'])).code).toBe(0);
    expect(performance.now() - began).toBeLessThan(40_000);
  });

  it('is refused when it is no pace', async () => {
    for (const speed of ['0', '-1', 'fast', '', '1e9', 'NaN']) {
      const ended = await replay(durations, [`--speed=${speed}`]);
      expect(ended, speed).toMatchObject({ code: 2, stdout: '' });
      expect(ended.stderr).toContain('--speed');
    }
  });

  it('is ended by Ctrl+C with 130 and by SIGTERM with 143, in the middle of a pause', async () => {
    const file = paced();
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const) {
      const running = start(place, ['replay', file, '--speed', '0.01']);
      await running.until('session ', 'stdout');
      running.kill(signal);
      expect((await running.ended).code).toBe(code);
    }
  });
});

describe('a replay by steps', { timeout: 300_000 }, () => {
  const shown = (text: string) => text.split('\n').length;

  it('shows one event for each Enter, to the end', async () => {
    const file = golden('malformed');
    const whole = (await replay(file)).stdout;
    const running = start(place, ['replay', file, '--step'], { stdin: null });
    await running.until('session golden-malformed', 'stdout');
    const before = shown(running.stdout());
    const steps = ['recalled no program', 'recalled 0 for plan', 'asks for plan', 'replied'];
    for (const [at, step] of steps.entries()) {
      running.type('\n');
      await running.until(step, 'stdout');
      for (const later of steps.slice(at + 1)) expect(running.stdout()).not.toContain(later);
    }
    expect(shown(running.stdout())).toBeGreaterThan(before);
    running.type('\n'.repeat(linesIn(file).length));
    const ended = await running.ended;
    expect(ended).toMatchObject({ code: 0, stdout: whole });
    expect(ended.stderr).toBe('');
  });

  it('ends at q, at the end of input, and by Ctrl+C', async () => {
    const file = golden('malformed');
    const quit = await replay(file, ['--step'], { stdin: '\n\n\nq\n\n\n\n' });
    expect(quit.code).toBe(0);
    expect(quit.stdout).toContain('asks for plan');
    expect(quit.stdout).not.toContain('replied');
    const over = await replay(file, ['--step'], { stdin: '' });
    expect(over.code).toBe(0);
    expect(over.stdout).toContain('session golden-malformed');
    expect(over.stdout).not.toContain('recalled');
    const running = start(place, ['replay', file, '--step'], { stdin: null });
    await running.until('session ', 'stdout');
    running.kill('SIGINT');
    expect((await running.ended).code).toBe(130);
  });

  it('works for stream-json too', async () => {
    const ended = await replay(golden('malformed'), ['--step', '--json'], { stdin: '\n\n' });
    expect(jsonLines(ended.stdout)).toHaveLength(3);
  });
});

it('is a usage error for a session that there is not, and for flags that do not go together', async () => {
  const missing = await replay('nothing-here');
  expect(missing).toMatchObject({ code: 2, stdout: '' });
  expect(missing.stderr).toContain('no session begins with nothing-here');
  expect(await replay(durations, ['--verify', '--from', '3'])).toMatchObject({ code: 2, stdout: '' });
  const binary = place.file('binary.jsonl', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 3, 10]));
  expect(await replay(binary)).toMatchObject({ code: 42, stdout: '' });
});
