'use strict';
const Module = require('node:module');
const { pathToFileURL } = require('node:url');
const { runInThisContext } = require('node:vm');
const { uncurried } = require('./node-guard-places.cjs');

const apply = Reflect.apply;
const includes = uncurried(String.prototype.includes);
const wrapper =
  '(apply, run, after) => function runMain(...values) { return after(apply(run, this, values)); }';

/** Whether the main file was run to its last statement, top-level awaits included. */
module.exports = function guardMain({ places, state, text, main }) {
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
};

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
