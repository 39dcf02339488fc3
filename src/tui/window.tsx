import { Box, render, Static, Text } from 'ink';
import { memo, useSyncExternalStore } from 'react';
import { screenWriter } from './screen-writer.ts';
import { paintRow, plainRow, type Row, type Theme } from './style.ts';
import type { Terminal } from './terminal.ts';
import { rowCells } from './text.ts';

/** What is on the screen: rows that stay, and below them those that change. */
export interface Picture {
  /** Rows that are final, in order; only ever longer. */
  kept: readonly Row[];
  live: readonly Row[];
  /** Whether `live` has a screen of its own, without what is kept. */
  alternate: boolean;
}

export interface Window {
  /** Something changed; the picture is asked for when the next frame is due. */
  changed(): void;
  /** A key was pressed: what it did is shown without waiting for the beat of what runs. */
  answered(): void;
  /** Draws what is due now, takes the frame off, and gives the terminal back. */
  close(): void;
}

/** What runs is drawn anew nine times a second at most, what a key did thirty times. */
const frameMs = 110;
const answerMs = 33;
/** tmux tells a second resize 250 ms after it was made; till then rows would be counted by a width that is gone, and too many taken off. */
const settleMs = 300;

/** Rows without their colours: Ink would take every colour apart again. They are painted on the way to the terminal. */
interface Shown {
  kept: readonly { id: number; text: string }[];
  live: readonly string[];
}

/** Draws pictures with Ink. Everything stays within the height of the terminal less one row. */
export function openWindow(terminal: Terminal, theme: Theme, picture: () => Picture): Window {
  const writer = screenWriter(terminal.write);
  let shown: Shown = { kept: [], live: [] };
  let widths: number[] = [];
  let alternate = false;
  let keptRows = 0;
  /** Rows of <Static> that stand before the frame in what Ink writes, and how many of them the terminal has. */
  let written = 0;
  /** The rows that are drawn next, painted; of what is kept only those that are new. */
  let painted: { kept: string[]; live: string[] } = { kept: [], live: [] };
  let lastAt = 0;
  let timer: NodeJS.Timeout | null = null;
  let dueAt = 0;
  let resizing: NodeJS.Timeout | null = null;
  let isClosed = false;
  const listeners = new Set<() => void>();
  const store = {
    subscribe: (listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    get: () => shown,
  };
  const notify = () => {
    for (const listener of listeners) listener();
  };
  /** In Ink's debug mode a frame is one write: everything of <Static> so far, then what is live. */
  const onFrame = (text: string) => {
    if (isClosed) return;
    const lines = text.split('\n');
    const total = shown.kept.length;
    const fresh = shown.kept.slice(written);
    const kept = lines
      .slice(written, total)
      .map((line, at) => (line === fresh[at]?.text ? (painted.kept[at] ?? line) : line));
    const live = shown.live.map((text, at) => {
      const line = lines[total + at] ?? '';
      return line === text ? (painted.live[at] ?? line) : line;
    });
    writer.draw(kept, live);
    written = total;
    painted.kept = [];
  };
  const mount = () =>
    render(<Screen store={store} />, {
      stdout: terminal.inkStream(onFrame),
      exitOnCtrlC: false,
      patchConsole: false,
      debug: true,
      isScreenReaderEnabled: false,
    });
  const draw = () => {
    timer = null;
    if (isClosed) return;
    lastAt = performance.now();
    const next = picture();
    if (next.alternate !== alternate) {
      alternate = next.alternate;
      if (alternate) writer.erase();
      else writer.forget();
      terminal.alternate(alternate);
    }
    const { height } = terminal.size();
    const live = next.live.slice(0, height - 1).map(withoutTail);
    widths = live.map(rowCells);
    const added = alternate ? [] : next.kept.slice(keptRows);
    const kept = added.map((row, at) => ({ id: keptRows + at, text: plainText(row) }));
    painted = {
      kept: [...painted.kept, ...added.map((row) => paintRow(row, theme))],
      live: live.map((row) => paintRow(row, theme)),
    };
    keptRows += added.length;
    shown = {
      kept: kept.length === 0 ? shown.kept : [...shown.kept, ...kept],
      live: live.map(plainText),
    };
    notify();
  };
  const due = (afterMs: number) => {
    if (isClosed || resizing) return;
    const at = Math.max(performance.now(), lastAt + afterMs);
    if (timer && dueAt <= at) return;
    if (timer) clearTimeout(timer);
    dueAt = at;
    timer = setTimeout(() => {
      if (!terminal.measure()) draw();
    }, at - performance.now());
  };
  const ink = mount();
  const resized = () => {
    if (isClosed) return;
    resizing = null;
    // Rows counted by a width that is gone would take lines that stay.
    if (terminal.measure()) return;
    // The rows of the old frame may be broken into several by now.
    const { width } = terminal.size();
    const rows = widths.reduce((sum, cells) => sum + Math.max(1, Math.ceil(cells / width)), 0);
    if (alternate) {
      terminal.write('\u001b[H\u001b[2J');
      writer.forget();
    } else writer.erase(rows);
    draw();
  };
  terminal.onResize(() => {
    // While the edge is dragged nothing is drawn: a frame for a size that is gone already would be broken into other rows.
    if (timer) clearTimeout(timer);
    if (resizing) clearTimeout(resizing);
    timer = null;
    resizing = setTimeout(resized, settleMs);
  });
  return {
    changed: () => due(frameMs),
    answered: () => due(answerMs),
    close: () => {
      if (isClosed) return;
      if (timer) clearTimeout(timer);
      if (resizing) clearTimeout(resizing);
      draw();
      isClosed = true;
      if (alternate) terminal.alternate(false);
      else writer.erase();
      ink.unmount();
      terminal.restore();
    },
  };
}

/** Blanks at the end are not drawn: a terminal that breaks a row anew may or may not count them. */
function withoutTail(row: Row): Row {
  const last = row.at(-1);
  if (last?.tone !== 'plain') return row;
  const text = last.text.trimEnd();
  if (text === last.text) return row;
  return text === '' ? withoutTail(row.slice(0, -1)) : [...row.slice(0, -1), { ...last, text }];
}

/** An empty row still takes one. */
function plainText(row: Row): string {
  return plainRow(row) || ' ';
}

function Screen({ store }: { store: { subscribe: (listener: () => void) => () => void; get: () => Shown } }) {
  const { kept, live } = useSyncExternalStore(store.subscribe, store.get, store.get);
  return (
    <>
      <Static items={[...kept]}>{(row) => <Line key={row.id} text={row.text} />}</Static>
      <Box flexDirection="column">
        {live.map((text, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place on the screen
          <Line key={at} text={text} />
        ))}
      </Box>
    </>
  );
}

const Line = memo(function Line({ text }: { text: string }) {
  return <Text wrap="truncate">{text}</Text>;
});
