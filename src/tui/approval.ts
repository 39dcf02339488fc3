import type { Finding, Program } from '../core/domain.ts';
import { count } from '../words.ts';
import type { Approval } from './desk.ts';
import type { Reading } from './highlight.ts';
import { type Editor, edit, editorRows, emptyEditor } from './input/editor.ts';
import type { Key } from './input/keys.ts';
import { scrolled } from './overlay.ts';
import { programPanel } from './panels/program.ts';
import type { Row } from './style.ts';
import { clipRow, oneLine, rowOf, wrapText } from './text.ts';

/** The question whether a program may run that asks for more than the policy grants. */
export interface ApprovalPrompt {
  /** `hears`: whether keys are for it already, and not for what was on the screen before. */
  rows(width: number, height: number, parts: { reading: Reading; hears: boolean }): Row[];
  key(key: Key): void;
  /** Nobody answers any more. */
  withdraw(): void;
}

const choices = [
  { letter: 'y', text: 'allow once' },
  { letter: 'a', text: 'allow for the session' },
  { letter: 'n', text: 'deny' },
  { letter: 'f', text: 'deny and say why' },
] as const;

export function approvalPrompt(
  program: Program,
  findings: readonly Finding[],
  answer: (approval: Approval | null) => void,
): ApprovalPrompt {
  let chosen = 2;
  let feedback: Editor | null = null;
  let top = 0;
  let isOpen = true;
  const settle = (approval: Approval | null) => {
    if (isOpen) answer(approval);
    isOpen = false;
  };
  const choose = (at: number) => {
    if (at === 0) settle({ answer: 'allow' });
    if (at === 1) settle({ answer: 'allow-session' });
    if (at === 2) settle({ answer: 'deny', feedback: null });
    if (at === 3) feedback = emptyEditor;
  };
  return {
    rows: (width, height, { reading, hears }) => {
      const head: Row[] = [
        [{ text: 'The program asks for more than the policy grants:', tone: 'warn' }],
        ...findingRows(findings, width, Math.max(2, Math.floor(height / 3))),
      ];
      const foot = feedback
        ? editorRows(feedback, {
            width,
            most: 3,
            prompt: 'deny, because ',
            placeholder: ' what the next attempt should do instead; Enter sends, Esc goes back',
            focused: true,
          })
        : hears
          ? [
              choiceRow(chosen),
              [{ text: '←→ Enter, or the letter · ↑↓ scroll the code', tone: 'quiet' as const }],
            ]
          : [
              [
                {
                  text: 'What is typed now still goes into the line; pause to answer.',
                  tone: 'quiet' as const,
                },
              ],
            ];
      const room = Math.max(0, height - head.length - foot.length);
      const panel = programPanel(program, { before: null, findings, reading });
      const all = room > 3 ? panel.draw(width, 100_000) : [];
      const [title, ...code] = all;
      const most = Math.max(0, code.length - (room - 1));
      top = Math.min(top, most);
      const body = title ? [title, ...code.slice(top, top + room - 1)] : [];
      return [...head, ...body, ...foot].map((row) => clipRow(row, width));
    },
    key: (key) => {
      if (feedback) {
        if (key.kind === 'key' && key.name === 'escape') feedback = null;
        else if (key.kind === 'key' && key.name === 'enter') {
          const text = feedback.text.trim();
          settle({ answer: 'deny', feedback: text === '' ? null : text });
        } else feedback = edit(feedback, key);
        return;
      }
      if (key.kind === 'key' && (key.name === 'left' || key.name === 'shift-tab')) chosen = (chosen + 3) % 4;
      else if (key.kind === 'key' && (key.name === 'right' || key.name === 'tab')) chosen = (chosen + 1) % 4;
      else if (key.kind === 'key' && key.name === 'enter') choose(chosen);
      else if (key.kind === 'text' && choices.some(({ letter }) => letter === key.text.toLowerCase()))
        choose(choices.findIndex(({ letter }) => letter === key.text.toLowerCase()));
      else top = Math.max(0, scrolled(key, top, 10));
    },
    withdraw: () => settle(null),
  };
}

/** Each finding whole, in up to three rows; when they are too many the last row says how many are left. */
function findingRows(findings: readonly Finding[], width: number, most: number): Row[] {
  const rows = findings.flatMap((finding) => {
    const where = `${oneLine(finding.file)}:${finding.line} [${oneLine(finding.rule)}]`;
    return wrapText(`${oneLine(finding.message)} ${where}`, width - 2, 3).map(
      (line, at): Row => [
        { text: at === 0 ? '▲ ' : '  ', tone: 'warn' },
        { text: line, tone: 'plain' },
      ],
    );
  });
  if (rows.length <= most) return rows;
  const left = count(findings.length, 'finding');
  return [...rows.slice(0, most - 1), rowOf(`  … of ${left}; the code below has them all`, 'quiet')];
}

function choiceRow(chosen: number): Row {
  return choices.flatMap(({ letter, text }, at) => [
    { text: at === 0 ? '' : '  ', tone: 'plain' as const },
    { text: ` ${letter} ${text} `, tone: at === chosen ? ('selected' as const) : ('plain' as const) },
  ]);
}
