import type { SessionEvent } from '../../core/events.ts';
import type { App } from '../app.ts';
import { footerRow } from '../footer.ts';
import type { Key } from '../input/keys.ts';
import { isClosing, type Overlay, type Size } from '../overlay.ts';
import { sessionRows } from '../session-view.ts';
import type { Row } from '../style.ts';
import { clipRow, clipText, oneLine, rowOf, spread } from '../text.ts';
import { forkForm } from './fork-form.ts';
import { startPlayer } from './player.ts';
import { timelineOf } from './timeline.ts';

/** A session of a journal in the panels of a live one, with a hand on the clock. */
export function replayView(app: App, file: string, events: readonly SessionEvent[], start?: 'end'): Overlay {
  const timeline = timelineOf(events);
  const player = startPlayer(timeline, app.changed);
  if (start === 'end') player.instant();
  let expanded: 'output' | 'program' | null = null;
  let form: ReturnType<typeof forkForm> | null = null;
  let said: Row | null = null;
  let verifying: AbortController | null = null;

  const verify = async () => {
    if (verifying) return;
    const controller = new AbortController();
    verifying = controller;
    said = rowOf('verifying: programs and checks are run again …', 'gold');
    app.changed();
    try {
      const { agreed, total, divergence } = await app.desk.verify(file, events, controller.signal);
      said = divergence
        ? rowOf(
            `diverges at event ${divergence.seq} (${divergence.type} ${oneLine(divergence.path)}): recorded ${short(divergence.recorded)}, now ${short(divergence.now)}`,
            'bad',
          )
        : rowOf(`verified: ${agreed} of ${total} events agree`, 'good');
    } catch (error) {
      said = rowOf(controller.signal.aborted ? 'the verification was stopped' : messageOf(error), 'warn');
    }
    verifying = null;
    app.changed();
  };

  const key = (pressed: Key): 'stay' | 'close' => {
    if (form) {
      const done = form.key(pressed);
      if (done === 'cancelled') form = null;
      else if (done !== 'open') {
        const from = events[player.place() - 1]?.seq ?? 1;
        app.closeOverlay();
        const { settings, ...otherwise } = done;
        app.change(settings);
        app.say(`forked from ${app.feed().state().session || fileId(events)} at event ${from}`, 'quiet');
        app.start((viewer) => app.desk.fork({ file, events, from, ...otherwise }, settings, viewer));
      }
      return 'stay';
    }
    if (isClosing(pressed)) return 'close';
    const place = player.place();
    const name =
      pressed.kind === 'key'
        ? pressed.name
        : pressed.kind === 'text'
          ? pressed.text
          : `ctrl-${pressed.letter}`;
    if (name === ' ') player.toggle();
    else if (name === 'right' || name === 'l') player.go(timeline.step(place, 1));
    else if (name === 'left' || name === 'h') player.go(timeline.step(place, -1));
    else if (name === 'down' || name === 'n') player.go(timeline.attempt(place, 1));
    else if (name === 'up' || name === 'p') player.go(timeline.attempt(place, -1));
    else if (name === 'home' || name === 'g') player.go(0);
    else if (name === 'end' || name === 'G' || name === 'i') player.instant();
    else if (name === '+' || name === '=') player.faster(1);
    else if (name === '-') player.faster(-1);
    else if (name === 'x') {
      const failure = timeline.failure(place);
      if (failure === null) said = rowOf('nothing failed in this session', 'quiet');
      else player.go(failure);
    } else if (name === 'v') void verify();
    else if (name === 'f') {
      if (app.isWorking()) said = rowOf('a session is under way; fork when it is over', 'warn');
      else {
        player.go(place);
        form = forkForm(app.settings(), {
          goal: timeline.stateAt(place).task?.goal ?? '',
          memory: startedWithMemory(events),
        });
      }
    } else if (name === 'ctrl-o') expanded = expanded === 'output' ? null : 'output';
    else if (name === 'ctrl-p') expanded = expanded === 'program' ? null : 'program';
    if (name !== 'v' && name !== 'x' && name !== 'f' && !verifying) said = null;
    return 'stay';
  };

  const rows = ({ width, height }: Size): Row[] => {
    const place = player.place();
    const state = timeline.stateAt(place);
    const facts = { cwd: app.desk.cwd, home: app.desk.userHome, model: state.model, mode: 'default' };
    const below = [
      ...(said ? [clipRow(said, width)] : []),
      barRow(events, place, player, width),
      rowOf(keysText(width), 'quiet'),
      footerRow(state, facts, width),
    ];
    if (form) return form.rows({ width, height }, events[place - 1]?.seq ?? 0);
    const room = height - below.length;
    const elapsedMs =
      state.startedAt && state.lastAt ? Date.parse(state.lastAt) - Date.parse(state.startedAt) : 0;
    const body = sessionRows(state, {
      ...{ width, height: room, reading: app.reading(), expanded, finished: true, spinner: '', elapsedMs },
    });
    return [...body, ...Array.from({ length: Math.max(0, room - body.length) }, () => rowOf('')), ...below];
  };
  return {
    rows,
    key,
    dispose: () => {
      player.dispose();
      verifying?.abort(new Error('the view was closed'));
    },
  };
}

const allKeys = 'space play · ←→ event · ↑↓ attempt · +- speed · i end · x failure · f fork · v verify · Esc';

function keysText(width: number): string {
  return allKeys.length <= width
    ? allKeys
    : clipText('space ←→ ↑↓ +- · i end · x failure · f fork · v verify · Esc', width);
}

/** `▶ 4× ━━━━━──── 31/53 verdict.reached`. */
function barRow(
  events: readonly SessionEvent[],
  place: number,
  player: { isPlaying(): boolean; speed(): number },
  width: number,
): Row {
  const speed = player.speed() === Number.POSITIVE_INFINITY ? 'instant' : `${player.speed()}×`;
  const left = `${player.isPlaying() ? '▶' : '‖'} ${speed} `;
  const right = ` ${place}/${events.length} ${events[place - 1]?.type ?? 'the beginning'}`;
  const room = Math.max(5, width - left.length - right.length);
  const filled = events.length === 0 ? 0 : Math.round((room * place) / events.length);
  return spread(
    [
      { text: left, tone: 'gold' },
      { text: '━'.repeat(filled), tone: 'gold' },
      { text: '─'.repeat(room - filled), tone: 'quiet' },
    ],
    [{ text: right, tone: 'quiet' }],
    width,
  );
}

function fileId(events: readonly SessionEvent[]): string {
  const [first] = events;
  return first?.type === 'session.started' ? first.session : '';
}

function startedWithMemory([first]: readonly SessionEvent[]): boolean {
  return first?.type === 'session.started' && first.memory;
}

function short(value: unknown): string {
  return clipText(oneLine(JSON.stringify(value) ?? 'nothing'), 60);
}

function messageOf(error: unknown): string {
  return oneLine(error instanceof Error ? error.message : String(error));
}
