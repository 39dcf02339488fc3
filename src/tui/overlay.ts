import type { Key } from './input/keys.ts';
import type { Row } from './style.ts';
import { clipRow, clipText, rowOf, spread } from './text.ts';

export interface Size {
  width: number;
  height: number;
}

/** A view on a screen of its own. */
export interface Overlay {
  /** At most `height` rows of at most `width` columns. */
  rows(size: Size): Row[];
  /** `close` when it is done with. */
  key(key: Key): 'stay' | 'close';
  /** Stops what it has under way. */
  dispose?: () => void;
}

/** Title above, keys below, and the rows between them, filled up to the height. */
export function framed(title: string, body: readonly Row[], keys: string, { width, height }: Size): Row[] {
  const room = Math.max(1, height - 2);
  const shown = body.slice(0, room).map((row) => clipRow(row, width));
  return [
    [{ text: clipText(title, width), tone: 'gold' }],
    ...shown,
    ...Array.from({ length: room - shown.length }, () => rowOf('')),
    spread([{ text: clipText(keys, width), tone: 'quiet' }], [], width),
  ];
}

/** Rows that scroll. `rows` is asked at each frame; it may grow. */
export function scrollingView(title: string, content: (width: number) => readonly Row[]): Overlay {
  let top = 0;
  let last = { most: 0, page: 10 };
  return {
    rows: (size) => {
      const all = content(size.width);
      const page = size.height - 2;
      last = { most: Math.max(0, all.length - page), page };
      top = Math.min(top, last.most);
      const place =
        all.length > page ? ` · ${top + 1}–${Math.min(all.length, top + page)} of ${all.length}` : '';
      return framed(
        `${title}${place}`,
        all.slice(top, top + page),
        '↑↓ PgUp PgDn Home End · Esc closes',
        size,
      );
    },
    key: (key) => {
      if (isClosing(key)) return 'close';
      top = Math.max(0, Math.min(last.most, scrolled(key, top, last.page)));
      return 'stay';
    },
  };
}

/** Where a list stands after a key; `page` is the height of the view. */
export function scrolled(key: Key, top: number, page: number): number {
  if (key.kind === 'text') {
    if (key.text === 'j') return top + 1;
    if (key.text === 'k') return top - 1;
    return key.text === ' ' ? top + page : top;
  }
  if (key.kind === 'ctrl') return top;
  const steps: Partial<Record<typeof key.name, number>> = {
    up: -1,
    down: 1,
    'page-up': -page,
    'page-down': page,
    home: Number.NEGATIVE_INFINITY,
    end: Number.POSITIVE_INFINITY,
  };
  return top + (steps[key.name] ?? 0);
}

export function isClosing(key: Key): boolean {
  return (key.kind === 'key' && key.name === 'escape') || (key.kind === 'text' && key.text === 'q');
}
