import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codeRule, makePlace, type Place, planToPrint, processesOf, start } from '../support/kintsugi.ts';

/** Whatever ends a session from outside: its journal has an end, and no process of it is left (`remove` looks for them). */

let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(async () => await place.remove());

/** Programs that would go on for long, one with children that leave the process group. */
const programs = {
  javascript: codeRule('for (;;) {}'),
  'javascript in a process': codeRule("require('node:fs'); setInterval(() => {}, 1_000);"),
  python: codeRule('import time\ntime.sleep(60)', 'main.py'),
  shell: codeRule('sleep 61 & setsid sleep 62 & wait', 'main.sh'),
};

async function running(kind: keyof typeof programs, ...flags: string[]) {
  const language = kind.split(' ')[0] ?? '';
  // The check of the plan needs no run of the program, so what runs is the program itself.
  const steps = [{ title: 'Go', instructions: '', checks: [] }];
  const plan = { purpose: 'plan', reply: { approach: '', language, steps } } as const;
  const model = place.script(plan, programs[kind]);
  const started = start(place, ['-p', 'go', '-m', model, '--json', ...flags]);
  await started.until('"run.started"', 'stdout');
  return started;
}

const lastEvent = () => place.events().at(-1);

describe('a session that is stopped while its program runs', () => {
  for (const kind of Object.keys(programs) as (keyof typeof programs)[]) {
    it(`by Ctrl+C ends in its journal and leaves nothing (${kind})`, async () => {
      const session = await running(kind);
      session.kill('SIGINT');
      expect(await session.ended).toMatchObject({ code: 130, signal: null });
      expect(lastEvent()).toMatchObject({ type: 'session.ended', outcome: { ending: 'cancelled' } });
      expect(place.listing().filter((name) => name.startsWith('tmp/'))).toEqual([]);
    });
  }

  it('by SIGTERM and by a closed terminal ends in its journal too', async () => {
    const session = await running('shell');
    session.kill('SIGHUP');
    session.kill('SIGTERM');
    expect(await session.ended).toMatchObject({ code: 143 });
    expect(lastEvent()).toMatchObject({ type: 'session.ended', outcome: { ending: 'terminated' } });
  });

  it('by the wall clock ends in its journal', async () => {
    const session = await running('shell', '--timeout', '1500ms');
    expect(await session.ended).toMatchObject({ code: 56 });
    expect(lastEvent()).toMatchObject({ type: 'session.ended', outcome: { ending: 'timeout' } });
  });

  it('twice by Ctrl+C ends at once, and its program ends with it', async () => {
    const session = await running('shell');
    const before = processesOf(place.root).length;
    session.kill('SIGINT');
    session.kill('SIGINT');
    const began = performance.now();
    expect(await session.ended).toMatchObject({ code: 130 });
    expect(performance.now() - began).toBeLessThan(3_000);
    if (existsSync('/proc/self/stat')) expect(before).toBeGreaterThan(0);
  });

  it('by kill -9 takes its program with it', async () => {
    const session = await running('shell');
    session.kill('SIGKILL');
    expect(await session.ended).toMatchObject({ code: null, signal: 'SIGKILL' });
    expect(lastEvent()?.type).not.toBe('session.ended');
  });
});

describe('a bench that is stopped', () => {
  it('says how far it came, and ends every session of it in its journal', async () => {
    const goals = ['a', 'b', 'c'].map(
      (id) => `${JSON.stringify({ id, goal: `go ${id}`, language: 'shell' })}\n`,
    );
    place.file('suite.jsonl', goals.join(''));
    const bench = start(place, [
      'bench',
      'suite.jsonl',
      '--jobs',
      '2',
      '--json',
      '-m',
      place.script(programs.shell),
    ]);
    const isUp = () => place.journals().length === 2 && processesOf(place.root).length >= 5;
    while (!isUp()) await new Promise((resolve) => setTimeout(resolve, 20));
    bench.kill('SIGINT');
    const ended = await bench.ended;
    expect(ended.code).toBe(130);
    const lines = ended.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map((line) => line.ending ?? line.type)).toEqual(['cancelled', 'cancelled', 'total']);
    expect(lines.at(-1)).toMatchObject({ goals: 3, finished: 2, verified: 0 });
    expect(place.journals().map((file) => path.extname(file))).toEqual(['.jsonl', '.jsonl']);
  });

  it('stops when nobody reads it any more', async () => {
    const goals = Array.from(
      { length: 30 },
      (_, at) => `${JSON.stringify({ id: `${at}`, goal: `print ${at}` })}\n`,
    );
    place.file('suite.jsonl', goals.join(''));
    const model = place.script(planToPrint('120'), codeRule('console.log(120);'));
    const bench = start(place, ['bench', 'suite.jsonl', '--json', '-m', model]);
    await bench.until('"goal"', 'stdout');
    bench.closeOutput();
    expect((await bench.ended).code).toBe(130);
    expect(place.journals().length).toBeLessThan(10);
  });
});
