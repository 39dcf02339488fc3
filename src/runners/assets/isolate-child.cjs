'use strict';
// Makes an isolate, then waits for one JSON job on standard input and runs it. Settings: the one argument, as JSON. Standard output: JSON lines,
// `{accepted}` for the job, `{stream, text}`, and at last `{end}`. This process may die of what the program does; then the last line is missing.
const { readFileSync, writeSync } = require('node:fs');
const { SourceMap } = require('node:module');
const { join, posix } = require('node:path');

const scriptName = 'kintsugi-isolate.js';
const preludeName = 'kintsugi-prelude.js';
const place = new RegExp(`${scriptName}:(\\d+):(\\d+)`, 'g');
const ours = new RegExp(
  `\n +at .*(?:${preludeName}|${scriptName}|<isolated-vm|isolate-\\w+\\.cjs).*?( \\{)?$`,
  'gm',
);
/** No line is added before the program: the source map counts them. */
const before = (kind) => `__kintsugi.main(${kind} function (require, module, exports) {`;
/** What the inspection asks for when it loads and some world does not have. */
const stubs = ['Atomics', 'FinalizationRegistry', 'WeakRef', 'SharedArrayBuffer', 'AggregateError'];

const tell = (fields) => {
  let bytes = Buffer.from(`${JSON.stringify(fields)}\n`);
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(1, bytes));
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
};

/** Positions in the bundle become positions in the program's files; frames of ours go. */
function translator({ code, path, plain }) {
  if (plain) return plainTranslator(code, path);
  const encoded = /\n\/\/# sourceMappingURL=data:application\/json;base64,([\w+/=]+)\s*$/.exec(code)?.[1];
  if (!encoded) return { text: (text) => text, header: () => '' };
  const payload = JSON.parse(Buffer.from(encoded, 'base64').toString());
  const map = new SourceMap(payload);
  const named = (source) => posix.join(posix.dirname(path), source);
  const contents = new Map(
    payload.sources.map((source, at) => [named(source), payload.sourcesContent?.[at] ?? '']),
  );
  const text = (value) =>
    value
      .replace(place, (whole, line, column) => {
        const entry = map.findEntry(Number(line) - 1, Number(column) - 1);
        if (!entry.originalSource) return whole;
        return `${named(entry.originalSource)}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
      })
      .replace(ours, '$1');
  return { text, header: headerOf((name) => contents.get(name)) };
}

/** The file itself ran: only what stands before it on its first line is taken off. */
function plainTranslator(code, path) {
  const text = (value) =>
    value
      .replace(place, (whole, line, column) => {
        const shifted = Number(column) - (line === '1' ? before('').length : 0);
        return shifted > 0 ? `${path}:${line}:${shifted}` : whole;
      })
      .replace(ours, '$1');
  return { text, header: headerOf((name) => (name === path ? code : undefined)) };
}

/** The place and the line of source that Node prints above an error that nobody caught. */
function headerOf(contentOf) {
  return (translated) => {
    const frame = /^\s+at (?:.*\()?([^()\n]+):(\d+):(\d+)\)?$/m.exec(translated);
    const line = frame && contentOf(frame[1])?.split('\n')[Number(frame[2]) - 1];
    return line ? `${frame[1]}:${frame[2]}\n${line}\n${' '.repeat(Number(frame[3]) - 1)}^\n\n` : '';
  };
}

/** An isolate with the console and the timers in it. */
async function open(settings, write) {
  const engine = require(settings.engine === 'quickjs' ? './isolate-quickjs.cjs' : './isolate-v8.cjs');
  const world = await engine.open(settings, write);
  const inspection = readFileSync(settings.inspection, 'utf8');
  world.evaluate(
    `{ const missing = ${JSON.stringify(stubs)}.filter((name) => !(name in globalThis)); for (const name of missing) globalThis[name] = name === 'Atomics' ? {} : class {};
globalThis.__kintsugi_host = { write: __kintsugi_write, inspection: (function (module) { var exports = module.exports; ${inspection}\nreturn module.exports; })({ exports: {} }) };
for (const name of missing) delete globalThis[name]; delete globalThis.__kintsugi_write; } 0`,
    preludeName,
  );
  world.evaluate(`${readFileSync(join(__dirname, 'isolate-prelude.js'), 'utf8')}\n0`, preludeName);
  return world;
}

async function main() {
  const settings = JSON.parse(process.argv[2]);
  let uncaught = () => {};
  let translate = { text: (text) => text, header: () => '' };
  let exhausted = false;
  let world;
  try {
    world = await open(settings, (stream, text) => {
      if (stream === 'out-of-memory') exhausted = true;
      else if (stream === 'uncaught') uncaught(String(text));
      else tell({ stream: stream === 'stderr' ? 'stderr' : 'stdout', text: translate.text(String(text)) });
    });
  } catch (error) {
    return tell({ end: 'unavailable', why: error.message });
  }
  const text = readFileSync(0, 'utf8');
  if (text === '') return; // Nobody is there any more.
  const job = JSON.parse(text);
  tell({ accepted: true });
  const started = process.cpuUsage();
  const end = (fields) => {
    const { user, system } = process.cpuUsage(started);
    const peakBytes = process.resourceUsage().maxRSS * 1024;
    tell({ ...fields, cpuMs: (user + system) / 1000, peakBytes });
  };
  if (job.code === undefined) return end({ end: 'exited', exitCode: 0 });
  translate = translator(job);
  uncaught = (message) => {
    const translated = translate.text(message);
    const said = `${translate.header(translated)}${translated}\nNode.js ${process.version}\n`;
    tell({ stream: 'stderr', text: said });
  };
  const strict = job.modular ? '"use strict";' : '';
  const wrapped = (kind) => `${before(kind)}${strict}${job.code}\n});`;
  try {
    await runProgram(world, wrapped);
    if (exhausted || world.outOfMemory()) return end({ end: 'out-of-memory' });
    end({ end: 'exited', exitCode: world.evaluate('__kintsugi.dead()', preludeName) ? 1 : 0 });
  } catch (error) {
    if (exhausted || world.outOfMemory()) return end({ end: 'out-of-memory' });
    // A promise that was rejected and that nobody looked after, or what only this engine cannot parse.
    uncaught(`${error instanceof Error ? error.stack : `Uncaught (in promise) ${String(error)}`}\n`);
    end({ end: 'exited', exitCode: 1 });
  }
}

async function runProgram(world, wrapped) {
  let run;
  try {
    run = world.compile(wrapped(''), scriptName);
  } catch {
    run = world.compile(wrapped('async'), scriptName);
  }
  run();
  for (;;) {
    const due = world.evaluate('__kintsugi.due()', preludeName);
    if (due < 0) return;
    if (due > 0) await new Promise((resolve) => setTimeout(resolve, due));
    world.evaluate('__kintsugi.fire()', preludeName);
  }
}

main();
