#!/usr/bin/env node
// What confinement costs, as ratios within one run: npm run bench:cost. Every figure is the median of pairs that are taken in turn, at least 15.
//   npm run bench:cost -- --pairs 31 --sandbox L2
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '15' },
    sandbox: { type: 'string', default: 'L2' },
  },
});
const pairs = Math.max(15, Number(values.pairs) || 15);

const programs = {
  python: {
    files: {
      'solution.py': `def running_total(values):
    total = 0
    totals = []
    for value in values:
        total += value
        totals.append(total)
    return totals

if __name__ == '__main__':
    print(running_total([1, 2, 3]))
`,
    },
    checks: {
      'test_solution.py': `from solution import running_total

assert running_total([]) == []
assert running_total([1, 2, 3]) == [1, 3, 6]
`,
    },
  },
  javascript: {
    files: {
      'solution.js': `function runningTotal(values) {
  const totals = [];
  let total = 0;
  for (const value of values) {
    total += value;
    totals.push(total);
  }
  return totals;
}
if (require.main === module) console.log(runningTotal([1, 2, 3]));
module.exports = { runningTotal };
`,
    },
    checks: {
      'test_solution.js': `const assert = require('node:assert');
const { runningTotal } = require('./solution.js');
assert.deepStrictEqual(runningTotal([]), []);
assert.deepStrictEqual(runningTotal([1, 2, 3]), [1, 3, 6]);
`,
    },
  },
};

const clean = { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8', PYTHONDONTWRITEBYTECODE: '1' };
let failed = false;
const never = new AbortController().signal;
const work = mkdtempSync(path.join(tmpdir(), 'kintsugi-cost-'));

/** The sources as they stand, each `import.meta.url` as in its own file. */
async function load() {
  const entry = [
    "export { chooseSandbox } from './src/runners/sandbox/choose.ts';",
    "export { isolateRunner } from './src/runners/isolate.ts';",
    "export { subprocessRunner } from './src/runners/subprocess.ts';",
    "export { interpreters } from './src/runners/interpreter.ts';",
    "export { programLimits } from './src/runners/limits.ts';",
    "export { tester } from './src/runners/testing/tester.ts';",
    "export { makeScanner } from './src/scanner/scan.ts';",
  ].join('\n');
  const external = ['oxc-parser', 'esbuild'];
  await build({
    absWorkingDir: root,
    stdin: { contents: entry, resolveDir: root, loader: 'ts' },
    outfile: path.join(work, 'bundle.mjs'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    logLevel: 'error',
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(path.join(root, 'src/runners/x.ts')).href) },
    plugins: [
      {
        name: 'natives-from-here',
        setup: ({ onResolve }) =>
          onResolve({ filter: new RegExp(`^(${external.join('|')})$`) }, ({ path: name }) => ({
            path: import.meta.resolve(name),
            external: true,
          })),
      },
    ],
  });
  return await import(pathToFileURL(path.join(work, 'bundle.mjs')).href);
}

const elapsed = async (action) => {
  const begun = performance.now();
  await action();
  return performance.now() - begun;
};

const plainly = (file, args, cwd = work) =>
  new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env: clean, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream.resume();
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`${file} ended with ${code}`))));
  });

async function drained(stream) {
  for (;;) {
    const { done, value } = await stream.next();
    if (done) return value;
  }
}

const none = Number.POSITIVE_INFINITY;
const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

/** Both actions in turn; the ratio of each pair. `ready` is not timed. */
async function compare(name, target, plain, ours, ready = async () => {}) {
  await plain();
  await ready();
  await ours();
  const rows = [];
  for (let index = 0; index < pairs; index += 1) {
    await ready();
    const first = index % 2 === 0;
    const before = first ? await elapsed(plain) : 0;
    const own = await elapsed(ours);
    rows.push({ own, plain: first ? before : await elapsed(plain) });
  }
  const ratio = median(rows.map((row) => row.own / row.plain));
  const ms = `${median(rows.map((row) => row.plain)).toFixed(1)} → ${median(rows.map((row) => row.own)).toFixed(1)} ms`;
  const held = ratio <= target ? 'yes' : 'NO';
  console.log(
    `${name.padEnd(56)} ${ratio.toFixed(2).padStart(6)}× ${(target === none ? '–' : `≤ ${target}×`).padStart(8)} ${held.padEnd(4)} ${ms}`,
  );
}

function jobOf(language, contents, limits, action) {
  const files = Object.entries(contents).map(([name, content]) => ({ path: name, content }));
  return { language, files, checkFiles: [], action, capabilities: [], limits };
}

try {
  const kit = await load();
  const { programLimits: limits } = kit;
  const choice = await kit.chooseSandbox({
    minLevel: 'L0',
    wanted: values.sandbox,
    cacheDirectory: path.join(work, 'probes'),
  });
  if (choice.kind !== 'chosen') throw new Error(choice.why);
  const { sandbox } = choice;
  const python = await kit.interpreters().find('python3');
  const runner = kit.subprocessRunner(sandbox, { ahead: true });
  // Nothing waits for its programs: each start is a whole one.
  const cold = kit.subprocessRunner(sandbox);
  const isolate = kit.isolateRunner({ sandbox });
  const entryJob = (language, name, content) =>
    jobOf(language, { [name]: content }, limits, { kind: 'entry', entry: name, args: [], stdin: '' });
  const entry = (language, name, content) => () =>
    drained(cold.run(entryJob(language, name, content), never));
  // As long as it takes to start: what is measured is the dispatch to those that wait, as after a reply of the model.
  const settled = () => new Promise((resolve) => setTimeout(resolve, 400));
  const dispatched = (job) => [
    () => drained(runner.run(job, never)),
    async () => {
      runner.warm(job);
      await settled();
    },
  ];
  console.log(`what, at ${sandbox.level}`.padEnd(56), '  ratio', ' target', 'held');
  if (python.kind === 'found') {
    const start = () => plainly(python.path, ['-c', 'pass']);
    await compare('python3: a program over its plain start', 2.5, start, entry('python', 'a.py', 'pass\n'));
    const [run, ready] = dispatched(entryJob('python', 'a.py', 'pass\n'));
    await compare('python3 that waits: a program over its plain start', none, start, run, ready);
  }
  const startNode = () => plainly(process.execPath, ['-e', '0']);
  await compare('node: a program over its plain start', 2.5, startNode, entry('javascript', 'a.js', '0;\n'));
  const [run, ready] = dispatched(entryJob('javascript', 'a.js', '0;\n'));
  await compare('node that waits: a program over its plain start', none, startNode, run, ready);
  const startShell = () => plainly('/bin/sh', ['-c', ':']);
  await compare(
    'sh: a program over its plain start (no target)',
    none,
    startShell,
    entry('shell', 'a.sh', ':\n'),
  );
  const [runShell, shellReady] = dispatched(entryJob('shell', 'a.sh', ':\n'));
  await compare('sh that waits: a program over its plain start', none, startShell, runShell, shellReady);
  const isolated = jobOf('javascript', { 'a.js': 'console.log(1);\n' }, limits, {
    kind: 'entry',
    entry: 'a.js',
    args: [],
    stdin: '',
  });
  const waiting = async () => {
    isolate.warm();
    await settled();
  };
  await compare(
    'a pre-forked isolate: a program over node -e 0',
    0.25,
    startNode,
    () => drained(isolate.run(isolated, never)),
    waiting,
  );

  const scan = await kit.makeScanner();
  const test = kit.tester({ runners: [isolate, runner], limits });
  for (const [language, { files, checks }] of Object.entries(programs)) {
    if (language === 'python' && python.kind !== 'found') continue;
    const folder = mkdtempSync(path.join(work, `${language}-`));
    for (const [name, content] of Object.entries({ ...files, ...checks }))
      writeFileSync(path.join(folder, name), content);
    const [check] = Object.keys(checks);
    const [main] = Object.keys(files);
    const program = {
      language,
      entry: main,
      files: Object.entries(files).map(([name, content]) => ({ path: name, content })),
    };
    const set = {
      files: Object.entries(checks).map(([name, content]) => ({ path: name, content })),
      checks: [],
    };
    const file = language === 'python' ? python.path : process.execPath;
    const attempt = async () => {
      const report = scan(program, set);
      const action = { kind: 'entry', entry: main, args: [], stdin: '' };
      const job = jobOf(language, files, limits, action);
      // As the loop does: the least privileged that takes it.
      const first = [isolate, runner].find((one) => one.accepts(job));
      const run = await drained(first.run(job, never));
      const one = { kind: 'tests', name: 'tests', files: [check] };
      const result = await drained(test.test(program, one, set, [], never));
      if (!report || run.exitCode !== 0 || !result.report.ok)
        throw new Error(`The attempt failed: ${run.stderr || JSON.stringify(result.report)}`);
    };
    try {
      await compare(
        `${language}: scan, run and tests over the tests alone`,
        2,
        () => plainly(file, [check], folder),
        attempt,
        waiting,
      );
    } catch (error) {
      failed = true;
      console.log(`${language}: not measured. ${error instanceof Error ? error.message : error}`);
    }
  }
  await Promise.all([runner.close(), isolate.close()]);
} finally {
  rmSync(work, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);
