import type { App } from '../app.ts';
import type { Desk, MemoryItem } from '../desk.ts';
import { framed, isClosing, type Overlay, scrolled } from '../overlay.ts';
import { beside } from '../panels/layout.ts';
import type { Row } from '../style.ts';
import { clipText, oneLine, rowOf, wrapText } from '../text.ts';

/** What was learned: a list, and beside it the one that is chosen with its witness and its effect. */
export function memoryView(app: { desk: Pick<Desk, 'memories'>; changed: App['changed'] }): Overlay {
  let items: MemoryItem[] | null = null;
  let failure = '';
  let chosen = 0;
  /** The row at the top of the chosen one where it is read by itself; null beside the list. */
  let top: number | null = null;
  let last = { most: 0, page: 10 };
  app.desk.memories
    .list()
    .then((list) => {
      items = list;
    })
    .catch((error: unknown) => {
      failure = error instanceof Error ? error.message : String(error);
    })
    .finally(app.changed);
  return {
    rows: (size) => {
      const page = size.height - 2;
      const item = items?.[chosen];
      const place = items && items.length > 0 ? ` · ${chosen + 1} of ${items.length}` : '';
      if (top === null || !item) {
        return framed(
          `what was learned${place}`,
          memoryRows({ items, failure, chosen }, size.width, page),
          '↑↓ chooses · Enter reads it whole · Esc closes',
          size,
        );
      }
      const whole = detailRows(item, size.width, Number.POSITIVE_INFINITY);
      last = { most: Math.max(0, whole.length - page), page };
      top = Math.min(top, last.most);
      return framed(
        `${item.kind}, ${item.state}${place}`,
        whole.slice(top, top + page),
        '↑↓ PgUp PgDn Home End · Enter or Esc goes back to the list',
        size,
      );
    },
    key: (key) => {
      const isEnter = key.kind === 'key' && key.name === 'enter';
      if (top !== null) {
        top =
          isEnter || isClosing(key) ? null : Math.max(0, Math.min(last.most, scrolled(key, top, last.page)));
        return 'stay';
      }
      if (isClosing(key)) return 'close';
      if (isEnter) {
        if (items?.[chosen]) top = 0;
        return 'stay';
      }
      chosen = Math.max(0, Math.min((items?.length ?? 1) - 1, scrolled(key, chosen, 10)));
      return 'stay';
    },
  };
}

/** Pure. `items` null: not read yet. */
export function memoryRows(
  state: { items: readonly MemoryItem[] | null; failure: string; chosen: number },
  width: number,
  height: number,
): Row[] {
  const { items, failure, chosen } = state;
  if (failure !== '') return [rowOf(failure, 'bad')];
  if (items === null) return [rowOf('reading …', 'quiet')];
  if (items.length === 0) return wrapText(nothing, width).map((line) => rowOf(line, 'quiet'));
  const wide = width >= 90;
  const listWidth = wide ? Math.floor(width * 0.42) : width;
  const listHeight = wide ? height : Math.max(3, Math.floor(height / 2));
  const from = Math.max(0, Math.min(chosen - Math.floor(listHeight / 2), items.length - listHeight));
  const list = items.slice(from, from + listHeight).map((item, at): Row => {
    const text = clipText(
      `${item.kind.padEnd(8)} ${item.state.padEnd(11)} ${oneLine(item.title)}`,
      listWidth,
    );
    return rowOf(text, from + at === chosen ? 'selected' : 'plain');
  });
  const item = items[chosen];
  const detail = item ? detailRows(item, wide ? width - listWidth - 3 : width) : [];
  return wide
    ? beside(list, detail.slice(0, height), listWidth, width - listWidth - 3)
    : [...list, rowOf(''), ...detail];
}

const nothing =
  'Nothing is remembered. A lesson is kept when a failed attempt turns into one that passes, and it is shown here with the proof: the failing program, the mended one, and what it did for later sessions.';

/** Each text in at most `most` rows. */
function detailRows(item: MemoryItem, width: number, most = 12): Row[] {
  return [
    [{ text: item.id, tone: 'quiet' }],
    ...item.details.flatMap(({ label, text }): Row[] => [
      rowOf(label, 'gold'),
      ...wrapText(text, width - 2, most).map((line) => rowOf(`  ${line}`)),
    ]),
  ];
}
