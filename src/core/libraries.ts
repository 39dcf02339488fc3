import type { CheckSet, Language, SourceFile } from './domain.ts';
import { languageOf } from './reply.ts';

/** The modules that source files import by name, those of `own` files aside: what a lesson or a goal is about beside its words. At most 12, sorted. */
export function librariesOf(files: readonly SourceFile[], own: readonly SourceFile[] = []): string[] {
  const names = new Set(files.flatMap((file) => importsOf(file)));
  for (const file of own) names.delete(stemOf(file.path));
  return [...names].sort().slice(0, 12);
}

/** The files a task shows before there is a program. */
export function givenFiles(files: readonly SourceFile[], checks: CheckSet | null): SourceFile[] {
  return [...files, ...(checks?.files ?? [])];
}

/** What runs programs of a language. */
export function runtimeOf(language: Language): string {
  if (language === 'python') return 'python3';
  return language === 'shell' ? 'sh' : 'node';
}

function importsOf({ path, content }: SourceFile): string[] {
  const language = languageOf(path);
  const found: string[] = [];
  if (language === 'python') {
    for (const match of content.matchAll(
      /^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import\b|import[ \t]+([\w., \t]+))/gm,
    )) {
      const list = match[1]
        ? [match[1]]
        : (match[2] ?? '').split(',').map((one) => one.trim().split(/\s+/)[0] ?? '');
      found.push(...list.map((one) => one.split('.')[0] ?? ''));
    }
  } else if (language === 'javascript' || language === 'typescript') {
    for (const match of content.matchAll(
      /(?:\bfrom|\bimport|\brequire\(|\bimport\()\s*['"]([^'"\n]{1,200})['"]/g,
    )) {
      found.push(stemOf((match[1] ?? '').replace(/^node:/, '')));
    }
  }
  return found.filter((name) => /^[@\w][\w@/.-]*$/.test(name));
}

function stemOf(path: string): string {
  const relative = /^\.{0,2}\//.test(path) || /\.\w+$/.test(path);
  const name = relative ? (path.split('/').at(-1) ?? path) : path;
  return name.replace(/\.(?:[cm]?[jt]sx?|py|json)$/, '');
}

const called = /(?<![\w$.])((?:[A-Za-z_$][\w$]*\.)?[A-Za-z_$][\w$]{2,})\s*\(/g;
const mostNames = 60;

/** What given files and checks call by name, and the words of the comments they begin with. */
export function namesOf(files: readonly SourceFile[]): string[] {
  const names = files.flatMap(({ content }) => {
    const head = /^(?:#!.*\n)?((?:\s*(?:#|\/\/|\/?\*|""").*\n)+)/.exec(content)?.[1] ?? '';
    return [
      ...(head.toLowerCase().match(/\p{L}[\p{L}\p{N}]{3,}/gu) ?? []),
      ...[...content.matchAll(called)].map((match) => match[1] ?? ''),
    ];
  });
  return [...new Set(names)].slice(0, mostNames);
}
