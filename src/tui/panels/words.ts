import type { Finding, RunResult } from '../../core/domain.ts';
import { count, runText } from '../../words.ts';
import type { Row, Tone } from '../style.ts';
import { oneLine, tailLines, wrapText } from '../text.ts';
import { fixedPanel, heading, type Panel } from './layout.ts';

/** What a program prints, the end of it; `expanded` wants the whole screen. */
export function outputPanel(
  output: { stdout: string; stderr: string; ended: RunResult | null; what: string },
  expanded: boolean,
): Panel {
  const { stdout, stderr, ended } = output;
  const lines = lineCount(stdout) + lineCount(stderr);
  const right = ended ? oneLine(runText(ended)) : 'running';
  const enough = expanded ? 10_000 : 14;
  return {
    least: lines === 0 ? 1 : Math.min(lines + 1, 3),
    most: 1 + Math.min(lines, enough) + (ended?.truncated ? 1 : 0),
    draw: (width, height) => {
      const rows = outputRows(stdout, stderr, height - 1);
      const title =
        lines > rows.length ? `${output.what}, last ${rows.length} of ${count(lines, 'line')}` : output.what;
      return [heading(title, width, right), ...rows];
    },
  };
}

function outputRows(stdout: string, stderr: string, room: number): Row[] {
  const errors = tailLines(stderr, stdout === '' ? room : Math.min(room, Math.max(3, Math.floor(room / 3))));
  const printed = tailLines(stdout, room - errors.length);
  return [...printed.map((line) => bar(line, 'plain')), ...errors.map((line) => bar(line, 'warn'))];
}

function bar(line: string, tone: Tone): Row {
  return [
    { text: '│ ', tone: 'quiet' },
    { text: line, tone },
  ];
}

/** Line breaks, without cutting the text up. */
function lineCount(text: string): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines += 1;
  return text === '' || text.endsWith('\n') ? lines : lines + 1;
}

/** Findings that are not of a line of the program that is shown. */
export function findingsPanel(findings: readonly Finding[], decision: string, width: number): Panel {
  const told = findings.filter((finding) => finding.severity !== 'note');
  if (told.length === 0) return fixedPanel([]);
  const rows = told.flatMap((finding): Row[] => {
    const mark = `▲ ${finding.severity} `;
    const where = `${oneLine(finding.file)}:${finding.line} [${oneLine(finding.rule)}]`;
    return wrapText(`${oneLine(finding.message)} ${where}`, width - mark.length, 3).map((line, at) => [
      { text: at === 0 ? mark : ' '.repeat(mark.length), tone: finding.severity === 'deny' ? 'bad' : 'warn' },
      { text: line, tone: 'plain' },
    ]);
  });
  return {
    least: Math.min(4, rows.length + 1),
    most: rows.length + 1,
    draw: (columns, height) => [heading(`scanner: ${decision}`, columns), ...rows.slice(0, height - 1)],
  };
}

/** A sentence or two behind a word that says what they are. */
export function sentencePanel(label: string, text: string, tone: Tone, width: number): Panel {
  const indent = label.length + 2;
  const rows = wrapText(oneLine(text), width - indent, 6).map(
    (line, at): Row => [
      { text: at === 0 ? `${label}  ` : ' '.repeat(indent), tone },
      { text: line, tone: 'plain' },
    ],
  );
  return fixedPanel(rows, { least: Math.min(2, rows.length) });
}
