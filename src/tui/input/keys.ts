/** What a person did at the keyboard. `text` is what was typed or pasted, harmless, line breaks as \n. */
export type Key =
  | { kind: 'text'; text: string; pasted: boolean }
  | { kind: 'key'; name: KeyName }
  /** A letter with Ctrl. */
  | { kind: 'ctrl'; letter: string };

export type KeyName =
  | 'enter'
  | 'newline'
  | 'tab'
  | 'shift-tab'
  | 'escape'
  | 'backspace'
  | 'delete'
  | 'delete-word'
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'word-left'
  | 'word-right'
  | 'home'
  | 'end'
  | 'page-up'
  | 'page-down';

/** Bytes of a terminal → keys. What a later piece may complete is held back; `flush` gives up waiting for it. */
export interface KeyReader {
  push(text: string): Key[];
  flush(): Key[];
  /** True while an escape that is not complete is held back; a paste that is not over is not. */
  waits(): boolean;
}

const pasteStart = '\u001b[200~';
const pasteEnd = '\u001b[201~';
/** Bounds what a paste can hold: a goal is not a book. */
const longestPaste = 200_000;

const named: Record<string, KeyName> = {
  '[A': 'up',
  '[B': 'down',
  '[C': 'right',
  '[D': 'left',
  OA: 'up',
  OB: 'down',
  OC: 'right',
  OD: 'left',
  '[H': 'home',
  '[F': 'end',
  OH: 'home',
  OF: 'end',
  '[1~': 'home',
  '[7~': 'home',
  '[4~': 'end',
  '[8~': 'end',
  '[3~': 'delete',
  '[5~': 'page-up',
  '[6~': 'page-down',
  '[Z': 'shift-tab',
  '[1;5C': 'word-right',
  '[1;5D': 'word-left',
  '[1;3C': 'word-right',
  '[1;3D': 'word-left',
  '[13;2u': 'newline',
  '[27;2;13~': 'newline',
  '\r': 'newline',
  '\n': 'newline',
  '\u007f': 'delete-word',
  b: 'word-left',
  f: 'word-right',
};

export function keyReader(): KeyReader {
  let held = '';
  let pasted: string | null = null;

  const read = (final: boolean): Key[] => {
    const keys: Key[] = [];
    while (held !== '') {
      if (pasted !== null) {
        const end = held.indexOf(pasteEnd);
        if (end === -1) {
          const keep = final ? 0 : Math.min(held.length, pasteEnd.length - 1);
          pasted = (pasted + held.slice(0, held.length - keep)).slice(0, longestPaste);
          held = held.slice(held.length - keep);
          break;
        }
        const text = pastedText((pasted + held.slice(0, end)).slice(0, longestPaste));
        if (text !== '') keys.push({ kind: 'text', text, pasted: true });
        held = held.slice(end + pasteEnd.length);
        pasted = null;
        continue;
      }
      if (held.startsWith('\u001b')) {
        const sequence = escapeSequence(held);
        if (sequence === null && !final) break;
        const whole = sequence ?? '\u001b';
        held = held.slice(whole.length);
        if (whole === pasteStart) {
          pasted = '';
          continue;
        }
        const name = whole === '\u001b' ? 'escape' : named[whole.slice(1)];
        if (name) keys.push({ kind: 'key', name });
        else if (whole.length === 2) {
          // Escape and what was typed right after it, read in one piece.
          keys.push({ kind: 'key', name: 'escape' });
          held = whole.slice(1) + held;
        }
        continue;
      }
      const end = held.search(/[\x00-\x1f\x7f]/);
      if (end !== 0) {
        const text = end === -1 ? held : held.slice(0, end);
        held = held.slice(text.length);
        keys.push({ kind: 'text', text: pastedText(text), pasted: false });
        continue;
      }
      const key = controlKey(held, held[0] ?? '');
      held = held.slice(1);
      if (key) keys.push(key);
    }
    return keys;
  };

  return {
    push: (text) => {
      // A sequence comes in one piece or goes on with [ or O; what else follows an escape by itself is a key of its own.
      const escaped: Key[] = held === '\u001b' && !/^[[O]/.test(text) ? read(true) : [];
      held += text;
      return [...escaped, ...read(false)];
    },
    flush: () => read(true),
    waits: () => pasted === null && held !== '',
  };
}

/** The sequence a text begins with; null while it may go on. */
function escapeSequence(text: string): string | null {
  const second = text[1];
  if (second === undefined) return null;
  if (second === '[') {
    const found = /^\u001b\[[0-?]*[ -/]*[@-~]/.exec(text);
    if (found) return found[0];
    return /^\u001b\[[0-?]*[ -/]*$/.test(text) ? null : '\u001b[';
  }
  if (second === 'O') return text.length < 3 ? null : text.slice(0, 3);
  // Escape twice is two keys.
  return second === '\u001b' ? '\u001b' : text.slice(0, 2);
}

function controlKey(rest: string, character: string): Key | null {
  if (character === '\r') return { kind: 'key', name: 'enter' };
  // A line feed in the middle of typed text is a line break of a terminal without bracketed paste.
  if (character === '\n') return { kind: 'key', name: rest.length > 1 ? 'newline' : 'enter' };
  if (character === '\t') return { kind: 'key', name: 'tab' };
  if (character === '\u007f' || character === '\b') return { kind: 'key', name: 'backspace' };
  const code = character.charCodeAt(0);
  return code >= 1 && code <= 26 ? { kind: 'ctrl', letter: String.fromCharCode(code + 96) } : null;
}

function pastedText(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/\t/g, '  ')
    .replace(/\u001b\[[0-?]*[ -/]*[@-~]/g, '')
    .replace(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '');
}
