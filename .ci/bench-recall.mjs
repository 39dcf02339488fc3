#!/usr/bin/env node
import { createHash } from 'node:crypto';
// Measures recall on sets of queries and relevant documents: npm run bench:recall -- DIR [--json FILE]. DIR holds NAME.docs.jsonl.gz and
// NAME.queries.jsonl.gz (and d1_abstain_py.negative_queries.jsonl.gz). Each document becomes a lesson; the ranking is the one a session
// uses (src/memory/recall.ts). Beside it plain BM25 (k1 1.2, b .75, words of letters, digits and _ in lower case). --json writes every
// query's first 100 documents of both.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { build } from 'esbuild';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

async function product() {
  const folder = mkdtempSync(path.join(tmpdir(), 'kintsugi-bench-'));
  try {
    const from = (file) => JSON.stringify(path.join(root, 'src', file));
    const outfile = path.join(folder, 'product.mjs');
    await build({
      stdin: {
        contents: `export { ranked, overFloor, floorOf } from ${from('memory/recall.ts')};
          export { collectionOf } from ${from('memory/collection.ts')};
          export { hashedEmbedder } from ${from('memory/embedders/hashed.ts')};
          export { lexicalIndex } from ${from('memory/lexical.ts')};
          export { signatureOfText } from ${from('core/signature.ts')};`,
        resolveDir: root,
        loader: 'ts',
      },
      bundle: true,
      format: 'esm',
      platform: 'node',
      outfile,
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const sha = (text) => createHash('sha256').update(text).digest('hex');
const plainWords = (text) => text.toLowerCase().match(/\w+/g) ?? [];
const rows = (file) =>
  gunzipSync(readFileSync(file))
    .toString('utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

/** Sets that pose goals; the others pose failures. */
const atPlan = (name) => name.startsWith('c1');

function lesson(code, name, { id, text }) {
  const signature = atPlan(name) ? null : code.signatureOfText(text, 'bench', sha);
  return {
    id,
    kind: 'lesson',
    sort: 'fix',
    state: 'witnessed',
    when: '',
    do: '',
    why: '',
    key: atPlan(name) ? '' : text,
    about: atPlan(name) ? text : '',
    signatures: signature ? [signature] : [],
    seenIn: [],
    scope: { language: null, runtime: null, libraries: [], project: null },
    provenance: { session: null, attempt: null, model: null, goal: null, taint: 'imported' },
    stats: { injected: 0, injectedPassed: 0, heldOut: 0, heldOutPassed: 0, advantage: null },
    validFrom: '2026-01-01T00:00:00.000Z',
    rev: 1,
  };
}

const queryOf = (code, name, { text }) => ({
  moment: atPlan(name) ? 'plan' : 'reflect',
  text,
  signature: atPlan(name) ? null : code.signatureOfText(text, 'bench', sha),
  language: null,
  libraries: [],
});

function grade(ranking, relevant) {
  const first = ranking.findIndex((id) => relevant[id] > 0);
  const gain = (grades) =>
    grades.slice(0, 10).reduce((sum, one, at) => sum + (2 ** one - 1) / Math.log2(at + 2), 0);
  const best = gain(Object.values(relevant).sort((a, b) => b - a));
  return {
    s1: first === 0 ? 1 : 0,
    s5: first >= 0 && first < 5 ? 1 : 0,
    mrr10: first >= 0 && first < 10 ? 1 / (first + 1) : 0,
    ndcg10: best === 0 ? 0 : gain(ranking.map((id) => relevant[id] ?? 0)) / best,
  };
}

const mean = (numbers) => numbers.reduce((sum, one) => sum + one, 0) / Math.max(numbers.length, 1);

/** 95 % interval of a mean of differences, by resampling whole groups 1,000 times with fixed randomness. */
function interval(pairs) {
  const groups = [...(Map.groupBy ? Map.groupBy(pairs, (one) => one.group) : grouped(pairs))].map(
    ([, list]) => list,
  );
  let seed = 20260101;
  const random = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
  const means = Array.from({ length: 1000 }, () => {
    const drawn = groups.flatMap(() => groups[Math.floor(random() * groups.length)]);
    return mean(drawn.map((one) => one.value));
  }).sort((a, b) => a - b);
  return [means[25], means[974]];
}

function grouped(pairs) {
  const groups = new Map();
  for (const one of pairs) groups.set(one.group, [...(groups.get(one.group) ?? []), one]);
  return groups;
}

const args = process.argv.slice(2);
const json = args.includes('--json') ? args[args.indexOf('--json') + 1] : null;
const folder = args.find((arg, at) => !arg.startsWith('--') && args[at - 1] !== '--json');
const names =
  folder && existsSync(folder)
    ? readdirSync(folder)
        .flatMap((file) => /^(.+)\.docs\.jsonl\.gz$/.exec(file)?.[1] ?? [])
        .sort()
    : [];
if (names.length === 0 || json === undefined) {
  console.error(
    'usage: npm run bench:recall -- DIR [--json FILE]\nDIR must hold NAME.docs.jsonl.gz and NAME.queries.jsonl.gz.',
  );
  process.exit(2);
}

const code = await product();
const embedder = code.hashedEmbedder;
const result = { embedder: embedder.id, sets: {}, abstain: null };
const figures = ['s1', 's5', 'mrr10', 'ndcg10'];
const show = (numbers) => numbers.map((one) => one.toFixed(3).replace(/^0/, '')).join(' / ');
console.log(`recall with ${embedder.id} beside plain BM25 (words \\w+): S@1 / S@5 / MRR@10 / nDCG@10`);
let b1 = null;
for (const name of names) {
  const docs = rows(path.join(folder, `${name}.docs.jsonl.gz`));
  const queries = rows(path.join(folder, `${name}.queries.jsonl.gz`));
  const groups = new Map(docs.map((one) => [one.id, one.group]));
  const source = await code.collectionOf(
    docs.map((one) => lesson(code, name, one)),
    embedder,
  );
  const plain = code.lexicalIndex(plainWords);
  for (const one of docs) plain.put(one.id, one.text);
  const floor = code.floorOf(embedder.id, atPlan(name) ? 'plan' : 'reflect');
  const answers = [];
  for (const query of queries) {
    const relevant = query.relevant_kind
      ? Object.fromEntries(
          docs
            .filter((one) => one.kind === query.relevant_kind && one.group !== query.group)
            .map((one) => [one.id, 1]),
        )
      : query.relevant;
    const allowed = (id) => !query.exclude_group || groups.get(id) !== query.exclude_group;
    const hits = await code.ranked(source, queryOf(code, name, query), {
      embedder: embedder.id,
      accepts: (card) => allowed(card.id),
    });
    const ranking = hits.map((one) => one.id).slice(0, 100);
    const baseline = plain.search(query.text, 100, allowed).map((one) => one.id);
    answers.push({
      query: query.id,
      group: query.group,
      share: Math.max(0, ...hits.map((one) => one.share)),
      recalled: hits.some((one) => code.overFloor(one, floor)),
      ranking,
      baseline,
      ours: grade(ranking, relevant),
      plain: grade(baseline, relevant),
    });
  }
  const ours = figures.map((key) => mean(answers.map((one) => one.ours[key])));
  const bm25 = figures.map((key) => mean(answers.map((one) => one.plain[key])));
  const gain = interval(answers.map((one) => ({ group: one.group, value: one.ours.s1 - one.plain.s1 })));
  console.log(
    `${name.padEnd(26)} ${String(queries.length).padStart(5)} queries  recall ${show(ours)}  BM25 ${show(bm25)}  S@1 gain ${gain.map((one) => one.toFixed(3)).join(' … ')}`,
  );
  result.sets[name] = { queries: queries.length, ours, bm25, gain, answers };
  if (name.startsWith('b1')) b1 = { source, floor, over: mean(answers.map((one) => (one.recalled ? 1 : 0))) };
}
const negative = path.join(folder, 'd1_abstain_py.negative_queries.jsonl.gz');
if (b1 && existsSync(negative)) {
  const queries = rows(negative);
  const tops = [];
  for (const query of queries) {
    const hits = await code.ranked(b1.source, queryOf(code, 'd1', query), { embedder: embedder.id });
    tops.push({
      query: query.id,
      recalled: hits.some((one) => code.overFloor(one, b1.floor)),
      share: Math.max(0, ...hits.map((one) => one.share)),
      similarity: Math.max(0, ...hits.map((one) => one.similarity)),
    });
  }
  const wrong = mean(tops.map((one) => (one.recalled ? 1 : 0)));
  console.log(
    `d1_abstain_py              ${String(queries.length).padStart(5)} queries with nothing relevant: ${(100 * wrong).toFixed(1)} % recall something; of b1's ${(100 * b1.over).toFixed(1)} %`,
  );
  result.abstain = { queries: queries.length, wrong, right: b1.over, tops };
}
if (json) {
  writeFileSync(json, `${JSON.stringify(result)}\n`);
  console.log(`written: ${json}`);
}
