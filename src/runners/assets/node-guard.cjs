'use strict';
// Preloaded into the Node processes of a check: the program under test cannot end one of them early with success.
// KINTSUGI_CHECKS holds the folder of the run and then the paths of its check files, one a line.
const { readFileSync, writeSync } = require('node:fs');
const { findSourceMap } = require('node:module');
const { relative, resolve, sep } = require('node:path');
const { fileURLToPath } = require('node:url');

const [folder = '', ...listed] = (process.env.KINTSUGI_CHECKS ?? '').split('\n');
const checks = new Set(listed);
const main = process.argv[1];

const ownerOf = (path) => {
  if (checks.has(path)) return 'check';
  return folder !== '' && path.startsWith(folder + sep) ? 'program' : null;
};

// The program itself as the main script may end as it likes.
if (main === undefined || ownerOf(main) !== 'program') {
  const leave = process.reallyExit;
  process.reallyExit = function reallyExit(code) {
    const { isMainThread } = require('node:worker_threads');
    const place = code || !isMainThread ? null : blamed(placesOf(reallyExit));
    if (place === null) return leave.call(process, code);
    const where = `${relative(folder, place.path)}:${place.line}`;
    writeSync(
      2,
      `KintsugiEarlyExit: the program ended the test process early with process.exit(0); a check must run to its end.\n    at ${where}\n`,
    );
    leave.call(process, 1);
  };
  failOnSwallowedErrors(leave);
}

/** An error of the check that a listener of the program would swallow fails the check, whatever exit code the program sets. */
function failOnSwallowedErrors(leave) {
  let swallower = null;
  for (const name of ['on', 'addListener', 'once', 'prependListener', 'prependOnceListener']) {
    const add = process[name];
    process[name] = function listen(event, ...rest) {
      if (event === 'uncaughtException' || event === 'unhandledRejection') {
        const inner = placesOf(listen).find((place) => ownerOf(place.path) !== null);
        if (inner !== undefined && ownerOf(inner.path) === 'program') swallower ??= inner;
      }
      return add.call(this, event, ...rest);
    };
  }
  process.on('uncaughtExceptionMonitor', (error) => {
    if (swallower === null) return;
    const where = `${relative(folder, swallower.path)}:${swallower.line}`;
    const what = error instanceof Error ? error.stack : String(error);
    writeSync(
      2,
      `${what}\nKintsugiSwallowedError: the program listens for errors that are not its own.\n    at ${where}\n`,
    );
    leave.call(process, 1);
  });
}

/** Innermost first, in source positions. */
function placesOf(below) {
  const { prepareStackTrace, stackTraceLimit } = Error;
  Error.prepareStackTrace = (_error, sites) => sites;
  Error.stackTraceLimit = 200;
  const holder = {};
  Error.captureStackTrace(holder, below);
  const sites = holder.stack;
  Error.prepareStackTrace = prepareStackTrace;
  Error.stackTraceLimit = stackTraceLimit;
  return sites.map((site) => sourcePlace(site)).filter((place) => place !== null);
}

function sourcePlace(site) {
  const name = site.getFileName() ?? '';
  const path = pathOf(name);
  if (path === null) return null;
  const line = site.getLineNumber() ?? 1;
  const column = site.getColumnNumber() ?? 1;
  const entry = findSourceMap(name)?.findEntry(line - 1, column - 1);
  if (entry?.originalSource) {
    const source = pathOf(entry.originalSource);
    if (source !== null)
      return { path: source, line: entry.originalLine + 1, column: entry.originalColumn + 1 };
  }
  return { path, line, column };
}

function pathOf(name) {
  if (name.startsWith('file:')) return fileURLToPath(name);
  return name.startsWith(sep) ? resolve(name) : null;
}

/** The place to blame; null when the check itself asked for the end, or had nothing left to do but what led here. */
function blamed(places) {
  const inner = places.find((place) => ownerOf(place.path) !== null);
  if (inner === undefined || ownerOf(inner.path) === 'check') return null;
  const outer = places.filter((place) => ownerOf(place.path) === 'check').pop();
  return outer !== undefined && isLastStatement(outer) ? null : inner;
}

/** Whether nothing but closing brackets, semicolons and comments stands behind the call at this place. What cannot be read is not. */
function isLastStatement({ path, line, column }) {
  try {
    const lines = readFileSync(path, 'utf8').split('\n');
    let rest = [lines[line - 1].slice(column - 1), ...lines.slice(line)].join('\n');
    for (let link = /^[.?\s]*(new\s+)?[\w$.]+\s*/.exec(rest); link; link = /^\s*\.\s*[\w$]+\s*/.exec(rest)) {
      rest = afterBrackets(rest.slice(link[0].length));
    }
    return /^([\s;)}\]]|\/\/.*$|\/\*[\s\S]*?\*\/)*$/m.exec(rest)?.[0].length === rest.length;
  } catch {
    return false;
  }
}

/** The text behind the bracket that `text` begins with. Brackets in strings count, which can only make the answer stricter. */
function afterBrackets(text) {
  if (text[0] !== '(') return text;
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] === '(') depth += 1;
    if (text[index] === ')') depth -= 1;
    if (depth === 0) return text.slice(index + 1);
  }
  return text;
}
