import { listSessions } from '../../journal/list.ts';
import type { SessionEntry } from '../../journal/summary.ts';
import { askedOf } from '../../words.ts';
import type { App } from '../app.ts';
import { type Editor, edit, editorRows, emptyEditor } from '../input/editor.ts';
import { framed, type Overlay } from '../overlay.ts';
import type { Row } from '../style.ts';
import { oneLine, rowOf } from '../text.ts';

/** All sessions, newest first, with a search in their goals, ids, models and endings. `pick` gets the journal's path. */
export function sessionPicker(app: App, title: string, pick: (entry: SessionEntry) => void): Overlay {
  let sessions: SessionEntry[] | null = null;
  let failure = '';
  let query: Editor = emptyEditor;
  let chosen = 0;
  /** Enter came before the list. */
  let picksFirst = false;
  let isClosed = false;
  listSessions(app.desk.logs)
    .then((list) => {
      sessions = list;
      const first = found()[chosen];
      if (picksFirst && !isClosed && first) pick(first);
    })
    .catch((error: unknown) => {
      failure = error instanceof Error ? error.message : String(error);
    })
    .finally(app.changed);
  const found = () => {
    const words = query.text.toLowerCase().split(/\s+/).filter(Boolean);
    return (sessions ?? []).filter((session) => {
      const text = textOf(session).toLowerCase();
      return words.every((word) => text.includes(word));
    });
  };
  return {
    dispose: () => {
      isClosed = true;
    },
    rows: (size) => {
      const list = found();
      const room = size.height - 4;
      const from = Math.max(0, Math.min(chosen - Math.floor(room / 2), list.length - room));
      const seen = list.slice(from, from + room);
      const columns = Math.max(8, ...seen.map((one) => (one.kind === 'session' ? one.state.length : 0)));
      const shown = seen.map((session, at) => sessionRow(session, columns, from + at === chosen, size.width));
      const empty =
        failure !== ''
          ? failure
          : sessions === null
            ? 'reading the journals …'
            : sessions.length === 0
              ? `No sessions yet in ${app.desk.logs}.`
              : 'No session has these words.';
      const search = editorRows(query, {
        width: size.width,
        most: 1,
        prompt: '/ ',
        placeholder: ' search',
        focused: true,
      });
      return framed(
        `${title} · ${list.length} of ${sessions?.length ?? 0}`,
        [...search, rowOf(''), ...(shown.length > 0 ? shown : [rowOf(empty, 'quiet')])],
        '↑↓ PgUp PgDn · Enter opens · type to search · Esc',
        size,
      );
    },
    key: (key) => {
      const list = found();
      if (key.kind === 'key') {
        const steps: Partial<Record<typeof key.name, number>> = {
          up: -1,
          down: 1,
          'page-up': -10,
          'page-down': 10,
        };
        const by = steps[key.name];
        if (by !== undefined) {
          chosen = Math.max(0, Math.min(list.length - 1, chosen + by));
          return 'stay';
        }
        if (key.name === 'escape') return 'close';
        if (key.name === 'enter') {
          const session = list[chosen];
          if (session) pick(session);
          else if (sessions === null) picksFirst = true;
          return 'stay';
        }
      }
      query = edit(query, key);
      chosen = 0;
      return 'stay';
    },
  };
}

function textOf(session: SessionEntry): string {
  if (session.kind === 'unreadable') return `${session.id} ${session.why}`;
  return `${session.id} ${session.at} ${session.state} ${session.model} ${session.goal}`;
}

/** `columns` is how many the longest state takes. */
function sessionRow(session: SessionEntry, columns: number, isChosen: boolean, width: number): Row {
  const when = session.at.slice(0, 16).replace('T', ' ');
  if (session.kind === 'unreadable')
    return rowOf(`${when.padEnd(16)}  ${oneLine(session.why)}`, isChosen ? 'selected' : 'bad');
  const { asked, of } = askedOf(session.goal);
  const sign = session.verified ? '✓' : session.state === 'running' ? '◌' : '■';
  const text = `${sign} ${when}  ${session.state.padEnd(columns)} ${String(session.attempts).padStart(2)}×  ${oneLine(asked)}${of === null ? '' : ` (a change to: ${oneLine(of)})`}`;
  if (isChosen) return rowOf(text.padEnd(width).slice(0, Math.max(width, text.length)), 'selected');
  return [
    { text: `${sign} `, tone: session.verified ? 'good' : 'bad' },
    { text: text.slice(2), tone: 'plain' },
  ];
}
