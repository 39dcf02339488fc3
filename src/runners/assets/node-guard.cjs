'use strict';
// Preloaded into the Node processes of a check. Shows that the check ran to its end, and that the program under test did not end it early,
// swallow its errors or change what it relies on. KINTSUGI_CHECKS: the folder of the run, then the paths of its check files, one a line;
// KINTSUGI_PROOF and KINTSUGI_REPORT as in python_proof.py.
const { closeSync, openSync, readSync, writeSync, constants } = require('node:fs');
const Module = require('node:module');
const { pathToFileURL } = require('node:url');
const makePlaces = require('./node-guard-places.cjs');
const makeWatch = require('./node-guard-watch.cjs');

const { process } = globalThis;
const { uncurried } = makePlaces;
const { stringify } = JSON;
const { defineProperty } = Object;
const includes = uncurried(String.prototype.includes);
const slice = uncurried(String.prototype.slice);
const apply = Reflect.apply;
const nonceLength = 64;

const { KINTSUGI_CHECKS = '', KINTSUGI_HASHES = '', KINTSUGI_SCRIPT: scriptHash = null } = process.env;
const [folder = '', ...listed] = KINTSUGI_CHECKS.split('\n');
const [, ...listedHashes] = KINTSUGI_HASHES.split('\n');
const main = process.argv[1];
const script = main === undefined && typeof process._eval === 'string' ? process._eval : null;

/** What the reporter of node:test is, once somebody waits for a report. */
module.exports.reporter = null;

// In a worker nothing can end the process.
if (process.abort.disabled !== true) {
  const places = makePlaces({ folder, listed, listedHashes, script, scriptHash });
  const owner = main === undefined ? 'check' : places.ownerOf(main);
  // The program itself as the main script may end as it likes.
  if (owner !== 'program') guard(places, owner === 'check');
}

/** A function that writes one record, or null where nobody waits for a report. */
function openChannel(places) {
  const { KINTSUGI_PROOF: kind, KINTSUGI_REPORT: report } = process.env;
  if (kind === undefined || report === undefined) return null;
  let nonce = '';
  if (kind === 'stdin') {
    delete process.env.KINTSUGI_PROOF;
    delete process.env.KINTSUGI_REPORT;
    const bytes = Buffer.alloc(nonceLength + 1);
    for (let got = 0; got < bytes.length; ) {
      const more = readSync(0, bytes, got, bytes.length - got, null);
      if (more === 0) {
        writeSync(2, 'KintsugiProof: the test process was not given what it must prove itself with.\n');
        process.reallyExit(1);
      }
      got += more;
    }
    nonce = bytes.toString('latin1', 0, nonceLength);
    bytes.fill(0);
    closeSync(0);
    openSync('/dev/null', 'r');
  } else {
    nonce = require('node:crypto')
      .randomBytes(nonceLength / 2)
      .toString('hex');
  }
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW;
  const descriptor = openSync(report, flags, 0o600);
  if (kind !== 'stdin') {
    const commit = require('node:crypto').createHash('sha256').update(nonce).digest('hex');
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

function guard(places, proves) {
  const record = proves ? openChannel(places) : null;
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
      text:
        typeof value === 'function'
          ? slice(`${uncurried(Function.prototype.toString)(value)}`, 0, 300)
          : undefined,
    });
  const watch = proves ? makeWatch({ ...places, tell }) : null;

  /** The last word, once everything is over that a test can fail by. */
  const finish = () => {
    if (state.done || record === null) return;
    watch.compare();
    const why = unfinished(places, state);
    record(...(why === null ? ['complete', {}] : ['incomplete', { why, code: process.exitCode || 0 }]));
    state.done = true;
  };
  guardExit(places, state, watch, finish);
  if (!proves) return;
  guardErrors(places, state, say);
  guardEvents(places, state, watch, finish);
  if (main !== undefined) guardMain(places, state, text);
  if (includes(text, 'assert')) {
    const assert = require('node:assert');
    watch.lockAll('assert', assert);
    watch.lockAll('assert.strict', assert.strict);
  }
  if (includes(text, 'node:test')) watch.lockAll('node:test', require('node:test'));
  if (record !== null)
    module.exports.reporter = require('./node-guard-tests.cjs')({ state, record, tell, places });
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

/** Ends with success are for the check to ask for. */
function guardExit(places, state, watch, finish) {
  const leave = process.reallyExit;
  const exit = process.exit;
  let asked = null;
  const guardedLeave = function reallyExit(code) {
    if (code) return apply(leave, process, [code]);
    const found = places.stack();
    const place = found === null ? null : places.blamed(found);
    const stray = found === null || (found.count === 0 && asked === 'program');
    if (place === null && !stray) {
      // The check asked for it, or somebody without a name did.
      state.asked = found.count > 0 || asked === 'check';
      finish();
      return apply(leave, process, [code]);
    }
    const where = place === null ? '' : `\n    at ${places.shown(place)}`;
    writeSync(
      2,
      `KintsugiEarlyExit: the program ended the test process early with process.exit(0); a check must run to its end.${where}\n`,
    );
    state.failed = true;
    apply(leave, process, [1]);
  };
  if (watch === null) {
    process.reallyExit = guardedLeave;
    return;
  }
  // Who takes hold of `process.exit` is remembered: a timer that calls it has nobody on its stack.
  const exits = Object.create(null);
  for (const owner of ['check', 'program', 'null']) {
    exits[owner] = {
      exit(code) {
        asked = owner;
        return apply(exit, process, arguments.length === 0 ? [] : [code]);
      },
    }.exit;
  }
  watch.lock('process.exit', process, 'exit', () => exits[places.asker().owner ?? 'null']);
  process.reallyExit = guardedLeave;
  watch.lock('process.reallyExit', process, 'reallyExit');
}

/** Every error that nobody caught comes by here first, whatever listeners there are. */
function guardErrors(places, state, say) {
  const original = process._fatalException;
  const note = (error) => {
    state.failed = true;
    say('error', { message: slice(shownError(error), 0, 4000) });
  };
  state.note = note;
  const fatal = function _fatalException(error, fromPromise) {
    if (!handledByCheck(places, 'uncaughtException')) note(error);
    return apply(original, process, [error, fromPromise]);
  };
  defineProperty(process, '_fatalException', {
    get: () => fatal,
    set: () => {},
    configurable: false,
    enumerable: false,
  });
}

function shownError(error) {
  try {
    const stack = typeof error === 'object' && error !== null ? error.stack : undefined;
    return typeof stack === 'string' ? stack : String(error);
  } catch {
    return 'an error that cannot be shown';
  }
}

const listenersOf = process.rawListeners;

function handledByCheck(places, event) {
  try {
    const all = apply(listenersOf, process, [event]);
    for (let index = 0; index < all.length; index += 1) {
      if (places.isOfCheck(all[index].listener ?? all[index])) return true;
    }
  } catch {
    return false;
  }
  return false;
}

/** The end of the event loop, rejections that nobody waits for, and what is left of an exit code by then. */
function guardEvents(places, state, watch, finish) {
  let emit = process.emit;
  const look = () => {
    watch.compare();
    if (process.exitCode) state.exitCode = process.exitCode;
  };
  const guarded = function emit_(name, value) {
    if (name === 'unhandledRejection' && !handledByCheck(places, name)) {
      const swallowed = apply(listenersOf, process, [name]).length > 0;
      if (swallowed) state.note(value);
    }
    if (name !== 'exit' && name !== 'beforeExit') return apply(emit, this, arguments);
    look();
    if (name === 'exit' && value) state.exitCode = value;
    const natural = name === 'exit' && places.stack()?.bare === true;
    const result = apply(emit, this, arguments);
    look();
    if (natural) finish();
    return result;
  };
  defineProperty(process, 'emit', {
    get: () => guarded,
    set: (value) => {
      if (typeof value === 'function') emit = value;
    },
    configurable: false,
    enumerable: false,
  });
  state.look = look;
}

/** Whether the main file was run to its last statement, top-level awaits included. */
function guardMain(places, state, text) {
  const run = Module.runMain;
  const cache = Module._cache;
  const stop = /\basync\b|\.then\b|\bawait\b/.test(text) ? watchPromises(places, state) : () => {};
  const settled = () => {
    state.evaluated = true;
    stop();
  };
  Module.runMain = function runMain(...values) {
    const result = apply(run, this, values);
    state.look();
    if (cache[main]?.loaded === true) settled();
    else import(pathToFileURL(main).href).then(settled, stop);
    return result;
  };
}

const mostPromises = 2_000;

/**
 * What the top level of the check starts and does not wait for otherwise: its asynchronous functions, and what it has follow on promises. One
 * that is still pending when the event loop is empty never came to its end, and neither did the assertions in it.
 */
function watchPromises(places, state) {
  const { promiseHooks } = require('node:v8');
  const { inspect } = require('node:util');
  const started = [];
  let seen = 0;
  const stop = promiseHooks.onInit((promise) => {
    seen += 1;
    if (seen > mostPromises) return stop();
    const found = places.stack();
    if (found === null || found.count === 0 || found.list[0].owner !== 'check') return;
    const begins = found.top === '' && found.count === 2 && found.list[1].owner === 'check';
    const follows = found.top === 'then ' && found.count === 1;
    if (begins || follows) started[started.length] = { promise, place: found.list[found.count - 1] };
  });
  state.pending = () => {
    for (let index = 0; index < started.length; index += 1) {
      const { promise, place } = started[index];
      if (includes(inspect(promise, { customInspect: false, depth: 0 }), '<pending>')) return place;
    }
    return null;
  };
  return stop;
}
