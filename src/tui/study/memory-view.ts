import type { App } from '../app.ts';
import type { MemoryItem } from '../desk.ts';
import { framed, isClosing, type Overlay, scrolled } from '../overlay.ts';
import { beside } from '../panels/layout.ts';
import type { Row } from '../style.ts';
import { clipText, oneLine, rowOf, wrapText } from '../text.ts';

/** What was learned: a list, and beside it the one that is chosen with its witness and its effect. */
export function memoryView(app: App): Overlay {
  let items: MemoryItem[] | null = null;
  let failure = '';
  let chosen = 0;
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
    rows: (size) =>
      framed(
        'what was learned',
        memoryRows({ items, failure, chosen }, size.width, size.height - 2),
        '↑↓ chooses · Esc closes',
        size,
      ),
    key: (key) => {
      if (isClosing(key)) return 'close';
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
  'Nothing is remembered yet. A lesson is kept when a failed attempt turns into one that passes, and it is shown here with the proof: the failing program, the mended one, and what it did for later sessions.';

function detailRows(item: MemoryItem, width: number): Row[] {
  return [
    [{ text: item.id, tone: 'quiet' }],
    ...item.details.flatMap(({ label, text }): Row[] => [
      rowOf(label, 'gold'),
      ...wrapText(text, width - 2, 12).map((line) => rowOf(`  ${line}`)),
    ]),
  ];
}
