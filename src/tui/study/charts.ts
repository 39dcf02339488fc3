import type { Row, Tone } from '../style.ts';
import { cells, clipText } from '../text.ts';

/** Charts of characters. Values that are not known are gaps, never zeros. */

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];

/** A bar of at most so many columns for a share from 0 to 1. */
export function bar(share: number, columns: number): string {
  const filled = Math.max(0, Math.min(1, share)) * columns * 8;
  return '█'.repeat(Math.floor(filled / 8)) + (eighths[Math.floor(filled % 8)] ?? '');
}

/** One bar a line, labelled on the left, its value on the right. */
export function barChart(
  entries: readonly { label: string; value: number; text: string }[],
  width: number,
  tone: Tone,
): Row[] {
  const most = Math.max(0, ...entries.map(({ value }) => value));
  const labels = Math.min(24, Math.max(0, ...entries.map(({ label }) => cells(label))));
  const texts = Math.max(0, ...entries.map(({ text }) => cells(text)));
  const room = Math.max(4, width - labels - texts - 4);
  return entries.map(({ label, value, text }) => {
    const name = clipText(label, labels);
    return [
      { text: `  ${name}${' '.repeat(labels - cells(name))} `, tone: 'plain' },
      { text: bar(most === 0 ? 0 : value / most, room), tone },
      { text: ` ${text}`, tone: 'quiet' },
    ];
  });
}

/**
 * Lines over time as a field of so many rows: each series is a list of values from 0 to `top` (null: nothing known), spread over the width.
 * A value is a mark; `line` leads on from it to the next one. Later series are drawn over earlier ones, marks over lines.
 */
export function lineChart(
  series: readonly { values: readonly (number | null)[]; mark: string; line: string; tone: Tone }[],
  options: { width: number; height: number; top: number; label: (value: number) => string },
): Row[] {
  const { width, height, top, label } = options;
  const axis = Math.max(cells(label(top)), cells(label(0)));
  const room = Math.max(8, width - axis - 2);
  const field: (null | { text: string; isMark: boolean; tone: Tone })[][] = Array.from(
    { length: height },
    () => Array.from({ length: room }, () => null),
  );
  const rowAt = (value: number) =>
    height - 1 - Math.round((Math.max(0, Math.min(top, value)) / top) * (height - 1));
  for (const { values, mark, line, tone } of series) {
    const columns = Array.from({ length: room }, (_, column) => valueAt(values, column, room));
    const last = columns.findLastIndex((value) => value !== null);
    let level: number | null = null;
    for (const [column, value] of columns.entries()) {
      if (value !== null) level = rowAt(value);
      if (level === null || column > last) continue;
      const row = field[level];
      const isMark = value !== null;
      if (row && (isMark || !row[column]?.isMark)) row[column] = { text: isMark ? mark : line, isMark, tone };
    }
  }
  return field.map((line, at): Row => {
    const text = at === 0 ? label(top) : at === height - 1 ? label(0) : '';
    return [
      { text: `${text.padStart(axis)} ┤`, tone: 'quiet' },
      ...line.map((cell) =>
        cell ? { text: cell.text, tone: cell.tone } : { text: ' ', tone: 'plain' as const },
      ),
    ];
  });
}

/** The mean of the values that fall into a column; with fewer values than columns each stands in its own. */
function valueAt(values: readonly (number | null)[], column: number, room: number): number | null {
  if (values.length === 0) return null;
  if (values.length <= room) {
    const at = Math.floor((column * values.length) / room);
    const begins = column === 0 || Math.floor(((column - 1) * values.length) / room) !== at;
    return begins ? (values[at] ?? null) : null;
  }
  const from = Math.floor((column * values.length) / room);
  const to = Math.max(from + 1, Math.floor(((column + 1) * values.length) / room));
  const known = values.slice(from, to).filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}
