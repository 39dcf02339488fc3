'use strict';
// Who is on the stack: the check, the program, or neither. Uses nothing that the program can replace once it runs.
const { readFileSync } = require('node:fs');
const { findSourceMap } = require('node:module');
const { relative, resolve } = require('node:path');
const { fileURLToPath } = require('node:url');

const uncurried = (method) => Function.prototype.call.bind(method);
const startsWith = uncurried(String.prototype.startsWith);
const includes = uncurried(String.prototype.includes);
const slice = uncurried(String.prototype.slice);
const split = uncurried(String.prototype.split);
const execute = uncurried(RegExp.prototype.exec);
const textOf = uncurried(Function.prototype.toString);
const { isArray } = Array;
const { captureStackTrace } = Error;
const { defineProperty, setPrototypeOf } = Object;
const BuiltInError = Error;

const own = resolve(__dirname, 'node-guard');

/** A list that looks nothing up in what the program can change. */
const plainList = () => setPrototypeOf([], null);

/**
 * `folder` is that of the run, `listed` the paths of its check files with `listedHashes` of their texts, `script` the text given on the command
 * line, if any, with its hash.
 */
module.exports = function places({ folder, listed, listedHashes, script, scriptHash }) {
  const checks = setPrototypeOf({}, null);
  const hashes = setPrototypeOf({}, null);
  for (const [index, path] of listed.entries()) {
    checks[path] = true;
    hashes[path] = listedHashes[index];
  }
  const texts = setPrototypeOf({}, null);

  // A program may set its own way to show errors; ours comes first for the length of one capture.
  let capturing = null;
  let chosen = Error.prepareStackTrace;
  defineProperty(Error, 'prepareStackTrace', {
    get: () => capturing ?? chosen,
    set: (value) => {
      chosen = value;
    },
    configurable: false,
    enumerable: false,
  });
  const sites = () => {
    let taken = null;
    const depth = BuiltInError.stackTraceLimit;
    const holder = { __proto__: null };
    try {
      BuiltInError.stackTraceLimit = 200;
      capturing = (_error, found) => {
        taken = found;
        return '';
      };
      captureStackTrace(holder);
      void holder.stack;
    } catch {
      return null;
    } finally {
      capturing = null;
      try {
        BuiltInError.stackTraceLimit = depth;
      } catch {
        taken = null;
      }
    }
    return isArray(taken) ? setPrototypeOf(taken, null) : null;
  };
  const site = Object.getPrototypeOf(sites()[0]);
  const fileOf = uncurried(site.getFileName);
  const lineOf = uncurried(site.getLineNumber);
  const columnOf = uncurried(site.getColumnNumber);
  const nameOf = uncurried(site.getFunctionName);
  const hashOf = site.getScriptHash === undefined ? null : uncurried(site.getScriptHash);

  function ownerOf(path) {
    if (checks[path] === true) return 'check';
    if (script !== null && path === '[eval]') return 'check';
    return folder !== '' && startsWith(path, `${folder}/`) ? 'program' : null;
  }

  function textAt(path) {
    if (path === '[eval]') return script;
    texts[path] ??= readFileSync(path, 'utf8');
    return texts[path];
  }

  /** Code that only says that it is of the check, by a name it was given, is of the program. */
  function isGenuine(callSite, path) {
    if (hashOf === null) return true;
    const hash = hashOf(callSite);
    if (!hash || (path === '[eval]' && scriptHash === null)) return true;
    return hash === (path === '[eval]' ? scriptHash : hashes[path]);
  }

  /** `{ path, line, column, owner }` in source positions, or null. */
  function placeOf(callSite) {
    const name = fileOf(callSite) ?? '';
    const path = name === '[eval]' ? name : pathOf(name);
    if (path === null) return null;
    const owner = ownerOf(path);
    if (owner === null) return null;
    const line = lineOf(callSite) ?? 1;
    const column = columnOf(callSite) ?? 1;
    if (owner === 'check' && !isGenuine(callSite, path)) return { path, line, column, owner: 'program' };
    // Only a check that we compiled has a map to go by; the program may bring its own.
    const entry =
      owner === 'check' && includes(path, '.compiled.')
        ? findSourceMap(name)?.findEntry(line - 1, column - 1)
        : undefined;
    const source = entry?.originalSource ? pathOf(entry.originalSource) : null;
    if (source === null) return { path, line, column, owner };
    return {
      path: source,
      line: entry.originalLine + 1,
      column: entry.originalColumn + 1,
      owner: ownerOf(source) ?? 'check',
    };
  }

  /**
   * The owned places of the stack, innermost first; null when the stack could not be read. `bare`: nothing but us is on it. `top`: names of
   * the innermost functions that are the engine's own, with a space after each.
   */
  function stack() {
    const found = sites();
    if (found === null) return null;
    const list = plainList();
    let count = 0;
    let foreign = 0;
    let top = '';
    let engine = 0;
    for (let index = 0; index < found.length; index += 1) {
      const name = fileOf(found[index]) ?? '';
      if (startsWith(name, own) || name === 'node:internal/guard') continue;
      if (name === '' && engine === foreign) {
        top += `${nameOf(found[index]) ?? ''} `;
        engine += 1;
      }
      foreign += 1;
      const place = placeOf(found[index]);
      if (place !== null) {
        list[count] = place;
        count += 1;
      }
    }
    return { list, count, top, bare: foreign === 0 };
  }

  /** Who asks: 'check', 'program' or null, with the place. */
  function asker() {
    const found = stack();
    if (found === null) return { owner: 'program', place: null };
    return found.count === 0
      ? { owner: null, place: null }
      : { owner: found.list[0].owner, place: found.list[0] };
  }

  /** Of the stack of an end with success: the place to blame, or null when the check asked for it or had only that call left to make. */
  function blamed({ list, count }) {
    if (count === 0 || list[0].owner === 'check') return null;
    let outer = null;
    let outers = 0;
    for (let index = 0; index < count; index += 1) {
      if (list[index].owner === 'check') {
        outer ??= list[index];
        outers += 1;
      }
    }
    return outers === 1 && isLastStatement(outer) ? null : list[0];
  }

  /** Whether the call at this place is a statement of its own, and only closing brackets, semicolons and comments stand behind it. */
  function isLastStatement({ path, line, column }) {
    try {
      const lines = split(textAt(path), '\n');
      const before = slice(lines[line - 1], 0, column - 1);
      if (execute(/^\s*(?:await\s+)?(?:[\w$]+\.)*$/, before) === null) return false;
      let rest = slice(lines[line - 1], column - 1);
      for (let index = line; index < lines.length; index += 1) rest += `\n${lines[index]}`;
      let link = execute(/^[.?\s]*(new\s+)?[\w$.]+\s*/, rest);
      while (link !== null) {
        rest = afterBrackets(slice(rest, link[0].length));
        link = execute(/^\s*\.\s*[\w$]+\s*/, rest);
      }
      return execute(/^(?:[\s;)}\]]|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*$/, rest) !== null;
    } catch {
      return false;
    }
  }

  /** Where a function was written, as its text tells: in a check file, or not known to be. */
  function isOfCheck(value) {
    if (typeof value !== 'function') return false;
    const text = textOf(value);
    if (includes(text, '[native code]')) return false;
    try {
      for (const path in checks)
        if (!includes(path, '.compiled.') && includes(textAt(path), text)) return true;
    } catch {
      return false;
    }
    return script !== null && includes(script, text);
  }

  const shown = (place) =>
    place === null || place === undefined
      ? ''
      : `${place.path === '[eval]' ? place.path : relative(folder, place.path)}:${place.line}`;
  return { ownerOf, stack, asker, blamed, isOfCheck, shown, textAt };
};

function pathOf(name) {
  if (startsWith(name, 'file:')) return fileURLToPath(name);
  return startsWith(name, '/') ? resolve(name) : null;
}

/** The text behind the bracket that `text` begins with. Brackets in strings count, which can only make the answer stricter. */
function afterBrackets(text) {
  if (text[0] !== '(') return text;
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] === '(') depth += 1;
    if (text[index] === ')') depth -= 1;
    if (depth === 0) return slice(text, index + 1);
  }
  return text;
}

module.exports.uncurried = uncurried;
