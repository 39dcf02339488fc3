'use strict';
// What the truth of a test rests on: parts that the program can no longer replace, and parts that are compared with what they were.
const { EventEmitter } = require('node:events');
const fs = require('node:fs');
const Module = require('node:module');
const util = require('node:util');
const { runInThisContext } = require('node:vm');

const { process } = globalThis;
const { defineProperty, getOwnPropertyDescriptor, is } = Object;
const { ownKeys } = Reflect;
const uncurried = require('./node-guard-places.cjs').uncurried;
const endsWith = uncurried(String.prototype.endsWith);
const endsInScript = (path) => endsWith(path, '.js') || endsWith(path, '.cjs');
const text = String;
const builtIn = new Set(Module.builtinModules);
const isBuiltIn = Function.prototype.call.bind(Set.prototype.has, builtIn);

/** Prototypes and constructors that comparisons are written with. */
const relied = {
  JSON,
  Object,
  Array,
  Number,
  Reflect,
  Promise,
  'Object.prototype': Object.prototype,
  'Function.prototype': Function.prototype,
  'Array.prototype': Array.prototype,
  'String.prototype': String.prototype,
  'Number.prototype': Number.prototype,
  'Boolean.prototype': Boolean.prototype,
  'RegExp.prototype': RegExp.prototype,
  'Error.prototype': Error.prototype,
  'Promise.prototype': Promise.prototype,
  'Map.prototype': Map.prototype,
  'Set.prototype': Set.prototype,
  'EventEmitter.prototype': EventEmitter.prototype,
  util,
};
const globals =
  'JSON Object Array String Number Boolean Symbol BigInt Function RegExp Error Map Set Promise Reflect Proxy isNaN isFinite parseInt parseFloat'.split(
    ' ',
  );
/** It stands in the stack of every error of a module, under a name that readers of stacks leave out. */
const wrapper =
  '(apply, compile, note) => function _compile(content, path, ...rest) { note(content, path, this); return apply(compile, this, [content, path, ...rest]); }';

/** What makes a check happen later; a check may replace them by a clock of its own. */
const timers = 'setTimeout setInterval setImmediate queueMicrotask'.split(' ');
const reading = ['readFileSync', 'existsSync', 'statSync'];
const arithmetic = 'abs max min round floor ceil trunc sign pow sqrt'.split(' ');

/** `tell(what, place, value)` is called for each change; `asker` and `isOfCheck` say whose it is. */
module.exports = function watch({ asker, isOfCheck, tell, ownerOf, textAt }, source) {
  const taken = [];
  const told = Object.create(null);
  const read = Object.create(null);

  function remember(label, holder, keys) {
    for (const key of keys) {
      const found = getOwnPropertyDescriptor(holder, key);
      if (found === undefined) continue;
      const value = found.get ?? found.value;
      if (typeof value === 'function') taken.push({ label: `${label}.${text(key)}`, holder, key, value });
    }
  }
  for (const label of Object.keys(relied)) remember(label, relied[label], ownKeys(relied[label]));
  remember('globalThis', globalThis, globals);
  remember('Math', Math, arithmetic);
  remember('fs', fs, reading);
  if (!/timers/i.test(source)) {
    remember('globalThis', globalThis, timers);
    remember('process', process, ['nextTick']);
  }
  const plain = [
    Object.prototype,
    Function.prototype,
    Array.prototype,
    String.prototype,
    Number.prototype,
    Boolean.prototype,
  ];

  function once(label, place, value) {
    if (told[label] === true) return;
    told[label] = true;
    tell(`${label} was replaced`, place, value);
  }

  /** Tells of everything that is not what it was. */
  function compare() {
    for (let index = 0; index < taken.length; index += 1) {
      const { label, holder, key, value } = taken[index];
      const found = getOwnPropertyDescriptor(holder, key);
      const current = found === undefined ? undefined : (found.get ?? found.value);
      if (!is(current, value) && !isOfCheck(current)) once(label, null, current);
    }
    for (let index = 0; index < plain.length; index += 1) {
      const found = getOwnPropertyDescriptor(plain[index], 'toJSON');
      if (found !== undefined && !isOfCheck(found.value)) once('toJSON of a plain value', null, found.value);
    }
    if (globalThis.process !== process) once('globalThis.process', null, undefined);
    const cached = ownKeys(Module._cache);
    for (let index = 0; index < cached.length; index += 1) {
      const path = cached[index];
      if (
        typeof path === 'string' &&
        ownerOf(path) === 'check' &&
        endsInScript(path) &&
        read[path] !== Module._cache[path]
      )
        once('a file of the check', { path, line: 1 }, undefined);
      if (isBuiltIn(cached[index])) once(`require(${cached[index]})`, null, undefined);
    }
  }

  /** Makes a property one that only the check can set; what the program sets is told of and has no effect. */
  function lock(label, holder, key, wrapped) {
    const found = getOwnPropertyDescriptor(holder, key);
    let current = found === undefined ? holder[key] : found.value;
    if (typeof current !== 'function' || found?.configurable === false) return;
    const first = current;
    defineProperty(holder, key, {
      get: () => (wrapped && current === first ? wrapped() : current),
      set: (value) => {
        const { owner, place } = asker();
        if (owner === 'check') current = value;
        else if (owner === 'program') tell(`${label} was replaced`, place, value);
      },
      configurable: false,
      enumerable: found?.enumerable ?? false,
    });
  }

  function lockAll(label, holder) {
    for (const key of ownKeys(holder)) if (typeof key === 'string') lock(`${label}.${key}`, holder, key);
  }

  for (const key of ['_load', '_resolveFilename', '_compile'])
    if (key in Module) lock(`Module.${key}`, Module, key);
  /** Notes which files of the check were read as they are, and into which module. */
  const note = (content, path, module) => {
    if (ownerOf(path) !== 'check') return;
    const whole = textAt(path);
    if (content === whole || `\uFEFF${content}` === whole) read[path] = module;
  };
  const { prototype } = Module;
  prototype._compile = runInThisContext(wrapper, { filename: 'node:internal/guard' })(
    Reflect.apply,
    prototype._compile,
    note,
  );
  lock('require.extensions', Module._extensions, '.js');
  for (const key of ['require', '_compile', 'load']) lock(`Module.prototype.${key}`, Module.prototype, key);
  /** What carries the events of node:test to their reporter. */
  const watchStreams = () => {
    const { prototype } = require('node:stream').Readable;
    remember('Readable.prototype', prototype, ownKeys(prototype));
  };
  return { compare, lock, lockAll, watchStreams };
};
