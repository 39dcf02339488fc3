import type { CheckSet, Language, SourceFile } from './domain.ts';
import { defaultEntry, languageOf, safePath } from './reply.ts';

/**
 * Stubs for "red first": modules that exist, export whatever the tests import, and do nothing. A check that passes against them
 * proves nothing.
 */

const pythonStub =
  'def __getattr__(name):\n    if name.startswith("__"):\n        raise AttributeError(name)\n    return lambda *args, **kwargs: None\n';

/** Modules of Python's standard library and test tools that tests import often; a stub must never shadow one. */
const pythonStandard = new Set(
  (
    'abc argparse array ast asyncio base64 bisect builtins calendar cmath codecs collections concurrent configparser contextlib copy csv ' +
    'ctypes datetime decimal difflib dis doctest enum errno fnmatch fractions functools gc getpass glob gzip hashlib heapq hmac html http ' +
    'importlib inspect io ipaddress itertools json keyword linecache locale logging math mimetypes multiprocessing numbers operator os ' +
    'pathlib pickle pkgutil platform pprint queue random re runpy sched secrets select shelve shlex shutil signal socket sqlite3 ssl ' +
    'stat statistics string struct subprocess sys tempfile textwrap threading time timeit token tokenize traceback types typing unicodedata ' +
    'unittest urllib uuid warnings weakref xml zipfile zlib zoneinfo pytest numpy pandas hypothesis __future__'
  ).split(' '),
);

/** The files of an empty program for these checks. Files that already exist (an earlier step's, the user's) are kept and not stubbed. */
export function stubFiles(
  language: Language,
  checks: CheckSet,
  existing: readonly SourceFile[],
): SourceFile[] {
  const taken = new Set([...checks.files, ...existing].map((file) => file.path));
  const stubs: SourceFile[] = [];
  const add = (path: string, content: string) => {
    const safe = safePath(path);
    if (safe === null || taken.has(safe)) return;
    taken.add(safe);
    stubs.push({ path: safe, content });
  };
  for (const file of checks.files) {
    const folder = file.path.includes('/') ? file.path.slice(0, file.path.lastIndexOf('/') + 1) : '';
    const kind = languageOf(file.path);
    if (kind === 'python') stubPython(file.content, add);
    else if (kind === 'javascript' || kind === 'typescript')
      stubScript(file.content, folder, kind, taken, add);
  }
  add(defaultEntry(language), language === 'python' || language === 'shell' ? '\n' : '');
  return [...existing, ...stubs];
}

function stubPython(source: string, add: (path: string, content: string) => void): void {
  for (const match of source.matchAll(
    /^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import\b|import[ \t]+([\w., \t]+))/gm,
  )) {
    const names = match[1]
      ? [match[1]]
      : (match[2] ?? '').split(',').map((one) => one.trim().split(/\s+/)[0] ?? '');
    for (const name of names) {
      const parts = name.split('.').filter(Boolean);
      if (parts.length === 0 || pythonStandard.has(parts[0] ?? '')) continue;
      for (let at = 1; at < parts.length; at += 1) add(`${parts.slice(0, at).join('/')}/__init__.py`, '');
      add(`${parts.join('/')}.py`, pythonStub);
    }
  }
}

function stubScript(
  source: string,
  folder: string,
  kind: 'javascript' | 'typescript',
  taken: ReadonlySet<string>,
  add: (path: string, content: string) => void,
): void {
  const importing = /(?:import|export)\s+(?:type\s+)?([^'"();]*?)\s*from\s*['"](\.[^'"]+)['"]/g;
  const named = new Map<string, Set<string>>();
  for (const match of source.matchAll(importing)) {
    const path = target(folder, match[2] ?? '', kind, taken);
    const names = named.get(path) ?? new Set<string>();
    named.set(path, names);
    const clause = match[1] ?? '';
    for (const name of (/\{([^}]*)\}/.exec(clause)?.[1] ?? '').split(',')) {
      const plain =
        name
          .trim()
          .split(/\s+as\s+/)[0]
          ?.replace(/^type\s+/, '') ?? '';
      if (/^[\w$]+$/.test(plain)) names.add(plain);
    }
    if (/^[\w$]+/.test(clause.trim())) names.add('default');
  }
  for (const [path, names] of named) {
    const lines = [...names].map((name) =>
      name === 'default' ? 'export default function stub() {}' : `export const ${name} = () => undefined;`,
    );
    add(path, `${lines.join('\n') || 'export {};'}\n`);
  }
  for (const match of source.matchAll(/(?:require|import)\(\s*['"](\.[^'"]+)['"]\s*\)/g)) {
    const path = target(folder, match[1] ?? '', kind, taken);
    const body =
      'new Proxy({}, { get: (_, name) => (name === "then" || typeof name === "symbol" ? undefined : () => undefined) })';
    add(
      path,
      path.endsWith('.json')
        ? '{}\n'
        : path.endsWith('.mjs')
          ? 'export {};\n'
          : `module.exports = ${body};\n`,
    );
  }
}

/** Where a relative import points, with the extension a stub should have. */
function target(
  folder: string,
  specifier: string,
  kind: 'javascript' | 'typescript',
  taken: ReadonlySet<string>,
): string {
  const segments: string[] = [];
  for (const part of `${folder}${specifier}`.split('/')) {
    if (part === '..') segments.pop();
    else if (part !== '.' && part !== '') segments.push(part);
  }
  const path = segments.join('/');
  if (/\.(?:json|[cm]?[jt]sx?)$/.test(path)) {
    return kind === 'typescript' && path.endsWith('.js') && !taken.has(path)
      ? path.replace(/\.js$/, '.ts')
      : path;
  }
  return `${path}${kind === 'typescript' ? '.ts' : '.js'}`;
}
