import type { MemoryEvent } from '../../compose/memory-care.ts';
import { openProver, type Proven } from '../../compose/memory-proof.ts';
import { openWorkbench } from '../../compose.ts';
import type { Memory, MemoryState } from '../../core/memory.ts';
import { exitCodes, problem } from '../../problem.ts';
import { confinementLine, count } from '../../words.ts';

import { listenForInterrupts } from '../interrupts.ts';
import { printable } from '../terminal.ts';
import { type Desk, memoryOf, orThrow, put, putJson, sayEmpty } from './desk.ts';

interface Row extends Proven {
  id: string;
  before: MemoryState;
  state: MemoryState;
}

const failedCode = 3;
const outOfUse: readonly MemoryState[] = ['superseded', 'retired'];

/**
 * `memory verify [ID… | --all]`: every witness again. Each result is written down at once, so that an interruption loses none. Gives 3 when
 * something no longer holds, 44 when the sandbox failed, 130 or 143 when it was stopped.
 */
export async function verifyMemories(desk: Desk): Promise<number> {
  const { io, invocation, config, care } = desk;
  const { words, all, json } = invocation;
  if (words.length > 0 === all) throw problem(exitCodes.usage, 'say what to verify: ids, or --all.');
  // What is named is tried in any state; of all, what is out of use already stays as it is.
  const meant = all
    ? care.all().filter((memory) => !outOfUse.includes(memory.state))
    : words.map((id) => memoryOf(desk, id));
  if (meant.length === 0) {
    if (json) putJson(desk, []);
    else if (care.all().length === 0) sayEmpty(desk);
    else put(desk, 'Every memory is out of use already: there is nothing to verify.');
    return 0;
  }
  const workbench = await openWorkbench({ ...config, memory: false });
  const warning = confinementLine(workbench.confinement);
  if (warning !== null) io.stderr.write(`${printable(warning)}\n`);
  const interrupts = listenForInterrupts(null, io.exit);
  const rows: Row[] = [];
  try {
    const prove = await openProver(config, workbench, interrupts.signal);
    for (const memory of meant) {
      const now = new Date();
      const found = await prove(memory, now);
      const proven = { ...found, why: workbench.redactor.text(found.why) };
      const event = changeOf(memory, proven, now.toISOString());
      if (event !== null) orThrow(await care.append([event]));
      const state = event?.set.state ?? memory.state;
      rows.push({ id: memory.id, before: memory.state, state, ...proven });
      if (!json) put(desk, lineOf(rows.at(-1) as Row));
      if (proven.outcome === 'sandbox-failed') {
        throw problem(exitCodes.sandbox, `the sandbox failed, and nothing more was run: ${proven.why}`);
      }
    }
  } catch (error) {
    const { signal } = interrupts;
    if (!signal.aborted) throw error;
    io.stderr.write(`Stopped after ${rows.length} of ${meant.length}; what was shown is kept.\n`);
    if (json) putJson(desk, rows);
    return (signal.reason as { ending?: string })?.ending === 'cancelled' ? 130 : 143;
  } finally {
    interrupts.dispose();
    await workbench.close();
  }
  if (json) putJson(desk, rows);
  else {
    const count = (outcome: Proven['outcome']) => rows.filter((row) => row.outcome === outcome).length;
    put(desk, `${count('holds')} hold, ${count('fails')} do not, ${count('unproven')} could not be tried.`);
  }
  return rows.some((row) => row.outcome === 'fails') ? failedCode : 0;
}

type StateEvent = Extract<MemoryEvent, { op: 'change' }>;

/** What a result changes: the time it held; a proof for what waited for one; the end of what does not hold. */
function changeOf(memory: Memory, proven: Proven, at: string): StateEvent | null {
  const { id, rev, state, note } = memory;
  if (proven.outcome === 'holds') {
    const barred = note?.startsWith('kept from every prompt') === true;
    const raised = (state === 'candidate' && !barred) || state === 'retired';
    const why = raised ? `proven by memory verify: ${proven.why}` : `verified again: ${proven.why}`;
    const next: { state?: MemoryState } = raised ? { state: barred ? 'candidate' : 'witnessed' } : {};
    const unset = raised && !barred ? ['note', 'invalidAt'] : [];
    return { op: 'change', id, rev, set: { lastVerified: at, ...next }, unset, why };
  }
  if (proven.outcome !== 'fails' || state === 'retired') return null;
  // A candidate was never in use, and what did harm or has a better one keeps that reason.
  if (state === 'quarantined' || state === 'superseded') return null;
  return {
    op: 'change',
    id,
    rev,
    set: { state: 'retired', invalidAt: at, note: proven.why },
    why: `memory verify: ${proven.why}`,
  };
}

function lineOf({ id, outcome, why, before, state, runs }: Row): string {
  const words = { holds: 'holds', fails: 'fails', unproven: 'not tried', 'sandbox-failed': 'stopped' };
  const moved = before === state ? state : `${before} → ${state}`;
  return `${words[outcome].padEnd(9)}  ${id}  ${moved}  ${why}${runs > 0 ? ` (${count(runs, 'run')})` : ''}`;
}
