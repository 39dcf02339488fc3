import type { RecalledMemory } from '../../core/domain.ts';
import type { MemoryNews } from '../../core/state.ts';
import { count } from '../../words.ts';
import type { Row } from '../style.ts';
import { oneLine, wrapText } from '../text.ts';
import { fixedPanel, heading, type Panel } from './layout.ts';

/** What memory gave for this moment: kind, trust, how often it was seen to hold, where it holds, the words, and why it was recalled; or what was left out on purpose. */
export function memoriesPanel(
  { recalled, heldOut }: Record<'recalled' | 'heldOut', readonly RecalledMemory[]>,
  moment: string,
  width: number,
): Panel {
  if (heldOut.length > 0) {
    const ids = heldOut.map(({ id }) => id).join(', ');
    const words = `left out on purpose for ${moment}, to measure memory: ${ids}`;
    return fixedPanel(
      wrapText(oneLine(words), width - 2, 3).map(
        (text, at): Row => [{ text: `${at === 0 ? '◇ ' : '  '}${text}`, tone: 'quiet' }],
      ),
    );
  }
  if (recalled.length === 0) return fixedPanel([]);
  const rows = recalled.flatMap((memory): Row[] => [
    [
      { text: `◆ ${memory.kind}, ${memoryFacts(memory)} `, tone: 'gold' },
      { text: oneLine(memory.id), tone: 'quiet' },
    ],
    ...indented(memory.text.replace(/\s*\n\s*/g, ' · '), width, 3).map(
      (line): Row => [{ text: line, tone: 'plain' }],
    ),
    ...(memory.why
      ? indented(`because ${memory.why}`, width, 2).map((line): Row => [{ text: line, tone: 'quiet' }])
      : []),
  ]);
  return {
    least: Math.min(rows.length + 1, 3),
    most: rows.length + 1,
    draw: (columns, height) => [
      heading(`recalled for ${moment}`, columns, String(recalled.length)),
      ...rows.slice(0, height - 1),
    ],
  };
}

/** `trusted, seen in 3 sessions, python`. */
export function memoryFacts({ trust, seen, scope }: RecalledMemory): string {
  return [
    oneLine(trust),
    seen === undefined ? '' : `seen in ${count(seen, 'session')}`,
    scope === undefined ? '' : oneLine(scope),
  ]
    .filter(Boolean)
    .join(', ');
}

/** What memory did in this session: lessons tried and kept, memories credited and taken out of use. */
export function newsPanel(news: readonly MemoryNews[], width: number): Panel {
  const rows = news.flatMap((one) => newsRows(one, width));
  if (rows.length === 0) return fixedPanel([]);
  return {
    least: Math.min(rows.length + 1, 3),
    most: rows.length + 1,
    draw: (columns, height) => [
      heading('memory', columns),
      ...(rows.length <= height - 1
        ? rows
        : [...rows.slice(0, Math.max(0, height - 2)), moreRow(rows.length - height + 2)]),
    ],
  };
}

const diffRows = 8;

/** One thing that memory did, in rows; none for the bookkeeping of an attempt that no memory had a part in. */
export function newsRows(news: MemoryNews, width: number): Row[] {
  switch (news.type) {
    case 'lesson.tested': {
      const proven = news.outcome === 'witnessed';
      const words = `${proven ? 'proven' : `not proven (${news.outcome})`}: ${news.why}`;
      return [
        ...wrapText(oneLine(words), width - 2, 3).map(
          (line, at): Row => [
            { text: at === 0 ? (proven ? '✓ ' : '◌ ') : '  ', tone: proven ? 'good' : 'quiet' },
            { text: line, tone: proven ? 'plain' : 'quiet' },
          ],
        ),
        ...differenceRows(news.diff ?? ''),
      ];
    }
    case 'memory.remembered': {
      const { kept, kind, text, why } = news;
      if (!kept)
        return why === '' ? [] : [[{ text: `◌ no ${kind} was kept: ${oneLine(why)}`, tone: 'quiet' }]];
      return [
        [
          { text: `◆ ${kind} ${operationText(kept.operation)}, ${kept.state} `, tone: 'gold' },
          { text: oneLine(kept.id), tone: 'quiet' },
        ],
        ...indented(text, width, 6).map((line): Row => [{ text: line, tone: 'plain' }]),
      ];
    }
    case 'memory.retired':
      return [[{ text: `◇ ${oneLine(news.id)} is out of use: ${oneLine(news.why)}`, tone: 'warn' }]];
    case 'memory.credited': {
      const { use, changed } = news;
      if (use.memories.length === 0 && changed.length === 0) return [];
      const applied = use.applied === null ? '' : `, ${use.applied.length} applied`;
      const part = use.arm === 'hold-out' ? 'left out on purpose of' : 'used in';
      const used: Row = [
        {
          text: `± ${use.memories.length === 1 ? 'a memory' : `${use.memories.length} memories`} ${part} attempt ${use.attempt}${applied}: ${use.passed ? 'it passed' : 'it failed'}`,
          tone: 'quiet',
        },
      ];
      return [
        ...(use.memories.length > 0 ? [used] : []),
        ...changed.map(
          ({ id, state, why }): Row => [
            {
              text: `◆ ${oneLine(id)} is ${state} now: ${oneLine(why)}`,
              tone: state === 'quarantined' || state === 'retired' ? 'warn' : 'gold',
            },
          ],
        ),
      ];
    }
    default:
      return news satisfies never;
  }
}

function operationText(operation: 'ADD' | 'STRENGTHEN' | 'EDIT' | 'SUPERSEDE' | 'NOOP'): string {
  return {
    ADD: 'learned',
    STRENGTHEN: 'seen again',
    EDIT: 'put better',
    SUPERSEDE: 'put in the place of another',
    NOOP: 'known already',
  }[operation];
}

/** The changed lines of a unified diff: what the proof hangs on. */
function differenceRows(diff: string): Row[] {
  const lines = diff.split('\n').filter((line) => /^[-+](?![-+]{2} )/.test(line));
  const rows = lines.slice(0, diffRows).map(
    (line): Row => [
      {
        text: `    ${line[0]} ${oneLine(line.slice(1))}`,
        tone: line.startsWith('+') ? 'added' : 'removed',
      },
    ],
  );
  return lines.length > diffRows ? [...rows, moreRow(lines.length - diffRows)] : rows;
}

function indented(text: string, width: number, most: number): string[] {
  return wrapText(oneLine(text), width - 4, most).map((line) => `    ${line}`);
}

function moreRow(hidden: number): Row {
  return [{ text: `  … ${hidden} more`, tone: 'quiet' }];
}
