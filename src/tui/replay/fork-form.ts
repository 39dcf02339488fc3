import type { Settings } from '../desk.ts';
import { type Editor, edit, editorRows, editorWith } from '../input/editor.ts';
import type { Key } from '../input/keys.ts';
import type { Size } from '../overlay.ts';
import type { Row } from '../style.ts';
import { rowOf, wrapText } from '../text.ts';

export interface ForkForm {
  rows(size: Size, seq: number): Row[];
  key(key: Key): 'open' | 'cancelled' | Fork;
}

interface Fork {
  settings: Settings;
  goal: string | null;
  memory: boolean | null;
  /** Given where no other model was named. */
  model?: 'record';
}

/** What a fork does otherwise: the model, memory on or off, the goal. */
export function forkForm(settings: Settings, record: { goal: string; memory: boolean }): ForkForm {
  const { goal } = record;
  let field = 0;
  let model: Editor = editorWith('');
  let prompt: Editor = editorWith(goal);
  let { memory } = record;
  return {
    rows: ({ width }, seq) => {
      const label = (at: number, text: string): Row => [
        { text: at === field ? '▸ ' : '  ', tone: 'gold' },
        { text, tone: at === field ? 'strong' : 'quiet' },
      ];
      const line = (at: number, editor: Editor, placeholder: string) =>
        editorRows(editor, { width, most: 4, prompt: '    ', placeholder, focused: at === field });
      return [
        [{ text: `fork after event ${seq}`, tone: 'gold' }],
        ...wrapText(
          'The record answers up to here; from here on it is live, in a new session. Programs that passed are not run again.',
          width,
        ).map((text) => rowOf(text, 'quiet')),
        rowOf(''),
        label(0, 'model'),
        ...line(0, model, ' the one of the record'),
        label(1, 'memory'),
        [{ text: `    ${memory ? '(•) on  ( ) off' : '( ) on  (•) off'}`, tone: 'plain' }],
        label(2, 'goal'),
        ...line(2, prompt, ' '),
        rowOf(''),
        rowOf('Tab next · space switches memory · Enter forks · Esc back', 'quiet'),
      ];
    },
    key: (key) => {
      if (key.kind === 'key') {
        if (key.name === 'escape') return 'cancelled';
        if (key.name === 'enter') {
          const name = model.text.trim();
          const text = prompt.text.trim();
          return {
            settings: { ...settings, ...(name === '' ? {} : { model: name }) },
            ...(name === '' ? { model: 'record' } : {}),
            memory: memory === record.memory ? null : memory,
            goal: text === goal.trim() || text === '' ? null : text,
          };
        }
        if (key.name === 'tab' || key.name === 'down') {
          field = (field + 1) % 3;
          return 'open';
        }
        if (key.name === 'shift-tab' || key.name === 'up') {
          field = (field + 2) % 3;
          return 'open';
        }
      }
      if (field === 1) {
        const switches =
          key.kind === 'text' || (key.kind === 'key' && (key.name === 'left' || key.name === 'right'));
        if (switches) memory = !memory;
      } else if (field === 0) model = edit(model, key);
      else prompt = edit(prompt, key);
      return 'open';
    },
  };
}
