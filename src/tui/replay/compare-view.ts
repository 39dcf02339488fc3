import { type AttemptPair, type AttemptTaken, compareSessions } from '../../core/compare.ts';
import type { SessionEvent } from '../../core/events.ts';
import type { App } from '../app.ts';
import type { Reading } from '../highlight.ts';
import { type Overlay, scrollingView } from '../overlay.ts';
import { beside, heading } from '../panels/layout.ts';
import { programPanel } from '../panels/program.ts';
import type { Row } from '../style.ts';
import { oneLine, rowOf, wrapText } from '../text.ts';

export interface Compared {
  name: string;
  events: readonly SessionEvent[];
}

/** Two sessions side by side, attempt by attempt: where they part and what differed. */
export function compareView(app: App, left: Compared, right: Compared): Overlay {
  return scrollingView(`A ${left.name} · B ${right.name}`, (width) =>
    compareRows(left, right, width, app.reading()),
  );
}

/** Pure. */
export function compareRows(left: Compared, right: Compared, width: number, reading: Reading): Row[] {
  const { settings, parting, attempts, outcomes } = compareSessions(left.events, right.events);
  const half = Math.floor((width - 3) / 2);
  const two = (a: readonly Row[], b: readonly Row[]) => beside(a, b, half, width - 3 - half);
  const words = (text: string) => wrapText(oneLine(text), half, 4).map((line) => rowOf(line));
  return [
    ...settings.flatMap(({ name, left: a, right: b }) => [rowOf(name, 'gold'), ...two(words(a), words(b))]),
    parting
      ? rowOf(
          `they part at event ${parting.left || '–'} of A, ${parting.right || '–'} of B: ${parting.type} ${oneLine(parting.path)}`,
          'warn',
        )
      : rowOf('they are the same, times and machine aside', 'good'),
    ...attempts.flatMap((pair) => [
      rowOf(''),
      heading(`step ${pair.step}, attempt ${pair.attempt}`, width, differsText(pair)),
      ...(pair.left && pair.right && pair.differs.length === 0
        ? takenRows({ ...pair.left, program: null }, null, width, reading)
        : two(takenRows(pair.left, null, half, reading), takenRows(pair.right, pair.left, half, reading))),
    ]),
    rowOf(''),
    heading('ending', width),
    ...two(
      words(outcomes.left ? `${outcomes.left.ending}: ${outcomes.left.why}` : 'cut off'),
      words(outcomes.right ? `${outcomes.right.ending}: ${outcomes.right.why}` : 'cut off'),
    ),
  ];
}

function differsText({ left, right, differs }: AttemptPair): string {
  if (!left || !right) return 'only one has it';
  return differs.length > 0 ? `differ in ${differs.join(', ')}` : 'the same';
}

/** On the right the program is shown as its difference to the left one. */
function takenRows(
  taken: AttemptTaken | null,
  other: AttemptTaken | null,
  width: number,
  reading: Reading,
): Row[] {
  if (!taken) return [rowOf('–', 'quiet')];
  const { verdict, memories, heldOut, program, diagnosis } = taken;
  const how =
    verdict?.kind === 'failed'
      ? `failed: ${verdict.signature.key}`
      : verdict?.kind === 'passed'
        ? `passed (${verdict.proof})`
        : (verdict?.kind ?? 'was cut off');
  const tone = verdict?.kind === 'passed' ? 'good' : 'bad';
  return [
    ...wrapText(oneLine(how), width, 3).map((line) => rowOf(line, tone)),
    ...memories.flatMap(({ id, trust, text }) =>
      wrapText(`◆ ${oneLine(id)}, ${oneLine(trust)}: ${oneLine(text)}`, width, 3).map((line) =>
        rowOf(line, 'gold'),
      ),
    ),
    ...heldOut.flatMap(({ id }) =>
      wrapText(`◇ ${oneLine(id)} left out on purpose, to measure memory`, width, 3).map((line) =>
        rowOf(line, 'quiet'),
      ),
    ),
    ...(diagnosis ? wrapText(`why  ${oneLine(diagnosis)}`, width, 4).map((line) => rowOf(line)) : []),
    ...(program
      ? programPanel(program, { before: other?.program ?? null, findings: [], reading }).draw(width, 60)
      : []),
  ];
}
