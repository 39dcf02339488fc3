import type { PermissionMode } from '../core/domain.ts';
import type { ApprovalPrompt } from './approval.ts';
import type { Key } from './input/keys.ts';
import type { Prompt } from './input/prompt.ts';
import type { Overlay } from './overlay.ts';

/** What keys act on. Who is asked first: the view that is open, the question about a program, the line. */
export interface Board {
  prompt: Prompt;
  overlay(): Overlay | null;
  /** The question, and the time before which keys are not meant for it; that moves on while keys come. */
  approval(): { question: ApprovalPrompt; from: number } | null;
  isWorking(): boolean;
  mode(): PermissionMode;
  setMode(mode: PermissionMode): void;
  expand(what: 'output' | 'program'): void;
  interrupt(why: string): void;
  closeOverlay(): void;
  submit(line: string): void;
  notice(text: string): void;
  quit(): void;
}

const modes = ['default', 'plan', 'acceptEdits', 'dontAsk', 'bypassPermissions'] as const;
const twiceMs = 1_500;
/** Keys that follow each other faster than this were meant for what was on the screen before. */
const settleMs = 300;

/** When the keys begin that answer a question which has just come up. */
export function answersFrom(now: number): number {
  return now + settleMs;
}

/** Takes the keys of the dashboard. */
export function keyboard(board: Board): (key: Key) => void {
  let lastInterrupt = Number.NEGATIVE_INFINITY;
  let lastEscape = Number.NEGATIVE_INFINITY;

  const interrupted = () => {
    const now = performance.now();
    if (now - lastInterrupt < twiceMs) {
      board.quit();
      return;
    }
    lastInterrupt = now;
    board.notice('Ctrl+C again quits');
    if (board.prompt.text() !== '') board.prompt.set('');
    else if (board.isWorking())
      board.interrupt('Interrupted by Ctrl+C. What was done is kept: /resume goes on.');
  };

  const escaped = () => {
    if (board.prompt.escape()) return;
    const now = performance.now();
    if (now - lastEscape < twiceMs) {
      lastEscape = Number.NEGATIVE_INFINITY;
      board.prompt.openHistory();
      return;
    }
    lastEscape = now;
    if (board.isWorking()) board.interrupt('Interrupted by Esc. What was done is kept: /resume goes on.');
    else board.notice('Esc again: the history');
  };

  const nextMode = () => {
    const next = modes[(modes.indexOf(board.mode()) + 1) % modes.length] ?? 'default';
    board.setMode(next);
    board.notice(`permission mode: ${next}${board.isWorking() ? ', from the next goal on' : ''}`);
  };

  const onCtrl = (letter: string): boolean => {
    if (letter === 'o') board.expand('output');
    else if (letter === 'p') board.expand('program');
    else if (letter === 'd' && board.prompt.text() === '') board.quit();
    else return false;
    return true;
  };

  const take = (key: Key) => {
    board.notice('');
    if (key.kind === 'ctrl' && key.letter === 'c') {
      interrupted();
      return;
    }
    const overlay = board.overlay();
    if (overlay) {
      if (overlay.key(key) === 'close') board.closeOverlay();
      return;
    }
    const asked = board.approval();
    const now = performance.now();
    if (asked && now >= asked.from) {
      asked.question.key(key);
      asked.from = Number.NEGATIVE_INFINITY;
      return;
    }
    // What is typed for the line goes into the line, and does not answer a question that came up in between.
    if (asked) asked.from = answersFrom(now);
    if (key.kind === 'key' && key.name === 'escape') {
      if (asked) board.prompt.escape();
      else escaped();
      return;
    }
    lastEscape = Number.NEGATIVE_INFINITY;
    if (key.kind === 'key' && key.name === 'shift-tab') nextMode();
    else if (key.kind === 'ctrl' && onCtrl(key.letter)) return;
    else {
      const line = board.prompt.key(key);
      if (line !== null) board.submit(line);
    }
  };

  // Keys that came in one piece are still one after the other: what the first of them opens or answers is not there for the next.
  return (key) => {
    if (key.kind !== 'text' || key.pasted || (!board.overlay() && !board.approval())) {
      take(key);
      return;
    }
    for (const text of key.text) take({ ...key, text });
  };
}
