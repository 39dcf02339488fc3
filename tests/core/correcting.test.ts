import { describe, expect, it } from 'vitest';
import type { Task } from '../../src/core/domain.ts';
import { memoryLedger } from '../support/ledger.ts';
import { code, of, play, report, runResult, userChecks, type World } from '../support/toolkit.ts';

const said = 'round half to even, not up';
const lesson = {
  when: 'money is rounded',
  do: 'round half to even',
  avoid: 'rounding half up',
  why: 'the house asks for it',
};

/** A program passes when it says even. */
const world: World = {
  says: { code: [code('x = 1\neven\ny = 2')], lesson: [lesson] },
  test: (program) => {
    const ok = program.files.some((file) => /even/.test(file.content));
    return { run: runResult(), report: report(ok, 'AssertionError: 3 != 2') };
  },
};

const before = [{ path: 'main.py', content: 'x = 1\nup\ny = 2' }];
const corrects = { goal: 'write the bill', said, entry: 'main.py', solution: null };

async function corrected(over: Partial<Task> = {}, given: World = world, memory = memoryLedger()) {
  const played = await play(
    { ...given, toolkit: { memory: memory.store(), ...given.toolkit } },
    { goal: said, files: before, corrects, ...over },
    undefined,
    { memory: true, session: 'two' },
  );
  return { ...played, memory, lessons: [...memory.memories.values()].filter((one) => one.kind === 'lesson') };
}

describe('a finished program that a person had changed', () => {
  it('teaches when the checks of now fail without the change: its words are the diagnosis, the first goal is what it is about', async () => {
    const { outcome, events, lessons, requests } = await corrected();
    expect(outcome).toMatchObject({ ending: 'verified', attempts: 1 });
    expect(of(events, 'lesson.tested')).toMatchObject([{ outcome: 'witnessed', attempt: 1 }]);
    expect(of(events, 'lesson.tested')[0]?.diff).toContain('-up\n+even');
    expect(lessons).toMatchObject([
      { ...lesson, state: 'witnessed', about: 'write the bill', witness: { failed: 3, passed: 2 } },
    ]);
    expect(lessons[0]).toMatchObject({ key: expect.stringContaining(said) });
    const asked = requests.find((request) => request.purpose === 'lesson');
    expect(asked?.turn).toContain(`A person said of the finished program: ${said}`);
  });

  it('answers its goal no more', async () => {
    const memory = memoryLedger();
    const first = {
      ...world,
      says: { code: [code(before[0]?.content ?? '')] },
      test: () => ({ run: runResult(), report: report(true) }),
    };
    // The plan's stub must fail, or the check would prove nothing.
    const checked: World = {
      ...first,
      test: (program) => ({
        run: runResult(),
        report: report(program.files.some((file) => /up|even/.test(file.content))),
      }),
    };
    await play({ ...checked, toolkit: { memory: memory.store() } }, { goal: 'write the bill' }, undefined, {
      memory: true,
      session: 'one',
    });
    const [solution] = [...memory.memories.values()];
    expect(solution).toMatchObject({ kind: 'solution', state: 'witnessed' });
    const { events } = await corrected(
      { corrects: { ...corrects, solution: solution?.id ?? null } },
      world,
      memory,
    );
    expect(of(events, 'memory.retired')).toEqual([
      { type: 'memory.retired', id: solution?.id, why: 'a person had it changed in session two' },
    ]);
    expect(memory.memories.get(solution?.id ?? '')?.state).toBe('retired');
  });

  it.each([
    ['passes the checks of now from the start, which prove nothing then', 0, []],
    ['passes them when it is run once more', 1, [{ outcome: 'not-reproduced', runs: 1, diff: null }]],
  ])('teaches nothing when it %s, and its goal keeps its answer', async (_, failures, tested) => {
    let tries = 0;
    const given: World = {
      ...world,
      test: (program) => {
        const isOld = program.files.some((file) => /up/.test(file.content));
        tries += isOld ? 1 : 0;
        return { run: runResult(), report: report(!isOld || tries > failures) };
      },
    };
    const { events, lessons } = await corrected({ corrects: { ...corrects, solution: 's' } }, given);
    expect(of(events, 'lesson.tested')).toMatchObject(tested);
    expect(of(events, 'memory.retired')).toEqual([]);
    expect(lessons).toEqual([]);
  });

  it.each([
    ['it was not changed', { files: [{ path: 'main.py', content: 'x = 1\neven\ny = 2\n' }] }],
    ['it is of another language', { language: 'javascript' as const }],
    ['its entry is not there', { corrects: { ...corrects, entry: 'other.py' } }],
  ])('is not run again when %s', async (_, over) => {
    let tries = 0;
    // The first test is the red-first one, of the files as they stand.
    const given: World = {
      ...world,
      test: (program) => {
        tries += 1;
        const ok = tries > 1 && program.files.some((file) => /even/.test(file.content));
        return { run: runResult(), report: report(ok) };
      },
    };
    const { outcome, events, lessons } = await corrected(over, given);
    expect(outcome.ending).toBe('verified');
    expect(of(events, 'lesson.tested')).toEqual([]);
    expect(lessons).toEqual([]);
  });

  it('is not run when the policy of now would ask about it', async () => {
    const asks: World = {
      ...world,
      toolkit: {
        scan: (program) => ({
          decision: program.files.some((file) => /\bup\b/.test(file.content)) ? 'ask' : 'allow',
          capabilities: [],
          findings: [],
        }),
      },
    };
    const { outcome, events } = await corrected({}, asks);
    expect(outcome.ending).toBe('verified');
    expect(of(events, 'lesson.tested')).toEqual([]);
  });

  it("is proven by the user's checks as well", async () => {
    const { lessons } = await corrected({ checks: userChecks() });
    expect(lessons).toHaveLength(1);
  });
});
