// One window under load, in a process of its own: `<bundle> kintsugi|ink SECONDS [bytes]`. A program prints 200 lines a second while a person
// types. Prints an object: CPU in milliseconds, delay of each key in milliseconds, bytes, heap.
import { EventEmitter } from 'node:events';
import { tmpdir } from 'node:os';
import { Box, render, Text } from 'ink';
import { createElement as element, useSyncExternalStore } from 'react';
import { showDashboard } from '../src/tui/show.ts';

const [which, secondsText, measure] = process.argv.slice(2);
const seconds = Number(secondsText);
const linesASecond = 200;
const columns = 100;
const rows = 30;

/** A terminal that swallows what it gets: `onWrite` sees it. */
function terminal(onWrite) {
  const stdout = Object.assign(new EventEmitter(), {
    isTTY: true,
    columns,
    rows,
    write: (text) => {
      onWrite(text);
      return true;
    },
  });
  const stdin = Object.assign(new EventEmitter(), {
    isTTY: true,
    setRawMode: () => stdin,
    setEncoding: () => stdin,
    resume: () => stdin,
    pause: () => stdin,
    ref: () => stdin,
    unref: () => stdin,
    read: () => null,
  });
  return { stdin, stdout };
}

const lineOf = (number) =>
  `line ${number} of what the program prints ${'and it goes on '.repeat(number % 4)}`;

/** The dashboard with a session whose program prints. */
function kintsugi(io) {
  let viewer = null;
  let seq = 0;
  const show = (body) => {
    seq += 1;
    viewer.show({ ...body, seq, at: new Date().toISOString() });
  };
  const desk = {
    ...{ version: '0', cwd: tmpdir(), home: tmpdir(), logs: tmpdir(), userHome: undefined },
    settings: { model: 'none', permissionMode: 'default', memory: false },
    memories: { list: async () => [] },
    redact: () => '',
    begin: (goal, _settings, watching) => {
      viewer = watching;
      const budgets = { attempts: 5, tokens: null, usd: null, wallMs: null };
      const task = { goal, language: null, files: [], checks: [], budgets, permissionMode: 'default' };
      show({
        type: 'session.started',
        schema: 1,
        session: 'bench',
        version: '0',
        model: 'none',
        memory: false,
        task,
      });
      const step = { title: 'Print', instructions: '', checks: [] };
      show({ type: 'plan.made', plan: { approach: 'Print.', language: 'javascript', steps: [step] } });
      show({ type: 'attempt.started', step: 1, attempt: 1 });
      const content = Array.from(
        { length: 60 },
        (_, at) => `console.log('line ${at}', ${at} * 2); // it prints`,
      ).join('\n');
      const program = { language: 'javascript', entry: 'main.js', files: [{ path: 'main.js', content }] };
      show({ type: 'program.written', step: 1, attempt: 1, program, hash: '' });
      show({ type: 'run.started', step: 1, attempt: 1, check: null, runner: 'bench' });
      return { interrupt: () => {}, ended: new Promise(() => {}) };
    },
  };
  void showDashboard(io, desk, { theme: measure === 'bytes' ? 'none' : 'dark', first: { kind: 'prompt' } });
  const press = (text) => io.stdin.emit('data', text);
  press('print');
  press('\r');
  return { print: (text) => show({ type: 'run.delta', stream: 'stdout', text }), press };
}

/** As many of the last lines as the window has, and a line below that is typed into: redrawn by Ink twenty times a second. */
function ink(io) {
  let state = { lines: [], typed: '' };
  let pending = state;
  let isDue = false;
  const listeners = new Set();
  const store = {
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    get: () => state,
  };
  const changed = (next) => {
    pending = next;
    if (isDue) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      state = pending;
      for (const listener of listeners) listener();
    }, 50);
  };
  const Window = () => {
    const { lines, typed } = useSyncExternalStore(store.subscribe, store.get);
    return element(
      Box,
      { flexDirection: 'column' },
      ...lines.map((line, at) => element(Text, { key: at, wrap: 'truncate' }, line)),
      element(Text, { key: 'typed' }, `> ${typed}`),
    );
  };
  render(element(Window), { ...io, exitOnCtrlC: false, patchConsole: false, maxFps: 20 });
  return {
    print: (text) => changed({ ...pending, lines: [...pending.lines, text.trimEnd()].slice(2 - rows) }),
    press: (text) => changed({ ...pending, typed: pending.typed + text }),
  };
}

let written = '';
let bytes = 0;
let frames = 0;
let wholeBytes = 0;
let wiped = false;
const waiting = [];
const delays = [];
let screen = null;
if (measure === 'bytes') {
  const { default: xterm } = await import('@xterm/headless');
  screen = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
}
/** What the frame on the screen takes when it is written from its first line to its last, without its colours. */
const wholeFrame = () => {
  const { active } = screen.buffer;
  let size = 0;
  for (let at = active.baseY; at < active.length; at += 1) {
    const text = active.getLine(at)?.translateToString(true) ?? '';
    if (text !== '') size += Buffer.byteLength(text) + 2;
  }
  return size;
};
const io = terminal((text) => {
  bytes += Buffer.byteLength(text);
  if (/\u001b\[[23]J|\u001bc/.test(text)) wiped = true;
  if (screen) {
    frames += 1;
    screen.write(text, () => {
      wholeBytes += wholeFrame();
    });
    return;
  }
  written = (written + text).slice(-40_000);
  while (waiting[0] && written.includes(waiting[0].sign)) delays.push(performance.now() - waiting.shift().at);
});
const window = which === 'kintsugi' ? kintsugi(io) : ink(io);
await new Promise((resolve) => setTimeout(resolve, 500));

const heap = () => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
};
const before = process.cpuUsage();
bytes = 0;
const start = performance.now();
let printed = 0;
let typed = 0;
let half = 0;
await new Promise((resolve) => {
  const timer = setInterval(() => {
    const elapsed = (performance.now() - start) / 1_000;
    for (; printed < elapsed * linesASecond; printed += 1) window.print(`${lineOf(printed)}\n`);
    if (!screen && typed < elapsed * 4) {
      typed += 1;
      // One sign at a time, each another one: it is shown when the terminal gets it.
      const sign = String.fromCodePoint(0x4e00 + typed);
      waiting.push({ sign, at: performance.now() });
      window.press(sign);
    }
    if (half === 0 && elapsed > seconds / 2) half = heap();
    if (elapsed < seconds) return;
    clearInterval(timer);
    resolve();
  }, 5);
});
const cpu = process.cpuUsage(before);
await new Promise((resolve) => setTimeout(resolve, 300));
const result = {
  cpuMs: (cpu.user + cpu.system) / 1_000,
  delays,
  lost: waiting.length,
  bytes,
  frames,
  wholeBytes,
  wiped,
};
process.stdout.write(`${JSON.stringify({ ...result, printed, heapHalf: half, heapEnd: heap() })}\n`, () =>
  process.exit(0),
);
