import * as z from 'zod';
import { type Language, languages, type Program, type SourceFile } from './domain.ts';
import { fencedBlocks } from './fences.ts';

/** Reads programs out of model prose. What it cannot read is `malformed` with a reason for the model, never an exception. */

export type ProgramReading = { kind: 'program'; program: Program } | { kind: 'malformed'; why: string };

const maxFiles = 64;
const maxBytes = 1_000_000;

const tags: Record<string, Language> = {
  javascript: 'javascript',
  js: 'javascript',
  node: 'javascript',
  mjs: 'javascript',
  cjs: 'javascript',
  jsx: 'javascript',
  typescript: 'typescript',
  ts: 'typescript',
  tsx: 'typescript',
  mts: 'typescript',
  cts: 'typescript',
  python: 'python',
  python3: 'python',
  py: 'python',
  shell: 'shell',
  bash: 'shell',
  sh: 'shell',
};
const extensions: Record<Language, readonly string[]> = {
  javascript: ['js', 'mjs', 'cjs', 'jsx'],
  typescript: ['ts', 'mts', 'cts', 'tsx'],
  python: ['py'],
  shell: ['sh', 'bash'],
};

/** The language of a file by its extension, or null for data. */
export function languageOf(path: string): Language | null {
  const extension = path.slice(path.lastIndexOf('.') + 1).toLowerCase();
  return languages.find((language) => extensions[language].includes(extension)) ?? null;
}

/** `main.py`, `main.js` … */
export function defaultEntry(language: Language): string {
  return `main.${extensions[language][0]}`;
}

/**
 * The path in its plain form, or null when it is not a safe relative path: absolute, a drive, `..`, an empty or dot segment,
 * a control character, `.git`, a back-slash, or longer than 200 characters.
 */
export function safePath(path: string): string | null {
  const plain = path.trim().replace(/^(?:\.\/)+/, '');
  if (plain === '' || plain.length > 200 || /^(?:[/~]|[a-z]:)/i.test(plain)) return null;
  if (/[\u0000-\u001f\u007f\\]/.test(plain)) return null;
  const segments = plain.split('/');
  const bad = (segment: string) =>
    segment === '' ||
    segment === '.' ||
    segment === '..' ||
    /^\.git$/i.test(segment) ||
    /[. ]$/.test(segment);
  return segments.some(bad) ? null : plain;
}

/**
 * The program in a reply: fenced blocks with paths (none twice unless it is the same twice), or the strict JSON form `{project_name, entry_file, files}`.
 * Files that the reply leaves out are kept from `base` (the attempt or step before), so a small change is a small reply.
 */
export function readProgram(
  said: string,
  context: { language: Language; base: readonly SourceFile[]; baseEntry: string | null },
): ProgramReading {
  const text = withoutThinking(said);
  if (text.trim() === '') return malformed('the reply is empty');
  const json = readJsonProgram(text);
  if (json) return json;
  const blocks = fencedBlocks(text);
  if (blocks.length === 0) return malformed('the reply has no fenced code block with a path');
  const open = blocks.find((block) => !block.closed);
  if (open)
    return malformed(`the code block of ${open.path ?? 'the program'} is not closed: the reply was cut off`);

  const named = blocks.filter((block) => block.path !== null);
  const files: SourceFile[] = [];
  let marked: string | null = null;
  if (named.length > 0) {
    for (const block of named) {
      const path = safePath(block.path ?? '');
      if (path === null) {
        return malformed(
          `"${block.path}" is not a path inside the program's folder; give a relative path without ".."`,
        );
      }
      if (differs(files, path, block.content)) return twice(path);
      put(files, { path, content: block.content });
      if (block.entry) marked = path;
    }
  } else {
    const code = blocks.filter((block) => block.tag in tags || (blocks.length === 1 && block.tag === ''));
    const wanted = code.filter((block) => block.tag === '' || tags[block.tag] === context.language);
    const only = wanted.length === 1 ? wanted[0] : code.length === 1 ? code[0] : undefined;
    if (!only) {
      return malformed(
        `the reply has ${code.length} code blocks and none names its file; write path=… behind the language`,
      );
    }
    const language = tags[only.tag] ?? context.language;
    const path = context.baseEntry ?? defaultEntry(language);
    put(files, { path, content: only.content });
    marked = path;
  }
  return assemble(files, marked, context);
}

/** Some local models think aloud in front of their answer; what they weigh there is not the answer. */
function withoutThinking(text: string): string {
  return text.replace(/^\s*<think(?:ing)?>[\s\S]*?<\/think(?:ing)?>/i, '');
}

function assemble(
  files: SourceFile[],
  marked: string | null,
  context: { language: Language; base: readonly SourceFile[]; baseEntry: string | null },
): ProgramReading {
  const all = context.base.map((file) => ({ ...file }));
  for (const file of files) put(all, file);
  const entry = marked ?? chooseEntry(files, all, context);
  if (entry === null) return malformed('no file of the program is code; name its entry, for example main.py');
  const content = all.find((file) => file.path === entry)?.content ?? '';
  if (content.trim() === '') return malformed(`the entry ${entry} is empty`);
  return bounded({ language: languageOf(entry) ?? context.language, entry, files: sorted(all) });
}

function chooseEntry(
  files: readonly SourceFile[],
  all: readonly SourceFile[],
  context: { language: Language; baseEntry: string | null },
): string | null {
  const isCode = (file: SourceFile) => languageOf(file.path) !== null;
  if (context.baseEntry && all.some((file) => file.path === context.baseEntry)) return context.baseEntry;
  const code = files.filter(isCode);
  const stem = (path: string) => path.slice(path.lastIndexOf('/') + 1).replace(/\.\w+$/, '');
  for (const name of ['main', '__main__', 'index', 'cli', 'app']) {
    const found = code.find((file) => stem(file.path) === name);
    if (found) return found.path;
  }
  const ofLanguage = code.filter((file) => languageOf(file.path) === context.language);
  return (ofLanguage[0] ?? code[0] ?? all.find(isCode))?.path ?? null;
}

const jsonProgram = z.object({
  project_name: z.string(),
  entry_file: z.string(),
  files: z.union([
    z.array(z.object({ path: z.string(), content: z.string() })),
    z.record(z.string(), z.string()),
  ]),
});

/** Null when the text is not meant to be the JSON form at all. */
function readJsonProgram(text: string): ProgramReading | null {
  const blocks = fencedBlocks(text);
  const only = blocks.length === 1 && blocks[0]?.tag === 'json' && blocks[0].path === null ? blocks[0] : null;
  const source = (only ? only.content : text).trim();
  if (!source.startsWith('{') || !source.includes('"entry_file"')) return null;
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch (error) {
    return malformed(
      `the JSON of the program does not parse: ${error instanceof Error ? error.message : error}`,
    );
  }
  const parsed = jsonProgram.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return malformed(
      `the JSON of the program is wrong at ${issue?.path.join('.') || 'its top'}: ${issue?.message}`,
    );
  }
  const { project_name: name, entry_file, files: given } = parsed.data;
  const list = Array.isArray(given)
    ? given
    : Object.entries(given).map(([path, content]) => ({ path, content }));
  const files: SourceFile[] = [];
  for (const file of list) {
    const path = safePath(file.path);
    if (path === null) return malformed(`"${file.path}" is not a path inside the program's folder`);
    if (differs(files, path, file.content)) return twice(path);
    put(files, { path, content: file.content });
  }
  const entry = safePath(entry_file);
  if (entry === null || !files.some((file) => file.path === entry)) {
    return malformed(`entry_file "${entry_file}" is not one of the files`);
  }
  const language = languageOf(entry);
  if (language === null)
    return malformed(`entry_file "${entry_file}" is not JavaScript, TypeScript, Python or shell`);
  return bounded({ name, language, entry, files: sorted(files) });
}

function bounded(program: Program): ProgramReading {
  if (program.files.length > maxFiles) return malformed(`more than ${maxFiles} files`);
  const size = program.files.reduce((sum, file) => sum + file.content.length, 0);
  if (size > maxBytes) return malformed(`the program is larger than ${maxBytes} characters`);
  const folders = new Set(program.files.flatMap((file) => parents(file.path)));
  const clash = program.files.find((file) => folders.has(file.path));
  if (clash) return malformed(`"${clash.path}" is both a file and a folder`);
  return { kind: 'program', program };
}

function parents(path: string): string[] {
  const segments = path.split('/');
  return segments.slice(0, -1).map((_, at) => segments.slice(0, at + 1).join('/'));
}

function put(files: SourceFile[], file: SourceFile): void {
  const at = files.findIndex((other) => other.path === file.path);
  if (at === -1) files.push(file);
  else files[at] = file;
}

function differs(files: readonly SourceFile[], path: string, content: string): boolean {
  return files.some((file) => file.path === path && file.content !== content);
}

function twice(path: string): ProgramReading {
  return malformed(`the reply gives ${path} twice with different content; give each file once, whole`);
}

function sorted(files: SourceFile[]): SourceFile[] {
  return files.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

function malformed(why: string): ProgramReading {
  return { kind: 'malformed', why };
}
