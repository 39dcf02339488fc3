import type { Language, Program, SourceFile } from '../core/domain.ts';

const endings: readonly (readonly [RegExp, Language])[] = [
  [/\.(py|pyw|pyi)$/i, 'python'],
  [/\.([cm]?js|jsx)$/i, 'javascript'],
  [/\.([cm]?ts|tsx)$/i, 'typescript'],
  [/\.(sh|bash|zsh|ksh)$/i, 'shell'],
];
const data =
  /\.(json|jsonl|ndjson|md|markdown|txt|rst|csv|tsv|ya?ml|toml|ini|cfg|xml|html?|css|svg|log|lock|sql|tmpl|env\.example|gitignore|npmrc)$|(^|\/)(LICENSE|README|\.gitignore|\.editorconfig|\.prettierrc|\.npmignore|requirements)$/i;

/** The language that a file's ending or first line names; null when they name none. */
export function namedLanguage(file: SourceFile): Language | null {
  for (const [ending, language] of endings) if (ending.test(file.path)) return language;
  const shebang = /^#!.*?\b(python|node|deno|bun|sh|bash|zsh|dash|ksh)[\d.]*\b/.exec(
    file.content.slice(0, 200),
  )?.[1];
  if (shebang === undefined) return null;
  if (shebang === 'python') return 'python';
  return /^(node|deno|bun)$/.test(shebang) ? 'javascript' : 'shell';
}

/** Whether a file holds data by its name: nothing of it is run. */
export function isData(path: string): boolean {
  return data.test(path);
}

/** The language a file is read in; null for data. A file of no known kind is read in the program's language. */
export function languageOf(file: SourceFile, program: Program): Language | null {
  const named = namedLanguage(file);
  if (named !== null) return named;
  return file.path !== program.entry && isData(file.path) ? null : program.language;
}

/** The names by which a program's own Python files can be imported: `src/tools/read.py` is `src`, `tools` or `read`. */
export function ownModules(files: readonly SourceFile[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { path } of files) {
    const segments = path.split('/');
    const last = segments.pop() ?? '';
    for (const folder of segments) names.add(folder);
    if (last.endsWith('.py')) names.add(last.slice(0, -3));
  }
  return names;
}
