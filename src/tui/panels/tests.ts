import type { TestCase, TestReport } from '../../core/domain.ts';
import type { AttemptState } from '../../core/state.ts';
import { runText } from '../../words.ts';
import type { Row, Span } from '../style.ts';
import { cells, clipText, fillRow, harmlessText, oneLine } from '../text.ts';
import { heading, type Panel } from './layout.ts';

type Report = AttemptState['reports'][number];

/** The checks of an attempt as a tree: check, case, and below a failed case what was expected and what came. */
export function testsPanel(reports: readonly Report[], running: string | null, width: number): Panel {
  const bodies = reports.map((report) => reportRows(report, width));
  const waiting: Row[] =
    running === null || reports.some((report) => report.check === running)
      ? []
      : [[{ text: `◌ ${oneLine(running)}`, tone: 'quiet' }]];
  // Failures first: when the room is short they are what is to be seen.
  const order = [...bodies.entries()].sort(([one], [other]) => rank(reports[one]) - rank(reports[other]));
  const rows = [...order.flatMap(([, body]) => body), ...waiting];
  const passed = reports.filter((report) => report.report?.ok).length;
  return {
    least: Math.min(rows.length + 1, 4),
    most: rows.length + 1,
    draw: (columns, height) => [
      heading('checks', columns, reports.length === 0 ? '' : `${passed} of ${reports.length} hold`),
      ...shorten(rows, height - 1),
    ],
  };
}

function rank(report: Report | undefined): number {
  return report?.report?.ok ? 1 : 0;
}

function shorten(rows: readonly Row[], height: number): Row[] {
  if (rows.length <= height) return [...rows];
  return [
    ...rows.slice(0, Math.max(0, height - 1)),
    [{ text: `  … ${rows.length - height + 1} more`, tone: 'quiet' }],
  ];
}

function reportRows({ check, run, report }: Report, width: number): Row[] {
  if (!report) {
    const how = run ? runText(run) : 'under way';
    return [[{ text: `◌ ${oneLine(check)}: ${oneLine(how)}`, tone: 'quiet' }]];
  }
  const head: Row = [
    { text: report.ok ? '✓ ' : '✗ ', tone: report.ok ? 'good' : 'bad' },
    { text: oneLine(check), tone: 'strong' },
    { text: `  ${countsText(report)}`, tone: 'quiet' },
  ];
  const only = report.cases.length === 1 && report.cases[0]?.name === check;
  const cases = [...report.cases].sort((one, other) => caseRank(one) - caseRank(other));
  return [
    head,
    ...cases.flatMap((one, at) => caseRows(one, { last: at === cases.length - 1, bare: only, width })),
  ];
}

function caseRank(one: TestCase): number {
  return one.status === 'failed' ? 0 : 1;
}

/** `2 passed, 1 failed`. */
export function countsText(report: TestReport): string {
  const parts = [
    report.passed > 0 || report.failed === 0 ? `${report.passed} passed` : '',
    report.failed > 0 ? `${report.failed} failed` : '',
    report.skipped > 0 ? `${report.skipped} skipped` : '',
  ];
  return parts.filter(Boolean).join(', ');
}

function caseRows(
  one: TestCase,
  { last, bare, width }: { last: boolean; bare: boolean; width: number },
): Row[] {
  const lead = bare ? '  ' : last ? '└ ' : '├ ';
  const under = bare ? '  ' : last ? '    ' : '│   ';
  const sign: Span =
    one.status === 'passed'
      ? { text: '✓ ', tone: 'good' }
      : one.status === 'failed'
        ? { text: '✗ ', tone: 'bad' }
        : { text: '– ', tone: 'quiet' };
  const where = one.frame ? `  ${oneLine(one.frame.file)}:${one.frame.line}` : '';
  const named: Row = [
    { text: lead, tone: 'quiet' },
    sign,
    { text: oneLine(one.name), tone: one.status === 'failed' ? 'plain' : 'quiet' },
    { text: where, tone: 'link' },
  ];
  if (one.status !== 'failed') return bare ? [] : [named];
  const detail = failureRows(one, width - cells(under)).map(
    (row): Row => [{ text: under, tone: 'quiet' }, ...row],
  );
  return bare ? detail : [named, ...detail];
}

const mostLines = 6;

/** Expected against actual, side by side when both are short enough for that; else one below the other; else the message. */
function failureRows(one: TestCase, width: number): Row[] {
  if (one.expected === undefined || one.actual === undefined) return messageRows(one.message ?? '');
  const expected = visibleLines(one.expected);
  const actual = visibleLines(one.actual);
  const half = Math.floor((width - 3) / 2);
  const fits = [...expected, ...actual].every((line) => cells(line) <= half - 2) && half >= 12;
  if (fits && Math.max(expected.length, actual.length) <= mostLines) {
    const height = Math.max(expected.length, actual.length);
    return Array.from({ length: height }, (_, at) => [
      ...fillRow(
        [
          { text: at === 0 ? 'expected ' : '         ', tone: 'quiet' },
          { text: expected[at] ?? '', tone: 'added' },
        ],
        half,
      ),
      { text: ' │ ', tone: 'quiet' },
      { text: at === 0 ? 'got ' : '    ', tone: 'quiet' },
      { text: clipText(actual[at] ?? '', half - 4), tone: 'removed' },
    ]);
  }
  return [...labelled('expected', expected, 'added'), ...labelled('got     ', actual, 'removed')];
}

function labelled(label: string, lines: readonly string[], tone: 'added' | 'removed'): Row[] {
  const shown = lines.slice(0, mostLines);
  const more = lines.length - shown.length;
  return [
    ...shown.map(
      (line, at): Row => [
        { text: `${at === 0 ? label : ' '.repeat(label.length)} `, tone: 'quiet' },
        { text: line, tone },
      ],
    ),
    ...(more > 0 ? [[{ text: `${' '.repeat(label.length)} … ${more} more`, tone: 'quiet' as const }]] : []),
  ];
}

function visibleLines(text: string): string[] {
  const lines = harmlessText(text).replace(/\n$/, '').split('\n');
  return lines.length === 1 && lines[0] === '' ? ['(nothing)'] : lines;
}

/** The telling lines of a message: a traceback says why in its last one. */
function messageRows(message: string): Row[] {
  const lines = harmlessText(message)
    .trimEnd()
    .split('\n')
    .filter((line) => line.trim() !== '');
  const told = /^Traceback/.test(lines[0] ?? '') ? lines.slice(-3) : lines.slice(0, 3);
  return told.map((line) => [{ text: line, tone: 'quiet' }]);
}
