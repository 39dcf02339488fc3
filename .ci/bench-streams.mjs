#!/usr/bin/env node
// Recall before the first attempt, over streams of goals: node .ci/bench-streams.mjs [--seeds 1,2,3] [--tasks 10] [--style NAME] [DIR]
// No model and no run: a goal passes at once when the lesson of its family is recalled, else it is mended and teaches that lesson. The store, recall and
// credit are those of the product. DIR holds humanevalpack_py, humanevalpack_js and mbpp_py: then also transfer, with unrelated goals.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { streamOf, styleNames } from './styled-streams.mjs';

const root = path.resolve(import.meta.dirname, '..');
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '1,2,3' },
    tasks: { type: 'string', default: '10' },
    style: { type: 'string' },
    debug: { type: 'boolean', default: false },
  },
});
const sha = (text) => createHash('sha256').update(text).digest('hex');
const place = mkdtempSync(path.join(tmpdir(), 'kintsugi-streams-'));

async function product() {
  const outfile = path.join(place, 'product.mjs');
  const from = (file) => JSON.stringify(path.join(root, 'src', file));
  await build({
    stdin: {
      contents: `export { openMemoryStore } from ${from('memory/open-store.ts')};
        export { hashedEmbedder } from ${from('memory/embedders/hashed.ts')};
        export * from ${from('core/libraries.ts')};
        export { signatureOfText } from ${from('core/signature.ts')};`,
      resolveDir: root,
      loader: 'ts',
    },
    bundle: true,
    format: 'esm',
    platform: 'node',
    external: ['vectra', '@xenova/transformers', 'onnxruntime-node'],
    outfile,
  });
  return await import(pathToFileURL(outfile).href);
}

/** Poses the goals one after the other; gives for each what was recalled and whether it was the lesson of its family. */
async function run(code, rows) {
  const directory = mkdtempSync(path.join(place, 'store-'));
  const { store, opened } = code.openMemoryStore({
    directory,
    globalDirectory: null,
    project: 'bench',
    embedder: code.hashedEmbedder,
    holdOut: 0,
    seed: 1,
  });
  const taught = new Set();
  const seen = [];
  for (const [at, row] of rows.entries()) {
    const session = `s${String(at).padStart(4, '0')}`;
    const language = row.language ?? 'python';
    const given = [...(row.files ?? []), ...(row.tests ?? [])];
    const recall = await store.recall({
      moment: 'plan',
      text: row.goal,
      signature: null,
      language,
      libraries: code.librariesOf(given),
      names: code.namesOf(given),
      draw: session,
    });
    const texts = recall.memories.map(({ text }) => text);
    const right = row.lesson != null && texts.some((text) => text.includes(row.lesson.do));
    const wrong = texts.filter((text) => row.lesson == null || !text.includes(row.lesson.do)).length;
    seen.push({
      row,
      right,
      wrong,
      later: row.asked ?? (row.family != null && taught.has(row.family)),
      passedOver: recall.passedOver,
      memories: recall.memories,
    });
    const passed = row.lesson == null ? true : right && !row.teaches;
    const use = (attempt, arm, memories, ok) => ({
      session,
      step: 1,
      attempt,
      moment: attempt === 1 ? 'plan' : 'reflect',
      arm,
      propensity: 1,
      memories,
      applied: null,
      cluster: attempt === 1 ? `first:${language}` : 'error:x',
      language,
      passed: ok,
      tokens: 0,
    });
    await store.credit(
      use(
        1,
        recall.arm,
        recall.memories.map(({ id }) => id),
        passed,
      ),
    );
    const scope = { language, runtime: null, libraries: code.librariesOf(given), project: null };
    const provenance = { session, attempt: passed ? 1 : 2, model: 'bench', goal: row.goal, taint: 'output' };
    const checks = {
      files: row.tests ?? [],
      checks: [{ kind: 'command', command: 'python3 test_solution.py', origin: 'user' }],
      hash: sha(row.goal),
    };
    const program = {
      language,
      entry: 'solution.py',
      files: [{ path: 'solution.py', content: `# ${session}\n` }],
    };
    if (!passed) {
      await store.credit(use(2, 'none', [], true));
      const key = `AssertionError: ${at * 37 + 11} != ${at * 91 + 5}`;
      const signature = code.signatureOfText(key, 'python', sha);
      await store.remember({
        kind: 'lesson',
        sort: 'fix',
        ...row.lesson,
        key,
        about: row.goal,
        signatures: [signature],
        names: code.namesOf(given),
        witness: { checks, failing: program, fixed: program, diff: '', signature, failed: 3, passed: 2 },
        seenIn: [session],
        scope: { ...scope, language: null },
        provenance,
        state: 'witnessed',
      });
      taught.add(row.family);
    }
    if (!row.files?.length)
      await store.remember({
        kind: 'solution',
        goal: row.goal,
        program,
        checks,
        names: code.namesOf(row.tests ?? []),
        proof: 'tests',
        scope,
        provenance: { ...provenance, taint: 'executed' },
        state: 'witnessed',
      });
  }
  await opened.close();
  rmSync(directory, { recursive: true, force: true });
  return seen;
}

const percent = (part, all) => (all === 0 ? '—' : `${((100 * part) / all).toFixed(1)} %`);

function report(name, seen) {
  const later = seen.filter((one) => one.later);
  const others = seen.filter((one) => one.row.family == null);
  const hit = later.filter((one) => one.right).length;
  const shown = seen.reduce((sum, one) => sum + one.memories.length, 0);
  console.log(
    `${name.padEnd(28)} right lesson ${percent(hit, later.length).padStart(7)} of ${later.length}; wrong lessons ${percent(
      seen.filter((one) => one.row.family != null).reduce((sum, one) => sum + one.wrong, 0),
      shown,
    )} of ${shown} shown; goals of no family that saw one ${percent(others.filter((one) => one.wrong > 0).length, others.length)} of ${others.length}`,
  );
  if (!values.debug) return;
  for (const one of later.filter((one) => !one.right).slice(0, 12))
    console.log(
      '  missed',
      JSON.stringify(one.row.goal.slice(0, 200)),
      JSON.stringify(one.passedOver.slice(0, 2)),
    );
  for (const one of others.filter((one) => one.wrong > 0).slice(0, 12))
    console.log(
      '  off',
      JSON.stringify(one.row.goal.slice(0, 300)),
      JSON.stringify(one.memories.map(({ text, why }) => [text, why])),
    );
}

function transferRows(folder) {
  const of = (name) =>
    gunzipSync(readFileSync(path.join(folder, `${name}.jsonl.gz`)))
      .toString('utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
      .filter((row) => row.buggy && row.fixed);
  const shape = (row, more) => ({
    family: row.group,
    goal: `${row.goal}\n\nWrite solution.${row.language === 'python' ? 'py' : 'js'} with ${(row.exports ?? [row.entry]).join(', ')}. [task ${row.id}]`,
    language: row.language,
    tests: [
      { path: row.language === 'python' ? 'test_solution.py' : 'solution.test.js', content: row.test_code },
    ],
    lesson: {
      when: 'the same is asked again',
      do: `mind the ${row.bug.type}, rule ${sha(row.group).slice(0, 6)}`,
      why: 'it was seen',
    },
    ...more,
  });
  const taught = of('humanevalpack_py');
  const groups = new Set(taught.map((row) => row.group));
  return [
    ...taught.map((row) => shape(row, { teaches: true, asked: false })),
    ...of('humanevalpack_js')
      .filter((row) => groups.has(row.group))
      .map((row) => shape(row, { asked: true })),
    ...of('mbpp_py').map((row) => shape(row, { family: null, lesson: null, asked: false })),
  ];
}

try {
  const code = await product();
  for (const style of values.style ? [values.style] : styleNames) {
    if (style === 'transfer') continue;
    const all = [];
    for (const seed of values.seeds.split(',').map(Number)) {
      const tasks = Number(values.tasks);
      all.push(...(await run(code, streamOf(style, { seed, tasks, others: 30 }))));
    }
    report(style, all);
  }
  const [folder] = positionals;
  if (folder && (!values.style || values.style === 'transfer'))
    report('transfer', await run(code, transferRows(folder)));
} finally {
  rmSync(place, { recursive: true, force: true });
}
