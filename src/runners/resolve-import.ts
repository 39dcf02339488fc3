import { isBuiltin } from 'node:module';
import { posix } from 'node:path';

export type ResolvedImport =
  | { kind: 'file'; path: string }
  /** A package among the files, or a built-in module: Node's matter at run time. */
  | { kind: 'package' }
  /** A package that is not there: a fresh folder has no others. */
  | { kind: 'unknown-package' }
  | { kind: 'nowhere'; why: string };

const extensions = ['.ts', '.tsx', '.mts', '.cts', '.js', '.mjs', '.cjs', '.jsx', '.json'];
/** TypeScript lets an import name the file that the compiler will write. */
const writtenFrom: Record<string, string[]> = {
  '.js': ['.ts', '.tsx'],
  '.jsx': ['.tsx'],
  '.mjs': ['.mts'],
  '.cjs': ['.cts'],
};

/** Finds what an import means among `files`, without looking anywhere else. `importer` is a path of one of them. */
export function resolveImport(
  specifier: string,
  importer: string,
  files: ReadonlyMap<string, unknown>,
): ResolvedImport {
  if (isBuiltin(specifier)) return { kind: 'package' };
  if (/^(\/|[A-Za-z]:[\\/]|file:)/.test(specifier)) {
    return {
      kind: 'nowhere',
      why: `Could not resolve ${JSON.stringify(specifier)}: only files of the program can be imported by path`,
    };
  }
  if (!/^\.{1,2}(\/|$)/.test(specifier)) {
    const folder = `node_modules/${/^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier}/`;
    const there = [...files.keys()].some((path) => path.startsWith(folder) || path.includes(`/${folder}`));
    return { kind: there || specifier.startsWith('#') ? 'package' : 'unknown-package' };
  }
  const wanted = posix.join(posix.dirname(importer), specifier);
  if (wanted === '..' || wanted.startsWith('../')) {
    return {
      kind: 'nowhere',
      why: `Could not resolve ${JSON.stringify(specifier)}: it is outside the program's folder`,
    };
  }
  const path = candidates(wanted).find((one) => files.has(one));
  return path === undefined
    ? { kind: 'nowhere', why: `Could not resolve ${JSON.stringify(specifier)}` }
    : { kind: 'file', path };
}

function candidates(wanted: string): string[] {
  const path = wanted.replace(/\/$/, '');
  const extension = posix.extname(path);
  const stem = path.slice(0, path.length - extension.length);
  return [
    path,
    ...(writtenFrom[extension] ?? []).map((source) => stem + source),
    ...extensions.map((one) => path + one),
    ...extensions.map((one) => posix.join(path, `index${one}`)),
  ];
}

/** How a file is read by the compiler. */
export function loaderOf(path: string): 'ts' | 'tsx' | 'js' | 'jsx' | 'json' | 'text' {
  switch (posix.extname(path)) {
    case '.ts':
    case '.mts':
    case '.cts':
      return 'ts';
    case '.tsx':
      return 'tsx';
    case '.jsx':
      return 'jsx';
    case '.json':
      return 'json';
    case '.js':
    case '.mjs':
    case '.cjs':
      return 'js';
    default:
      return 'text';
  }
}
