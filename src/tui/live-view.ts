import type { SessionState } from '../core/state.ts';
import type { ApprovalPrompt } from './approval.ts';
import type { Reading } from './highlight.ts';
import type { Prompt } from './input/prompt.ts';
import { sessionRows } from './session-view.ts';
import type { Row } from './style.ts';
import { clipText, fittingParts, oneLine, rowOf } from './text.ts';

export interface LiveParts {
  width: number;
  /** Rows there are for all of it. */
  height: number;
  state: SessionState;
  working: boolean;
  question: ApprovalPrompt | null;
  /** Whether keys answer the question already. */
  hears: boolean;
  /** A program is there to be accepted, or to be changed by what is said next. */
  accepts: boolean;
  reading: Reading;
  expanded: 'output' | 'program' | null;
  queue: readonly string[];
  notice: string;
  prompt: Prompt;
  footer: (width: number) => Row;
  /** Counts the frames of what turns. */
  beat: number;
  /** Milliseconds since 1970. */
  now: number;
}

const spinner = ['◐', '◓', '◑', '◒'];

/** What changes below the rows that stay: the session that is under way, the queue, the line, the footer. */
export function liveRows(parts: LiveParts): Row[] {
  const { width, height, state, reading, prompt } = parts;
  const footer = parts.footer(width);
  if (parts.question) {
    const line = parts.hears && prompt.text() === '' ? [] : prompt.rows(width, '');
    const room = height - 1 - line.length;
    return [...parts.question.rows(width, room, { reading, hears: parts.hears }), ...line, footer];
  }
  const notice = parts.notice === '' ? [] : [rowOf(clipText(parts.notice, width), 'warn')];
  const below = [
    ...prompt.hints(width),
    ...notice,
    ...prompt.rows(width, fittingParts(placeholder(parts), width - 3)),
    footer,
  ];
  if (!parts.working) return below;
  const queued = parts.queue.slice(0, 3).map((one) => rowOf(clipText(`⧗ ${oneLine(one)}`, width), 'quiet'));
  const rows = sessionRows(state, {
    ...{ width, height: Math.max(0, height - below.length - queued.length), reading, finished: false },
    expanded: parts.expanded,
    spinner: spinner[parts.beat % spinner.length] ?? '',
    elapsedMs: state.startedAt ? parts.now - Date.parse(state.startedAt) : 0,
  });
  const air = rows.length + queued.length + below.length < height ? [rowOf('')] : [];
  return [...rows, ...queued, ...air, ...below];
}

function placeholder({ working, accepts }: LiveParts): string {
  if (working) return 'what comes next is queued · Esc interrupts · Ctrl+O output';
  if (accepts) return 'Enter accepts · or say what to change · /clear for another goal · /diff /fork';
  return 'what shall the program do?  /help';
}
