import { Box, render, Static, Text } from 'ink';
import { memo, useSyncExternalStore } from 'react';
import { screenWriter } from './screen-writer.ts';
import { paintRow, type Row, type Theme } from './style.ts';
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
  /** Draws what is due now, takes the frame off, and gives the terminal back. */
  close(): void;
}

const frameMs = 50;

interface Shown {
  kept: readonly { id: number; text: string }[];
  live: readonly string[];
}

/** Draws pictures with Ink, at most twenty a second. Everything stays within the height of the terminal less one row. */
export function openWindow(terminal: Terminal, theme: Theme, picture: () => Picture): Window {
  const writer = screenWriter(terminal.write);
  let shown: Shown = { kept: [], live: [] };
  let widths: number[] = [];
  let alternate = false;
  let keptRows = 0;
  /** Rows of <Static> that stand before the frame in what Ink writes, and how many of them the terminal has. */
  let written = 0;
  let lastAt = 0;
  let timer: NodeJS.Timeout | null = null;
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
    writer.draw(lines.slice(written, total), shown.live.length === 0 ? [] : lines.slice(total));
    written = total;
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
    const live = next.live.slice(0, height - 1);
    widths = live.map(rowCells);
    const added = alternate ? [] : next.kept.slice(keptRows);
    const kept = added.map((row, at) => ({ id: keptRows + at, text: painted(row, theme) }));
    keptRows += added.length;
    shown = {
      kept: kept.length === 0 ? shown.kept : [...shown.kept, ...kept],
      live: live.map((row) => painted(row, theme)),
    };
    notify();
  };
  const ink = mount();
  terminal.onResize(() => {
    if (isClosed) return;
    // The rows of the old frame may be broken into several by now.
    const { width } = terminal.size();
    const rows = widths.reduce((sum, cells) => sum + Math.max(1, Math.ceil(cells / width)), 0);
    if (alternate) {
      terminal.write('\u001b[H\u001b[2J');
      writer.forget();
    } else writer.erase(rows);
    draw();
  });
  return {
    changed: () => {
      if (timer || isClosed) return;
      const wait = Math.max(0, lastAt + frameMs - performance.now());
      timer = setTimeout(draw, wait);
    },
    close: () => {
      if (isClosed) return;
      if (timer) clearTimeout(timer);
      draw();
      isClosed = true;
      if (alternate) terminal.alternate(false);
      else writer.erase();
      ink.unmount();
      terminal.restore();
    },
  };
}

/** An empty row still takes one. */
function painted(row: Row, theme: Theme): string {
  return paintRow(row, theme) || ' ';
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
