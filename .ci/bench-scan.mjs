#!/usr/bin/env node
// Measures the scanner on corpora of real code: npm run bench:scan -- DIR, where DIR holds sec_redcode_exec, humaneval_py, humanevalpack_*,
// mbpp_py and mbxp_* as .jsonl.gz. Prints the share of harmful programs that are asked about or denied, the false alarms on working
// programs, and the time a file, beside a list of substrings and, for Python, Bandit where it is installed. Nothing of a corpus is executed.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { build } from 'esbuild';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** Categories of sec_redcode_exec that harm the machine; the others are logic bugs, which a scanner does not claim to find. */
const hostHarm = {
  python: new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 18, 21, 24, 26]),
  shell: new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 14, 18, 21]),
};
/** Items of category 24 that do nothing. */
const inert = new Set([11, 13, 16, 17, 20, 21, 22, 23, 24, 25, 28].map((item) => `24_${item}`));

/** What a list of words by itself would do. */
const substrings = {
  python: ['os.system', 'subprocess', 'eval(', 'exec(', 'pickle.loads', '__import__', 'shutil.rmtree'],
  shell: ['rm -rf', 'sudo', 'curl', 'wget', 'eval', 'mkfs', 'dd if=', '/etc/passwd', '/etc/shadow', ':(){'],
  javascript: ['child_process', 'eval(', 'new Function', 'process.env', 'execSync'],
  typescript: ['child_process', 'eval(', 'new Function', 'process.env', 'execSync'],
};
const endings = { python: 'py', shell: 'sh', javascript: 'js', typescript: 'ts' };

const directory = process.argv[2];
if (directory === undefined || !existsSync(directory)) {
  console.error(
    directory === undefined
      ? 'Which folder holds the corpora? npm run bench:scan -- DIR'
      : `There is no folder ${directory}: name the one that holds sec_redcode_exec.jsonl.gz and the others.`,
  );
  process.exit(2);
}

function rowsOf(name) {
  const file = path.join(directory, `${name}.jsonl.gz`);
  if (!existsSync(file)) return null;
  const lines = gunzipSync(readFileSync(file)).toString('utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
}

/** The sets as programs: what each one shows, its language and contents. */
function readSets() {
  const found = [];
  const missing = [];
  const add = (title, kind, language, contents) => found.push({ title, kind, language, contents });
  const risky = rowsOf('sec_redcode_exec');
  if (risky === null) missing.push('sec_redcode_exec');
  for (const [language, indices] of risky === null ? [] : Object.entries(hostHarm)) {
    const own = risky.filter((row) => (row.language === 'bash' ? 'shell' : row.language) === language);
    const harm = own.filter((row) => indices.has(row.category_index));
    const logic = own.filter((row) => !indices.has(row.category_index));
    const codeOf = (row) => row.code;
    add('RedCode-Exec, host harm', 'harm', language, harm.filter((row) => !isInert(row)).map(codeOf));
    add('RedCode-Exec, inert items of 24', 'aside', language, harm.filter(isInert).map(codeOf));
    add('RedCode-Exec, logic bugs', 'aside', language, logic.map(codeOf));
  }
  for (const [name, language] of [
    ['humaneval_py', 'python'],
    ['mbpp_py', 'python'],
    ['humanevalpack_py', 'python'],
    ['humanevalpack_js', 'javascript'],
    ['mbxp_js', 'javascript'],
    ['mbxp_ts', 'typescript'],
  ]) {
    const rows = rowsOf(name);
    if (rows === null) missing.push(name);
    else
      add(
        name,
        'working',
        language,
        rows.map((row) => row.fixed),
      );
  }
  return { found: found.filter(({ contents }) => contents.length > 0), missing };
}

function isInert(row) {
  return row.language === 'python' && inert.has(row.id.split('/').at(-1));
}

/** The scanner from its sources, so that what is measured is what stands there. */
async function loadScanner() {
  const bundle = path.join(work, 'scanner.mjs');
  await build({
    absWorkingDir: root,
    entryPoints: ['src/scanner/scan.ts'],
    outfile: bundle,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    logLevel: 'error',
    plugins: [
      {
        name: 'parsers-from-here',
        setup: ({ onResolve }) =>
          onResolve({ filter: /^oxc-parser$/ }, ({ path: name }) => ({
            path: import.meta.resolve(name),
            external: true,
          })),
      },
    ],
  });
  const { makeScanner } = await import(pathToFileURL(bundle).href);
  return await makeScanner();
}

function quantile(values, share) {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** Which contents Bandit has something to say about, at any severity and at medium or above; null with the reason where it is not there. */
function banditOn(contents) {
  const folder = mkdtempSync(path.join(work, 'bandit-'));
  const files = contents.map((content, index) => {
    const file = path.join(folder, `f${index}.py`);
    writeFileSync(file, content);
    return file;
  });
  const run = spawnSync('bandit', ['-q', '-f', 'json', ...files], { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (run.error !== undefined) return { any: null, medium: null };
  const { results } = JSON.parse(run.stdout);
  const named = (fits) => new Set(results.filter(fits).map(({ filename }) => filename)).size;
  return {
    any: named(() => true),
    medium: named(({ issue_severity: severity }) => severity !== 'LOW'),
  };
}

function percent(count, total) {
  return count === null ? '–' : `${((100 * count) / total).toFixed(1)} %`;
}

function printTable(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => String(row[column]).length)));
  for (const [index, row] of rows.entries()) {
    console.log(`| ${row.map((cell, column) => String(cell).padEnd(widths[column])).join(' | ')} |`);
    if (index === 0) console.log(`|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`);
  }
}

const work = mkdtempSync(path.join(tmpdir(), 'kintsugi-bench-scan-'));
try {
  const scan = await loadScanner();
  const { found, missing } = readSets();
  const programOf = (language, content) => {
    const entry = `main.${endings[language]}`;
    return { language, entry, files: [{ path: entry, content }] };
  };
  const hasBandit = spawnSync('bandit', ['--version']).error === undefined;
  const rows = [
    ['set', 'language', 'files', 'asked or denied', 'substrings', 'Bandit any', 'Bandit ≥ medium'],
  ];
  const times = [];
  // A compiler that has not seen the code is measured by itself otherwise.
  for (const { language, contents } of found)
    for (const content of contents.slice(0, 60)) scan(programOf(language, content));
  const measured = found.map((set) => {
    const caught = set.contents.filter((content) => {
      const program = programOf(set.language, content);
      const start = performance.now();
      const { decision } = scan(program);
      times.push({ language: set.language, ms: performance.now() - start });
      return decision !== 'allow';
    }).length;
    const naive = set.contents.filter((content) =>
      substrings[set.language].some((word) => content.includes(word)),
    ).length;
    const bandit =
      set.language === 'python' && hasBandit ? banditOn(set.contents) : { any: null, medium: null };
    return { ...set, total: set.contents.length, caught, naive, bandit };
  });
  const titles = { harm: 'Harm', working: 'False alarms', aside: 'For honesty: no claim' };
  for (const [kind, title] of Object.entries(titles))
    for (const { total, language, caught, naive, bandit, ...set } of measured.filter(
      (one) => one.kind === kind,
    ))
      rows.push([
        `${title}: ${set.title}`,
        language,
        total,
        `${percent(caught, total)} (${caught})`,
        percent(naive, total),
        percent(bandit.any, total),
        percent(bandit.medium, total),
      ]);
  for (const [title, fits] of [
    ['Python', (language) => language === 'python'],
    ['JavaScript and TypeScript', (language) => language === 'javascript' || language === 'typescript'],
  ]) {
    const sets = measured.filter(({ kind, language }) => kind === 'working' && fits(language));
    const sum = (of) => sets.reduce((all, set) => all + of(set), 0);
    if (sets.length === 0) continue;
    const total = sum((set) => set.total);
    rows.push([
      `False alarms: all of ${title}`,
      '',
      total,
      `${percent(
        sum((set) => set.caught),
        total,
      )} (${sum((set) => set.caught)})`,
      percent(
        sum((set) => set.naive),
        total,
      ),
      ...['any', 'medium'].map((grade) =>
        title === 'Python' && hasBandit
          ? percent(
              sum((set) => set.bandit[grade]),
              total,
            )
          : '–',
      ),
    ]);
  }
  printTable(rows);
  console.log('');
  const timeRows = [['time a file', 'files', 'median ms', 'p95 ms']];
  for (const language of ['python', 'javascript', 'typescript', 'shell', null]) {
    const own = times.filter((time) => language === null || time.language === language).map(({ ms }) => ms);
    if (own.length > 0)
      timeRows.push([
        language ?? 'all',
        own.length,
        quantile(own, 0.5).toFixed(2),
        quantile(own, 0.95).toFixed(2),
      ]);
  }
  printTable(timeRows);
  if (!hasBandit) console.log('\nBandit: skipped, it is not installed (apt-get install bandit).');
  for (const name of missing) console.log(`\n${name}: skipped, ${name}.jsonl.gz is not in ${directory}.`);
} finally {
  rmSync(work, { recursive: true, force: true });
}
