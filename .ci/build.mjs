// Bundles src/ into dist/: ESM chunks that are loaded when they are needed, dist/main.js as the executable entry.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { build as esbuild } from 'esbuild';
import { parseSync } from 'oxc-parser';

/** Native or resolved at run time: left to node_modules. */
const external = ['isolated-vm', 'esbuild', 'oxc-parser', 'onnxruntime-node'];

/** Plain JavaScript that other processes start from, with what it imports. */
const programs = ['memory/embedders/assets/transformers-child.js'];

/** What vectra and transformers.js load for work we never give them: BM25 of their own, token counts, pictures, browsers. */
export const unused = [
  // The development tools of Ink, which it wants only with DEV=true.
  'react-devtools-core',
  'wink-bm25-text-search',
  'wink-nlp',
  'wink-eng-lite-web-model',
  'gpt-tokenizer',
  'sharp',
  'onnxruntime-web',
];

/** Chunks of an earlier build stay this long, for programs that started from them and load some of them late. */
const keepRetiredMs = 24 * 3_600_000;

/**
 * Every module sees `import.meta.url` as if it stood in its own place under dist/, though chunks lie flat in it: `new URL('./assets/x',
 * import.meta.url)` means the same from src/ and from dist/.
 */
function keepPlaces(root) {
  const source = path.join(root, 'src');
  return {
    name: 'keep-places',
    setup(build) {
      build.onLoad({ filter: /\.tsx?$/ }, ({ path: file }) => {
        const relative = path.relative(source, file);
        if (relative.startsWith('..') || path.isAbsolute(relative)) return undefined;
        const text = readFileSync(file, 'utf8');
        if (!text.includes('import.meta.url')) return undefined;
        const place = relative
          .split(path.sep)
          .join('/')
          .replace(/\.tsx?$/, '.js');
        const bound = `const { url: chunkUrl$ } = import.meta, moduleUrl$ = new URL(${JSON.stringify(`./${place}`)}, chunkUrl$).href;`;
        const contents = bound + replaceModuleUrls(file, text);
        return { contents, loader: file.endsWith('x') ? 'tsx' : 'ts' };
      });
    },
  };
}

/**
 * The layout of Ink is WebAssembly in a string. Where there is `fetch` it is taken for an address, and Node loads all of its HTTP client to
 * read it; without, the string is decoded.
 */
const plainYoga = {
  name: 'plain-yoga',
  setup(build) {
    build.onLoad({ filter: /yoga-wasm-base64-esm\.js$/ }, ({ path: file }) => ({
      contents: `const fetch = undefined;\n${readFileSync(file, 'utf8')}`,
      loader: 'js',
    }));
  },
};

/** zod brings its messages in fifty languages, half of its size; ours are in one. */
const oneLanguage = {
  name: 'one-language',
  setup(build) {
    build.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: `export { default as en } from './en.js';\n`,
    }));
  },
};

/** zod writes and compiles a parser for every schema at its first use: 45 ms of a start, which reading 10,000 events does not earn back. */
const plainParsers = {
  name: 'plain-parsers',
  setup(build) {
    build.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]core[\\/]core\.js$/ }, ({ path: file }) => ({
      contents: `${readFileSync(file, 'utf8')}\nconfig({ jitless: true });\n`,
    }));
  },
};

/**
 * The table of all emoji and the one of grapheme clusters take 50 ms to read, a quarter of a start: they are read for the first text that
 * needs them. Not for letters of Europe, dashes, arrows, frames and our own marks, each one column wide; and what does not begin with an
 * emoji is none.
 */
export const lateWidths = {
  name: 'late-widths',
  setup(build) {
    build.onLoad({ filter: /[\\/]string-width[\\/]index\.js$/ }, ({ path: file }) => {
      const late = [
        [
          'const segmenter = new Intl.Segmenter();',
          'let clusters; const segmenter = { segment: text => (clusters ??= new Intl.Segmenter()).segment(text) };',
        ],
        [
          'const rgiEmojiRegex = /^\\p{RGI_Emoji}$/v;',
          `let emoji; const rgiEmojiRegex = { test: text => /^\\p{Emoji}/u.test(text) && (emoji ??= new RegExp('^\\\\p{RGI_Emoji}$', 'v')).test(text) };`,
        ],
        [
          '/^[\\u0020-\\u007E]*$/',
          '/^[\\u0020-\\u007E\\u00A1-\\u00AC\\u00AE-\\u02FF\\u2010-\\u2027\\u2030-\\u205E\\u2190-\\u21FF\\u2500-\\u25FC\\u2713\\u2717\\u276F]*$/',
        ],
      ];
      const contents = late.reduce(
        (text, [from, to]) => {
          if (!text.includes(from)) throw new Error(`string-width has changed: it has no ${from}`);
          return text.replace(from, () => to);
        },
        readFileSync(file, 'utf8'),
      );
      return { contents };
    });
  },
};

/** The text with each `import.meta.url` of the code replaced, and those in strings, templates and patterns left alone. */
function replaceModuleUrls(file, text) {
  const places = [];
  const walk = (value) => {
    if (typeof value !== 'object' || value === null) return;
    if (
      value.type === 'MemberExpression' &&
      value.object.type === 'MetaProperty' &&
      value.property.name === 'url'
    ) {
      places.push(value);
    }
    for (const field of Object.values(value)) walk(field);
  };
  walk(parseSync(file, text).program);
  return places
    .sort((a, b) => b.start - a.start)
    .reduce((result, { start, end }) => `${result.slice(0, start)}moduleUrl$${result.slice(end)}`, text);
}

/** Files under src/ that are not modules of the bundle (assets, recorded sessions): paths relative to src/, with `/`. */
function assets(root, folder = '') {
  return readdirSync(path.join(root, 'src', folder), { withFileTypes: true }).flatMap((entry) => {
    const relative = folder ? `${folder}/${entry.name}` : entry.name;
    if (entry.isDirectory()) return assets(root, relative);
    return entry.isFile() && !/\.tsx?$/.test(relative) && relative !== 'bootstrap.mjs' ? [relative] : [];
  });
}

/**
 * Builds dist/ of the checkout at `root` and stamps it with `hash`. Each file is renamed into place, main.js and the stamp last, and
 * chunks that are not used any more are removed a day later, so that a running process never misses one; `clean` removes them at once,
 * for a package. One build at a time. Throws an Error with the compiler's messages when the sources do not build.
 */
export async function build({ root, hash, clean = false }) {
  const dist = path.join(root, 'dist');
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const result = await esbuild({
    absWorkingDir: root,
    entryPoints: [
      { in: path.join(root, 'src', 'main.ts'), out: 'main' },
      ...programs
        .filter((name) => existsSync(path.join(root, 'src', name)))
        .map((name) => ({ in: path.join(root, 'src', name), out: name.replace(/\.js$/, '') })),
    ],
    outdir: dist,
    write: false,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    chunkNames: 'chunk-[hash]',
    jsx: 'automatic',
    minifySyntax: true,
    legalComments: 'none',
    external,
    alias: {
      ...Object.fromEntries(unused.map((name) => [name, path.join(root, '.ci', 'stubs', 'nothing.cjs')])),
      // One copy for us and for what Ink brings along.
      'string-width': path.join(root, 'node_modules', 'string-width', 'index.js'),
    },
    define: { 'process.env.NODE_ENV': '"production"', KINTSUGI_VERSION: JSON.stringify(version) },
    plugins: [keepPlaces(root), plainYoga, oneLanguage, plainParsers, lateWidths],
    logLevel: 'silent',
  }).catch((error) => {
    const messages = (error.errors ?? []).map(({ text, location }) =>
      location ? `  ${location.file}:${location.line}:${location.column + 1}: ${text}` : `  ${text}`,
    );
    throw new Error(messages.length > 0 ? messages.slice(0, 20).join('\n') : String(error));
  });

  const outputs = new Map();
  for (const file of result.outputFiles) {
    outputs.set(
      path.relative(dist, file.path).split(path.sep).join('/'),
      finish(path.basename(file.path), file.text),
    );
  }
  for (const asset of assets(root)) {
    if (!programs.includes(asset)) outputs.set(asset, readFileSync(path.join(root, 'src', asset)));
  }

  const stampFile = path.join(dist, '.build.json');
  const before = existsSync(stampFile) ? readStamp(stampFile) : null;
  const last = ['main.js'];
  for (const name of [...outputs.keys()].sort((a, b) => last.indexOf(a) - last.indexOf(b))) {
    put(path.join(dist, name), outputs.get(name), name === 'main.js' ? 0o755 : 0o644);
  }
  const retired = {};
  const now = Date.now();
  const candidates = before
    ? { ...Object.fromEntries(before.files.map((name) => [name, now])), ...before.retired }
    : {};
  for (const [name, since] of Object.entries(candidates)) {
    if (outputs.has(name)) continue;
    if (!clean && now - since < keepRetiredMs) retired[name] = since;
    else rmSync(path.join(dist, name), { force: true });
  }
  put(stampFile, `${JSON.stringify({ hash, files: [...outputs.keys()], retired })}\n`, 0o644);
}

/** CommonJS packages in a chunk need `require`; only the chunk that has esbuild's shim for it gets one. */
function finish(name, text) {
  const shebang = name === 'main.js' ? '#!/usr/bin/env node\n' : '';
  const body = text.replace(/^#!.*\n/, '');
  const needsRequire = body.includes('typeof require') && !/\b(const|let|var) require\b/.test(body);
  const banner = needsRequire
    ? 'import{createRequire as kintsugiCreateRequire}from"node:module";const require=kintsugiCreateRequire(import.meta.url);\n'
    : '';
  return `${shebang}${banner}${body}`;
}

function readStamp(file) {
  try {
    const { files, retired } = JSON.parse(readFileSync(file, 'utf8'));
    return Array.isArray(files) ? { files, retired: retired ?? {} } : null;
  } catch {
    return null;
  }
}

function put(file, content, mode) {
  mkdirSync(path.dirname(file), { recursive: true });
  const fresh = `${file}.${process.pid}.new`;
  writeFileSync(fresh, content, { mode });
  chmodSync(fresh, mode);
  renameSync(fresh, file);
}
