import type { SandboxLevel } from '../../src/core/domain.ts';

/** What one attack came to in one column. `open`: not promised there, and it went through. */
export type Cell = 'stopped' | 'open' | 'not promised' | 'not tried';

export interface Rung {
  who: 'root' | 'user';
  level: SandboxLevel;
}

/** Cells by `group name`, then by column. */
export type Matrix = Map<string, Map<string, Cell>>;

export function columnOf({ who, level }: Rung): string {
  return `${who} ${level}`;
}

const columns = (['root', 'user'] as const).flatMap((who) =>
  (['L3', 'L2', 'L1', 'L0'] as const).map((level) => columnOf({ who, level })),
);
const marks: Record<Cell, string> = {
  stopped: 'stopped',
  open: '**open**',
  'not promised': '–',
  'not tried': '·',
};

/** As Markdown; a column that this machine does not have is left out. */
export function matrixText(matrix: Matrix, missing: readonly string[]): string {
  const there = columns.filter((column) => [...matrix.values()].some((cells) => cells.has(column)));
  const rows = [...matrix].map(([row, cells]) => {
    const [group = '', ...name] = row.split(' ');
    return `| ${group} | ${name.join(' ')} | ${there.map((column) => marks[cells.get(column) ?? 'not tried']).join(' | ')} |`;
  });
  return [
    '# Attack matrix',
    '',
    'What hostile programs came to, run by the product’s own runner at every level of the sandbox that the machine has, by root and by an',
    'ordinary user. `npm run test:attacks` runs them all and compares this table; `UPDATE_DOCS=1 npm run test:attacks` writes it. The programs are',
    'in `tests/attacks/programs`, the numbers are the groups in [safety.md](safety.md).',
    '',
    'stopped: it came to nothing, as promised · **open**: not promised at this level, and it went through · –: not promised · ·: not tried,',
    'because it would hurt the machine.',
    '',
    `| # | attack | ${there.join(' | ')} |`,
    `|---|---|${there.map(() => '---').join('|')}|`,
    ...rows,
    '',
    ...(missing.length > 0
      ? ['Not on the machine where this was made:', '', ...missing.map((line) => `- ${line}`), '']
      : []),
  ].join('\n');
}

/** The cells of a printed table. */
export function parseMatrix(text: string): Matrix {
  const lines = text.split('\n').filter((line) => line.startsWith('| '));
  const cellsOf = (line: string) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
  const [, , ...names] = cellsOf(lines[0] ?? '');
  return new Map(
    lines.slice(1).map((line) => {
      const [group = '', name = '', ...cells] = cellsOf(line);
      const known = names.map((column, index): [string, Cell] => {
        const found = (Object.keys(marks) as Cell[]).find((cell) => marks[cell] === cells[index]);
        return [column, found ?? 'not tried'];
      });
      return [`${group} ${name}`, new Map(known)];
    }),
  );
}
