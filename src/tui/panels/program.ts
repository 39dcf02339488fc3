import type { Finding, Language, Program, SourceFile } from '../../core/domain.ts';
import { count } from '../../words.ts';
import type { Reading } from '../highlight.ts';
import type { Row, Tone } from '../style.ts';
import { harmlessText, oneLine } from '../text.ts';
import { heading, type Panel } from './layout.ts';

/** The program of an attempt: whole at first, as the difference to the one before it from then on; findings stand below their lines. */
export function programPanel(
  program: Program,
  options: { before: Program | null; findings: readonly Finding[]; reading: Reading },
): Panel {
  const { before, findings, reading } = options;
  const changed = before === null ? null : changedFiles(before, program);
  const title = before === null ? 'program' : changed?.length === 0 ? 'program, unchanged' : 'changes';
  const body =
    changed === null || changed.length === 0
      ? program.files.flatMap((file) => wholeFile(file, { program, findings, reading }))
      : changed.flatMap((file) => changedFile(file, { program, findings, reading }));
  const names =
    program.files.length > 3
      ? count(program.files.length, 'file')
      : program.files.map((file) => oneLine(file.path)).join(' ');
  return {
    least: 4,
    most: body.length + 1,
    draw: (width, height) => [heading(title, width, names), ...window(body, height - 1)],
  };
}

interface Drawing {
  program: Program;
  findings: readonly Finding[];
  reading: Reading;
}

/** A line of code and, where it matters, whether it must be seen. */
interface CodeRow {
  row: Row;
  weight: number;
}

function wholeFile(file: SourceFile, drawing: Drawing): CodeRow[] {
  const { program, findings, reading } = drawing;
  const code = reading.highlight(file.content, languageIn(file.path, program.language));
  const digits = String(code.length).length;
  const name = program.files.length > 1 ? [fileName(file.path)] : [];
  return [
    ...name,
    ...code.flatMap((row, at) => [
      { row: [numbered(at + 1, digits), ...row], weight: 0 },
      ...below(findings, file.path, at + 1, digits),
    ]),
  ];
}

function changedFiles(before: Program, program: Program): { file: SourceFile; old: string | null }[] {
  const changed = program.files.flatMap((file) => {
    const old = before.files.find((one) => one.path === file.path)?.content ?? null;
    return old === file.content ? [] : [{ file, old }];
  });
  const gone = before.files
    .filter((old) => !program.files.some((file) => file.path === old.path))
    .map((old) => ({ file: { path: old.path, content: '' }, old: old.content }));
  return [...changed, ...gone];
}

/** The changed lines with two unchanged ones around them. */
function changedFile(change: { file: SourceFile; old: string | null }, drawing: Drawing): CodeRow[] {
  const { file, old } = change;
  const { program, findings, reading } = drawing;
  const language = languageIn(file.path, program.language);
  const after = reading.highlight(file.content, language);
  const rows: CodeRow[] = [];
  const digits = String(after.length).length;
  let line = 0;
  const runs = reading.changes(old ?? '', file.content);
  for (const [at, run] of runs.entries()) {
    for (const [index, text] of run.lines.entries()) {
      if (run.kind === 'removed') {
        rows.push({ row: [{ text: `${' '.repeat(digits)} - ${text}`, tone: 'removed' }], weight: 2 });
        continue;
      }
      line += 1;
      const near =
        (at > 0 && index < contextLines) ||
        (at < runs.length - 1 && index >= run.lines.length - contextLines);
      const marked = findings.some((finding) => finding.file === file.path && finding.line === line);
      if (run.kind === 'same' && !near && !marked && runs.length > 1) {
        if (rows.at(-1)?.weight !== -1)
          rows.push({ row: [{ text: `${' '.repeat(digits)} ⋯`, tone: 'quiet' }], weight: -1 });
        continue;
      }
      const code = after[line - 1] ?? [{ text, tone: 'plain' as Tone }];
      rows.push(
        run.kind === 'added'
          ? { row: [{ text: `${String(line).padStart(digits)} + ${plain(code)}`, tone: 'added' }], weight: 2 }
          : { row: [numbered(line, digits), ...code], weight: 0 },
        ...below(findings, file.path, line, digits),
      );
    }
  }
  return [fileName(file.path), ...rows];
}

const contextLines = 2;

function plain(row: Row): string {
  return row.map(({ text }) => text).join('');
}

function numbered(line: number, digits: number) {
  return { text: `${String(line).padStart(digits)}   `, tone: 'quiet' as const };
}

function fileName(path: string): CodeRow {
  return { row: [{ text: oneLine(path), tone: 'link' }], weight: 1 };
}

function below(findings: readonly Finding[], path: string, line: number, digits: number): CodeRow[] {
  return findings
    .filter((finding) => finding.file === path && finding.line === line)
    .map((finding) => ({
      row: [
        {
          text: `${' '.repeat(digits)} ▲ ${finding.severity}: ${oneLine(finding.message)} [${oneLine(finding.rule)}]`,
          tone: finding.severity === 'deny' ? 'bad' : finding.severity === 'ask' ? 'warn' : 'quiet',
        },
      ],
      weight: finding.severity === 'note' ? 1 : 3,
    }));
}

/** So many rows of the code, around what weighs most in it. */
function window(rows: readonly CodeRow[], height: number): Row[] {
  const all = rows.map(({ row }) => row);
  if (rows.length <= height) return all;
  const heaviest = Math.max(...rows.map(({ weight }) => weight));
  const first = heaviest >= 2 ? rows.findIndex(({ weight }) => weight === heaviest) : 0;
  const room = Math.max(1, height - 1);
  const start = Math.max(0, Math.min(first - Math.min(2, Math.floor(room / 3)), rows.length - room));
  const hidden = rows.length - room;
  return [
    ...all.slice(start, start + room),
    [{ text: `  … ${hidden} more · Ctrl+P shows all`, tone: 'quiet' }],
  ];
}

function languageIn(path: string, fallback: Language): Language {
  if (/\.py$/.test(path)) return 'python';
  if (/\.[cm]?tsx?$/.test(path)) return 'typescript';
  if (/\.[cm]?jsx?$/.test(path)) return 'javascript';
  if (/\.(?:ba)?sh$/.test(path)) return 'shell';
  return fallback;
}

/** What the model writes while it writes it: the last lines. */
export function writingPanel(text: string, title: string): Panel {
  const lines = harmlessText(text.slice(-8_000)).replace(/\n+$/, '').split('\n');
  return {
    least: 2,
    most: lines.length + 1,
    draw: (width, height) => [
      heading(title, width, `${text.length} characters`),
      ...lines.slice(-(height - 1)).map((line): Row => [{ text: line, tone: 'quiet' }]),
    ],
  };
}
