'use strict';
// The ways a process ends: an exit that somebody asks for, an error that nobody catches, an event loop with nothing left to do.
const { writeSync } = require('node:fs');
const Module = require('node:module');
const { pathToFileURL } = require('node:url');
const { runInThisContext } = require('node:vm');
const { uncurried } = require('./node-guard-places.cjs');

const { process } = globalThis;
const { defineProperty } = Object;
const apply = Reflect.apply;
const includes = uncurried(String.prototype.includes);
const slice = uncurried(String.prototype.slice);

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
  watchListeners(places, state);
  const note = (error) => {
    state.failed = true;
    say('error', { message: slice(shownError(error), 0, 4000) });
    if (state.listens === null) return;
    say('tampered', {
      what: 'it listens for errors that are not its own',
      where: places.shown(state.listens),
    });
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

/** Remembers where the program first asked to be told of errors that nobody caught. */
function watchListeners(places, state) {
  for (const name of ['on', 'addListener', 'once', 'prependListener', 'prependOnceListener']) {
    const add = process[name];
    process[name] = function listen(event, ...rest) {
      if (event === 'uncaughtException' || event === 'unhandledRejection') {
        const { owner, place } = places.asker();
        if (owner === 'program') state.listens ??= place;
      }
      return apply(add, this, [event, ...rest]);
    };
  }
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
  const first = process.emit;
  let emit = first;
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
    // Where nobody listens nothing can change.
    const heard = apply(listenersOf, process, [name]).length > 0 || emit !== first;
    const result = apply(emit, this, arguments);
    if (heard) look();
    if (natural) finish(true);
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

const wrapper =
  '(apply, run, after) => function runMain(...values) { return after(apply(run, this, values)); }';

/** Whether the main file was run to its last statement, top-level awaits included. */
function guardMain({ places, state, text, main }) {
  const run = Module.runMain;
  const cache = Module._cache;
  const stop = /\basync\b|\.then\b|\bawait\b/.test(text) ? watchPromises(places, state) : () => {};
  const settled = () => {
    state.evaluated = true;
    stop();
  };
  const after = (result) => {
    state.look();
    if (cache[main]?.loaded === true) settled();
    else import(pathToFileURL(main).href).then(settled, stop);
    return result;
  };
  // The one frame of ours in the stack of every error; it bears a name that readers of stacks leave out.
  Module.runMain = runInThisContext(wrapper, { filename: 'node:internal/guard' })(apply, run, after);
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

module.exports = { guardExit, guardErrors, guardEvents, guardMain };
