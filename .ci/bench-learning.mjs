#!/usr/bin/env node
// What memory does, measured: npm run bench:learning -- [DIR] [--seed N] [--families N] [--tasks N] [--limit N] [--only quirks|private|harm|transfer] [--json FILE]
// DIR holds the corpora humanevalpack_py, humanevalpack_js and mbpp_py (gzipped JSON lines); without it transfer is left out. Every arm is a run of
// `kintsugi bench` with a scripted model and a memory of its own. Hold-out is off, jobs are one after the other.
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { harmStream, quirkStream, transferStream } from './learning-streams.mjs';
import { privateStream } from './private-streams.mjs';

const root = path.resolve(import.meta.dirname, '..');
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    families: { type: 'string', default: '14' },
    tasks: { type: 'string', default: '10' },
    limit: { type: 'string' },
    only: { type: 'string' },
    json: { type: 'string' },
  },
});
const seed = Number(values.seed);
const place = mkdtempSync(path.join(tmpdir(), 'kintsugi-learning-'));
const results = {};

/** One arm: a bench of the suite in a home of its own; gives its rows in order. `planted` are lines that its memory begins with. */
async function arm(name, { suite, script, recall = null, memory = true, planted = [] }) {
  const home = path.join(place, name);
  mkdirSync(path.join(home, 'work'), { recursive: true });
  const put = (file, rows) => {
    const target = path.join(home, file);
    writeFileSync(target, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    return target;
  };
  if (planted.length > 0) {
    mkdirSync(path.join(home, 'memory'), { recursive: true });
    put('memory/log.jsonl', planted);
  }
  const args = [
    'bench',
    put('suite.jsonl', suite),
    '--model',
    `scripted:${put('script.jsonl', script)}`,
    '--jobs',
    '1',
    '--json',
    '--no-hold-out',
    '--color',
    'never',
  ];
  if (recall) args.push('--recall', put('recall.jsonl', recall));
  if (!memory) args.push('--no-memory');
  const child = spawn(process.execPath, [path.join(root, 'dist', 'main.js'), ...args], {
    cwd: path.join(home, 'work'),
    env: { PATH: process.env.PATH, HOME: home, KINTSUGI_HOME: home, TMPDIR: tmpdir() },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err = (err + chunk).slice(-4_000);
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0 && code !== 3) throw new Error(`${name}: exit ${code}\n${err}`);
  const rows = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter((row) => row.type === 'goal');
  return { rows, home };
}

const firstTry = (rows) =>
  rows.length === 0 ? 0 : rows.filter((row) => row.verified && row.attempts === 1).length / rows.length;
const percent = (rate) => `${(rate * 100).toFixed(1)} %`;

/** The arms at the same time: each has its own home, and much of a session is waiting. */
const besides = (arms, run) =>
  Promise.all(Object.entries(arms).map(async ([name, how]) => [name, await run(name, how)]));

/** Every text that stood before the model in a home's sessions, by the id of the goal in its `[task …]`. */
function shownIn(home) {
  const shown = new Map();
  for (const file of readdirSync(path.join(home, 'logs')).filter((name) => name.endsWith('.jsonl'))) {
    let task = null;
    for (const line of readFileSync(path.join(home, 'logs', file), 'utf8').split('\n')) {
      task ??= /\[task ([\w-]+)\]/.exec(line)?.[1] ?? null;
      if (!line.includes('"memory.recalled"')) continue;
      const event = JSON.parse(line);
      if (event.type !== 'memory.recalled' || event.moment !== 'plan' || event.arm !== 'inject') continue;
      shown.set(
        file,
        event.memories.map((memory) => memory.text),
      );
    }
    if (task && shown.has(file)) shown.set(task, shown.get(file));
    shown.delete(file);
  }
  return shown;
}

async function privates() {
  const stream = privateStream({
    seed,
    count: Number(values.families),
    tasks: Number(values.tasks),
    others: Math.ceil((Number(values.families) * Number(values.tasks)) / 5),
  });
  const { suite, script, familyOf, rules } = stream;
  const seen = new Set();
  const later = new Set();
  for (const { id } of suite) {
    const family = familyOf[id];
    if (family !== undefined && seen.has(family)) later.add(id);
    seen.add(family);
  }
  const arms = {
    off: { memory: false },
    on: {},
    placebo: { recall: stream.placebo },
    oracle: { recall: stream.oracle },
  };
  const runs = await besides(arms, (name, how) => arm(`private-${name}`, { suite, script, ...how }));
  const rates = {};
  for (const [name, { rows, home }] of runs) {
    const counted = rows.filter((row) => later.has(row.id));
    const others = rows.filter((row) => familyOf[row.id] === undefined);
    rates[name] = {
      firstTry: firstTry(counted),
      n: counted.length,
      verified: rows.filter((row) => row.verified).length,
      others: others.length,
      othersFirstTry: firstTry(others),
    };
    if (name !== 'on') continue;
    const shown = shownIn(home);
    const lessons = [...shown].flatMap(([id, texts]) => texts.map((text) => ({ id, text })));
    rates.on.shown = lessons.length;
    rates.on.ofOthers = lessons.filter(({ id, text }) => !text.includes(rules[familyOf[id]])).length;
    rates.on.intoOthers = others.filter((row) => (shown.get(row.id) ?? []).length > 0).length;
  }
  const share = (rates.on.firstTry - rates.off.firstTry) / (rates.oracle.firstTry - rates.off.firstTry);
  results.private = { families: rules.length, goals: suite.length, seed, rates, shareOfOracle: share };
  console.log(
    `private conventions that no goal names: ${rules.length} families, ${suite.length} goals (${rates.on.others} of no family), seed ${seed}; first try after each family's first (n ${rates.on.n}):`,
  );
  for (const [name, rate] of Object.entries(rates)) {
    console.log(
      `  ${name.padEnd(8)} ${percent(rate.firstTry).padStart(7)}   verified ${rate.verified}; goals of no family: first try ${percent(rate.othersFirstTry)}`,
    );
  }
  console.log(
    `  on reaches ${percent(share)} of the oracle's gain (wanted: 80 %); of ${rates.on.shown} lessons shown at a plan ${rates.on.ofOthers} were of another family; ${rates.on.intoOthers} of ${rates.on.others} goals of no family saw one`,
  );
}

async function quirks() {
  const stream = quirkStream({ seed, count: Number(values.families), tasks: Number(values.tasks) });
  const familyOf = new Map(stream.suite.map((row) => [row.id, row.family]));
  const suite = stream.suite.map(({ family: _, ...row }) => row);
  const seen = new Set();
  const later = new Set(
    suite
      .filter((row) => seen.has(familyOf.get(row.id)) || !seen.add(familyOf.get(row.id)))
      .map((row) => row.id),
  );
  const arms = {
    off: { memory: false },
    on: {},
    placebo: { recall: stream.placebo },
    oracle: { recall: stream.oracle },
  };
  const rates = {};
  const runs = await besides(arms, (name, how) =>
    arm(`quirks-${name}`, { suite, script: stream.script, ...how }),
  );
  for (const [name, { rows }] of runs) {
    const counted = rows.filter((row) => later.has(row.id));
    rates[name] = {
      firstTry: firstTry(counted),
      n: counted.length,
      verified: rows.filter((row) => row.verified).length,
      inputTokens: rows.reduce((sum, row) => sum + row.input_tokens, 0),
      attempts: rows.reduce((sum, row) => sum + row.attempts, 0),
      recalled: counted.filter((row) => row.memories_used.length > 0).length,
      missed: name === 'on' ? counted.filter((row) => row.attempts > 1).map((row) => row.id) : [],
    };
  }
  const share = (rates.on.firstTry - rates.off.firstTry) / (rates.oracle.firstTry - rates.off.firstTry);
  results.quirks = {
    families: stream.families.length,
    goals: suite.length,
    seed,
    rates,
    shareOfOracle: share,
  };
  console.log(
    `quirk streams: ${stream.families.length} families, ${suite.length} goals, first try after each family's first (n ${rates.on.n}):`,
  );
  for (const [name, rate] of Object.entries(rates)) {
    console.log(
      `  ${name.padEnd(8)} ${percent(rate.firstTry).padStart(7)}   verified ${rate.verified}, ${rate.attempts} attempts, ${rate.inputTokens} tokens in`,
    );
  }
  console.log(`  on reaches ${percent(share)} of the oracle's gain (wanted: 80 %)`);
}

async function harm() {
  const stream = harmStream({ seed, plantedIn: null });
  const { rows, home } = await arm('harm', stream);
  const uses = injectionsIn(home);
  const harmful = uses.filter((use) => use.memories.includes('harmful')).length;
  const irrelevant = uses.filter((use) => use.memories.includes('irrelevant')).length;
  const quarantined =
    uses.changes.find((change) => change.id === 'harmful' && change.state === 'quarantined') ?? null;
  results.harm = {
    goals: rows.length,
    harmfulInjections: harmful,
    quarantined,
    irrelevantInjections: irrelevant,
    verified: rows.filter((row) => row.verified).length,
  };
  console.log(
    `planted harm: ${harmful} injections until ${quarantined ? `it is quarantined (${quarantined.why})` : 'the end: it is NOT quarantined'} (wanted: 8 at most)`,
  );
  console.log(`planted irrelevant lesson: injected ${irrelevant} times (wanted: never)`);
}

/** The injections of a home's journals, in order, and the changes of state that came of them. */
function injectionsIn(home) {
  const uses = [];
  uses.changes = [];
  for (const file of readdirSync(path.join(home, 'logs'))
    .filter((name) => name.endsWith('.jsonl'))
    .sort()) {
    for (const line of readFileSync(path.join(home, 'logs', file), 'utf8').split('\n')) {
      if (!line.includes('"memory.credited"')) continue;
      const event = JSON.parse(line);
      if (event.use.arm === 'inject') uses.push(event.use);
      uses.changes.push(...event.changed);
    }
  }
  return uses;
}

async function transfer(folder) {
  const rowsOf = (name) => {
    const file = path.join(folder, `${name}.jsonl.gz`);
    return gunzipSync(readFileSync(file))
      .toString('utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
      .filter((row) => row.buggy && row.fixed);
  };
  const limit = values.limit ? Number(values.limit) : Infinity;
  const taught = rowsOf('humanevalpack_py').slice(0, limit);
  const stream = transferStream({
    taught,
    asked: rowsOf('humanevalpack_js').filter((row) => taught.some((one) => one.group === row.group)),
    // One program of the set runs longer than a slow machine's sandbox lets it, with memory or without.
    unrelated: rowsOf('mbpp_py')
      .filter((row) => row.id !== 'mbpp-py/123')
      .slice(0, limit),
  });
  const asked = new Set(stream.asked);
  const unrelated = new Set(stream.unrelated);
  const rates = {};
  const arms = {
    off: { memory: false },
    on: {},
    placebo: { recall: stream.placebo },
    oracle: { recall: stream.oracle },
  };
  // Only with memory does the first half teach anything.
  const posed = stream.suite.filter((row) => asked.has(row.id) || unrelated.has(row.id));
  const runs = await besides(arms, (name, how) =>
    arm(`transfer-${name}`, { suite: name === 'on' ? stream.suite : posed, script: stream.script, ...how }),
  );
  for (const [name, { rows }] of runs) {
    const counted = rows.filter((row) => asked.has(row.id));
    const others = rows.filter((row) => unrelated.has(row.id));
    rates[name] = {
      firstTry: firstTry(counted),
      n: counted.length,
      verified: counted.filter((row) => row.verified).length,
      unrelated: {
        n: others.length,
        firstTry: firstTry(others),
        injected: others.filter((row) => row.memories_used.length > 0).length,
      },
      learned: rows.filter((row) => row.lessons_learned.length > 0).length,
    };
  }
  results.transfer = { taught: taught.length, rates };
  console.log(
    `transfer: ${taught.length} problems mended in Python, ${rates.on.n} posed in JavaScript (lessons learned: ${rates.on.learned}); first try:`,
  );
  for (const [name, rate] of Object.entries(rates)) {
    console.log(
      `  ${name.padEnd(8)} ${percent(rate.firstTry).padStart(7)}   verified ${rate.verified}; unrelated goals: first try ${percent(rate.unrelated.firstTry)}, injected ${rate.unrelated.injected} of ${rate.unrelated.n}`,
    );
  }
}

try {
  if (!existsSync(path.join(root, 'dist', 'main.js'))) throw new Error('dist/ is missing: npm run build');
  if (!values.only || values.only === 'quirks') await quirks();
  if (!values.only || values.only === 'private') await privates();
  if (!values.only || values.only === 'harm') await harm();
  const folder = positionals[0];
  if (folder && (!values.only || values.only === 'transfer')) await transfer(path.resolve(folder));
  if (values.json) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
} finally {
  if (process.env.KEEP) console.log(place);
  else rmSync(place, { recursive: true, force: true });
}
