import { posix } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BuildOptions, Message, Plugin } from 'esbuild';
import type { SourceFile } from '../core/domain.ts';
import { loaderOf, resolveImport } from './resolve-import.ts';

export interface CompileRequest {
  /** Real path of the folder that the files are in, or would be in. Nothing is read from it: `files` is all there is. */
  folder: string;
  files: SourceFile[];
  entry: string;
  /** `isolate`: one script without any import, for a world without modules. */
  target: 'node' | 'isolate';
}

export type Compiled =
  /** `path` lies beside the entry, so that Node finds the same things from it; the source map is inside. */
  | {
      kind: 'compiled';
      file: SourceFile;
      format: 'esm' | 'cjs';
      /** Whether the entry has module syntax, and so is strict. */
      modular: boolean;
    }
  /** What a compiler would write to standard error: `solution.ts:13:30: ERROR: …` and the line it is about. */
  | { kind: 'failed'; stderr: string };

/**
 * Bundles a program, or a test with the program it imports, into one JavaScript file: TypeScript is stripped without a type check, imports
 * are found as TypeScript finds them (no extension, `.js` for `.ts`), packages and built-ins stay imports. Every module keeps its own
 * `import.meta` and `__dirname`, and only the entry is `require.main`. Settings files of the program are not read.
 */
export async function compile(request: CompileRequest): Promise<Compiled> {
  if (request.target === 'isolate') {
    const script = await bundle(request, 'cjs');
    // Only a top-level await needs the other format.
    return script.kind === 'failed' && script.stderr.includes('Top-level await')
      ? bundle(request, 'esm')
      : script;
  }
  const module = await bundle(request, 'esm');
  // A program without module syntax is a CommonJS one: sloppy mode, `require`, `this`.
  return module.kind === 'compiled' && module.modular ? module : bundle(request, formatOf(request));
}

function formatOf({ entry, files }: CompileRequest): 'esm' | 'cjs' {
  const content = files.find((file) => file.path === entry)?.content ?? '';
  return isModular(content) ? 'esm' : 'cjs';
}

async function bundle(request: CompileRequest, format: 'esm' | 'cjs'): Promise<Compiled> {
  const { folder, entry, target } = request;
  const { build } = await import('esbuild');
  const output = outputPath(request, format);
  const banner = target === 'node' ? bannerOf(request, format) : '';
  const options: BuildOptions & { write: false; metafile: true } = {
    absWorkingDir: folder,
    entryPoints: [entry],
    outfile: posix.join(folder, output),
    write: false,
    metafile: true,
    bundle: true,
    format,
    platform: 'node',
    target: `node${process.versions.node}`,
    keepNames: true,
    treeShaking: false,
    charset: 'utf8',
    sourcemap: 'inline',
    logLevel: 'silent',
    tsconfigRaw: '{}',
    define: Object.fromEntries([...places.keys()].map((name) => [name, ownName(name)])),
    banner: { js: banner },
    plugins: [onlyTheseFiles(request)],
  };
  try {
    const { outputFiles, metafile } = await build(options);
    const modular = metafile.inputs[entry]?.format === 'esm';
    const content = outputFiles[0]?.text ?? '';
    return { kind: 'compiled', file: { path: output, content }, format, modular };
  } catch (error) {
    const messages = (error as { errors?: Message[] }).errors;
    if (!messages) throw error;
    return { kind: 'failed', stderr: messages.map((message) => describe(message, request)).join('\n') };
  }
}

/** What a module asks about its own place, and how the answer is worked out from its path. The meta fields are not spelled out whole. */
const places = new Map<string, (path: string, folder: string) => string>([
  ...(['url', 'filename', 'dirname'] as const).map(
    (field) => [`import.meta.${field}`, placeOf(field)] as const,
  ),
  ['__filename', placeOf('filename')],
  ['__dirname', placeOf('dirname')],
  ['require.main', () => 'undefined'],
]);

function placeOf(field: 'url' | 'filename' | 'dirname') {
  return (path: string, folder: string): string => {
    const place = posix.join(folder, path);
    if (field === 'url') return JSON.stringify(pathToFileURL(place).href);
    return JSON.stringify(field === 'filename' ? place : posix.dirname(place));
  };
}

function ownName(name: string): string {
  return `__kintsugi_${name.replace(/\W/g, '_')}`;
}

/** Declarations on the first line of a module, no line added: what the defines of its place refer to. Empty for most modules. */
function prefixOf(file: SourceFile, request: CompileRequest): string {
  const declarations = [...places].flatMap(([name, value]) => {
    if (!file.content.includes(name.startsWith('import.meta') ? 'import.meta' : name)) return [];
    if (name !== 'require.main') return [`${ownName(name)} = ${value(file.path, request.folder)}`];
    const module = isModular(file.content) ? ['module = { exports: {} }'] : [];
    return [...module, `${ownName(name)} = ${file.path === request.entry ? 'module' : 'undefined'}`];
  });
  return declarations.length === 0 ? '' : `var ${declarations.join(', ')};`;
}

/** `process.argv[1]` names the source, as it would without us. */
function bannerOf({ folder, files, entry }: CompileRequest, format: 'esm' | 'cjs'): string {
  const argument = `process.argv[1] = ${JSON.stringify(posix.join(folder, entry))};`;
  const needsRequire = format === 'esm' && files.some((file) => /\brequire\b/.test(file.content));
  if (!needsRequire) return argument;
  const url = JSON.stringify(pathToFileURL(posix.join(folder, entry)).href);
  return `import { createRequire as __kintsugi_createRequire } from 'node:module'; globalThis.require ??= __kintsugi_createRequire(${url}); ${argument}`;
}

function isModular(content: string): boolean {
  return /^\s*(import\b(?!\s*\()|export\b)/m.test(content) || /\bimport\.meta\b/.test(content);
}

/** Answers every import from `files` alone. */
function onlyTheseFiles(request: CompileRequest): Plugin {
  const { folder, files, entry, target } = request;
  const contents = new Map(files.map((file) => [file.path, file]));
  return {
    name: 'only-these-files',
    setup: (build) => {
      build.onResolve({ filter: /.*/ }, ({ path, importer, kind }) => {
        if (kind === 'entry-point') return { path: posix.join(folder, entry) };
        const found = resolveImport(path, posix.relative(folder, importer), contents);
        if (found.kind === 'file') return { path: posix.join(folder, found.path) };
        if (found.kind === 'nowhere') return { errors: [{ text: found.why }] };
        // What is asked for while the program runs may be missed, and caught, then.
        const late = found.kind === 'unknown-package' && kind !== 'import-statement';
        if (target === 'node' && (found.kind === 'package' || late)) return { path, external: true };
        return { errors: [{ text: `Could not resolve ${JSON.stringify(path)}` }] };
      });
      build.onLoad({ filter: /.*/ }, ({ path }) => {
        const file = contents.get(posix.relative(folder, path));
        if (!file) return { errors: [{ text: `There is no file ${posix.relative(folder, path)}` }] };
        const script = loaderOf(file.path);
        if (script === 'json' || script === 'text') return { contents: file.content, loader: script };
        const content = file.content.replace(/^#!/, '//');
        return { contents: prefixOf(file, request) + content, loader: script };
      });
    },
  };
}

/** A name beside the entry that no file of the program has. */
function outputPath({ entry, files }: CompileRequest, format: 'esm' | 'cjs'): string {
  const taken = new Set(files.map((file) => file.path));
  const { dir, name } = posix.parse(entry);
  const extension = format === 'esm' ? 'mjs' : 'cjs';
  for (let number = 0; ; number += 1) {
    const path = posix.join(dir, `.${name}.compiled${number || ''}.${extension}`);
    if (!taken.has(path)) return path;
  }
}

/** As the compiler's own command line says it: column from 0, then the line and a mark. */
function describe({ text, location }: Message, request: CompileRequest): string {
  if (!location) return `ERROR: ${text}\n`;
  const file = request.files.find((one) => one.path === location.file);
  const shift = file && location.line === 1 ? prefixOf(file, request).length : 0;
  const column = Math.max(0, location.column - shift);
  const line = file?.content.split('\n')[location.line - 1] ?? location.lineText;
  const gutter = `${String(location.line).padStart(5)} │ `;
  const mark = location.length > 1 ? '~'.repeat(Math.min(location.length, 80)) : '^';
  const shown = line.length > 400 ? `${line.slice(0, 400)}…` : line;
  return `${location.file}:${location.line}:${column}: ERROR: ${text}\n${gutter}${shown}\n${' '.repeat(6)}│ ${' '.repeat(Math.min(column, 400))}${mark}\n`;
}
