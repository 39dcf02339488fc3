import type { SessionEvent } from '../core/events.ts';
import { tokensOf } from '../core/limits.ts';
import { initialState, reduce, type SessionState } from '../core/state.ts';
import { type Detail, describeEvent, seconds } from './describe.ts';
import { clip, paint, printable, type Screen } from './terminal.ts';

export interface Progress {
  show: (event: SessionEvent) => void;
  note: (text: string) => void;
  /** Nothing is drawn until `work` is over: the screen is somebody else's. */
  held: <Value>(work: () => Promise<Value>) => Promise<Value>;
  close: () => void;
}

const frameMs = 100;
const spinner = ['◐', '◓', '◑', '◒'];

/** Says on a screen what happens: finished facts as lines that stay and, where the screen allows, one live line below them. */
export function startProgress(screen: Screen, detail: Detail, now: () => number): Progress {
  let state: SessionState = initialState;
  let shown = false;
  let frame = 0;
  let holders = 0;
  const startedAt = now();
  const clear = () => {
    if (shown) screen.write('\r\u001b[2K');
    shown = false;
  };
  const draw = () => {
    if (holders > 0) return;
    const text = liveText(state, now() - startedAt);
    if (text === '') return;
    frame += 1;
    clear();
    screen.write(clip(`${spinner[frame % spinner.length]} ${text}`, screen.columns() - 1));
    shown = true;
  };
  const timer = screen.live ? setInterval(draw, frameMs) : null;
  timer?.unref();
  return {
    show: (event) => {
      state = reduce(state, event);
      const lines = describeEvent(event, detail);
      if (lines.length === 0) return;
      clear();
      for (const line of lines) screen.write(`${paint(screen, line)}\n`);
    },
    note: (text) => {
      clear();
      screen.write(`${paint(screen, { text, tone: 'warn' })}\n`);
    },
    held: async (work) => {
      holders += 1;
      clear();
      try {
        return await work();
      } finally {
        holders -= 1;
      }
    },
    close: () => {
      if (timer) clearInterval(timer);
      clear();
    },
  };
}

function liveText(state: SessionState, ms: number): string {
  if (state.phase === 'ended' || state.phase === 'starting') return '';
  const attempts = state.steps.flatMap((step) => step.attempts).length;
  const limit = state.task?.budgets.attempts ?? 0;
  const doing = state.running
    ? `running ${state.running.check ?? 'the program'}`
    : state.asking
      ? `${{ plan: 'planning', code: 'writing', diagnose: 'working out why', lesson: 'learning' }[state.asking.purpose]}${state.asking.text ? ` (${state.asking.text.length} characters)` : ''}`
      : state.phase;
  const attempt = attempts > 0 ? `attempt ${attempts}/${limit} · ` : '';
  // The name of a check comes from a model or a suite.
  return printable(`${attempt}${doing} · ${seconds(ms)} · ${tokensOf(state.usage)} tokens`).replace(
    /\s/g,
    ' ',
  );
}
