import type { MemoryEntry } from '../../compose/memory-care.ts';
import type { Lesson, Memory, MemoryUse } from '../../core/memory.ts';
import { aboutOf, bodyOf, plainMemory } from '../../core/memory-text.ts';
import { type Desk, memoryOf, put, putJson } from './desk.ts';

export interface Detail {
  label: string;
  text: string;
}

/** `memory show ID`: everything there is about one memory. */
export function showMemory(desk: Desk): number {
  const { invocation, care } = desk;
  const memory = memoryOf(desk, invocation.words[0] ?? '');
  const uses = care.uses().filter((use) => use.memories.includes(memory.id));
  const history = care.history(memory.id);
  if (invocation.json) {
    putJson(desk, {
      ...plainMemory(memory),
      taught: taughtBy(memory),
      used: uses,
      effect: effectWords(memory),
      history: history.filter((entry) => entry.op !== 'used').map(entryWords),
      memory,
    });
    return 0;
  }
  put(desk, `${memory.id}  ${memory.kind}  ${memory.state}`);
  const details = [
    ...detailsOf(memory, uses),
    {
      label: 'history',
      text: history
        .filter((entry) => entry.op !== 'used')
        .map(historyLine)
        .join('\n'),
    },
  ];
  for (const { label, text } of details) {
    if (text.trim() === '') continue;
    put(desk, `\n${label}`);
    for (const line of text.trimEnd().split('\n')) put(desk, `  ${line}`);
  }
  return 0;
}

/** A memory in labelled texts, in the order in which they are shown. Empty ones are to be left out. */
export function detailsOf(memory: Memory, uses: readonly MemoryUse[]): Detail[] {
  const { provenance, scope } = memory;
  const where = [scope.language ?? 'any language', scope.runtime ?? '', ...scope.libraries].filter(Boolean);
  const details = [
    {
      label: memory.kind === 'solution' ? 'goal' : memory.kind === 'fact' ? 'fact' : 'about',
      text: aboutOf(memory),
    },
    { label: memory.kind === 'solution' ? 'program' : 'says', text: bodyOf(memory) },
    ...(memory.note === undefined ? [] : [{ label: 'note', text: memory.note }]),
    ...proofOf(memory),
    {
      label: 'holds in',
      text: `${where.join(', ')}; ${scope.project === null ? 'every project' : `project ${scope.project}`}`,
    },
    { label: 'taught by', text: taughtBy(memory).join('\n') || sourceWords(memory) },
    {
      label: 'written by',
      text: `${provenance.model ?? 'nobody'}; worst source: ${provenance.taint}${provenance.goal ? `; goal: ${provenance.goal}` : ''}`,
    },
    { label: 'used in', text: uses.map(useLine).join('\n') || 'no session yet' },
    { label: 'effect', text: effectWords(memory) },
    {
      label: 'valid',
      text: [
        `since ${memory.validFrom}`,
        memory.lastVerified === undefined ? 'never verified again' : `verified ${memory.lastVerified}`,
        memory.invalidAt === undefined ? '' : `until ${memory.invalidAt}`,
        memory.supersededBy === undefined ? '' : `replaced by ${memory.supersededBy}`,
      ]
        .filter(Boolean)
        .join('; '),
    },
  ];
  return details.filter(({ text }) => text.trim() !== '');
}

function proofOf(memory: Memory): Detail[] {
  if (memory.kind === 'fact') return [{ label: 'holds for', text: `${memory.ttlDays} days` }];
  if (memory.kind === 'solution') {
    const checks = memory.checks.checks.map(
      (check) => `${check.name} (${check.kind}, by the ${check.origin})`,
    );
    return [{ label: 'checks', text: checks.join('\n') || 'none' }];
  }
  const { witness, signatures } = memory;
  const failures = signatures.map(failureWords);
  if (!witness)
    return [
      { label: 'witness', text: 'none: it is never put before a model' },
      { label: 'failures', text: failures.join('\n') },
    ];
  return [
    {
      label: 'witness',
      text: `the failing program failed ${witness.failed}×, the fix passed ${witness.passed}×; the smallest change that counts:\n${witness.diff}`,
    },
    { label: 'fails as', text: witness.signature.key },
    { label: 'failures', text: failures.join('\n') },
  ];
}

/** The template with its class before it, which many name themselves. */
function failureWords({ class: name, template }: Lesson['signatures'][number]): string {
  return name === undefined || template.startsWith(name) ? template : `${name}: ${template}`;
}

/** Ids of the sessions that taught a memory; one that only used it is none of them. */
function taughtBy(memory: Memory): string[] {
  const { session, attempt } = memory.provenance;
  const first = session === null ? [] : [`${session}${attempt === null ? '' : `:${attempt}`}`];
  if (memory.kind !== 'lesson') return first;
  return [...first, ...(memory.taughtIn ?? []).filter((one) => one !== session)];
}

function sourceWords(memory: Memory): string {
  return memory.provenance.taint === 'imported' ? 'no session: it was imported' : 'no session that is known';
}

function useLine(use: MemoryUse): string {
  const arm = use.arm === 'hold-out' ? 'left out on purpose' : 'given';
  const applied =
    use.applied === null || use.arm !== 'inject'
      ? ''
      : use.applied.length > 0
        ? ', said to be applied'
        : ', said not to be applied';
  return `${use.session}:${use.attempt}  ${use.moment}  ${arm}${applied}  ${use.passed ? 'passed' : 'failed'}`;
}

/** What its uses show, with their number; in words where that says nothing yet. */
export function effectWords(memory: Memory): string {
  const { injected, injectedPassed, heldOut, heldOutPassed, advantage } = memory.stats;
  const given = `given ${injected}×, ${injectedPassed} passed; left out on purpose ${heldOut}×, ${heldOutPassed} passed`;
  if (advantage === null) return `${given}; not enough data to say whether it helps (n = ${injected})`;
  const points = Math.round(advantage * 100);
  return `${given}; ${points >= 0 ? '+' : '−'}${Math.abs(points)} points beside attempts of the same kind without it (n = ${injected}, shrunk)`;
}

function entryWords(entry: MemoryEntry) {
  const { at, op } = entry;
  if (entry.op === 'change') return { at, op, why: entry.why, changed: Object.keys(entry.set) };
  return entry.op === 'forget' ? { at, op, why: entry.why } : { at, op };
}

/** Of a memory that is still there: what was taken out of one store stands in the other. */
function historyLine(entry: MemoryEntry): string {
  if (entry.op === 'change') {
    const state = 'state' in entry.set && entry.set.state !== undefined ? `${entry.set.state}: ` : '';
    return `${entry.at}  ${state}${entry.why}`;
  }
  if (entry.op === 'add') return `${entry.at}  added as ${entry.memory.state}`;
  return `${entry.at}  ${entry.op === 'forget' ? `moved: ${entry.why}` : 'used'}`;
}
