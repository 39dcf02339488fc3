import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { completions, readCommand } from '../../src/tui/input/commands.ts';
import { edit, editorRows, editorWith, emptyEditor } from '../../src/tui/input/editor.ts';
import { openHistory } from '../../src/tui/input/history.ts';
import { type Key, keyReader } from '../../src/tui/input/keys.ts';
import { plainRow } from '../../src/tui/style.ts';
import { rowCells } from '../../src/tui/text.ts';

const key = (name: Extract<Key, { kind: 'key' }>['name']): Key => ({ kind: 'key', name });
const typed = (text: string): Key => ({ kind: 'text', text, pasted: false });

describe('keys', () => {
  it('are the same however the bytes are cut', () => {
    const bytes =
      'ab\u001b[A\u001b[1;5C\u001bOB\u001b[200~x\r\ny\u001b[31m\u001b[201~\r\u007f\u0003漢\u001b[Z';
    const whole = keyReader().push(bytes);
    expect(whole).toContainEqual({ kind: 'text', text: 'x\ny', pasted: true });
    expect(whole.at(-1)).toEqual(key('shift-tab'));
    const joined = (keys: readonly Key[]) =>
      keys.map((one) => (one.kind === 'text' && !one.pasted ? one.text : JSON.stringify(one))).join('');
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: bytes.length }), { maxLength: 6 }), (cuts) => {
        const places = [0, ...new Set(cuts)].sort((one, other) => one - other);
        const reader = keyReader();
        const keys = places.flatMap((from, at) =>
          reader.push(bytes.slice(from, places[at + 1] ?? bytes.length)),
        );
        expect(joined(keys)).toBe(joined(whole));
      }),
    );
  });

  it('an escape that nothing follows is the key, once somebody gives up waiting', () => {
    const reader = keyReader();
    expect(reader.push('\u001b')).toEqual([]);
    expect(reader.waits()).toBe(true);
    expect(reader.flush()).toEqual([key('escape')]);
  });

  it.each([
    ['in two pieces', ['\u001b', '/replay latest\r']],
    ['in one piece', ['\u001b/replay latest\r']],
  ])('what is typed right after an escape is not lost, read %s', (_, pieces) => {
    const reader = keyReader();
    const keys = pieces.flatMap((piece) => reader.push(piece));
    expect(keys).toEqual([key('escape'), typed('/replay latest'), key('enter')]);
  });

  it('an escape and a letter that means something with Alt are two keys when they come apart', () => {
    const reader = keyReader();
    expect([...reader.push('\u001b'), ...reader.push('f')]).toEqual([key('escape'), typed('f')]);
    expect(keyReader().push('\u001bf')).toEqual([key('word-right')]);
  });

  it('a paste cannot press keys: what is in it stays text', () => {
    const keys = keyReader().push('\u001b[200~rm -rf /\r\u0003\u001b[A\u001b[201~');
    expect(keys).toEqual([{ kind: 'text', text: 'rm -rf /\n', pasted: true }]);
  });
});

describe('the line', () => {
  it('goes by what a person sees as one character', () => {
    const family = '👩‍👩‍👧‍👦';
    const editor = edit(emptyEditor, typed(`a${family}e\u0301`));
    const once = edit(editor, key('backspace'));
    expect(once.text).toBe(`a${family}`);
    expect(edit(once, key('backspace')).text).toBe('a');
    expect(edit(edit(editor, key('left')), key('left')).cursor).toBe(1);
  });

  it('never loses its cursor or grows wider than the screen, whatever is typed', () => {
    const any = fc.array(
      fc.oneof(
        fc.string({ unit: 'grapheme', maxLength: 8 }).map((text) => typed(text.replace(/[\r\n]/g, ''))),
        fc
          .constantFrom(
            ...(['left', 'right', 'backspace', 'delete', 'home', 'end', 'newline', 'word-left'] as const),
          )
          .map(key),
      ),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(any, fc.integer({ min: 12, max: 90 }), (keys, width) => {
        const editor = keys.reduce(edit, emptyEditor);
        expect(editor.cursor).toBeGreaterThanOrEqual(0);
        expect(editor.cursor).toBeLessThanOrEqual(editor.text.length);
        const rows = editorRows(editor, { width, most: 4, prompt: '❯ ', placeholder: ' ', focused: true });
        expect(rows.length).toBeLessThanOrEqual(4);
        expect(rows.flat().filter((span) => span.tone === 'cursor')).toHaveLength(1);
        for (const row of rows) expect(rowCells(row)).toBeLessThanOrEqual(width + 1);
      }),
    );
  });

  it('shows the cursor on the character it stands before', () => {
    const [row = []] = editorRows(
      { text: 'hello', cursor: 1 },
      { width: 20, most: 1, prompt: '> ', placeholder: ' ', focused: true },
    );
    expect(row.find((span) => span.tone === 'cursor')?.text).toBe('e');
    expect(plainRow(row)).toBe('> hello');
  });

  it('a text is put in whole where the cursor is', () => {
    expect(edit({ text: 'ad', cursor: 1 }, typed('bc'))).toEqual({ text: 'abcd', cursor: 3 });
    expect(editorWith('x').cursor).toBe(1);
  });
});

describe('commands', () => {
  it('a beginning that only one command has is that command', () => {
    expect(readCommand('/stats')).toEqual({ name: 'stats', argument: '' });
    expect(readCommand('/mem off')).toEqual({ name: 'memory', argument: 'off' });
    expect(completions('/re').map(({ name }) => name)).toEqual(['replay', 'resume']);
  });

  it('a misspelt one is said, and a path or a sentence is a goal', () => {
    expect(readCommand('/nothing')).toEqual({ unknown: '/nothing is no command. /help lists them.' });
    expect(readCommand('/etc/hosts is to be read')).toBeNull();
    expect(readCommand('write a program')).toBeNull();
  });
});

it('the history outlives the window, is for nobody else to read, and keeps no secret', () => {
  const home = mkdtempSync(path.join(tmpdir(), 'kintsugi-history-'));
  try {
    const history = openHistory(home, (text) => text.replace('hunter2', '<secret>'));
    history.add('one');
    history.add('one');
    history.add('two\nlines with hunter2');
    expect(openHistory(home, (text) => text).entries()).toEqual(['one', 'two\nlines with <secret>']);
    const file = path.join(home, 'history.jsonl');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).not.toContain('hunter2');
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
