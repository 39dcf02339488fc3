import { composeToolkit, nobodyApproves, openWorkbench } from '../compose.ts';
import type { Config } from '../config.ts';
import type { Confinement } from '../core/confinement.ts';
import { compareFacts, type Divergence, endedBefore } from '../core/divergence.ts';
import { type EventBody, isDelta, type SessionEvent } from '../core/events.ts';
import { runSession } from '../core/loop.ts';
import { reenact } from '../core/reenact.ts';
import type { ModelProvider } from '../core/seams.ts';
import { beforeStop, factsOf } from '../core/standing.ts';
import type { Stream } from '../core/stream.ts';
import { recordedMode, startOf, trusted } from './recorded.ts';

export interface Verification {
  /** How many facts were compared and agree. */
  agreed: number;
  /** How many there are to compare: a cut or interrupted session is compared up to where it was stopped. */
  total: number;
  divergence: Divergence | null;
  /** What confined the programs that were run again. */
  confinement: Confinement;
}

/**
 * Runs a session again from its recorded replies: programs, scans and checks for real, no network, nothing written. Stops at the first
 * event that differs in more than times and machine. When `signal` aborts it throws the signal's reason.
 */
export async function verifyJournal(
  config: Config,
  events: readonly SessionEvent[],
  file: string,
  signal: AbortSignal,
): Promise<Verification> {
  const started = startOf(events, file);
  const facts = factsOf(beforeInterruption(events));
  // What memory said then is in the record; nothing is remembered of a verification.
  const workbench = await openWorkbench({ ...config, memory: false });
  try {
    const permissionMode = recordedMode(config, file, started);
    const live = await composeToolkit({ ...config, permissionMode }, workbench, {
      model: silent(started.model),
      deliver: async (program) => ({ directory: null, files: program.files.map((one) => one.path) }),
      approve: nobodyApproves,
    });
    const { session, version, memory, forkedFrom } = started;
    const start = { session, version, memory, ...(forkedFrom ? { forkedFrom } : {}) };
    const { toolkit } = reenact(trusted(config, file, events).filter(isWorldless), live);
    const stream = runSession(start, started.task, toolkit, signal);
    // What the loop puts together from several texts was redacted when it was written, so it is here.
    const verification = await compare(stream, facts, (event) =>
      withoutHashes(workbench.redactor.value(event)),
    );
    signal.throwIfAborted();
    return { ...verification, confinement: workbench.confinement };
  } finally {
    await workbench.close();
  }
}

/** The answers that are taken from the record: all but what this machine can find out again. */
function isWorldless(event: SessionEvent): boolean {
  return !['run.started', 'run.ended', 'tests.reported', 'program.scanned'].includes(event.type);
}

async function compare(
  stream: Stream<EventBody, unknown>,
  facts: readonly SessionEvent[],
  redact: (event: EventBody) => EventBody,
): Promise<Omit<Verification, 'confinement'>> {
  const total = facts.length;
  let agreed = 0;
  try {
    for (let recorded = facts[0]; recorded; recorded = facts[agreed]) {
      const step = await stream.next();
      if (step.done) return { agreed, total, divergence: endedBefore(recorded) };
      if (isDelta(step.value)) continue;
      const divergence = compareFacts(withoutHashes(recorded), redact(step.value));
      if (divergence) return { agreed, total, divergence };
      agreed += 1;
    }
    return { agreed, total, divergence: null };
  } finally {
    await stream.return(undefined);
  }
}

/** A session that was stopped from outside is compared up to there: where the stop fell is chance. */
function beforeInterruption(events: readonly SessionEvent[]): readonly SessionEvent[] {
  const last = events.at(-1);
  if (last?.type !== 'session.ended') return events;
  const byChance = ['cancelled', 'terminated', 'timeout'].includes(last.outcome.ending);
  return byChance ? (beforeStop(events) ?? events) : events;
}

/** Each installation gives a secret that it takes out a hash of its own. */
function withoutHashes<Value extends EventBody>(event: Value): Value {
  const text = JSON.stringify(event);
  const plain = text.replace(/<secret:([a-z][a-z0-9-]*):[0-9a-f]{8}>/g, '<secret:$1>');
  return plain === text ? event : (JSON.parse(plain) as Value);
}

function silent(id: string): ModelProvider {
  return {
    id,
    priced: true,
    // biome-ignore lint/correctness/useYield: the stream ends at once, in a failure.
    async *reply() {
      return { kind: 'failure', failure: 'no-script', message: 'the record holds no more replies' };
    },
  };
}
