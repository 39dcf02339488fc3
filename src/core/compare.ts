import { compareFacts } from './divergence.ts';
import type { Outcome, Program, RecalledMemory, Verdict } from './domain.ts';
import type { SessionEvent } from './events.ts';
import { factsOf } from './standing.ts';

/** Two sessions side by side: where they part, and what differed attempt by attempt. */
export interface SessionComparison {
  /** What was asked for differently: model, memory, goal … */
  settings: { name: string; left: string; right: string }[];
  /** The first fact in which they differ, times, machine and settings aside; null when they are the same. */
  parting: { left: number; right: number; type: string; path: string } | null;
  attempts: AttemptPair[];
  outcomes: { left: Outcome | null; right: Outcome | null };
}

export type AttemptPart = 'memories' | 'prompt' | 'program' | 'verdict';

export interface AttemptPair {
  step: number;
  /** Counted within the step, from 1. */
  attempt: number;
  left: AttemptTaken | null;
  right: AttemptTaken | null;
  /** What differs; empty where one side is missing. */
  differs: AttemptPart[];
}

export interface AttemptTaken {
  /** The `seq` of its first event. */
  seq: number;
  memories: RecalledMemory[];
  /** What fitted and was left out on purpose. */
  heldOut: RecalledMemory[];
  prompt: string;
  program: Program | null;
  verdict: Verdict | null;
  diagnosis: string | null;
}

/** Pure. Both lists are whole journals; what a resumed session went back behind does not count. */
export function compareSessions(
  left: readonly SessionEvent[],
  right: readonly SessionEvent[],
): SessionComparison {
  const [one, other] = [factsOf(left), factsOf(right)];
  const [a, b] = [attemptsOf(one), attemptsOf(other)];
  const places = [
    ...new Map([...a, ...b].map(({ step, attempt }) => [`${step}.${attempt}`, { step, attempt }])).values(),
  ];
  places.sort((x, y) => x.step - y.step || x.attempt - y.attempt);
  const taken = (list: typeof a, place: { step: number; attempt: number }) =>
    list.find(({ step, attempt }) => step === place.step && attempt === place.attempt)?.taken ?? null;
  return {
    settings: settingsOf(one, other),
    parting: partingOf(one, other),
    attempts: places.map((place) => {
      const pair = { left: taken(a, place), right: taken(b, place) };
      return { ...place, ...pair, differs: differences(pair.left, pair.right) };
    }),
    outcomes: { left: outcomeOf(one), right: outcomeOf(other) },
  };
}

function attemptsOf(
  events: readonly SessionEvent[],
): { step: number; attempt: number; taken: AttemptTaken }[] {
  const found: { step: number; attempt: number; taken: AttemptTaken }[] = [];
  const nothing: Pick<AttemptTaken, 'memories' | 'heldOut'> = { memories: [], heldOut: [] };
  let given = nothing;
  let isAsking = false;
  for (const event of events) {
    const last = found.at(-1)?.taken;
    if (event.type === 'memory.recalled') given = { memories: event.memories, heldOut: event.heldOut ?? [] };
    if (event.type === 'attempt.started') {
      const attempt = found.filter(({ step }) => step === event.step).length + 1;
      const taken = { seq: event.seq, ...given, prompt: '', program: null, verdict: null, diagnosis: null };
      found.push({ step: event.step, attempt, taken });
      given = nothing;
      isAsking = true;
    }
    if (!last && event.type !== 'attempt.started') continue;
    if (event.type === 'model.asked' && isAsking && last) {
      const { system, task, turn } = event.request;
      last.prompt = `${system}\n\n${task}\n\n${turn}`;
      isAsking = false;
    }
    if (event.type === 'program.written' && last) last.program = event.program;
    if (event.type === 'verdict.reached' && last) last.verdict = event.verdict;
    if (event.type === 'diagnosis.made' && last) last.diagnosis = event.diagnosis.text;
  }
  return found;
}

function differences(left: AttemptTaken | null, right: AttemptTaken | null): AttemptPart[] {
  if (!left || !right) return [];
  const ids = ({ memories }: AttemptTaken) => memories.map(({ id }) => id).sort();
  const files = ({ program }: AttemptTaken) => program?.files;
  const parts: [AttemptPart, boolean][] = [
    ['memories', same(ids(left), ids(right))],
    ['prompt', left.prompt === right.prompt],
    ['program', same(files(left), files(right))],
    ['verdict', verdictKey(left.verdict) === verdictKey(right.verdict)],
  ];
  return parts.flatMap(([part, isSame]) => (isSame ? [] : [part]));
}

function verdictKey(verdict: Verdict | null): string {
  if (!verdict) return '';
  return verdict.kind === 'failed'
    ? `failed ${verdict.signature.hash} ${verdict.passed}/${verdict.failed}`
    : verdict.kind;
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function settingsOf(
  left: readonly SessionEvent[],
  right: readonly SessionEvent[],
): SessionComparison['settings'] {
  const of = (events: readonly SessionEvent[]): Record<string, string> => {
    const [first] = events;
    if (first?.type !== 'session.started') return {};
    const { task } = first;
    return {
      goal: task.goal,
      model: first.model,
      memory: first.memory ? 'on' : 'off',
      language: task.language ?? 'any',
      'permission mode': task.permissionMode,
      attempts: String(task.budgets.attempts),
      checks: task.checks ? `the user's (${task.checks.hash.slice(0, 8)})` : "the model's",
    };
  };
  const [a, b] = [of(left), of(right)];
  return Object.keys({ ...a, ...b }).flatMap((name) => {
    const pair = { left: a[name] ?? '', right: b[name] ?? '' };
    return pair.left === pair.right ? [] : [{ name, ...pair }];
  });
}

function partingOf(
  left: readonly SessionEvent[],
  right: readonly SessionEvent[],
): SessionComparison['parting'] {
  const most = Math.max(left.length, right.length);
  for (let at = 0; at < most; at += 1) {
    const [a, b] = [left[at], right[at]];
    if (a?.type === 'session.started' && b?.type === 'session.started') continue;
    if (!a || !b) {
      const longer = a ?? b;
      if (!longer) return null;
      return { left: a?.seq ?? 0, right: b?.seq ?? 0, type: longer.type, path: '' };
    }
    const found = compareFacts(a, b);
    if (found) return { left: a.seq, right: b.seq, type: a.type, path: found.path };
  }
  return null;
}

function outcomeOf(events: readonly SessionEvent[]): Outcome | null {
  const last = events.at(-1);
  return last?.type === 'session.ended' ? last.outcome : null;
}
