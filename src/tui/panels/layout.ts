import type { Row } from '../style.ts';
import { clipRow, fillRow, rowOf } from '../text.ts';

/** One part of the screen: it says how many rows it would like, and draws itself into those it gets. */
export interface Panel {
  /** Rows below which it says nothing of worth. */
  least: number;
  /** Rows that hold all of it. */
  most: number;
  draw(width: number, height: number): Row[];
}

/** A panel of rows that are there already; when they are too many the end is kept, or the beginning. */
export function fixedPanel(
  rows: readonly Row[],
  options: { least?: number; keep?: 'start' | 'end' } = {},
): Panel {
  const least = Math.min(rows.length, options.least ?? 1);
  return {
    least,
    most: rows.length,
    draw: (_, height) =>
      options.keep === 'end' ? rows.slice(Math.max(0, rows.length - height)) : cutRows(rows, height),
  };
}

/** The first rows; the last of them says how many are missing. */
function cutRows(rows: readonly Row[], height: number): Row[] {
  if (rows.length <= height) return [...rows];
  if (height <= 1) return rows.slice(0, height);
  return [...rows.slice(0, height - 1), rowOf(`  … ${rows.length - height + 1} more`, 'quiet')];
}

/**
 * Panels one below the other in at most `height` rows: first each gets its least, in order of `priority`; what is left is dealt out row by
 * row. One that gets no row is left out.
 */
export function stack(panels: readonly Panel[], width: number, height: number): Row[] {
  const given = panels.map(() => 0);
  let left = height;
  for (const [at, panel] of panels.entries()) {
    if (panel.most === 0 || panel.least > left) continue;
    given[at] = panel.least;
    left -= panel.least;
  }
  for (let dealt = true; dealt && left > 0; ) {
    dealt = false;
    for (const [at, panel] of panels.entries()) {
      const has = given[at] ?? 0;
      if (left === 0 || has === 0 || has >= panel.most) continue;
      given[at] = has + 1;
      left -= 1;
      dealt = true;
    }
  }
  return panels.flatMap((panel, at) => {
    const rows = given[at] ?? 0;
    return rows === 0
      ? []
      : panel
          .draw(width, rows)
          .slice(0, rows)
          .map((row) => clipRow(row, width));
  });
}

/** Two stacks side by side with a line between them. */
export function beside(
  left: readonly Row[],
  right: readonly Row[],
  leftWidth: number,
  rightWidth: number,
): Row[] {
  const height = Math.max(left.length, right.length);
  return Array.from({ length: height }, (_, at) => [
    ...fillRow(left[at] ?? [], leftWidth),
    { text: ' │ ', tone: 'quiet' as const },
    ...clipRow(right[at] ?? [], rightWidth),
  ]);
}

/** `── title ────── right ──`. */
export function heading(title: string, width: number, right = ''): Row {
  const words = ` ${title} `;
  const end = right === '' ? '' : ` ${right} `;
  const line = Math.max(0, width - 2 - words.length - end.length);
  return clipRow(
    [
      { text: '──', tone: 'quiet' },
      { text: words, tone: 'strong' },
      { text: '─'.repeat(line), tone: 'quiet' },
      { text: end, tone: 'quiet' },
    ],
    width,
  );
}
