import type { Row } from '../style.ts';
import { cells } from '../text.ts';
import type { Key } from './keys.ts';

/** A text that is being written; `cursor` is an offset into it, never inside a character. */
export interface Editor {
  text: string;
  cursor: number;
}

export const emptyEditor: Editor = { text: '', cursor: 0 };

export function editorWith(text: string): Editor {
  return { text, cursor: text.length };
}

/** The text after a key; the same object when the key means nothing to it. */
export function edit(editor: Editor, key: Key): Editor {
  const { text, cursor } = editor;
  if (key.kind === 'text') return insert(editor, key.text);
  if (key.kind === 'ctrl') {
    const start = lineStart(editor);
    if (key.letter === 'a') return { text, cursor: start };
    if (key.letter === 'e') return { text, cursor: lineEnd(editor) };
    if (key.letter === 'u') return remove(editor, start, cursor);
    if (key.letter === 'k') return remove(editor, cursor, lineEnd(editor));
    if (key.letter === 'w') return remove(editor, wordLeft(editor), cursor);
    if (key.letter === 'j') return insert(editor, '\n');
    return editor;
  }
  switch (key.name) {
    case 'newline':
      return insert(editor, '\n');
    case 'backspace':
      return remove(editor, before(editor), cursor);
    case 'delete':
      return remove(editor, cursor, after(editor));
    case 'delete-word':
      return remove(editor, wordLeft(editor), cursor);
    case 'left':
      return { text, cursor: before(editor) };
    case 'right':
      return { text, cursor: after(editor) };
    case 'word-left':
      return { text, cursor: wordLeft(editor) };
    case 'word-right': {
      const found = /^\s*\S+/.exec(text.slice(cursor));
      return { text, cursor: cursor + (found?.[0].length ?? 0) };
    }
    case 'home':
      return { text, cursor: lineStart(editor) };
    case 'end':
      return { text, cursor: lineEnd(editor) };
    default:
      return editor;
  }
}

/** Up or down within a text of several lines; null at its first or last line. */
export function moveLine({ text, cursor }: Editor, by: 1 | -1): Editor | null {
  const lines = text.split('\n');
  const line = text.slice(0, cursor).split('\n').length - 1;
  const target = lines[line + by];
  if (target === undefined) return null;
  const column = cursor - (text.lastIndexOf('\n', cursor - 1) + 1);
  const start = lines.slice(0, line + by).reduce((sum, one) => sum + one.length + 1, 0);
  return { text, cursor: start + Math.min(column, target.length) };
}

function insert({ text, cursor }: Editor, added: string): Editor {
  return { text: text.slice(0, cursor) + added + text.slice(cursor), cursor: cursor + added.length };
}

function remove({ text }: Editor, from: number, to: number): Editor {
  return { text: text.slice(0, from) + text.slice(to), cursor: from };
}

/** Where the character before the cursor begins: what a person sees as one goes as one. */
function before({ text, cursor }: Editor): number {
  const segments = [...new Intl.Segmenter().segment(text.slice(Math.max(0, cursor - 64), cursor))];
  return cursor - (segments.at(-1)?.segment.length ?? 0);
}

function after({ text, cursor }: Editor): number {
  const [first] = new Intl.Segmenter().segment(text.slice(cursor, cursor + 64));
  return cursor + (first?.segment.length ?? 0);
}

function wordLeft({ text, cursor }: Editor): number {
  const found = /\S+\s*$/.exec(text.slice(0, cursor));
  return found ? found.index : 0;
}

function lineStart({ text, cursor }: Editor): number {
  return text.lastIndexOf('\n', cursor - 1) + 1;
}

function lineEnd({ text, cursor }: Editor): number {
  const end = text.indexOf('\n', cursor);
  return end === -1 ? text.length : end;
}

/** The text as rows with the cursor in it, at most `most` of them, around the cursor. */
export function editorRows(
  { text, cursor }: Editor,
  options: { width: number; most: number; prompt: string; placeholder: string; focused: boolean },
): Row[] {
  const { width, most, prompt, placeholder, focused } = options;
  const indent = cells(prompt);
  const room = Math.max(4, width - indent - 1);
  if (text === '') {
    const shown = focused ? placeholder.slice(1) : placeholder;
    return [
      [
        { text: prompt, tone: 'gold' },
        ...(focused ? [{ text: placeholder[0] ?? ' ', tone: 'cursor' as const }] : []),
        { text: shown, tone: 'quiet' },
      ],
    ];
  }
  const { lines, row, column } = layOut(text, cursor, room);
  const from = Math.max(0, Math.min(row - most + 1, lines.length - most));
  return lines.slice(from, from + most).map((line, at): Row => {
    const lead = { text: from + at === 0 ? prompt : ' '.repeat(indent), tone: 'gold' as const };
    if (from + at !== row || !focused) return [lead, { text: line, tone: 'plain' }];
    const under = [...new Intl.Segmenter().segment(line.slice(column))][0]?.segment ?? ' ';
    return [
      lead,
      { text: line.slice(0, column), tone: 'plain' },
      { text: under, tone: 'cursor' },
      { text: line.slice(column + under.length), tone: 'plain' },
    ];
  });
}

/** Lines of at most so many columns, broken at words where there are any, and where the cursor is in them. */
function layOut(
  text: string,
  cursor: number,
  room: number,
): { lines: string[]; row: number; column: number } {
  const starts = [0];
  let width = 0;
  let word = 0;
  for (const { segment, index } of new Intl.Segmenter().segment(text)) {
    const next = index + segment.length;
    if (segment === '\n') {
      starts.push(next);
      word = next;
      width = 0;
      continue;
    }
    const wide = cells(segment);
    if (width + wide > room) {
      const from = word > (starts.at(-1) ?? 0) && segment !== ' ' ? word : index;
      starts.push(from);
      width = cells(text.slice(from, index));
    }
    width += wide;
    if (segment === ' ') word = next;
  }
  const row = starts.findLastIndex((start) => start <= cursor);
  const lines = starts.map((start, at) => text.slice(start, starts[at + 1]).replace(/\n$/, ''));
  return { lines, row, column: cursor - (starts[row] ?? 0) };
}
