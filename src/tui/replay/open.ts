import { findSession } from '../../journal/list.ts';
import { loadJournal } from '../../journal/read.ts';
import type { App } from '../app.ts';
import type { Overlay } from '../overlay.ts';
import { sessionPicker } from './picker.ts';
import { replayView } from './replay.ts';

/** The replay of a journal's file; what keeps it from being read is said. */
export function openReplay(app: App, file: string, start?: 'end'): void {
  loadJournal(file)
    .then(({ events }) => app.open(replayView(app, file, events, start)))
    .catch((error: unknown) => {
      app.closeOverlay();
      app.say(error instanceof Error ? error.message : String(error), 'bad');
    });
}

/** The replay of the session a person means: an id, the beginning of one, a file, or latest. */
export function findReplay(app: App, wanted: string): void {
  findSession(app.desk.logs, wanted)
    .then((file) => openReplay(app, file))
    .catch((error: unknown) => app.say(error instanceof Error ? error.message : String(error), 'bad'));
}

/** The list of sessions; the one that is taken plays. */
export function replayPicker(app: App): Overlay {
  return sessionPicker(app, 'replay a session', (entry) => openReplay(app, entry.path));
}
