import { openCommand } from './app-commands.ts';
import { type ApprovalPrompt, approvalPrompt } from './approval.ts';
import { approvalRows } from './cards.ts';
import type { Continuation, Desk, Settings, Viewer, Work, WorkEnd } from './desk.ts';
import { footerRow } from './footer.ts';
import { loadReading, plainReading, type Reading } from './highlight.ts';
import { readCommand } from './input/commands.ts';
import { openHistory } from './input/history.ts';
import { openPrompt } from './input/prompt.ts';
import { answersFrom, keyboard } from './keyboard.ts';
import { liveRows } from './live-view.ts';
import type { Overlay } from './overlay.ts';
import { type SessionFeed, sessionFeed } from './session-feed.ts';
import { type Row, type ThemeName, themeOf } from './style.ts';
import { openTerminal } from './terminal.ts';
import { rowOf, wrapText } from './text.ts';
import { openWindow } from './window.tsx';

export interface Opening {
  theme: ThemeName;
  /** A view to begin with; when it is closed and nothing was started from it, the window is closed. */
  first: ((app: App) => Overlay) | null;
}

/** What views and commands may do with the window. */
export interface App {
  readonly desk: Desk;
  settings(): Settings;
  change(settings: Partial<Settings>): void;
  reading(): Reading;
  /** Says something in the rows that stay. */
  say(text: string, tone?: 'plain' | 'quiet' | 'warn' | 'bad'): void;
  open(overlay: Overlay): void;
  closeOverlay(): void;
  changed(): void;
  feed(): SessionFeed;
  isWorking(): boolean;
  start(begin: (viewer: Viewer) => Work): void;
  clear(): void;
  quit(): void;
}

/** How often what is under way is drawn anew when nothing else changes. */
const beatMs = 150;

/** The dashboard, from its first frame to its last. Resolves to the exit code: that of the last session, 0 without one. */
export function runApp(
  io: { stdin: NodeJS.ReadStream; stdout: NodeJS.WriteStream },
  desk: Desk,
  opening: Opening,
): Promise<number> {
  return new Promise((resolve) => {
    const terminal = openTerminal(io);
    const kept: Row[] = [];
    const queue: string[] = [];
    const history = openHistory(desk.home, desk.redact);
    const prompt = openPrompt(history);
    let settings = { ...desk.settings };
    let reading = plainReading;
    let feed = sessionFeed();
    let work: Work | null = null;
    let continuation: Omit<Continuation, 'feedback'> | null = null;
    let approval: { question: ApprovalPrompt; from: number } | null = null;
    let overlay: Overlay | null = null;
    let isFirstView = opening.first !== null;
    let expanded: 'output' | 'program' | null = null;
    let notice = '';
    let exitCode = 0;
    let beat = 0;
    let isLeaving = false;
    let ticker: NodeJS.Timeout | null = null;
    const keep = (rows: readonly Row[]) => {
      kept.push(...rows);
      changed();
    };
    const footer = (width: number): Row =>
      footerRow(
        feed.state(),
        { cwd: desk.cwd, home: desk.userHome, model: settings.model, mode: settings.permissionMode },
        width,
      );
    const window = openWindow(terminal, themeOf(opening.theme), () => {
      const size = terminal.size();
      const within = { ...size, height: size.height - 1 };
      if (overlay) return { kept, live: overlay.rows(within), alternate: true };
      const live = liveRows({
        ...{ ...within, state: feed.state(), working: work !== null, question: approval?.question ?? null },
        hears: approval !== null && performance.now() >= approval.from,
        ...{ accepts: continuation !== null, reading, expanded, queue, notice, prompt, footer, beat },
        now: Date.now(),
      });
      return { kept, live, alternate: false };
    });
    const changed = () => window.changed();

    const viewer: Viewer = {
      show: (event) => {
        kept.push(...feed.take(event, terminal.size().width));
        changed();
      },
      note: (text) => app.say(text, 'warn'),
      approve: (program, findings, signal) =>
        new Promise((answered) => {
          const stop = () => approval?.question.withdraw();
          const question = approvalPrompt(program, findings, (answer) => {
            signal.removeEventListener('abort', stop);
            approval = null;
            if (answer) keep(approvalRows(answer, terminal.size().width));
            answered(answer);
          });
          approval = { question, from: answersFrom(performance.now()) };
          if (signal.aborted) stop();
          else signal.addEventListener('abort', stop, { once: true });
          app.closeOverlay();
        }),
    };

    const app: App = {
      desk,
      settings: () => settings,
      change: (some) => {
        settings = { ...settings, ...some };
        changed();
      },
      reading: () => reading,
      say: (text, tone = 'plain') => {
        const { width } = terminal.size();
        keep(wrapText(text, width).map((line) => rowOf(line, tone)));
      },
      open: (next) => {
        overlay?.dispose?.();
        overlay = next;
        changed();
      },
      closeOverlay: () => {
        overlay?.dispose?.();
        overlay = null;
        changed();
      },
      changed,
      feed: () => feed,
      isWorking: () => work !== null,
      start: (begin) => {
        feed = sessionFeed();
        continuation = null;
        expanded = null;
        isFirstView = false;
        work = begin(viewer);
        ticker ??= setInterval(() => {
          beat += 1;
          changed();
        }, beatMs);
        void work.ended.then(over);
        changed();
      },
      clear: () => {
        continuation = null;
        feed = sessionFeed();
        queue.length = 0;
        changed();
      },
      quit: () => {
        isLeaving = true;
        queue.length = 0;
        if (work) work.interrupt('The window was closed. What was done is kept: kintsugi resume goes on.');
        else finish();
      },
    };

    const over = (end: WorkEnd) => {
      work = null;
      if (ticker) clearInterval(ticker);
      ticker = null;
      if (end.kind === 'problem') app.say(end.message, 'bad');
      exitCode = end.kind === 'problem' ? 1 : end.exitCode;
      const state = feed.state();
      const { task, outcome, steps } = state;
      const program = steps
        .flatMap((step) => step.attempts)
        .findLast((attempt) => attempt.program !== null)?.program;
      continuation = task && program && outcome?.proof ? { state, task, program } : null;
      if (isLeaving) {
        finish();
        return;
      }
      const next = queue.shift();
      // What waited is a goal of its own: nobody has seen yet what there would be to change.
      if (next !== undefined) {
        continuation = null;
        submit(next);
      }
      changed();
    };

    const submit = (line: string) => {
      const text = line.trim();
      const from = continuation;
      const command = readCommand(text);
      if (text !== '') history.add(text);
      if (command && 'unknown' in command) app.say(command.unknown, 'warn');
      else if (command) openCommand(app, command);
      else if (work && text !== '') queue.push(text);
      else if (text !== '') {
        app.start((viewing) =>
          from
            ? desk.mend({ ...from, feedback: text }, settings, viewing)
            : desk.begin(text, settings, viewing),
        );
      } else if (from) {
        continuation = null;
        app.say('accepted', 'quiet');
      }
      changed();
    };

    const onKey = keyboard({
      prompt,
      overlay: () => overlay,
      approval: () => approval,
      isWorking: () => work !== null,
      mode: () => settings.permissionMode,
      setMode: (permissionMode) => app.change({ permissionMode }),
      expand: (what) => {
        expanded = expanded === what ? null : what;
      },
      interrupt: (why) => {
        queue.length = 0;
        work?.interrupt(why);
      },
      closeOverlay: () => {
        app.closeOverlay();
        if (isFirstView) app.quit();
      },
      submit,
      notice: (text) => {
        notice = text;
        changed();
      },
      quit: app.quit,
    });

    const onSignal = () => {
      exitCode = 143;
      isLeaving = true;
      // A session that is under way hears of the signal by itself, and ends in its journal first.
      if (!work) finish();
    };
    const finish = () => {
      process.off('SIGTERM', onSignal);
      process.off('SIGHUP', onSignal);
      if (ticker) clearInterval(ticker);
      overlay?.dispose?.();
      window.close();
      resolve(exitCode);
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGHUP', onSignal);
    terminal.onKey((key) => {
      onKey(key);
      window.answered();
    });
    if (opening.first) overlay = opening.first(app);
    else kept.push(welcome(desk.version));
    changed();
    void loadReading().then((loaded) => {
      reading = loaded;
      changed();
    });
  });
}

function welcome(version: string): Row {
  return [
    { text: 'kintsugi', tone: 'gold' },
    { text: ` ${version} · plan, execute, test, reflect · exit 0 is a proof`, tone: 'quiet' },
  ];
}
