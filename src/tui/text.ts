import stringWidth from 'string-width';
import type { Row, Span, Tone } from './style.ts';

/** Text from outside made fit for cells of a terminal, measured as the terminal shows it. */

/** Characters that are one column each and join nothing: those of programs, and those that frames are drawn with. */
const narrow = /^[\x20-\x7e\u00b7\u00d7\u2013\u2026\u21b3\u2190-\u2193\u2500-\u259f\u276f]*$/;
/** CSI; OSC, DCS, SOS, PM and APC up to their end; other escapes; and the same from C1. */
const sequences =
  /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|\x1b[ -/]*[0-Z\\`-~]?/g;
const controls = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]/g;
const harmless = /^[\x20-\x7e\n]*$/;
const tabStop = 4;

/** Terminal sequences gone, CRLF and a lone carriage return as line breaks, tabs as spaces, other controls as �. Line breaks stay. */
export function harmlessText(text: string): string {
  if (harmless.test(text)) return text;
  const clean = text
    .replace(sequences, '')
    .replace(/\r\n?/g, '\n')
    .replace(controls, '\ufffd')
    .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd');
  return clean.includes('\t') ? clean.split('\n').map(expandTabs).join('\n') : clean;
}

function expandTabs(line: string): string {
  let expanded = '';
  for (const [at, piece] of line.split('\t').entries()) {
    if (at > 0) expanded += ' '.repeat(tabStop - (cells(expanded) % tabStop));
    expanded += piece;
  }
  return expanded;
}

/** One harmless line: line breaks become spaces. */
export function oneLine(text: string): string {
  return harmlessText(text)
    .replace(/\s*\n\s*/g, ' ')
    .trim();
}

/** Columns a harmless text takes. */
export function cells(text: string): number {
  return narrow.test(text) ? text.length : stringWidth(text);
}

export function rowCells(row: Row): number {
  return row.reduce((sum, { text }) => sum + cells(text), 0);
}

/** The longest beginning of a text that fits into so many columns. */
function fitting(text: string, columns: number): string {
  if (narrow.test(text)) return text.slice(0, columns);
  let width = 0;
  let kept = '';
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    width += stringWidth(segment);
    if (width > columns) break;
    kept += segment;
  }
  return kept;
}

/** Cut to a width in columns, with … where something is missing. */
export function clipText(text: string, columns: number): string {
  if (columns <= 0) return '';
  return cells(text) <= columns ? text : `${fitting(text, columns - 1)}…`;
}

/** As many of the parts between ` · ` as fit, the first of them in any case. */
export function fittingParts(text: string, columns: number): string {
  const parts = text.split(' · ');
  while (parts.length > 1 && cells(parts.join(' · ')) > columns) parts.pop();
  return clipText(parts.join(' · '), columns);
}

/** A row cut to a width in columns. */
export function clipRow(row: Row, columns: number): Row {
  if (rowCells(row) <= columns) return row;
  const kept: Span[] = [];
  let left = columns - 1;
  for (const { text, tone } of row) {
    const width = cells(text);
    if (width > left) {
      kept.push({ text: `${fitting(text, left)}…`, tone });
      break;
    }
    kept.push({ text, tone });
    left -= width;
  }
  return kept;
}

/** A row made exactly so wide. */
export function fillRow(row: Row, columns: number): Row {
  const clipped = clipRow(row, columns);
  const missing = columns - rowCells(clipped);
  return missing > 0 ? [...clipped, { text: ' '.repeat(missing), tone: 'plain' }] : clipped;
}

/** Left and right on one row; the left gives way. */
export function spread(left: Row, right: Row, columns: number): Row {
  const rightWidth = rowCells(right);
  if (rightWidth >= columns) return clipRow(right, columns);
  return [...fillRow(left, columns - rightWidth), ...right];
}

/** A text broken at words into rows of at most so many columns, at most `most` of them. */
export function wrapText(text: string, columns: number, most = Number.POSITIVE_INFINITY): string[] {
  const width = Math.max(1, columns);
  const rows: string[] = [];
  for (const line of harmlessText(text).split('\n')) {
    let row = '';
    for (const word of line.split(/(?<=\s)/)) {
      if (cells(row) + cells(word.trimEnd()) <= width) {
        row += word;
        continue;
      }
      if (row.trim() !== '') rows.push(row.trimEnd());
      row = word;
      while (cells(row.trimEnd()) > width) {
        const head = fitting(row, width) || (row[0] ?? '');
        rows.push(head);
        row = row.slice(head.length);
        if (rows.length > most) break;
      }
    }
    rows.push(row.trimEnd());
    if (rows.length > most) break;
  }
  if (rows.length <= most) return rows;
  const kept = rows.slice(0, most);
  const last = kept.at(-1) ?? '';
  const cut = fitting(last, width - 2);
  const words = cut.includes(' ') ? cut.slice(0, cut.lastIndexOf(' ')) : cut;
  kept[kept.length - 1] = cells(last) + 2 <= width ? `${last} …` : `${words} …`;
  return kept;
}

/** Wrapped like `wrapText`; what does not fit of an item of a list, or of the last of some columns, goes on below its own beginning. */
export function hangingText(text: string, columns: number, most = Number.POSITIVE_INFINITY): string[] {
  const rows = harmlessText(text)
    .split('\n')
    .flatMap((line) => {
      const lead = cells(/^\s*(?:(?:[-→]|\d+\.)\s+|\S+(?: \S+)*\s{2,})*/.exec(line)?.[0] ?? '');
      const indent = lead < columns * 0.6 ? lead : 4;
      const head = fitting(line, indent);
      const tail = line.slice(head.length);
      const [first = '', ...rest] = wrapText(tail, columns - indent);
      const below = (row: string) => ' '.repeat(indent) + row;
      // The blanks behind the head may have had no room beside what follows them.
      const isApart = first !== '' && /^\s/.test(tail) && !/^\s/.test(first);
      if (isApart) return [head.trimEnd(), below(first), ...rest.map(below)];
      return [`${head}${first}`.trimEnd(), ...rest.map(below)];
    });
  if (rows.length <= most) return rows;
  return [...rows.slice(0, most - 1), clipText(`${rows[most - 1] ?? ''} …`, columns)];
}

/** The last lines of a long text, harmless, without walking through the rest of it. */
export function tailLines(text: string, most: number): string[] {
  if (text === '' || most <= 0) return [];
  let from = text.endsWith('\n') ? text.length - 1 : text.length;
  for (let line = 0; line <= most && from > 0; line += 1) {
    const before = text.lastIndexOf('\n', from - 1);
    from = before;
    if (before === -1) break;
  }
  // A line without end is not looked at beyond what any screen shows.
  const tail = text.slice(Math.max(0, from, text.length - 200_000));
  const lines = harmlessText(tail).replace(/^\n/, '').replace(/\n$/, '').split('\n');
  return lines.slice(-most);
}

export function rowOf(text: string, tone: Tone = 'plain'): Row {
  return [{ text, tone }];
}
