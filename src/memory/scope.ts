import type { Language } from '../core/domain.ts';
import type { MemoryScope, MemoryState } from '../core/memory.ts';

/** Where a memory holds: language and runtime decide, project and libraries only order. */

const runtimes: Record<Language, string> = {
  javascript: 'node',
  typescript: 'node',
  python: 'python3',
  shell: 'sh',
};

/** States that may be put before a model. A candidate has no witness yet and never is. */
export function injectable(state: MemoryState): boolean {
  return state === 'witnessed' || state === 'replicated' || state === 'trusted';
}

/** Whether a memory of this scope can hold for this language. A null of the memory is any; a null language is not known yet and takes all. */
export function holdsIn(
  scope: Pick<MemoryScope, 'language' | 'runtime'>,
  language: Language | null,
): boolean {
  if (language === null) return true;
  const sameFamily = (one: Language, other: Language) => one === other || (isScript(one) && isScript(other));
  if (scope.language !== null && !sameFamily(scope.language, language)) return false;
  return scope.runtime === null || scope.runtime === runtimes[language];
}

/** TypeScript is JavaScript with types: what was learned in one holds in the other. */
function isScript(language: Language): boolean {
  return language === 'javascript' || language === 'typescript';
}

/** The scope in a few words, for a person and for the prompt. */
export function scopeWords(scope: Pick<MemoryScope, 'language' | 'libraries'>): string {
  const language = scope.language ?? 'any language';
  return scope.libraries.length === 0 ? language : `${language}; ${scope.libraries.slice(0, 4).join(', ')}`;
}
