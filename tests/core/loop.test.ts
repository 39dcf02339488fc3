import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/core/domain.ts';
import { runSession } from '../../src/core/loop.ts';
import {
  code,
  makeTask,
  makeToolkit,
  onePlan,
  play,
  report,
  runResult,
  usage,
  userChecks,
} from '../support/toolkit.ts';

const finding = (severity: Finding['severity']): Finding => ({
  rule: 'net',
  severity,
  message: 'opens a connection',
  file: 'main.py',
  line: 1,
  column: 1,
});

describe('a session that works', () => {
  it('goes plan, red checks, program, run, test, verdict, in this order', async () => {
    const { outcome, types } = await play({ says: { code: [code('good')] } });
    expect(outcome).toMatchObject({ ending: 'verified', proof: 'model-checks', attempts: 1, modelCalls: 2 });
    expect(types.filter((type) => !type.endsWith('.delta'))).toEqual([
      'session.started',
      'model.asked',
      'model.replied',
      'plan.made',
      'checks.frozen',
      'run.started',
      'run.ended',
      'tests.reported',
      'checks.tried',
      'step.started',
      'attempt.started',
      'model.asked',
      'model.replied',
      'program.written',
      'program.scanned',
      'run.started',
      'run.ended',
      'run.started',
      'run.ended',
      'tests.reported',
      'verdict.reached',
      'step.ended',
      'program.delivered',
      'session.ended',
    ]);
  });

  it('counts usage and dollars of every call', async () => {
    const { outcome } = await play({ says: { code: [code('bad'), code('good')] } });
    expect(outcome).toMatchObject({ attempts: 2, modelCalls: 4, costUsd: 0.04 });
    expect(outcome.usage).toEqual({ ...usage, inputTokens: 40, outputTokens: 20 });
  });

  it('hands the failure, the program and the diagnosis to the next attempt, and older tries in one line', async () => {
    const { requests } = await play({
      says: {
        code: [code('bad one'), code('bad two'), code('good')],
        diagnose: [{ text: 'because of one' }, { text: 'because of two' }],
      },
      test: (program) => {
        const text = program.files.map((file) => file.content).join('');
        const which = /bad (\w+)/.exec(text)?.[1] ?? 'stub';
        return { run: runResult(), report: report(/good/.test(text), `ValueError: evidence ${which}`) };
      },
    });
    const third = requests.filter((request) => request.purpose === 'code')[2]?.turn ?? '';
    expect(third).toContain('bad two');
    expect(third).toContain('evidence two');
    expect(third).toContain('because of two');
    expect(third).toContain('attempt 1: ValueError: evidence one');
    expect(third).not.toContain('bad one');
  });

  it("lets the user's checks decide and gives their proof", async () => {
    const { outcome, events } = await play({ says: { code: [code('good')] } }, { checks: userChecks() });
    expect(outcome).toMatchObject({ ending: 'verified', proof: 'user-checks' });
    const frozen = events.find((event) => event.type === 'checks.frozen');
    expect(frozen?.type === 'checks.frozen' && frozen.checks.checks.map((check) => check.name)).toEqual([
      'mine',
    ]);
  });

  it('gives the files and the output of a step to the next one', async () => {
    const plan = {
      approach: '',
      language: 'python',
      steps: [
        { title: 'one', instructions: '', checks: [{ kind: 'command', name: 'a', command: 'a' }] },
        { title: 'two', instructions: '', checks: [{ kind: 'command', name: 'b', command: 'b' }] },
      ],
    };
    const { outcome, requests, events } = await play({
      says: { plan: [plan], code: [code('good one', 'one.py'), code('good two', 'two.py')] },
      run: (files) =>
        runResult({
          stdout: 'printed by one',
          files: files.length === 1 ? [{ path: 'data.json', content: '[1]' }] : [],
        }),
    });
    expect(outcome).toMatchObject({ ending: 'verified', attempts: 2 });
    const second = requests.filter((request) => request.purpose === 'code')[1]?.task ?? '';
    for (const text of ['good one', 'data.json', '[1]', 'printed by one']) expect(second).toContain(text);
    const written = events.filter((event) => event.type === 'program.written').at(-1);
    expect(written?.type === 'program.written' && written.program.files.map((file) => file.path)).toEqual([
      'data.json',
      'one.py',
      'two.py',
    ]);
  });
});

describe('checks that prove nothing', () => {
  const always = () => ({ run: runResult(), report: report(true) });

  it('of the model go back once, then are marked, and the proof is no more than that it ran', async () => {
    const { outcome, types, requests } = await play({ says: { code: [code('anything')] }, test: always });
    expect(types.filter((type) => type === 'checks.returned')).toHaveLength(1);
    expect(requests.filter((request) => request.purpose === 'plan')[1]?.turn).toMatch(/prove nothing: check/);
    expect(outcome).toMatchObject({ ending: 'not-verified', proof: 'ran-clean' });
  });

  it('of the user are not sent back, and still are no proof', async () => {
    const { outcome, types } = await play(
      { says: { code: [code('anything')] }, test: always },
      { checks: userChecks() },
    );
    expect(types).not.toContain('checks.returned');
    expect(outcome).toMatchObject({ ending: 'not-verified', proof: 'ran-clean' });
  });

  it('no checks at all: a program that fails when it runs is no pass', async () => {
    const { outcome } = await play(
      {
        says: { plan: [onePlan([])], code: [code('x')] },
        run: () => runResult({ exitCode: 1, stderr: 'boom' }),
      },
      { budgets: { attempts: 2, tokens: null, usd: null, wallMs: null } },
    );
    expect(outcome).toMatchObject({ ending: 'max-attempts', proof: null });
  });
});

describe('a session that does not work ends in one word', () => {
  it('max-attempts', async () => {
    const { outcome } = await play(
      { says: { code: [code('bad')] } },
      { budgets: { attempts: 2, tokens: null, usd: null, wallMs: null } },
    );
    expect(outcome).toMatchObject({ ending: 'max-attempts', attempts: 2 });
  });

  it('no-progress: the same failing program three times', async () => {
    const { outcome } = await play({ says: { code: [code('bad')] } });
    expect(outcome).toMatchObject({ ending: 'no-progress', attempts: 3 });
  });

  it('oscillation between two programs', async () => {
    const { outcome } = await play({
      says: { code: [code('bad a'), code('bad b'), code('bad a'), code('bad b')] },
      test: (program) => ({
        run: runResult(),
        report: report(false, `Error: ${program.files[0]?.content}`.replace(/\n/g, '')),
      }),
    });
    expect(outcome).toMatchObject({ ending: 'oscillation', attempts: 4 });
  });

  it('unsafe: nothing that is denied reaches a runner', async () => {
    let ran = 0;
    const { outcome, types } = await play({
      says: { code: [code('a'), code('b'), code('c')] },
      run: () => {
        ran += 1;
        return runResult();
      },
      toolkit: { scan: () => ({ decision: 'deny', capabilities: [], findings: [finding('deny')] }) },
    });
    expect(outcome).toMatchObject({ ending: 'unsafe', attempts: 3 });
    expect(ran).toBe(0);
    expect(types.filter((type) => type === 'run.started')).toHaveLength(1);
  });

  it('permission-denied when nobody can answer', async () => {
    const { outcome } = await play({
      says: { code: [code('good')] },
      toolkit: {
        scan: () => ({ decision: 'ask', capabilities: ['net.client'], findings: [finding('ask')] }),
      },
    });
    expect(outcome.ending).toBe('permission-denied');
    expect(outcome.why).toContain('opens a connection (main.py:1)');
  });

  it('a permission that is given lets the program run', async () => {
    const { outcome } = await play({
      says: { code: [code('good')] },
      toolkit: {
        scan: () => ({ decision: 'ask', capabilities: ['net.client'], findings: [finding('ask')] }),
        approve: async () => 'allow',
      },
    });
    expect(outcome.ending).toBe('verified');
  });

  it('max-tokens and max-usd, before the call that would pass them', async () => {
    const tokens = await play(
      { says: { code: [code('bad')] } },
      { budgets: { attempts: 5, tokens: 120, usd: null, wallMs: null } },
    );
    expect(tokens.outcome.ending).toBe('max-tokens');
    const usd = await play(
      { says: { code: [code('bad')] } },
      { budgets: { attempts: 5, tokens: null, usd: 0.02, wallMs: null } },
    );
    expect(usd.outcome).toMatchObject({ ending: 'max-usd', modelCalls: 2 });
  });

  it.each([
    ['authentication', 'authentication'],
    ['unknown-goal', 'authentication'],
    ['refusal', 'refused'],
    ['overloaded', 'model-failed'],
    ['credit', 'model-failed'],
  ] as const)('a model that fails with %s ends in %s', async (failure, ending) => {
    const { outcome } = await play({ says: { plan: [{ kind: 'failure', failure, message: 'what to do' }] } });
    expect(outcome.ending).toBe(ending);
    expect(outcome.why).toContain('what to do');
  });

  it('a request that is too large is made again with half the history', async () => {
    const long = `bad ${'x'.repeat(80_000)}`;
    const failure = { kind: 'failure', failure: 'too-large', message: 'too large' } as const;
    const { outcome, requests } = await play({
      says: { code: [code(long), failure, code('good')], diagnose: [{ text: 'why' }] },
    });
    expect(outcome.ending).toBe('verified');
    const sizes = requests
      .filter((request) => request.purpose === 'code')
      .map((request) => request.turn.length);
    expect(sizes[2]).toBeLessThan((sizes[1] ?? 0) * 0.6);
  });

  it('sandbox-unavailable is never the fault of the program', async () => {
    const { outcome } = await play({
      says: { code: [code('good')] },
      test: () => ({
        run: runResult({ status: 'sandbox-failed', why: 'no python3' } as never),
        report: report(false),
      }),
    });
    expect(outcome).toMatchObject({ ending: 'sandbox-unavailable', why: 'no python3', attempts: 0 });
  });

  it('planned when only a plan was asked for', async () => {
    const { outcome, types } = await play({}, { permissionMode: 'plan' });
    expect(outcome.ending).toBe('planned');
    expect(types).not.toContain('attempt.started');
  });

  it('not-delivered when the program is proven but cannot be written', async () => {
    const { outcome } = await play({
      says: { code: [code('good')] },
      toolkit: { deliver: async () => ({ directory: '/x', files: [], refused: 'main.py is not ours' }) },
    });
    expect(outcome).toMatchObject({ ending: 'not-delivered', proof: 'model-checks' });
  });

  it('a reply that cannot be read is malformed, and says so to the model', async () => {
    const { outcome, requests } = await play({ says: { code: ['I would rather not', code('good')] } });
    expect(outcome).toMatchObject({ ending: 'verified', attempts: 2 });
    expect(requests.filter((request) => request.purpose === 'code')[1]?.turn).toContain(
      'no fenced code block',
    );
    expect(requests.filter((request) => request.purpose === 'diagnose')).toHaveLength(0);
  });

  it('a plan that cannot be read three times ends the session', async () => {
    const { outcome, requests } = await play({ says: { plan: [{ steps: [] }] } });
    expect(outcome.ending).toBe('model-failed');
    expect(requests).toHaveLength(3);
    expect(requests[1]?.turn).toContain('could not be read');
  });

  it('a bug in an adapter ends in internal-error, on the record', async () => {
    const { outcome, types } = await play({
      says: { code: [code('good')] },
      toolkit: {
        scan: () => {
          throw new TypeError('x is not a function');
        },
      },
    });
    expect(outcome).toMatchObject({ ending: 'internal-error', why: 'TypeError: x is not a function' });
    expect(types.at(-1)).toBe('session.ended');
  });
});

describe('a session that is stopped', () => {
  it.each(['cancelled', 'terminated', 'timeout'] as const)('ends in %s, on the record', async (ending) => {
    const controller = new AbortController();
    const { outcome, types } = await play(
      {
        says: { code: [code('good')] },
        test: (program) => {
          if (program.files.some((file) => /good/.test(file.content)))
            controller.abort({ ending, why: 'stopped' });
          return { run: runResult({ status: 'cancelled' } as never), report: report(false) };
        },
      },
      {},
      controller.signal,
    );
    expect(outcome).toMatchObject({ ending, why: 'stopped' });
    expect(types.at(-1)).toBe('session.ended');
  });

  it('a reader that walks away closes the streams it was reading', async () => {
    let closed = false;
    const { toolkit } = makeToolkit({});
    const stream = runSession(
      { session: 's', version: '0', memory: false },
      makeTask(),
      {
        ...toolkit,
        model: {
          id: 'slow',
          priced: true,
          async *reply() {
            try {
              yield { kind: 'text', text: 'a' };
              yield { kind: 'text', text: 'b' };
              throw new Error('read past the end');
            } finally {
              closed = true;
            }
          },
        },
      },
      new AbortController().signal,
    );
    for await (const event of stream) if (event.type === 'model.delta') break;
    expect(closed).toBe(true);
  });
});

describe('a program that waits for somebody to type', () => {
  it('is not run by itself, and the model is told where it waits', async () => {
    const { outcome, requests, types } = await play(
      {
        says: { plan: [onePlan([])], code: [code('name = input()')] },
        toolkit: {
          scan: () => ({
            decision: 'allow',
            capabilities: ['stdin'],
            findings: [{ ...finding('note'), rule: 'python-stdin', line: 7 }],
          }),
        },
      },
      { budgets: { attempts: 2, tokens: null, usd: null, wallMs: null } },
    );
    expect(outcome.ending).toBe('max-attempts');
    expect(types).not.toContain('run.started');
    expect(requests.filter((request) => request.purpose === 'code')[1]?.turn).toContain(
      'waits for standard input (main.py:7)',
    );
  });
});
