import { findSession } from '../../journal/list.ts';
import { loadJournal } from '../../journal/read.ts';
import type { App } from '../app.ts';
import type { Key } from '../input/keys.ts';
import { framed, isClosing, type Overlay } from '../overlay.ts';
import { rowOf } from '../text.ts';
import { type Compared, compareView } from './compare-view.ts';
import { sessionPicker } from './picker.ts';
import { replayView } from './replay.ts';

/** The replay of a journal's file; what keeps it from being read is said. */
function openReplay(app: App, file: string): void {
  openLater(app, replayOf(app, file));
}

/** The replay of the session a person means: an id, the beginning of one, a file, or latest. Two of them: side by side. */
export function findReplay(app: App, wanted: string, start?: 'end'): void {
  const [first = '', second, ...more] = wanted.split(/\s+/).filter(Boolean);
  if (more.length > 0) {
    app.say('/replay takes one session, or two side by side.', 'warn');
    return;
  }
  const { logs } = app.desk;
  const coming =
    second === undefined
      ? findSession(logs, first).then((file) => replayOf(app, file, start))
      : Promise.all([compared(logs, first), compared(logs, second)]).then(([left, right]) =>
          compareView(app, left, right),
        );
  openLater(app, coming);
}

/** The list of sessions; the one that is taken plays. */
export function replayPicker(app: App): Overlay {
  return sessionPicker(app, 'replay a session', (entry) => openReplay(app, entry.path));
}

async function replayOf(app: App, file: string, start?: 'end'): Promise<Overlay> {
  const { events } = await loadJournal(file);
  return replayView(app, file, events, start);
}

async function compared(logs: string, wanted: string): Promise<Compared> {
  const { events } = await loadJournal(await findSession(logs, wanted));
  const [started] = events;
  return { name: started?.type === 'session.started' ? started.session : wanted, events };
}

/** A view that is on its way. Keys typed meanwhile are for it, and it gets them as soon as it is there. */
function openLater(app: App, coming: Promise<Overlay>): void {
  const typed: Key[] = [];
  let isClosed = false;
  app.open({
    rows: (size) => framed('replay', [rowOf('reading the journal …', 'quiet')], 'Esc closes', size),
    key: (key) => {
      if (isClosing(key)) return 'close';
      typed.push(key);
      return 'stay';
    },
    dispose: () => {
      isClosed = true;
    },
  });
  coming.then(
    (view) => {
      if (isClosed) {
        view.dispose?.();
        return;
      }
      app.open(view);
      if (typed.some((key) => view.key(key) === 'close')) app.closeOverlay();
    },
    (error: unknown) => {
      if (!isClosed) app.closeOverlay();
      app.say(error instanceof Error ? error.message : String(error), 'bad');
    },
  );
}
