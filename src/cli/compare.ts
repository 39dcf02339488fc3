import type { AttemptTaken, SessionComparison } from '../core/compare.ts';
import type { Line } from './describe.ts';

/** Two sessions side by side, in lines for a pipe, a plain terminal and a screen reader. */
export function comparisonLines(
  comparison: SessionComparison,
  names: { left: string; right: string },
): Line[] {
  const { settings, parting, attempts, outcomes } = comparison;
  const lines: Line[] = [{ text: `A ${names.left} · B ${names.right}`, tone: 'strong' }];
  for (const { name, left, right } of settings) {
    lines.push({ text: `${name}: A ${brief(left)} · B ${brief(right)}`, tone: 'warn' });
  }
  lines.push(
    parting
      ? {
          text: `they part at event ${parting.left || 'none'} of A and ${parting.right || 'none'} of B: ${parting.type}${parting.path ? `, ${parting.path}` : ''}`,
          tone: 'warn',
        }
      : { text: 'they are the same, times and machine aside', tone: 'good' },
  );
  for (const pair of attempts) {
    const differs =
      !pair.left || !pair.right
        ? 'only one of them has it'
        : pair.differs.length > 0
          ? `differ in ${pair.differs.join(', ')}`
          : 'the same';
    lines.push({ text: `step ${pair.step}, attempt ${pair.attempt}: ${differs}`, tone: 'strong' });
    lines.push(
      { text: `  A ${attemptText(pair.left)}`, tone: 'plain' },
      { text: `  B ${attemptText(pair.right)}`, tone: 'plain' },
    );
  }
  const ending = (outcome: (typeof outcomes)['left']) =>
    outcome ? `${outcome.ending} after ${outcome.attempts}` : 'cut off';
  lines.push({ text: `ending: A ${ending(outcomes.left)} · B ${ending(outcomes.right)}`, tone: 'strong' });
  return lines;
}

function attemptText(taken: AttemptTaken | null): string {
  if (!taken) return '–';
  const { verdict, memories, heldOut, program, diagnosis } = taken;
  const how =
    verdict === null
      ? 'was cut off'
      : verdict.kind === 'failed'
        ? `failed: ${verdict.signature.key} (${verdict.passed} passed, ${verdict.failed} failed)`
        : verdict.kind === 'passed'
          ? `passed (${verdict.proof})`
          : verdict.kind;
  const files = program
    ? program.files
        .map(({ path, content }) => `${path} ${content.trimEnd().split('\n').length} lines`)
        .join(', ')
    : 'no program';
  const recalled = memories.length > 0 ? ` · recalled ${memories.map(({ id }) => id).join(', ')}` : '';
  const left =
    heldOut.length > 0
      ? ` · left out on purpose, to measure memory: ${heldOut.map(({ id }) => id).join(', ')}`
      : '';
  return `${how} · ${files}${recalled}${left}${diagnosis ? ` · why: ${diagnosis}` : ''}`;
}

function brief(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}
