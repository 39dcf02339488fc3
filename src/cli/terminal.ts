import { styleText } from 'node:util';
import stringWidth from 'string-width';
import type { Line, Tone } from './describe.ts';

/** What a terminal can do, and how text is put on it. */

type Style = Parameters<typeof styleText>[0];
const styles: Record<Tone, Style | null> = {
  plain: null,
  good: 'green',
  bad: 'red',
  warn: 'yellow',
  quiet: 'dim',
  strong: 'bold',
};

export interface Screen {
  color: boolean;
  /** True when one line may be written over again and again. */
  live: boolean;
  columns: () => number;
  write: (text: string) => void;
}

/** Colours and live lines as flags, NO_COLOR, FORCE_COLOR, TERM and the stream allow. */
export function screenOf(
  stream: NodeJS.WriteStream,
  color: 'auto' | 'always' | 'never',
  env: Record<string, string | undefined>,
): Screen {
  const dumb = env.TERM === 'dumb';
  const capable = stream.isTTY === true && !dumb;
  const wanted = env.NO_COLOR ? false : env.FORCE_COLOR && env.FORCE_COLOR !== '0' ? true : capable;
  return {
    color: color === 'always' || (color === 'auto' && wanted),
    live: capable && !env.CI,
    // A terminal that was never told its size says 0.
    columns: () => stream.columns || 80,
    write: (text) => {
      stream.write(text);
    },
  };
}

export function paint(screen: Pick<Screen, 'color'>, line: Line): string {
  const style = styles[line.tone];
  // One line is one line: a name that a model chose cannot draw a second one.
  const text = printable(line.text).replaceAll('\n', '␊');
  return screen.color && style !== null ? styleText(style, text, { validateStream: false }) : text;
}

/** Text from outside cannot steer the terminal: control characters other than tabs become visible. */
export function printable(text: string): string {
  return text.replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) => {
      const code = character.codePointAt(0) ?? 0;
      return code < 0x20 ? String.fromCodePoint(0x2400 + code) : '\ufffd';
    },
  );
}

/** Cut to a width in columns, wide and combining characters counted as the terminal shows them. */
export function clip(text: string, columns: number): string {
  if (stringWidth(text) <= columns) return text;
  let width = 0;
  let kept = '';
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    width += stringWidth(segment);
    if (width > columns - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}
