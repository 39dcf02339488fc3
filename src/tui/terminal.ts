import { EventEmitter } from 'node:events';
import { type Key, keyReader } from './input/keys.ts';

/** The terminal in the dashboard's hands: raw keys in, frames out, and everything given back on every way out. */
export interface Terminal {
  /** What Ink draws to: each of its writes goes to `onFrame`. */
  inkStream(onFrame: (text: string) => void): NodeJS.WriteStream;
  size(): { width: number; height: number };
  /** Asks the system for the size, since a change is told late; true when it is another one than `size` said, and `onResize` has heard of it. */
  measure(): boolean;
  /** Draws on a screen of its own, and back on the one with the scrollback. */
  alternate(on: boolean): void;
  write(text: string): void;
  onKey(listener: (key: Key) => void): void;
  onResize(listener: () => void): void;
  /** Gives the terminal back. Safe to call twice; also called when the process exits. */
  restore(): void;
}

/** An escape that nothing follows within so many milliseconds is the key itself. */
const escapeMs = 40;

export function openTerminal(io: { stdin: NodeJS.ReadStream; stdout: NodeJS.WriteStream }): Terminal {
  const { stdin, stdout } = io;
  let isAlternate = false;
  let isRestored = false;
  const keyListeners: ((key: Key) => void)[] = [];
  const resizeListeners: (() => void)[] = [];
  const write = (text: string) => {
    if (!isRestored) stdout.write(text);
  };
  const reader = keyReader();
  let timer: NodeJS.Timeout | null = null;
  const pass = (keys: readonly Key[]) => {
    for (const key of keys) for (const listener of keyListeners) listener(key);
  };
  const onData = (data: string) => {
    if (timer) clearTimeout(timer);
    timer = null;
    pass(reader.push(data));
    if (reader.waits()) timer = setTimeout(() => pass(reader.flush()), escapeMs);
  };
  const onResize = () => {
    for (const listener of resizeListeners) listener();
  };
  const restore = () => {
    if (isRestored) return;
    write(`\u001b[?2004l${isAlternate ? '\u001b[?1049l' : ''}\u001b[?2026l\u001b[0m\u001b[?25h`);
    isRestored = true;
    if (timer) clearTimeout(timer);
    stdin.off('data', onData);
    stdout.off('resize', onResize);
    process.off('exit', restore);
    try {
      stdin.setRawMode(false);
    } catch {
      // The terminal is gone.
    }
    stdin.pause();
  };

  process.on('exit', restore);
  stdin.setEncoding('utf8');
  stdin.setRawMode(true);
  stdin.on('data', onData);
  stdin.resume();
  stdout.on('resize', onResize);
  write('\u001b[?2004h\u001b[?25l');
  return {
    inkStream: (onFrame) =>
      Object.defineProperties(new EventEmitter(), {
        isTTY: { value: true },
        rows: { get: () => sizeOf(stdout).height },
        columns: { get: () => sizeOf(stdout).width },
        write: {
          value: (text: string) => {
            onFrame(text);
            return true;
          },
        },
      }) as unknown as NodeJS.WriteStream,
    size: () => sizeOf(stdout),
    measure: () => {
      const { width, height } = sizeOf(stdout);
      // What Node does at the signal; its public getWindowSize() gives what it kept then.
      (stdout as { _refreshSize?: () => void })._refreshSize?.();
      const now = sizeOf(stdout);
      return now.width !== width || now.height !== height;
    },
    alternate: (on) => {
      if (on === isAlternate) return;
      isAlternate = on;
      write(on ? '\u001b[?1049h\u001b[H\u001b[2J' : '\u001b[?1049l');
    },
    write,
    onKey: (listener) => keyListeners.push(listener),
    onResize: (listener) => resizeListeners.push(listener),
    restore,
  };
}

/** A terminal that was never told its size says 0. */
function sizeOf(stdout: NodeJS.WriteStream): { width: number; height: number } {
  return { width: Math.max(20, stdout.columns || 80), height: Math.max(6, stdout.rows || 24) };
}
