import { describe, expect, it } from 'vitest';
import type { SessionEvent } from '../../src/core/events.ts';
import { beforeStop, factsOf } from '../../src/core/standing.ts';
import { initialState, reduce } from '../../src/core/state.ts';
import { code, makeToolkit, play, report, runResult, type World } from '../support/toolkit.ts';
import { expectSame, goOn, record, resumedAfter, stamped, world, worldAfter } from './records.ts';

describe('a session that was stopped', () => {
  const reason = { ending: 'cancelled', why: 'Ctrl+C' } as const;

  /** Cancelled in its nth run, counted from 1. */
  async function cancelledIn(nth: number): Promise<SessionEvent[]> {
    const stop = new AbortController();
    let runs = 0;
    const cancel = () => {
      runs += 1;
      if (runs === nth) stop.abort(reason);
      return stop.signal.aborted;
    };
    const { toolkit } = makeToolkit({
      ...world,
      run: () => runResult(cancel() ? ({ status: 'cancelled' } as object) : {}),
      test: (program) =>
        cancel()
          ? { run: runResult({ status: 'cancelled' } as object), report: report(false) }
          : {
              run: runResult(),
              report: report(program.files.some((file) => /good/.test(file.content))),
            },
    });
    return await record(toolkit, stop.signal);
  }

  it('goes on before the run that the stop ended, and its record is as if it had not been stopped', async () => {
    const whole = stamped((await play(world)).events);
    for (let nth = 1; nth <= 7; nth += 1) {
      const journal = await cancelledIn(nth);
      expect(journal.at(-1)).toMatchObject({ outcome: { ending: 'cancelled' } });
      const before = beforeStop(journal);
      if (!before) throw new Error('it can be gone on with');
      expect(before.length).toBeLessThan(journal.length);
      const resumed = await goOn(journal, before, makeToolkit(worldAfter(before)).toolkit);
      expectSame(whole, resumed.journal, `run ${nth}`);
      const state = resumed.journal.reduce(reduce, initialState);
      expect(state).toMatchObject({ outcome: { ending: 'verified' }, resumes: 1, phase: 'ended' });
      const [step] = state.steps;
      expect(step?.passed).toBe(true);
      expect(step?.attempts.map((attempt) => attempt.reports.length)).toEqual([1, 0, 1, 1]);
    }
  });

  it('is open again in its state once it goes on', async () => {
    const journal = await cancelledIn(3);
    const before = beforeStop(journal) ?? [];
    const state = [
      ...journal,
      ...stamped([resumedAfter(before.at(-1)?.seq ?? 0)], journal.length + 1),
    ].reduce(reduce, initialState);
    expect(state).toMatchObject({ outcome: null, phase: 'writing', steps: [{ passed: null }] });
  });

  it('by its model asks the model again', async () => {
    const failing: World = {
      says: { code: [code('bad one'), { kind: 'failure', failure: 'network', message: 'no route' }] },
    };
    const journal = stamped((await play(failing)).events);
    expect(journal.at(-1)).toMatchObject({ outcome: { ending: 'model-failed' } });
    const before = beforeStop(journal) ?? [];
    expect(before.at(-1)?.type).toBe('model.asked');
    const { journal: resumed } = await goOn(
      journal,
      before,
      makeToolkit({ says: { code: [code('good')] } }).toolkit,
    );
    expect(resumed.at(-1)).toMatchObject({ outcome: { ending: 'verified', attempts: 2 } });
    expect(factsOf(resumed).some((event) => event.type === 'model.failed')).toBe(false);
    expect(beforeStop(resumed)).toBeNull();
  });

  it('before it could be delivered is delivered again', async () => {
    const refuse = async () => ({ directory: 'out', files: [], refused: 'not ours' });
    const journal = stamped((await play({ ...world, toolkit: { deliver: refuse } })).events);
    expect(journal.at(-1)).toMatchObject({ outcome: { ending: 'not-delivered' } });
    const before = beforeStop(journal) ?? [];
    const { more } = await goOn(journal, before, makeToolkit(world).toolkit);
    expect(more.map((event) => event.type)).toEqual([
      'session.resumed',
      'program.delivered',
      'session.ended',
    ]);
  });

  it('by itself is finished', async () => {
    const journal = stamped((await play({ says: { code: [code('bad')] } })).events);
    expect(journal.at(-1)).toMatchObject({ outcome: { ending: 'no-progress' } });
    expect(beforeStop(journal)).toBeNull();
  });
});
