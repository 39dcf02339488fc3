import { type Language, languages } from '../core/domain.ts';
import { exitCodes, problem } from '../problem.ts';

const aliases: Record<string, Language> = {
  js: 'javascript',
  ts: 'typescript',
  py: 'python',
  bash: 'shell',
  sh: 'shell',
};

/** The language of `--language`, aliases understood; null when none was given. Throws a usage error for any other word. */
export function languageFlag(given: string | null): Language | null {
  if (given === null) return null;
  const word = given.toLowerCase();
  const found = languages.find((language) => language === word) ?? aliases[word];
  if (!found)
    throw problem(
      exitCodes.usage,
      `--language: "${given}" is not one of ${languages.join(', ')} (js, ts, py, bash).`,
    );
  return found;
}
