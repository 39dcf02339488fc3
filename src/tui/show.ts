import type { SessionEvent } from '../core/events.ts';
import { type App, runApp } from './app.ts';
import type { Desk } from './desk.ts';
import { compareView } from './replay/compare-view.ts';
import { replayPicker } from './replay/open.ts';
import { replayView } from './replay/replay.ts';
import type { ThemeName } from './style.ts';

export interface Loaded {
  name: string;
  file: string;
  events: readonly SessionEvent[];
}

/** What the window begins with: the prompt, or a view that is the whole of it. */
export type FirstView =
  | { kind: 'prompt' }
  | { kind: 'picker' }
  | { kind: 'replay'; session: Loaded }
  | { kind: 'compare'; left: Loaded; right: Loaded };

/** Opens the dashboard. Resolves to the exit code when it is closed; the terminal is as it was then. */
export async function showDashboard(
  io: { stdin: NodeJS.ReadStream; stdout: NodeJS.WriteStream },
  desk: Desk,
  options: { theme: ThemeName; first: FirstView },
): Promise<number> {
  const { theme, first } = options;
  return await runApp(io, desk, {
    theme,
    first: first.kind === 'prompt' ? null : (app) => viewOf(app, first),
  });
}

function viewOf(app: App, first: Exclude<FirstView, { kind: 'prompt' }>) {
  if (first.kind === 'picker') return replayPicker(app);
  if (first.kind === 'replay') return replayView(app, first.session.file, first.session.events);
  return compareView(app, first.left, first.right);
}
