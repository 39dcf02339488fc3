import type { Context } from './ask.ts';
import type { Decision, Program, ScanReport } from './domain.ts';
import type { EventBody } from './events.ts';
import type { Stop } from './limits.ts';
import type { Stream } from './stream.ts';

/** What may become of a program. */
export interface Permitted {
  decision: Decision;
  /** Somebody said yes to it, now or for the session. */
  approved: boolean;
  /** What somebody had to say with their no, for the next attempt. */
  feedback: string | null;
}

/**
 * What the policy, or somebody, says to a program; a Stop when nobody can answer. Who allowed a program for the session is not asked about
 * another one that is asked about for the same rules and capabilities, or for some of them.
 */
export async function* permission(
  context: Context,
  place: { step: number; attempt: number },
  program: Program,
  report: ScanReport,
): Stream<EventBody, Permitted | Stop> {
  const decision = context.toolkit.decide(report);
  if (decision !== 'ask') return { decision, approved: false, feedback: null };
  const asked = report.findings.filter((finding) => finding.severity === 'ask');
  const wanted = new Set([...asked.map(({ rule }) => rule), ...report.capabilities]);
  if (context.remembered.some((known) => [...wanted].every((one) => known.has(one)))) {
    yield { type: 'permission.answered', ...place, answer: 'allow-session', remembered: true };
    return { decision: 'allow', approved: true, feedback: null };
  }
  const approval = await context.toolkit.approve(program, asked);
  const answer = typeof approval === 'object' && approval !== null ? approval.answer : approval;
  const feedback = typeof approval === 'object' && approval !== null ? approval.feedback.trim() : '';
  yield { type: 'permission.answered', ...place, answer, ...(feedback === '' ? {} : { feedback }) };
  if (answer === 'deny') return { decision: 'ask', approved: false, feedback: feedback || null };
  if (answer !== null) {
    if (answer === 'allow-session') context.remembered.push(wanted);
    return { decision: 'allow', approved: true, feedback: null };
  }
  const [first] = asked;
  const what = first ? `${first.message} (${first.file}:${first.line})` : report.capabilities.join(', ');
  return {
    ending: 'permission-denied',
    why: `The program asks for more than the policy grants, and nobody can answer: ${what}`,
  };
}
