import { clip, printable, type Screen } from './terminal.ts';

export interface ProgressBar {
  /** One more is finished; `line` stays above the bar. */
  done: (good: boolean, line: string | null) => void;
  close: () => void;
}

/** A bar on a screen that can show one; elsewhere only the lines. */
export function startProgressBar(screen: Screen, total: number): ProgressBar {
  let good = 0;
  let finished = 0;
  const clear = () => {
    if (screen.live) screen.write('\r\u001b[2K');
  };
  const draw = () => {
    if (!screen.live) return;
    const counts = ` ${finished}/${total} · ${good} verified`;
    const width = Math.max(5, Math.min(40, screen.columns() - counts.length - 2));
    const filled = total === 0 ? width : Math.round((finished / total) * width);
    screen.write(clip(`${'█'.repeat(filled)}${'░'.repeat(width - filled)}${counts}`, screen.columns() - 1));
  };
  draw();
  return {
    done: (isGood, line) => {
      finished += 1;
      if (isGood) good += 1;
      clear();
      if (line !== null) screen.write(`${printable(line)}\n`);
      draw();
    },
    close: clear,
  };
}
