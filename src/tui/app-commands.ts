import { tokensOf } from '../core/limits.ts';
import { findSession, listSessions } from '../journal/list.ts';
import { loadJournal } from '../journal/read.ts';
import type { App } from './app.ts';
import { commands, type SlashCommand } from './input/commands.ts';
import { scrollingView } from './overlay.ts';
import { programPanel } from './panels/program.ts';
import { findReplay, replayPicker } from './replay/open.ts';
import { sessionPicker } from './replay/picker.ts';
import { programBefore } from './session-view.ts';
import { memoryView } from './study/memory-view.ts';
import { statsView } from './study/stats.ts';
import type { Row } from './style.ts';
import { hangingText, rowOf, wrapText } from './text.ts';

/** Does what a slash command says. */
export function openCommand(app: App, { name, argument }: SlashCommand): void {
  switch (name) {
    case 'help':
      app.open(scrollingView('help', (width) => helpRows(width)));
      return;
    case 'status':
      tellStatus(app);
      return;
    case 'cost':
      void tellCost(app);
      return;
    case 'stats':
      app.open(statsView(app));
      return;
    case 'memory':
      if (argument === 'on' || argument === 'off') {
        app.change({ memory: argument === 'on' });
        app.say(`memory is ${argument} from the next goal on`, 'quiet');
        return;
      }
      app.open(memoryView(app));
      return;
    case 'replay':
      if (argument === '') app.open(replayPicker(app));
      else findReplay(app, argument);
      return;
    case 'resume':
      resume(app, argument);
      return;
    case 'fork':
      fork(app, argument);
      return;
    case 'diff':
      showDiff(app);
      return;
    case 'model':
      if (argument !== '') app.change({ model: argument });
      app.say(`model of the next goal: ${app.settings().model}`, 'quiet');
      return;
    case 'config':
      void showLines(app, 'settings', app.desk.config());
      return;
    case 'doctor':
      void showLines(app, 'doctor', app.desk.doctor());
      return;
    case 'clear':
      app.clear();
      app.say('The next goal begins afresh.', 'quiet');
      return;
    case 'quit':
      app.quit();
      return;
    default:
      name satisfies never;
  }
}

const keys = [
  ['Enter', 'sends the goal; Alt+Enter, or \\ and Enter, breaks the line'],
  ['Esc', 'interrupts and keeps what was done'],
  ['Esc Esc', 'opens the history'],
  ['↑ ↓', 'earlier lines'],
  ['Tab', 'completes a command'],
  ['Ctrl+C', 'empties the line, interrupts; twice it leaves'],
  ['Ctrl+O', 'the whole output of the program'],
  ['Ctrl+P', 'the whole program'],
  ['Shift+Tab', 'the permission mode of the next goal'],
] as const;

function helpRows(width: number): Row[] {
  const line = (left: string, right: string): Row[] =>
    wrapText(right, width - 16).map((text, at) => [
      { text: `  ${(at === 0 ? left : '').padEnd(14)}`, tone: 'link' },
      { text, tone: 'plain' },
    ]);
  const goal = 'Type a goal: what the program must do. What is typed while one is under way is queued.';
  return [
    ...wrapText(goal, width).map((text) => rowOf(text)),
    rowOf(''),
    rowOf('keys', 'strong'),
    ...keys.flatMap(([left, right]) => line(left, right)),
    rowOf(''),
    rowOf('commands', 'strong'),
    ...commands.flatMap(({ name, says }) => line(`/${name}`, says)),
  ];
}

function tellStatus(app: App): void {
  const state = app.feed().state();
  const { model, permissionMode, memory } = app.settings();
  const session =
    state.session === ''
      ? 'no session yet'
      : `session ${state.session}: ${state.outcome?.ending ?? state.phase}`;
  const remembers = model === 'demo' ? 'none with the demo' : memory ? 'on' : 'off';
  app.say(
    `${session}\nnext goal: model ${model}, permission mode ${permissionMode}, memory ${remembers}\njournals in ${app.desk.logs}`,
    'quiet',
  );
}

async function tellCost(app: App): Promise<void> {
  const state = app.feed().state();
  const cost = (usd: number | null) => (usd === null ? 'unknown' : `$${usd.toFixed(4)}`);
  const sessions = await listSessions(app.desk.logs).catch(() => []);
  const costs = sessions.flatMap((session) => (session.kind === 'session' ? [session.costUsd] : []));
  const known = costs.filter((usd) => usd !== null).reduce((sum, usd) => sum + usd, 0);
  const unknown = costs.filter((usd) => usd === null).length;
  app.say(
    `this session: ${tokensOf(state.usage)} tokens, ${cost(state.costUsd)}\nall ${costs.length} sessions: ${cost(known)}${unknown > 0 ? `, and ${unknown} of unknown cost` : ''}`,
    'quiet',
  );
}

function resume(app: App, argument: string): void {
  if (app.isWorking()) {
    app.say('A session is under way; Esc interrupts it.', 'warn');
    return;
  }
  const begin = (file: string) => {
    app.closeOverlay();
    app.start((viewer) => app.desk.resume(file, app.settings(), viewer));
  };
  if (argument === '') app.open(sessionPicker(app, 'go on with a session', (entry) => begin(entry.path)));
  else findSession(app.desk.logs, argument).then(begin, (error: unknown) => app.say(messageOf(error), 'bad'));
}

/** With an event, at once; else the replay opens, and `f` in it forks from where it stands. */
function fork(app: App, argument: string): void {
  if (app.isWorking()) {
    app.say('A session is under way; Esc interrupts it.', 'warn');
    return;
  }
  const [wanted = '', event = ''] = argument.split(/\s+/);
  const current = app.feed().state().session;
  const id = wanted === '' ? current || 'latest' : wanted;
  if (event === '') {
    findReplay(app, id, 'end');
    return;
  }
  findSession(app.desk.logs, id)
    .then(async (file) => {
      const { events } = await loadJournal(file);
      const from = Number(event);
      if (!Number.isInteger(from) || from < 1 || from > events.length) {
        app.say(`/fork: ${file} has the events 1 to ${events.length}, not ${event}.`, 'warn');
        return;
      }
      app.start((viewer) =>
        app.desk.fork({ file, events, from, goal: null, memory: null }, app.settings(), viewer),
      );
    })
    .catch((error: unknown) => app.say(messageOf(error), 'bad'));
}

function showDiff(app: App): void {
  const state = app.feed().state();
  const current = state.steps
    .flatMap((step) => step.attempts)
    .findLast((attempt) => attempt.program !== null);
  if (!current?.program) {
    app.say('There is no program yet.', 'quiet');
    return;
  }
  const { program } = current;
  const before = programBefore(state, current);
  const findings = current.scan?.findings ?? [];
  app.open(
    scrollingView(before ? 'against the attempt before' : 'the program', (width) =>
      programPanel(program, { before, findings, reading: app.reading() }).draw(width, 100_000),
    ),
  );
}

async function showLines(app: App, title: string, lines: Promise<string[]>): Promise<void> {
  let rows: string[] = ['looking …'];
  app.open(scrollingView(title, (width) => hangingText(rows.join('\n'), width).map((line) => rowOf(line))));
  try {
    rows = await lines;
  } catch (error) {
    rows = [messageOf(error)];
  }
  app.changed();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
