import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { builtEntry, type Place } from './kintsugi.ts';

/** A real terminal: tmux, with a server of its own for each screen. */

/** Why there is no such terminal here; null when there is one. */
export const noScreen: string | null =
  spawnSync('tmux', ['-V']).status === 0 ? null : 'tmux is not installed';

export interface Screen {
  /** What is on the screen, trailing blanks cut; `history` with what has scrolled off. */
  text: (history?: boolean) => string;
  /** The same with the colours. */
  styled: () => string;
  keys: (...names: string[]) => void;
  /** Text as it is, whatever tmux would make of its words. */
  type: (text: string) => void;
  paste: (text: string) => void;
  resize: (width: number, height: number) => void;
  /** Settles when the screen fits; fails after three minutes with what is on it. */
  until: (pattern: RegExp | ((text: string) => boolean), history?: boolean) => Promise<string>;
  /** Presses keys again and again until the screen fits: for what is not heard at every moment. */
  pressUntil: (key: string, pattern: RegExp) => Promise<string>;
  /** The process that runs in it. */
  pid: () => number;
  close: () => void;
}

export interface ScreenOptions {
  width?: number;
  height?: number;
  env?: Record<string, string>;
}

/** Starts kintsugi on a screen. When it ends the screen says `ENDED <code>`. */
export function openScreen(place: Place, args: readonly string[], options: ScreenOptions = {}): Screen {
  const { width = 80, height = 24, env = {} } = options;
  const socket = `kintsugi-${process.pid}-${randomBytes(4).toString('hex')}`;
  const tmux = (...words: string[]) => execFileSync('tmux', ['-L', socket, ...words], { encoding: 'utf8' });
  const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;
  const settings = Object.entries({ ...place.env, TERM: 'xterm-256color', ...env }).map(([name, value]) =>
    quoted(`${name}=${value}`),
  );
  const command = [
    'env',
    '-i',
    ...settings,
    quoted(process.execPath),
    quoted(builtEntry()),
    ...args.map(quoted),
  ];
  const script = `cd ${quoted(place.cwd)} && ${command.join(' ')}; echo "ENDED $?"; stty -a | grep -o -- '-\\?icanon'; exec cat`;
  tmux('-f', '/dev/null', 'new-session', '-d', '-s', 'k', '-x', String(width), '-y', String(height), script);
  const capture = (...more: string[]) => tmux('capture-pane', '-p', '-t', 'k', ...more).trimEnd();
  const text = (history = false) => capture(...(history ? ['-S', '-'] : []));
  const until = async (pattern: RegExp | ((text: string) => boolean), history = false, press?: string) => {
    const fits = typeof pattern === 'function' ? pattern : (shown: string) => pattern.test(shown);
    const end = Date.now() + 180_000;
    for (;;) {
      const shown = text(history);
      if (fits(shown)) return shown;
      if (Date.now() > end) throw new Error(`three minutes went by before ${pattern} was seen in:\n${shown}`);
      if (press !== undefined) tmux('send-keys', '-t', 'k', press);
      await new Promise((resolve) => setTimeout(resolve, press === undefined ? 40 : 400));
    }
  };
  return {
    text,
    styled: () => capture('-e'),
    keys: (...names) => void tmux('send-keys', '-t', 'k', ...names),
    type: (typed) => void tmux('send-keys', '-t', 'k', '-l', typed),
    paste: (pasted) => {
      tmux('set-buffer', pasted);
      tmux('paste-buffer', '-p', '-t', 'k');
    },
    resize: (columns, rows) =>
      void tmux('resize-window', '-t', 'k', '-x', String(columns), '-y', String(rows)),
    until: (pattern, history) => until(pattern, history),
    pressUntil: (key, pattern) => until(pattern, false, key),
    pid: () => Number(tmux('display-message', '-p', '-t', 'k', '#{pane_pid}').trim()),
    close: () => {
      spawnSync('tmux', ['-L', socket, 'kill-server']);
    },
  };
}
