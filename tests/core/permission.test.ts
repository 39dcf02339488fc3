import { expect, it } from 'vitest';
import type { Capability, ScanReport } from '../../src/core/domain.ts';
import type { EventBody } from '../../src/core/events.ts';
import { runSession } from '../../src/core/loop.ts';
import { beyond, reenact } from '../../src/core/reenact.ts';
import type { Approval } from '../../src/core/seams.ts';
import { factsOf } from '../../src/core/standing.ts';
import { initialState, reduce } from '../../src/core/state.ts';
import { drain } from '../../src/core/stream.ts';
import { code, makeTask, makeToolkit, play, type World } from '../support/toolkit.ts';
import { stamped } from './records.ts';

const asked = (...rules: Capability[]): ScanReport => ({
  decision: 'ask',
  capabilities: rules,
  findings: rules.map((rule) => ({
    ...{ rule, severity: 'ask', message: `needs ${rule}`, file: 'main.py', line: 1, column: 1 },
  })),
});

/** A program says in its text which capabilities it asks for. */
function asking(programs: string[], approvals: Approval[]) {
  const questions: string[][] = [];
  const world: World = {
    says: { code: programs.map((text) => code(text)), diagnose: [{ text: 'It is not good.' }] },
    toolkit: {
      scan: (program) =>
        asked(...((program.files[0]?.content.match(/net\.client|process\.spawn/g) ?? []) as Capability[])),
      approve: async (_program, findings) => {
        questions.push(findings.map(({ rule }) => rule));
        return approvals.shift() ?? null;
      },
    },
  };
  return { world, questions };
}

const answersIn = (events: readonly EventBody[]) =>
  events
    .filter((event) => event.type === 'permission.answered')
    .map(({ answer, remembered }) => [answer, remembered]);

it('a yes holds once', async () => {
  const { world, questions } = asking(['net.client', 'net.client # good'], ['allow', 'allow']);
  expect((await play(world)).outcome.ending).toBe('verified');
  expect(questions).toHaveLength(2);
});

it('a yes for the session covers what was asked and parts of it, but nothing more', async () => {
  const both = 'net.client process.spawn';
  const programs = [both, `${both} # again`, 'net.client # part', 'net.client # good'];
  const { world, questions } = asking(programs, ['allow-session']);
  const { outcome, events } = await play(world);
  expect(outcome.ending).toBe('verified');
  expect(questions).toEqual([['net.client', 'process.spawn']]);
  expect(answersIn(events)).toEqual([
    ['allow-session', undefined],
    ['allow-session', true],
    ['allow-session', true],
    ['allow-session', true],
  ]);

  const more = asking(['net.client', 'net.client process.spawn # good'], ['allow-session', 'allow']);
  expect((await play(more.world)).outcome.ending).toBe('verified');
  expect(more.questions).toEqual([['net.client'], ['net.client', 'process.spawn']]);
});

it('two answers for the session are not added up', async () => {
  const programs = ['net.client', 'process.spawn', 'net.client process.spawn # good'];
  const { world, questions } = asking(programs, ['allow-session', 'allow-session', 'allow']);
  expect((await play(world)).outcome.ending).toBe('verified');
  expect(questions).toHaveLength(3);
});

it('what somebody says with a no reaches the next attempt, the journal and the state', async () => {
  const said = { answer: 'deny', feedback: ' read the file instead ' } as const;
  const { world } = asking(['net.client', 'net.client # good'], [said, 'allow']);
  const { outcome, events, requests } = await play(world);
  expect(outcome).toMatchObject({ ending: 'verified', attempts: 2 });
  expect(requests.findLast(({ purpose }) => purpose === 'code')?.turn).toContain(
    'They said: read the file instead',
  );
  expect(events.find(({ type }) => type === 'permission.answered')).toMatchObject({
    answer: 'deny',
    feedback: 'read the file instead',
  });
  const state = stamped(events).reduce(reduce, initialState);
  expect(state.steps[0]?.attempts[0]).toMatchObject({
    permission: 'deny',
    feedback: 'read the file instead',
  });
});

it('a session that goes on from its record asks nobody again, wherever it was cut', async () => {
  const programs = ['net.client # one', 'net.client # two', 'process.spawn # three', 'net.client # good'];
  const said = (): Approval[] => ['allow-session', { answer: 'deny', feedback: 'no children' }];
  const whole = stamped((await play(asking(programs, said()).world)).events);
  expect(answersIn(whole)).toEqual([
    ['allow-session', undefined],
    ['allow-session', true],
    ['deny', undefined],
    ['allow-session', true],
  ]);
  const last = whole.findLastIndex(({ type }) => type === 'permission.answered');
  const before = whole.slice(0, last);
  const { world, questions } = asking(programs.slice(-1), []);
  const { toolkit } = reenact(before, makeToolkit(world).toolkit);
  const start = { session: 's', version: '0', memory: false };
  const rest: EventBody[] = [];
  const stream = runSession(start, makeTask(), toolkit, new AbortController().signal);
  const resumed = () => ({ type: 'session.resumed', after: last, version: '0', model: 'test' }) as const;
  const outcome = await drain(beyond(stream, factsOf(before), resumed), (event) => {
    rest.push(event);
  });
  expect(outcome).toMatchObject({ ending: 'verified' });
  expect(questions).toEqual([]);
  expect(answersIn(rest)).toEqual([['allow-session', true]]);
});

it('the profile of a run and of its checks comes from what was scanned and approved', async () => {
  const needs: unknown[] = [];
  const { world } = asking(['net.client # good'], ['allow']);
  const { toolkit } = makeToolkit({
    ...world,
    toolkit: {
      ...world.toolkit,
      profile: ({ report, approved, check }) => {
        needs.push([report.capabilities, approved, check?.check.name ?? null]);
        return 'localhost';
      },
    },
  });
  const jobs: unknown[] = [];
  const spied = {
    ...toolkit,
    runners: toolkit.runners.map((runner) => ({
      ...runner,
      run: (job: Parameters<typeof runner.run>[0], signal: AbortSignal) => {
        jobs.push(job.profile);
        return runner.run(job, signal);
      },
    })),
  };
  const start = { session: 's', version: '0', memory: false };
  await drain(runSession(start, makeTask(), spied, new AbortController().signal));
  expect(needs).toEqual([
    [[], false, 'check'],
    [['net.client'], true, null],
    [['net.client'], true, 'check'],
  ]);
  expect(jobs).toEqual(['localhost']);
});
