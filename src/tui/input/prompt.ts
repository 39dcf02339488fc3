import type { Row } from '../style.ts';
import { clipText, oneLine, rowOf } from '../text.ts';
import { completions } from './commands.ts';
import { type Editor, edit, editorRows, editorWith, emptyEditor, moveLine } from './editor.ts';
import type { InputHistory } from './history.ts';
import type { Key } from './keys.ts';

/** The line a person types into: editing, history, completion. */
export interface Prompt {
  text(): string;
  set(text: string): void;
  /** The line, when the key was Enter; else null. */
  key(key: Key): string | null;
  /** Closes what is open above the line. False when nothing was. */
  escape(): boolean;
  openHistory(): void;
  rows(width: number, placeholder: string): Row[];
  /** Completions or the history, to stand above the line. */
  hints(width: number): Row[];
}

const mostRows = 5;
const mostHints = 6;

export function openPrompt(history: InputHistory): Prompt {
  let editor: Editor = emptyEditor;
  /** Place in the history, counted from its end; 0 is the line that is being written. */
  let back = 0;
  let draft = '';
  let chosen = 0;
  let searching: { query: Editor; chosen: number } | null = null;

  const recall = (to: number) => {
    const entries = history.entries();
    if (to < 0 || to > entries.length) return;
    if (back === 0) draft = editor.text;
    back = to;
    editor = editorWith(to === 0 ? draft : (entries[entries.length - to] ?? ''));
  };
  const found = () => {
    const query = searching?.query.text.toLowerCase() ?? '';
    const seen = new Set<string>();
    return history
      .entries()
      .toReversed()
      .filter((entry) => entry.toLowerCase().includes(query) && !seen.has(entry) && seen.add(entry));
  };
  const searchKey = (key: Key, search: { query: Editor; chosen: number }) => {
    if (key.kind === 'key' && key.name === 'up') search.chosen += 1;
    else if (key.kind === 'key' && key.name === 'down') search.chosen -= 1;
    else if (key.kind === 'key' && key.name === 'enter') {
      const entry = found()[search.chosen];
      if (entry !== undefined) editor = editorWith(entry);
      searching = null;
      return;
    } else search.query = edit(search.query, key);
    search.chosen = Math.max(0, Math.min(search.chosen, found().length - 1));
  };

  return {
    text: () => editor.text,
    set: (text) => {
      editor = editorWith(text);
      back = 0;
    },
    key: (key) => {
      if (searching) {
        searchKey(key, searching);
        return null;
      }
      const offered = completions(editor.text);
      if (key.kind === 'key') {
        if (key.name === 'tab' && offered.length > 0) {
          editor = editorWith(`/${offered[chosen % offered.length]?.name} `);
          return null;
        }
        if (key.name === 'tab') return null;
        if ((key.name === 'up' || key.name === 'down') && offered.length > 1) {
          chosen = (chosen + (key.name === 'up' ? offered.length - 1 : 1)) % offered.length;
          return null;
        }
        if (key.name === 'up' || key.name === 'down') {
          const moved = moveLine(editor, key.name === 'up' ? -1 : 1);
          if (moved) editor = moved;
          else recall(back + (key.name === 'up' ? 1 : -1));
          return null;
        }
        if (key.name === 'enter') {
          // A backslash before Enter is a line break, as in a shell.
          if (editor.text.endsWith('\\') && editor.cursor === editor.text.length) {
            editor = editorWith(`${editor.text.slice(0, -1)}\n`);
            return null;
          }
          const picked = offered[chosen % Math.max(1, offered.length)];
          const line = picked && `/${picked.name}` !== editor.text ? `/${picked.name}` : editor.text;
          editor = emptyEditor;
          back = 0;
          chosen = 0;
          return line;
        }
      }
      editor = edit(editor, key);
      chosen = 0;
      return null;
    },
    escape: () => {
      if (searching) {
        searching = null;
        return true;
      }
      if (!editor.text.startsWith('/')) return false;
      editor = emptyEditor;
      return true;
    },
    openHistory: () => {
      searching = { query: emptyEditor, chosen: 0 };
    },
    rows: (width, placeholder) =>
      searching
        ? editorRows(searching.query, {
            width,
            most: 1,
            prompt: 'history: ',
            placeholder: ' type to search · ↑↓ Enter takes it · Esc',
            focused: true,
          })
        : editorRows(editor, {
            width,
            most: mostRows,
            prompt: '❯ ',
            placeholder: ` ${placeholder}`,
            focused: true,
          }),
    hints: (width) => {
      if (searching) return searchRows(found(), searching.chosen, width);
      const offered = completions(editor.text);
      const from = Math.max(0, Math.min(chosen - mostHints + 2, offered.length - mostHints));
      return offered.slice(from, from + mostHints).map(({ name, says }, at) => [
        { text: `/${name}`.padEnd(10), tone: from + at === chosen % offered.length ? 'selected' : 'link' },
        { text: clipText(`  ${says}`, Math.max(0, width - 10)), tone: 'quiet' },
      ]);
    },
  };
}

function searchRows(entries: readonly string[], chosen: number, width: number): Row[] {
  if (entries.length === 0) return [rowOf('  nothing like it was typed before', 'quiet')];
  const from = Math.max(0, chosen - mostHints + 1);
  return entries
    .slice(from, from + mostHints)
    .map(
      (entry, at): Row =>
        rowOf(clipText(`  ${oneLine(entry)}`, width), from + at === chosen ? 'selected' : 'plain'),
    )
    .toReversed();
}
