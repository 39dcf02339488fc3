// What the dashboard costs, as ratios to things measured in the same run:
// `node .ci/bench-dashboard.mjs [--seconds N] [--json FILE]`. Exits with 1 when a bound is missed.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { unused } from './build.mjs';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '10' }, json: { type: 'string' } },
});
const seconds = Number(values.seconds);
if (!(seconds >= 2 && seconds <= 600)) throw new Error('--seconds: a number from 2 to 600.');
const root = path.resolve(import.meta.dirname, '..');
const folder = mkdtempSync(path.join(tmpdir(), 'kintsugi-bench-dashboard-'));
/** Bundles stand below the checkout, where packages are found. */
const bundles = path.join(root, 'dist', `bench-${process.pid}`);

/** A journal of so many events: one attempt whose program prints and prints. */
function longJournal(events) {
  const [first, ...rest] = readFileSync(
    path.join(root, 'tests', 'fixtures', 'journals', 'python.jsonl'),
    'utf8',
  )
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const at = rest.findIndex((event) => event.type === 'run.delta');
  const deltas = Array.from({ length: events - rest.length - 1 }, (_, line) => ({
    ...rest[at],
    text: `line ${line} of what the program prints, and it goes on\n`,
  }));
  const all = [first, ...rest.slice(0, at), ...deltas, ...rest.slice(at)];
  return all.map((event, index) => `${JSON.stringify({ ...event, seq: index + 1 })}\n`).join('');
}

const replaySource = `
import { loadJournal } from ${JSON.stringify(path.join(root, 'src/journal/read.ts'))};
import { loadReading } from ${JSON.stringify(path.join(root, 'src/tui/highlight.ts'))};
import { sessionRows } from ${JSON.stringify(path.join(root, 'src/tui/session-view.ts'))};
import { timelineOf } from ${JSON.stringify(path.join(root, 'src/tui/replay/timeline.ts'))};
const [file] = process.argv.slice(2);
const reading = await loadReading();
const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
const read = [], whole = [];
for (let round = 0; round < 9; round += 1) {
  let start = performance.now();
  await loadJournal(file);
  read.push(performance.now() - start);
  start = performance.now();
  const { events } = await loadJournal(file);
  const timeline = timelineOf(events);
  sessionRows(timeline.stateAt(events.length), { width: 120, height: 40, reading, expanded: null, finished: true, spinner: '', elapsedMs: 0 });
  whole.push(performance.now() - start);
}
console.log(JSON.stringify({ readMs: median(read), replayMs: median(whole) }));
`;

const helloSource = `
import { render, Text } from 'ink';
import { createElement } from 'react';
render(createElement(Text, null, 'hello world'));
setInterval(() => {}, 1_000);
`;

/** One file with everything in it, made as the product is. */
async function bundle(name, entry) {
  const outfile = path.join(bundles, `${name}.mjs`);
  await build({
    absWorkingDir: root,
    ...{ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm', target: 'node20.19' },
    external: ['isolated-vm', 'esbuild', 'oxc-parser', 'onnxruntime-node'],
    alias: Object.fromEntries(unused.map((one) => [one, path.join(root, '.ci', 'stubs', 'nothing.cjs')])),
    define: { 'process.env.NODE_ENV': '"production"', KINTSUGI_VERSION: '"0"' },
    banner: { js: 'import{createRequire}from"node:module";const require=createRequire(import.meta.url);' },
    ...{
      jsx: 'automatic',
      minifySyntax: true,
      nodePaths: [path.join(root, 'node_modules')],
      logLevel: 'error',
    },
  });
  return outfile;
}

function source(name, text) {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}

/** Runs a bundle to its end; its last line is an object. */
function run(file, ...args) {
  const { CI: _, ...env } = process.env;
  const ran = spawnSync(process.execPath, ['--expose-gc', file, ...args], { encoding: 'utf8', env });
  if (ran.status !== 0) throw new Error(`${path.basename(file)} ${args.join(' ')}: ${ran.stderr}`);
  return JSON.parse(ran.stdout.trim().split('\n').at(-1));
}

/** Milliseconds until a command in a terminal of its own shows a text. */
function shownAfter(words, text) {
  return new Promise((resolve, reject) => {
    const home = path.join(folder, 'home');
    mkdirSync(home, { recursive: true });
    const env = {
      PATH: process.env.PATH,
      HOME: home,
      KINTSUGI_HOME: home,
      TERM: 'xterm-256color',
      LANG: 'C.UTF-8',
    };
    const start = performance.now();
    const child = spawn(
      'script',
      ['-qfc', `stty cols 80 rows 24; exec ${words.map((word) => `'${word}'`).join(' ')}`, '/dev/null'],
      {
        env,
        cwd: folder,
      },
    );
    let shown = '';
    const giveUp = setTimeout(() => child.kill('SIGKILL'), 60_000);
    let took = null;
    child.stdout.on('data', (data) => {
      shown += data;
      if (took !== null || !shown.includes(text)) return;
      took = performance.now() - start;
      child.stdin.write('\u0003');
      child.stdin.write('\u0004');
      child.kill('SIGHUP');
    });
    child.on('error', reject);
    child.on('close', () => {
      clearTimeout(giveUp);
      if (took === null) reject(new Error(`${words.join(' ')} never showed "${text}":\n${shown}`));
      else resolve(took);
    });
  });
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const percentile = (numbers, share) =>
  [...numbers].sort((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * share))];

const results = [];
const check = (name, value, most, detail = '') => {
  results.push({ name, value, most, holds: value <= most });
  const sign = value <= most ? 'holds ' : 'MISSED';
  process.stdout.write(
    `${sign} ${name}: ${value.toFixed(2)} (at most ${most})${detail === '' ? '' : `, ${detail}`}\n`,
  );
};

try {
  const load = await bundle('load', path.join(import.meta.dirname, 'dashboard-load.mjs'));
  const replay = await bundle('replay', source('replay.ts', replaySource));
  const hello = await bundle('hello', source('hello.mjs', helloSource));

  const journal = source('long.jsonl', longJournal(10_000));
  const { readMs, replayMs } = run(replay, journal);
  check(
    'instant replay of 10,000 events, × reading and parsing',
    replayMs / readMs,
    3,
    `${replayMs.toFixed(0)} ms`,
  );

  const own = run(load, 'kintsugi', String(seconds));
  const bare = run(load, 'ink', String(seconds));
  const keys = percentile(own.delays, 0.95);
  check(
    'a key is shown within so many ms, 95th percentile',
    keys,
    100,
    `bare Ink ${percentile(bare.delays, 0.95).toFixed(0)} ms, ${own.delays.length} keys`,
  );
  check('keys that were never shown', own.lost, 0);
  check(
    'CPU, × a bare Ink window',
    own.cpuMs / bare.cpuMs,
    1.2,
    `${own.cpuMs.toFixed(0)} against ${bare.cpuMs.toFixed(0)} ms in ${seconds} s`,
  );
  check(
    'heap at the end, × that at half time',
    own.heapEnd / own.heapHalf,
    1.25,
    `${(own.heapEnd / 2 ** 20).toFixed(1)} MiB, ${own.printed} lines`,
  );
  check('times the screen or the scrollback was wiped', Number(own.wiped), 0);
  const drawn = run(load, 'kintsugi', String(Math.min(seconds, 5)), 'bytes');
  check('bytes, × redrawing each frame', drawn.bytes / drawn.wholeBytes, 0.6, `${drawn.frames} frames`);

  if (spawnSync('script', ['--version']).status === 0) {
    const first = { own: [], hello: [] };
    for (let round = 0; round < 12; round += 1) {
      first.own.push(
        await shownAfter(
          [process.execPath, path.join(root, 'dist', 'main.js'), '--model', 'demo'],
          'what shall the program do',
        ),
      );
      first.hello.push(await shownAfter([process.execPath, hello], 'hello world'));
    }
    const [ownMs, helloMs] = [median(first.own.slice(2)), median(first.hello.slice(2))];
    check(
      'first frame, × a bundled Ink hello world',
      ownMs / helloMs,
      1.3,
      `${ownMs.toFixed(0)} against ${helloMs.toFixed(0)} ms`,
    );
  } else process.stdout.write('skipped first frame: no `script` (util-linux) to make a terminal with\n');

  if (values.json) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
  process.exitCode = results.every(({ holds }) => holds) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
  rmSync(bundles, { recursive: true, force: true });
}
