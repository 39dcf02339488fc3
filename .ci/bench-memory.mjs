// What memory costs: recall and remember at several sizes, cold and warm, beside a plain scan and BM25 in the same run.
// npm run bench:memory -- [--sizes 1000,10000,50000] [--queries 40] [--json FILE]
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { buildSync } from 'esbuild';
import { unused } from './build.mjs';

const root = path.resolve(import.meta.dirname, '..');
const { values: options } = parseArgs({
  options: {
    sizes: { type: 'string', default: '1000,10000,50000' },
    queries: { type: 'string', default: '40' },
    json: { type: 'string' },
  },
});
const sizes = options.sizes.split(',').map(Number);
const queries = Number(options.queries);
if ([...sizes, queries].some((count) => !Number.isSafeInteger(count) || count < 1)) {
  console.error('bench:memory: --sizes and --queries take whole numbers from 1, sizes parted by commas');
  process.exit(2);
}
const dimensions = 384;

let seed = 20261121;
function random() {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
}
/** Words as rare as those of a language: the n-th is used about 1/n as often as the first. */
const words = Array.from({ length: 8_000 }, (_, at) => `w${at.toString(36)}`);
const text = (count) =>
  Array.from({ length: count }, () => words[Math.floor(words.length ** random()) - 1] ?? 'w0').join(' ');

const embedder = {
  id: `bench/${dimensions}`,
  dimensions,
  embed: async (texts) =>
    texts.map((one) => {
      const vector = new Float32Array(dimensions);
      for (const word of one.split(' ')) {
        let hash = 7;
        for (let at = 0; at < word.length; at += 1) hash = (Math.imul(hash, 31) + word.charCodeAt(at)) >>> 0;
        for (let feature = 0; feature < 8; feature += 1) {
          hash = (Math.imul(hash, 1664525) + 1013904223) >>> 0;
          vector[hash % dimensions] += hash & 4096 ? 1 : -1;
        }
      }
      const norm = Math.hypot(...vector) || 1;
      return vector.map((value) => value / norm);
    }),
};

const lesson = (id) => ({
  id,
  kind: 'lesson',
  sort: 'pitfall',
  when: text(12),
  do: text(15),
  why: text(15),
  key: text(30),
  about: text(40),
  signatures: [
    { v: 2, tool: 'python', template: text(8), key: text(8), hash: id, h0: id, h1: `h${id.length}`, h2: id },
  ],
  witness: { diff: text(120), failing: text(120), fixed: text(120) },
  scope: { language: 'python', runtime: 'python3', libraries: [], project: 'p' },
  provenance: { session: 's', attempt: 1, model: 'm', goal: 'g', taint: 'executed' },
  state: 'witnessed',
  stats: { injected: 0, injectedPassed: 0, heldOut: 0, heldOutPassed: 0, advantage: null },
  validFrom: '2026-11-21T10:00:00.000Z',
  seenIn: ['s'],
  rev: 1,
});

/** The least that could be done: 32-bit vectors in one array, BM25 over a map. */
function plain(texts, vectors) {
  const data = new Float32Array(texts.length * dimensions);
  vectors.forEach((vector, row) => {
    data.set(vector, row * dimensions);
  });
  const postings = new Map();
  let total = 0;
  const lengths = texts.map((one, row) => {
    const list = one.split(' ');
    const counts = new Map();
    for (const word of list) counts.set(word, (counts.get(word) ?? 0) + 1);
    for (const [word, count] of counts) {
      if (!postings.has(word)) postings.set(word, []);
      postings.get(word).push([row, count]);
    }
    total += list.length;
    return list.length;
  });
  const top = (scores) => {
    const best = [];
    for (let row = 0; row < scores.length; row += 1) {
      const score = scores[row];
      if (score <= 0 || (best.length === 50 && score <= scores[best[49]])) continue;
      let place = best.length;
      while (place > 0 && scores[best[place - 1]] < score) place -= 1;
      best.splice(place, 0, row);
      if (best.length > 50) best.pop();
    }
    return best;
  };
  return async (query) => {
    const [vector] = await embedder.embed([query]);
    const cosines = new Float32Array(texts.length);
    for (let row = 0; row < texts.length; row += 1) {
      let one = 0;
      let other = 0;
      for (let at = 0, start = row * dimensions; at < dimensions; at += 2) {
        one += vector[at] * data[start + at];
        other += vector[at + 1] * data[start + at + 1];
      }
      cosines[row] = one + other;
    }
    const scores = new Float64Array(texts.length);
    const mean = total / texts.length;
    for (const word of query.split(' ')) {
      const rows = postings.get(word) ?? [];
      const idf = Math.log(1 + (texts.length - rows.length + 0.5) / (rows.length + 0.5));
      for (const [row, count] of rows) {
        scores[row] += (idf * count * 2.2) / (count + 1.2 * (0.25 + (0.75 * lengths[row]) / mean));
      }
    }
    return [top(cosines), top(scores)];
  };
}

const rank = (times, share) => [...times].sort((a, b) => a - b)[Math.floor((times.length - 1) * share)];
async function timed(count, work) {
  const times = [];
  for (let at = 0; at < count; at += 1) {
    const start = performance.now();
    await work(at);
    times.push(performance.now() - start);
  }
  return { p50: rank(times, 0.5), p95: rank(times, 0.95) };
}
const round = (value) => Math.round(value * 100) / 100;

const folder = mkdtempSync(path.join(os.tmpdir(), 'kintsugi-bench-memory-'));
try {
  const outfile = path.join(folder, 'store.mjs');
  buildSync({
    entryPoints: [path.join(root, 'src/memory/store.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    alias: Object.fromEntries(unused.map((name) => [name, path.join(root, '.ci/stubs/nothing.cjs')])),
  });
  const { openMemory } = await import(pathToFileURL(outfile).href);
  /** Bytes of a process of its own that has recalled once. */
  const residentOf = (directory) => {
    const program = `
      const { openMemory } = await import(${JSON.stringify(pathToFileURL(outfile).href)});
      const embed = async (texts) => texts.map(() => new Float32Array(${dimensions}).fill(0.05));
      const embedder = { id: ${JSON.stringify(embedder.id)}, dimensions: ${dimensions}, embed };
      const memory = openMemory({ directory: ${JSON.stringify(directory)}, globalDirectory: null, project: 'p', embedder });
      memory.candidates.lexical('key', 'w1 w2 w3', 50);
      await memory.candidates.vector('key', 'w1 w2 w3', 50);
      console.log(process.memoryUsage().rss);`;
    return Number(
      spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }).stdout,
    );
  };
  const rows = [];
  for (const size of sizes) {
    const directory = path.join(folder, String(size));
    mkdirSync(directory);
    const lessons = Array.from({ length: size }, (_, at) => lesson(`l${at}`));
    const at = '2026-11-21T10:00:00.000Z';
    const lines = lessons.map((memory) => JSON.stringify({ v: 1, op: 'add', at, memory }));
    // Flushed, or the first remember would wait for all of it.
    writeFileSync(path.join(directory, 'log.jsonl'), `${lines.join('\n')}\n`, { flush: true });
    const open = () => openMemory({ directory, globalDirectory: null, project: 'p', embedder });
    const building = await timed(1, async () => {
      const failed = await open().rebuild();
      if (failed !== null) throw new Error(failed.why);
    });
    const asked = Array.from({ length: queries }, () => text(25));
    const recall = async (memory, query) => {
      const [lexical, vector] = [
        memory.candidates.lexical('key', query, 50),
        await memory.candidates.vector('key', query, 50),
      ];
      memory.candidates.withHash('l7');
      for (const { id } of [...lexical.slice(0, 5), ...vector.slice(0, 5)]) memory.candidates.memory(id);
    };
    const start = await timed(5, async (turn) => {
      const memory = open();
      memory.candidates.lexical('about', asked[turn % queries], 50);
      memory.candidates.cards();
      await memory.close();
    });
    const cold = await timed(3, async (turn) => {
      const memory = open();
      await recall(memory, asked[turn % queries]);
      await memory.close();
    });
    const memory = open();
    await recall(memory, asked[0]);
    for (const query of asked) await recall(memory, query);
    const warm = await timed(queries, (turn) => recall(memory, asked[turn]));
    const texts = lessons.map(({ key }) => key);
    const search = plain(texts, await embedder.embed(texts));
    for (const query of asked) await search(query);
    const least = await timed(queries, (turn) => search(asked[turn]));
    const remember = await timed(40, async (turn) => {
      const done = await memory.append([{ op: 'add', memory: lesson(`new${turn}`) }]);
      if (done.kind === 'failed') throw new Error(done.why);
    });
    const near = await timed(10, (turn) => memory.candidates.vector('key', asked[turn % queries], 5));
    const { key } = memory.status().home;
    await memory.close();
    const mib = (bytes) => Math.round(bytes / 1024 ** 2);
    rows.push({
      lessons: size,
      vectors: key.kind,
      'rebuild s': round(building.p50 / 1000),
      'open ms': round(start.p50),
      'cold recall ms': round(cold.p50),
      'recall p50': round(warm.p50),
      'recall p95': round(warm.p95),
      'plain p50': round(least.p50),
      'recall : plain': round(warm.p50 / least.p50),
      'remember p50': round(remember.p50),
      'near-duplicate p50': round(near.p50),
      'memory MiB': mib(residentOf(directory) - residentOf(path.join(folder, 'none'))),
    });
    console.log(rows.at(-1));
  }
  const [first, last] = [rows[0], rows.at(-1)];
  console.table(rows.map(({ lessons, ...row }) => ({ lessons, ...row })));
  if (first !== last) {
    const growth = round(last['remember p50'] / first['remember p50']);
    console.log(`remember ${last.lessons} : ${first.lessons} lessons = ${growth} (at most 2)`);
  }
  const ten = rows.find(({ lessons }) => lessons === 10_000);
  if (ten) console.log(`recall at 10,000 : plain scan and BM25 = ${ten['recall : plain']} (at most 1.5)`);
  if (options.json) writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
