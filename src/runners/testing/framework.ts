import { posix } from 'node:path';
import type { Language, SourceFile } from '../../core/domain.ts';

/** How one test file is run. `script`: its exit code is all there is. */
export type TestStyle = 'node:test' | 'unittest' | 'pytest' | 'script';

const scriptExtensions = new Set(['.js', '.mjs', '.cjs', '.jsx', '.ts', '.mts', '.cts', '.tsx']);

/** The language of a test file: by its extension, else the program's. */
export function languageOf(path: string, fallback: Language): Language {
  const extension = posix.extname(path);
  if (extension === '.py') return 'python';
  if (extension === '.sh' || extension === '.bash') return 'shell';
  // A JavaScript test of a TypeScript program imports what only the compiler can read.
  if (scriptExtensions.has(extension)) {
    return fallback === 'typescript' || /^\.[mc]?tsx?$/.test(extension) ? 'typescript' : 'javascript';
  }
  return fallback;
}

export function testStyle(file: SourceFile, language: Language): TestStyle {
  if (language === 'shell') return 'script';
  return language === 'python' ? pythonStyle(file.content) : nodeStyle(file.content);
}

function nodeStyle(content: string): TestStyle {
  return /(\bfrom\s*|\brequire\s*\(\s*|\bimport\s*\(?\s*)['"]node:test['"]/.test(content)
    ? 'node:test'
    : 'script';
}

function pythonStyle(content: string): TestStyle {
  if (/^[ \t]*(import|from)[ \t]+pytest\b/m.test(content)) return 'pytest';
  const imports = /^[ \t]*(import|from)[ \t]+unittest\b/m.test(content);
  if (imports && /^class[ \t]+\w+[ \t]*\([^)]*TestCase[^)]*\)/m.test(content)) return 'unittest';
  const guarded = /^if[ \t]+__name__[ \t]*==/m.test(content);
  const functions = /^(async[ \t]+)?def[ \t]+test/m.test(content) || /^class[ \t]+Test\w*/m.test(content);
  if (!functions || guarded) return 'script';
  // Functions that the file calls itself are a script; nobody else would call these.
  return /^test\w*[ \t]*\(/m.test(content) ? 'script' : 'pytest';
}
