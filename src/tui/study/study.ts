import type { SessionEvent } from '../../core/events.ts';
import { tokensOf } from '../../core/limits.ts';
import { listSessions } from '../../journal/list.ts';
import { readJournal } from '../../journal/read.ts';

/** What one session adds to a study of many. */
export interface Finding {
  session: string;
  at: string;
  memory: boolean;
  verified: boolean;
  /** Attempts it took. */
  attempts: number;
  /** Verified and every step passed at its first attempt. */
  firstTry: boolean;
  /** Class of each failed attempt: the error's class, or how it was stopped. */
  failures: string[];
  tokens: number;
  /** Null: not known. */
  usd: number | null;
}

/** Takes from a session's events what the study needs; one pass, nothing kept. */
export async function findingOf(events: AsyncIterable<SessionEvent>): Promise<Finding | null> {
  let finding: Finding | null = null;
  let steps = 0;
  for await (const event of events) {
    if (event.type === 'session.started') {
      const { session, at, memory } = event;
      finding = {
        session,
        at,
        memory,
        verified: false,
        attempts: 0,
        firstTry: false,
        failures: [],
        tokens: 0,
        usd: null,
      };
    }
    if (!finding) continue;
    if (event.type === 'step.started') steps += 1;
    if (event.type === 'attempt.started') finding.attempts += 1;
    if (event.type === 'verdict.reached' && event.verdict.kind !== 'passed') {
      const { verdict } = event;
      finding.failures.push(
        verdict.kind === 'failed' ? (verdict.signature.class ?? verdict.signature.tool) : verdict.kind,
      );
    }
    if (event.type === 'session.ended') {
      finding.verified = event.outcome.ending === 'verified';
      finding.firstTry = finding.verified && finding.attempts === steps;
      finding.tokens = tokensOf(event.outcome.usage);
      finding.usd = event.outcome.costUsd;
    }
  }
  return finding;
}

const mostSessions = 1_000;

/** Studies the newest sessions of a folder, oldest first; `progress` hears how far it is. Journals that cannot be read are left out. */
export async function studySessions(
  logs: string,
  progress: (read: number, of: number) => void,
  signal: AbortSignal,
): Promise<{ findings: Finding[]; unreadable: number }> {
  const sessions = (await listSessions(logs)).slice(0, mostSessions).reverse();
  const findings: Finding[] = [];
  let unreadable = 0;
  for (const [at, session] of sessions.entries()) {
    signal.throwIfAborted();
    progress(at, sessions.length);
    try {
      const finding = session.kind === 'session' ? await findingOf(readJournal(session.path)) : null;
      if (finding) findings.push(finding);
      else unreadable += 1;
    } catch {
      unreadable += 1;
    }
  }
  return { findings, unreadable };
}
