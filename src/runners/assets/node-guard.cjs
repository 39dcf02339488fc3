'use strict';
// Preloaded into the Node processes of a check. Shows that the check ran to its end, and that the program under test did not end it early,
// swallow its errors or change what it relies on. KINTSUGI_CHECKS: the folder of the run, then the paths of its check files, one a line;
// KINTSUGI_PROOF and KINTSUGI_REPORT as in python_proof.py.
const { closeSync, openSync, readSync, writeSync, constants } = require('node:fs');
const { guardErrors, guardEvents, guardExit, guardMain } = require('./node-guard-ends.cjs');
const makePlaces = require('./node-guard-places.cjs');
const makeWatch = require('./node-guard-watch.cjs');

const { process } = globalThis;
const { uncurried } = makePlaces;
const { stringify } = JSON;
const includes = uncurried(String.prototype.includes);
const slice = uncurried(String.prototype.slice);
const textOf = uncurried(Function.prototype.toString);
const nonceLength = 64;

/** What the reporter of node:test is, once somebody waits for a report. */
module.exports.reporter = null;

let begun = false;

/**
 * Guards this process for one job, once; what is asked later is ignored. To be called before anything of the program runs. `main`: the path of
 * the main script, undefined where there is none; `script`: the text given on the command line, or null. `proof`: 'stdin' reads the nonce
 * there, 'shared' makes one, 'given' takes `nonce`; undefined where nobody waits for a report.
 */
function begin(job) {
  // In a worker nothing can end the process, but it can look into the main thread.
  if (process.abort.disabled === true) closeInspector(() => true);
  if (begun || process.abort.disabled === true) return;
  begun = true;
  const places = makePlaces(job);
  const owner = job.main === undefined ? 'check' : places.ownerOf(job.main);
  // The program itself as the main script may end as it likes.
  if (owner !== 'program') guard(job, places, owner === 'check');
}

module.exports.begin = begin;
// A worker has the environment that the program gives it.
if (process.abort.disabled === true) begin({});
else if (process.env.KINTSUGI_CHECKS !== undefined) begin(jobOfEnvironment());

function jobOfEnvironment() {
  const { env } = process;
  const [folder, ...listed] = env.KINTSUGI_CHECKS.split('\n');
  const [, ...listedHashes] = (env.KINTSUGI_HASHES ?? '').split('\n');
  const main = process.argv[1];
  return {
    folder,
    listed,
    listedHashes,
    main,
    script: main === undefined && typeof process._eval === 'string' ? process._eval : null,
    scriptHash: env.KINTSUGI_SCRIPT ?? null,
    proof: env.KINTSUGI_PROOF,
    report: env.KINTSUGI_REPORT,
  };
}

/** Reads the nonce from standard input, which is nothing from then on. */
function nonceOfInput() {
  const bytes = Buffer.alloc(nonceLength + 1);
  for (let got = 0; got < bytes.length; ) {
    const more = readSync(0, bytes, got, bytes.length - got, null);
    if (more === 0) {
      writeSync(2, 'KintsugiProof: the test process was not given what it must prove itself with.\n');
      process.reallyExit(1);
    }
    got += more;
  }
  const nonce = bytes.toString('latin1', 0, nonceLength);
  bytes.fill(0);
  closeSync(0);
  openSync('/dev/null', 'r');
  return nonce;
}

/** A function that writes one record, or null where nobody waits for a report. */
function openChannel({ main, proof, report, nonce: given }, places) {
  if (proof === undefined || report === undefined) return null;
  const shared = proof === 'shared';
  if (!shared) {
    delete process.env.KINTSUGI_PROOF;
    delete process.env.KINTSUGI_REPORT;
  }
  const { randomBytes, createHash } = shared ? require('node:crypto') : {};
  const made = () => randomBytes(nonceLength / 2).toString('hex');
  const nonce = shared ? made() : proof === 'stdin' ? nonceOfInput() : given;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW;
  const descriptor = openSync(report, flags, 0o600);
  if (shared) {
    const commit = createHash('sha256').update(nonce).digest('hex');
    const shown = main === undefined ? '' : places.shown({ path: main, line: 0 }).slice(0, -2);
    writeSync(descriptor, `- ${stringify({ kind: 'begin', commit, main: shown })}\n`);
  }
  /** Only strings, numbers and what is left out: nothing of them asks the program how it is to be written. */
  return (kindOf, fields) => {
    let line = `{"kind": ${stringify(kindOf)}`;
    for (const name in fields) {
      const value = fields[name];
      if (typeof value === 'string' || typeof value === 'number')
        line += `, ${stringify(name)}: ${stringify(value)}`;
    }
    writeSync(descriptor, `${nonce} ${line}}\n`);
  };
}

function guard(job, places, proves) {
  const { main, script } = job;
  let record = null;
  const text = main === undefined ? (script ?? '') : proves ? textOrNothing(places, main) : '';
  const state = {
    evaluated: main === undefined,
    asked: false,
    pending: () => null,
    failed: false,
    done: false,
    exitCode: 0,
    framework: 'none',
    reports: 0,
    told: 0,
    listens: null,
  };
  const say = (kind, fields) => {
    if (record === null) return;
    if (state.done)
      return record('tampered', { what: 'something happened after the end of the check', where: '' });
    if (kind === 'tampered' && ++state.told > 20) return;
    record(kind, fields);
  };
  const tell = (what, place, value) =>
    say('tampered', {
      what,
      where: places.shown(place),
      text: typeof value === 'function' ? slice(textOf(value), 0, 300) : undefined,
    });
  const watch = proves ? makeWatch({ ...places, tell }, text) : null;

  /** The last word, once everything is over that a test can fail by. */
  const finish = (compared = false) => {
    if (state.done || record === null) return;
    if (!compared) watch.compare();
    const why = unfinished(places, state);
    record(...(why === null ? ['complete', {}] : ['incomplete', { why, code: process.exitCode || 0 }]));
    state.done = true;
  };
  guardExit(places, state, watch, finish);
  if (!proves) return;
  closeInspector(() => {
    const { owner, place } = places.asker();
    // Nobody on the stack is no check: the program may have handed the call to a timer.
    if (owner !== 'check') tell('the program opened the inspector', place);
    return owner !== 'check';
  });
  guardErrors(places, state, say);
  guardEvents(places, state, watch, finish);
  if (main !== undefined) guardMain({ places, state, text, main });
  if (includes(text, 'assert')) {
    const assert = require('node:assert');
    watch.lockAll('assert', assert);
    watch.lockAll('assert.strict', assert.strict);
  }
  if (includes(text, 'node:test')) {
    watch.lockAll('node:test', require('node:test'));
    watch.watchStreams();
    require('./node-guard-tests.cjs');
  }
  // Last of all: a process that was started ahead waits for its job here, and nothing of the program is there before.
  record = openChannel(job, places);
  if (record !== null && process.execArgv.some((one) => one.startsWith('--test-reporter=')))
    module.exports.reporter = require('./node-guard-tests.cjs')({ state, record, tell, places });
}

/** With the inspector a program reads what no name leads to, and changes code in place. `refuses` is asked at each connection. */
function closeInspector(refuses) {
  let inspector;
  try {
    inspector = require('node:inspector');
  } catch {
    return; // This Node was built without one.
  }
  const { prototype } = inspector.Session;
  for (const key of ['connect', 'connectToMainThread']) {
    const connect = prototype[key];
    const guarded = function (...values) {
      if (refuses()) throw new Error('KintsugiTampering: the inspector is refused in a test process.');
      return Reflect.apply(connect, this, values);
    };
    Object.defineProperty(prototype, key, { value: guarded, writable: false, configurable: false });
  }
}

function unfinished(places, state) {
  if (state.failed) return 'an error was thrown that nobody of the check caught';
  if (state.exitCode) return `it ended with exit code ${state.exitCode}`;
  if (!state.evaluated && !state.asked) return 'its file was not run to the end';
  if (state.framework === 'begun') return 'its tests were not all done';
  const waiting = state.asked ? null : state.pending();
  if (waiting !== null) return `what it waits for at ${places.shown(waiting)} never came`;
  return null;
}

function textOrNothing(places, path) {
  try {
    return places.textAt(path);
  } catch {
    return '';
  }
}
