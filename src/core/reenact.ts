import { type Divergence, departure, endedBefore } from './divergence.ts';
import type { Delivery, RunResult, TestReport } from './domain.ts';
import { type EventBody, type EventOf, isDelta, type SessionEvent } from './events.ts';
import {
  forgetful,
  type Kept,
  type KnownSolution,
  type NotKept,
  type Recall,
  type StateChange,
} from './memory.ts';
import type { Approval, MemoryStore, ModelFailure, ModelPart, ModelReply, Toolkit } from './seams.ts';
import { standing } from './standing.ts';
import { mapParts, type Stream } from './stream.ts';

/**
 * Runs the loop again over a recorded beginning: what the world answered then is answered from the record, in the same order, and the
 * world itself is asked only after the record's end. Resume, fork and verification are this one mechanism.
 */

/** The answers of the world in a record, each kind in its order. */
interface Answers {
  replies: { parts: ModelPart[]; answer: ModelReply | ModelFailure }[];
  runs: { result: RunResult; report: TestReport | null }[];
  recalls: Recall[];
  solutions: (KnownSolution | null)[];
  kept: (Kept | NotKept)[];
  credits: StateChange[][];
  /** How many memories were retired. */
  retired: number;
  permissions: Approval[];
  deliveries: Delivery[];
}

function noAnswers(): Answers {
  return {
    replies: [],
    runs: [],
    recalls: [],
    solutions: [],
    kept: [],
    credits: [],
    retired: 0,
    permissions: [],
    deliveries: [],
  };
}

function recallOf({ memories, arm, propensity, heldOut, passedOver }: EventOf<'memory.recalled'>): Recall {
  return {
    memories,
    arm: arm ?? (memories.length > 0 ? 'inject' : 'none'),
    propensity: propensity ?? 1,
    heldOut: heldOut ?? [],
    passedOver: passedOver ?? [],
  };
}

function answersOf(events: readonly SessionEvent[]): Answers {
  const answers = noAnswers();
  let parts: ModelPart[] = [];
  let started = false;
  for (const event of standing(events)) {
    if (event.type === 'model.asked') parts = [];
    else if (event.type === 'model.retried') {
      parts.push({ kind: 'retry', failure: event.failure, retry: event.retry, waitMs: event.waitMs });
    } else if (event.type === 'model.replied') answers.replies.push({ parts, answer: event.reply });
    else if (event.type === 'model.failed') answers.replies.push({ parts, answer: event.failure });
    else if (event.type === 'run.started') started = true;
    else if (event.type === 'run.ended') {
      // A run that never started (nobody to type for it) is made by the loop itself and asks nothing of the world.
      if (started) answers.runs.push({ result: event.result, report: null });
      started = false;
    } else if (event.type === 'tests.reported') {
      const run = answers.runs.at(-1);
      if (run) run.report = event.report;
    } else if (event.type === 'memory.recalled') answers.recalls.push(recallOf(event));
    else if (event.type === 'solution.recalled') answers.solutions.push(event.solution);
    else if (event.type === 'memory.remembered') {
      // Without words nothing was handed to the memory.
      if (event.text !== '') answers.kept.push(event.kept ?? { operation: null, why: event.why });
    } else if (event.type === 'memory.credited') answers.credits.push(event.changed);
    else if (event.type === 'memory.retired') answers.retired += 1;
    else if (event.type === 'permission.answered') {
      // What was remembered asks nothing of the world.
      if (!event.remembered) answers.permissions.push(approvalIn(event));
    } else if (event.type === 'program.delivered') answers.deliveries.push(event.delivery);
  }
  return answers;
}

function approvalIn({ answer, feedback }: EventOf<'permission.answered'>): Approval {
  return answer === 'deny' && feedback !== undefined ? { answer, feedback } : answer;
}

/** A loop's world, recorded as far as the record reaches and live from there. */
export interface Reenactment {
  toolkit: Toolkit;
  /** Gives up what is left of the record: everything after this is asked of the live world. */
  forget: () => void;
}

/**
 * A world that answers from the record, in its order, and then from `live`. Programs are scanned again always: nobody's record makes one
 * safe. A run of a check without its report is made again.
 */
export function reenact(events: readonly SessionEvent[], live: Toolkit): Reenactment {
  let answers = answersOf(events);
  const toolkit: Toolkit = {
    ...live,
    model: {
      id: live.model.id,
      priced: live.model.priced,
      async *reply(request, signal): Stream<ModelPart, ModelReply | ModelFailure> {
        const recorded = answers.replies.shift();
        if (!recorded) return yield* live.model.reply(request, signal);
        yield* recorded.parts;
        return recorded.answer;
      },
    },
    runners: live.runners.map((runner) => ({
      ...runner,
      async *run(job, signal) {
        const recorded = answers.runs.shift();
        return recorded ? recorded.result : yield* runner.run(job, signal);
      },
    })),
    tester: {
      async *test(...job) {
        const recorded = answers.runs.shift();
        if (recorded?.report) return { run: recorded.result, report: recorded.report };
        return yield* live.tester.test(...job);
      },
    },
    memory: recordedMemory(() => answers, live.memory),
    approve: async (program, findings) => {
      const recorded = answers.permissions.shift();
      return recorded === undefined ? await live.approve(program, findings) : recorded;
    },
    deliver: async (program) => answers.deliveries.shift() ?? (await live.deliver(program)),
  };
  return {
    toolkit,
    forget: () => {
      answers = answersOf([]);
    },
  };
}

/** What the record says was kept, credited or retired is in the store already: nothing is written twice. */
function recordedMemory(answersNow: () => Answers, live: MemoryStore): MemoryStore {
  return {
    recall: async (query) => answersNow().recalls.shift() ?? (await live.recall(query)),
    solution: async (...asked) => {
      const recorded = answersNow().solutions.shift();
      return recorded === undefined ? await live.solution(...asked) : recorded;
    },
    remember: async (draft) => {
      const recorded = answersNow().kept.shift();
      return recorded === undefined ? await live.remember(draft) : recorded;
    },
    credit: async (use) => answersNow().credits.shift() ?? (await live.credit(use)),
    retire: async (id, why) => {
      const answers = answersNow();
      if (answers.retired > 0) answers.retired -= 1;
      else await live.retire(id, why);
    },
  };
}

/** The memory of a recorded session: says again what it said then, and keeps nothing. */
export function memoryOf(events: readonly SessionEvent[]): MemoryStore {
  const answers = answersOf(events);
  return recordedMemory(() => answers, forgetful);
}

/**
 * Skips what is in the journal already: yields only what the loop says beyond `facts`, `onLive` first of all, just before the world
 * is asked for the first time. Ends early, with the divergence, when the loop goes another way than the record: then no recorded answer is
 * the answer to what it asks.
 */
export async function* beyond<Result>(
  events: Stream<EventBody, Result>,
  facts: readonly SessionEvent[],
  onLive: () => EventBody,
): Stream<EventBody, Result | Divergence> {
  let at = 0;
  let finished = false;
  try {
    for (;;) {
      if (at === facts.length) yield onLive();
      const recorded = facts[at];
      const step = await events.next();
      if (step.done) {
        finished = true;
        return recorded ? endedBefore(recorded) : step.value;
      }
      const event = step.value;
      if (!recorded) {
        at += 1;
        yield event;
        continue;
      }
      if (isDelta(event)) continue;
      const divergence = departure(recorded, event);
      if (divergence) return divergence;
      at += 1;
    }
  } finally {
    if (!finished) await events.return(undefined as never);
  }
}

/** Passes a loop on whole, and calls `departed` at its first event that goes another way than the record: before it asks anything more. */
export async function* along<Result>(
  events: Stream<EventBody, Result>,
  facts: readonly SessionEvent[],
  departed: (divergence: Divergence) => void,
): Stream<EventBody, Result> {
  let at = 0;
  return yield* mapParts(events, (event) => {
    const recorded = facts[at];
    if (!recorded || isDelta(event)) return event;
    const divergence = departure(recorded, event);
    at = divergence ? facts.length : at + 1;
    if (divergence) departed(divergence);
    return event;
  });
}
