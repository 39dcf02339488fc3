#!/usr/bin/env node
// What the product costs beside a short script that does the same work with the same SDK, as ratios within one run: npm run bench:overhead.
//   npm run bench:overhead -- --pairs 21 --level L2
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const { values } = parseArgs({
  options: { pairs: { type: 'string', default: '11' }, level: { type: 'string' } },
});
const pairs = Math.max(5, Number(values.pairs) || 11);
const work = mkdtempSync(path.join(tmpdir(), 'kintsugi-overhead-'));
const main = path.join(root, 'dist', 'main.js');

const goal =
  'Write a JavaScript function runningTotal(values) in solution.js that returns the list of the sums of all values up to and including each place: an empty list for an empty list, and it must leave the list it is given as it was. Export it with module.exports, so that tests can require it, and print one.'.padEnd(
    300,
    '!',
  );
const tests = `const test = require('node:test');
const assert = require('node:assert');
const { runningTotal } = require('./solution.js');
test('an empty list', () => assert.deepStrictEqual(runningTotal([]), []));
test('sums so far', () => assert.deepStrictEqual(runningTotal([1, 2, 3]), [1, 3, 6]));
`;
const solution = (start) => `function runningTotal(values) {
  const totals = [];
  let total = ${start};
  for (const value of values) {
    total += value;
    totals.push(total);
  }
  return totals;
}
module.exports = { runningTotal };
`;
const fenced = (name, content) => `\`\`\`javascript path=${name}\n${content}\`\`\`\n`;
const plan = {
  approach: 'Add up in one pass.',
  language: 'javascript',
  steps: [
    {
      title: 'Write runningTotal',
      instructions: 'solution.js exports runningTotal(values).',
      checks: [{ kind: 'tests', name: 'running totals', path: 'solution.test.js', content: tests }],
    },
  ],
};
const lesson = {
  when: 'A function adds up values in a loop',
  do: 'start the sum at 0',
  why: 'a sum of nothing is 0',
};
const diagnosis = { text: 'The total starts at 1 where it must start at 0.' };

/** The script to be compared with: asks, writes, tests, feeds the failure back, asks again. */
const script = `import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Anthropic from ${JSON.stringify(import.meta.resolve('@anthropic-ai/sdk'))};

const client = new Anthropic();
const goal = process.argv[2];
const messages = [{ role: 'user', content: 'Write the program and its tests, each file in a fenced block with its path.\\n' + goal }];
const folder = mkdtempSync(path.join(tmpdir(), 'baseline-'));
let passed = false;
try {
  for (let attempt = 1; attempt <= 3 && !passed; attempt += 1) {
    const stream = client.messages.stream({ model: 'claude-sonnet-5-5', max_tokens: 8000, messages });
    const reply = await stream.finalText();
    const tests = [];
    for (const [, name, content] of reply.matchAll(/^\`\`\`\\w* path=(\\S+)\\n([\\s\\S]*?)^\`\`\`/gm)) {
      writeFileSync(path.join(folder, name), content);
      if (name.includes('.test.')) tests.push(name);
    }
    const test = spawnSync(process.execPath, ['--test', 'solution.test.js'], { cwd: folder, encoding: 'utf8', timeout: 10_000 });
    passed = test.status === 0;
    const failure = (test.stdout + test.stderr).slice(-4000);
    messages.push({ role: 'assistant', content: reply }, { role: 'user', content: 'It failed, mend it:\\n' + failure });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.stdout.write(passed ? 'passed\\n' : 'failed\\n');
process.exitCode = passed ? 0 : 1;
`;

/** Says at the end of a process how much memory it had at most; nothing for its children, which get another environment. */
const peak = `process.on('exit', () => {
  try {
    require('node:fs').writeFileSync(process.env.PEAK_FILE, String(process.resourceUsage().maxRSS));
  } catch {}
});
`;

function events(content, body) {
  const usage = { input_tokens: 100, output_tokens: 1 };
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: body.model, content: [] };
  const pieces = (text) => text.match(/[\s\S]{1,24}/g) ?? [];
  const block =
    'text' in content
      ? [{ type: 'text', text: '' }, pieces(content.text).map((text) => ({ type: 'text_delta', text }))]
      : [
          { type: 'tool_use', id: 'toolu_1', name: content.tool, input: {} },
          pieces(JSON.stringify(content.input)).map((partial_json) => ({
            type: 'input_json_delta',
            partial_json,
          })),
        ];
  return [
    { type: 'message_start', message: { ...message, stop_reason: null, stop_sequence: null, usage } },
    { type: 'content_block_start', index: 0, content_block: block[0] },
    ...block[1].map((delta) => ({ type: 'content_block_delta', index: 0, delta })),
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: { stop_reason: 'text' in content ? 'end_turn' : 'tool_use', stop_sequence: null },
      usage: { output_tokens: 50 },
    },
    { type: 'message_stop' },
  ];
}

let sent = { calls: 0, bytes: 0, programs: 0 };

function answerTo(body) {
  const tool = body.tools?.[0]?.name;
  if (tool === 'plan') return { tool, input: plan };
  if (tool === 'diagnosis') return { tool, input: diagnosis };
  if (tool === 'lesson') return { tool, input: lesson };
  sent.programs += 1;
  const code = fenced('solution.js', solution(sent.programs === 1 ? 1 : 0));
  const alone = JSON.stringify(body).includes('the program and its tests');
  return { text: alone && sent.programs === 1 ? code + fenced('solution.test.js', tests) : code };
}

const server = createServer(async (incoming, response) => {
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const body = JSON.parse(bytes.toString('utf8'));
  sent.calls += 1;
  sent.bytes += bytes.length;
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  response.end(
    events(answerTo(body), body)
      .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
      .join(''),
  );
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${server.address().port}`;

const folderOf = (name) => {
  const folder = path.join(work, name);
  mkdirSync(folder, { recursive: true });
  return folder;
};
writeFileSync(path.join(work, 'baseline.mjs'), script);
writeFileSync(path.join(work, 'peak.cjs'), peak);
const clean = {
  PATH: process.env.PATH ?? '',
  HOME: folderOf('home'),
  TMPDIR: folderOf('tmp'),
  LANG: 'C.UTF-8',
  NO_COLOR: '1',
  KINTSUGI_HOME: folderOf('kintsugi'),
  ANTHROPIC_API_KEY: 'sk-ant-loopback',
  ANTHROPIC_BASE_URL: url,
  ...(values.level ? { KINTSUGI_MIN_LEVEL: values.level } : {}),
};

function timed(args, measured = false) {
  const peakFile = path.join(work, 'peak');
  const env = measured ? { ...clean, PEAK_FILE: peakFile } : clean;
  const flags = measured ? ['--require', path.join(work, 'peak.cjs')] : [];
  sent = { calls: 0, bytes: 0, programs: 0 };
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    const child = spawn(process.execPath, [...flags, ...args], {
      cwd: folderOf('cwd'),
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => {
        said += text;
      });
    child.once('error', reject);
    child.once('close', (code) => {
      const ms = performance.now() - begun;
      if (code !== 0) return reject(new Error(`${args.join(' ')} ended with ${code}:\n${said}`));
      resolve({
        ms,
        kibibytes: measured ? Number(readFileSync(peakFile, 'utf8')) : 0,
        requests: { ...sent },
      });
    });
  });
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

/** Both commands in turn, the first of a pair changing. */
async function compare(plain, ours, measured) {
  await timed(plain, measured);
  await timed(ours, measured);
  const rows = [];
  for (let index = 0; index < pairs; index += 1) {
    const before = index % 2 === 0 ? await timed(plain, measured) : null;
    const own = await timed(ours, measured);
    rows.push({ own, plain: before ?? (await timed(plain, measured)) });
  }
  return rows;
}

let missed = 0;
function tell(what, value, target, unit, more) {
  const held = value <= target;
  if (!held) missed += 1;
  console.log(
    `${what.padEnd(50)} ${`${value.toFixed(2)}${unit}`.padStart(9)} ${`≤ ${target}${unit}`.padStart(9)} ${(held ? 'yes' : 'NO').padEnd(4)} ${more}`,
  );
}

try {
  const begin = values.level ? `KINTSUGI_MIN_LEVEL=${values.level}` : 'the default sandbox level';
  console.log(`${`${pairs} pairs, ${begin}`.padEnd(50)}     value    target held`);
  const rows = await compare(
    [path.join(work, 'baseline.mjs'), goal],
    [main, '-p', goal, '--model', 'anthropic', '--no-memory'],
    true,
  );
  const of = (pick) => median(rows.map(pick));
  tell(
    'a session of two attempts over the script: wall',
    of(({ own, plain }) => own.ms / plain.ms),
    1.5,
    '×',
    `${of(({ plain }) => plain.ms).toFixed(0)} → ${of(({ own }) => own.ms).toFixed(0)} ms`,
  );
  tell(
    'peak memory of its own process',
    of(({ own, plain }) => own.kibibytes / plain.kibibytes),
    1.3,
    '×',
    `${(of(({ plain }) => plain.kibibytes) / 1024).toFixed(0)} → ${(of(({ own }) => own.kibibytes) / 1024).toFixed(0)} MB`,
  );
  const requests = rows[0].own.requests;
  const script = rows[0].plain.requests;
  tell(
    'all request bodies, for a goal of 300 characters',
    Math.max(...rows.map(({ own }) => own.requests.bytes)) / 1024,
    12,
    'KB',
    `${requests.calls} calls; the script: ${(script.bytes / 1024).toFixed(2)} KB in ${script.calls}`,
  );
  // The first session with memory: a second one would know the answer and ask nothing.
  const learning = (await timed([main, '-p', goal, '--model', 'anthropic'])).requests;
  tell(
    'the same with memory, its lesson asked for too',
    learning.bytes / 1024,
    12,
    'KB',
    `${learning.calls} calls`,
  );
  const version = await compare(['-e', '0'], [main, '--version'], false);
  tell(
    'kintsugi --version over node -e 0: wall',
    median(version.map(({ own, plain }) => own.ms / plain.ms)),
    1.5,
    '×',
    `${median(version.map(({ plain }) => plain.ms)).toFixed(0)} → ${median(version.map(({ own }) => own.ms)).toFixed(0)} ms`,
  );
} finally {
  server.closeAllConnections();
  server.close();
  rmSync(work, { recursive: true, force: true });
}
process.exitCode = missed === 0 ? 0 : 1;
