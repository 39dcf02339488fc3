import { describe, expect, expectTypeOf, it } from 'vitest';
import type * as z from 'zod';
import type { RunResult, TestCase, TestReport, Verdict } from '../../src/core/domain.ts';
import { type EventOf, type EventType, isDelta, type SessionEvent } from '../../src/core/events.ts';
import { eventFault, type eventSchemas } from '../../src/journal/schema.ts';
import type {
  caseStatuses,
  frameworks,
  limitStatuses,
  refusedStatuses,
  verdictKinds,
} from '../../src/journal/words.ts';
import { samples } from './samples.ts';

type Schemas = typeof eventSchemas;
type Read<Type extends EventType> = z.infer<Schemas[Type]>;
/** The types whose read form is not assignable to the core's, or the other way round; never when all are in step. */
type OutOfStep = {
  [Type in EventType]: Read<Type> extends EventOf<Type>
    ? EventOf<Type> extends Read<Type>
      ? never
      : Type
    : Type;
}[EventType];

function stamped(type: EventType): Record<string, unknown> {
  return { seq: 3, at: '2026-11-21T07:31:47.250Z', ...samples[type] };
}

describe('the schema of events', () => {
  it('has the types of the core, both ways', () => {
    expectTypeOf<keyof Schemas>().toEqualTypeOf<EventType>();
    expectTypeOf<OutOfStep>().toEqualTypeOf<never>();
    expectTypeOf<Read<EventType>>().toExtend<SessionEvent>();
  });

  it('knows every word of the closed unions', () => {
    expectTypeOf<
      'exited' | 'crashed' | (typeof limitStatuses)[number] | (typeof refusedStatuses)[number]
    >().toEqualTypeOf<RunResult['status']>();
    expectTypeOf<(typeof caseStatuses)[number]>().toEqualTypeOf<TestCase['status']>();
    expectTypeOf<(typeof frameworks)[number]>().toEqualTypeOf<TestReport['framework']>();
    expectTypeOf<(typeof verdictKinds)[number]>().toEqualTypeOf<Verdict['kind']>();
  });

  it.each(Object.keys(samples) as EventType[])('reads %s', (type) => {
    expect(eventFault(stamped(type))).toBeNull();
  });

  it.each(Object.keys(samples) as EventType[])('refuses %s without one of its fields', (type) => {
    const optional = ['forkedFrom', 'arm', 'propensity', 'heldOut', 'passedOver'];
    for (const field of Object.keys(samples[type])) {
      if (optional.includes(field)) continue;
      const event = stamped(type);
      delete event[field];
      expect(eventFault(event), `${type} without ${field}`).not.toBeNull();
      expect(
        eventFault({ ...stamped(type), [field]: { wrong: [] } }),
        `${type} with a wrong ${field}`,
      ).not.toBeNull();
    }
  });

  it('reads every form of a result, a verdict and a check, and a reply without data', () => {
    const facts = samples['run.ended'].result;
    for (const status of ['timed-out', 'out-of-memory', 'cancelled'] as const) {
      expect(eventFault({ ...stamped('run.ended'), result: { ...facts, status } })).toBeNull();
    }
    expect(
      eventFault({ ...stamped('run.ended'), result: { ...facts, status: 'refused', why: 'no' } }),
    ).toBeNull();
    expect(eventFault({ ...stamped('run.ended'), result: { ...facts, status: 'refused' } })).toContain(
      'result.why',
    );
    for (const verdict of [
      { kind: 'passed', proof: 'ran-clean' },
      { kind: 'blocked', decision: 'deny', findings: [] },
      { kind: 'malformed', why: 'no program' },
    ]) {
      expect(eventFault({ ...stamped('verdict.reached'), verdict })).toBeNull();
    }
    const { data: _, ...reply } = samples['model.replied'].reply;
    expect(eventFault({ ...stamped('model.replied'), reply })).toBeNull();
  });

  it('lets fields through that a later version may add', () => {
    expect(eventFault({ ...stamped('step.ended'), mood: 'glad' })).toBeNull();
  });

  it('says in a phrase what is wrong', () => {
    expect(eventFault(null)).toBe('not an object');
    expect(eventFault([])).toBe('not an object');
    expect(eventFault({ seq: 1 })).toBe('it has no event type');
    expect(eventFault({ type: 'constructor' })).toBe('unknown event type "constructor"');
    expect(eventFault({ ...stamped('step.ended'), seq: 0 })).toContain('step.ended field seq');
    expect(eventFault({ ...stamped('step.ended'), at: 'yesterday' })).toContain('step.ended field at');
    expect(eventFault({ ...stamped('model.delta'), call: '1' })).toContain('model.delta field call');
  });

  it('calls exactly the two delta types decoration', () => {
    expect(
      Object.values(samples)
        .filter(isDelta)
        .map((event) => event.type),
    ).toEqual(['model.delta', 'run.delta']);
  });
});
