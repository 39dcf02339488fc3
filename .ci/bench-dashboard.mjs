// What the dashboard costs, as ratios to things measured in the same run: `node .ci/bench-dashboard.mjs [--json FILE]`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';

const root = path.resolve(import.meta.dirname, '..');
const folder = mkdtempSync(path.join(tmpdir(), 'kintsugi-bench-dashboard-'));

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

const source = `
import { readFileSync } from 'node:fs';
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

try {
  const journal = path.join(folder, 'long.jsonl');
  writeFileSync(journal, longJournal(10_000));
  const entry = path.join(folder, 'replay.ts');
  const bundle = path.join(root, 'dist', `bench-replay-${process.pid}.mjs`);
  writeFileSync(entry, source);
  await build({
    absWorkingDir: root,
    ...{
      entryPoints: [entry],
      outfile: bundle,
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
    },
    nodePaths: [path.join(root, 'node_modules')],
    logLevel: 'error',
  });
  const ran = spawnSync(process.execPath, [bundle, journal], { encoding: 'utf8' });
  rmSync(bundle, { force: true });
  if (ran.status !== 0) throw new Error(ran.stderr);
  const { readMs, replayMs } = JSON.parse(ran.stdout);
  const ratio = replayMs / readMs;
  process.stdout.write(
    `instant replay of 10,000 events: ${replayMs.toFixed(0)} ms, ${ratio.toFixed(2)}× reading and parsing the file (at most 3)\n`,
  );
  process.exitCode = ratio <= 3 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
