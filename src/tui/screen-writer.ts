/**
 * Puts frames on a terminal with as few bytes as lines that differ: Ink 6.8 knows whole redraws, and an incremental mode that loses a line
 * when a frame keeps or gains height. The cursor rests in the first column of the line below the frame. Nothing is erased from the upper left
 * corner on: tmux takes that for a whole screen and puts it into the scrollback.
 */
export interface ScreenWriter {
  /** `kept` are lines that scroll away above the frame, new since the last call; `live` is the whole frame. Lines hold no line break. */
  draw(kept: readonly string[], live: readonly string[]): void;
  /** The frame is taken off; what is above it stays. `rows` is how many the terminal made of it, when it was resized meanwhile. */
  erase(rows?: number): void;
  /** Another screen: nothing is on it. */
  forget(): void;
}

const begin = '\u001b[?2026h';
const end = '\u001b[?2026l';

export function screenWriter(write: (text: string) => void): ScreenWriter {
  let shown: readonly string[] = [];
  const up = (rows: number) => (rows > 0 ? `\u001b[${rows}A` : '');
  return {
    draw: (kept, live) => {
      if (kept.length > 0) {
        const lines = [...kept, ...live].map((line) => `\u001b[2K${line}\r\n`).join('');
        write(`${begin}\r${up(shown.length)}${lines}\u001b[J${end}`);
        shown = live;
        return;
      }
      const first = firstDifference(shown, live);
      if (first === -1) return;
      let text = `\r${up(shown.length - first)}`;
      let at = first;
      for (let row = first; row < live.length; row += 1) {
        if (row < shown.length && shown[row] === live[row]) continue;
        if (row > at) text += `\u001b[${row - at}B`;
        // Erased first: behind a line as wide as the screen there is no place to erase from.
        text += `${row < shown.length ? '\u001b[2K' : ''}${live[row]}\r\n`;
        at = row + 1;
      }
      if (at < live.length) text += `\u001b[${live.length - at}B`;
      if (shown.length > live.length) text += '\u001b[J';
      write(`${begin}${text}${end}`);
      shown = live;
    },
    erase: (rows = shown.length) => {
      write(`\r${up(rows)}${'\u001b[2K\u001b[1B'.repeat(rows)}${up(rows)}`);
      shown = [];
    },
    forget: () => {
      shown = [];
    },
  };
}

function firstDifference(one: readonly string[], other: readonly string[]): number {
  const most = Math.max(one.length, other.length);
  for (let at = 0; at < most; at += 1) if (one[at] !== other[at]) return at;
  return -1;
}
