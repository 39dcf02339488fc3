import type { SourceFile } from './domain.ts';

/** Which lines two versions of some files differ in, as hunks that can be applied one by one. */

/** Lines `from` … `from + before.length` of a file in its old version become `after`. `before` null: the file is new; `after` null: it is gone. */
export interface Hunk {
  path: string;
  from: number;
  before: string[] | null;
  after: string[] | null;
}

/** Above this many cells the middle of two files is one hunk: exact lines are not worth the time. */
const largestTable = 4_000_000;

/** The hunks that turn `before` into `after`, by path and then by line. */
export function hunksBetween(before: readonly SourceFile[], after: readonly SourceFile[]): Hunk[] {
  const old = new Map(before.map((file) => [file.path, file.content]));
  const fresh = new Map(after.map((file) => [file.path, file.content]));
  return [...new Set([...old.keys(), ...fresh.keys()])].sort().flatMap((path): Hunk[] => {
    const one = old.get(path);
    const other = fresh.get(path);
    if (one === undefined) return [{ path, from: 0, before: null, after: linesOf(other ?? '') }];
    if (other === undefined) return [{ path, from: 0, before: linesOf(one), after: null }];
    return hunksOf(linesOf(one), linesOf(other)).map((hunk) => ({ path, ...hunk }));
  });
}

/** The files of the old version with only these hunks applied. */
export function withHunks(files: readonly SourceFile[], hunks: readonly Hunk[]): SourceFile[] {
  const kept = files.flatMap((file): SourceFile[] => {
    const own = hunks.filter((hunk) => hunk.path === file.path);
    if (own.length === 0) return [file];
    if (own.some((hunk) => hunk.after === null)) return [];
    const lines = linesOf(file.content);
    for (const hunk of [...own].sort((a, b) => b.from - a.from)) {
      lines.splice(hunk.from, hunk.before?.length ?? 0, ...(hunk.after ?? []));
    }
    return [{ path: file.path, content: lines.join('\n') }];
  });
  const fresh = hunks.filter((hunk) => hunk.before === null);
  return [...kept, ...fresh.map((hunk) => ({ path: hunk.path, content: (hunk.after ?? []).join('\n') }))];
}

/** The hunks as a unified diff without context, at most `limit` characters. */
export function diffText(hunks: readonly Hunk[], limit = 6_000): string {
  let path = '';
  const lines = hunks.flatMap((hunk) => {
    const heading = hunk.path === path ? [] : [`--- ${hunk.path}`, `+++ ${hunk.path}`];
    path = hunk.path;
    const before = hunk.before ?? [];
    const after = hunk.after ?? [];
    return [
      ...heading,
      `@@ -${hunk.from + 1},${before.length} +${hunk.from + 1},${after.length} @@`,
      ...before.map((line) => `-${line}`),
      ...after.map((line) => `+${line}`),
    ];
  });
  const text = lines.join('\n');
  return text.length <= limit ? text : `${text.slice(0, limit - 2)}\n…`;
}

function linesOf(text: string): string[] {
  return text.split('\n');
}

function hunksOf(before: string[], after: string[]): Omit<Hunk, 'path'>[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  const most = Math.min(before.length, after.length) - head;
  while (tail < most && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const a = before.slice(head, before.length - tail);
  const b = after.slice(head, after.length - tail);
  if (a.length === 0 && b.length === 0) return [];
  if (a.length * b.length > largestTable) return [{ from: head, before: a, after: b }];
  return walk(a, b, head);
}

/** Hunks from a table of longest common subsequences. */
function walk(a: string[], b: string[], offset: number): Omit<Hunk, 'path'>[] {
  const width = b.length + 1;
  const table = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number) => table[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      table[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const hunks: Omit<Hunk, 'path'>[] = [];
  let open: { from: number; before: string[]; after: string[] } | null = null;
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      open = null;
      i += 1;
      j += 1;
      continue;
    }
    if (!open) {
      open = { from: offset + i, before: [], after: [] };
      hunks.push(open);
    }
    if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) {
      open.before.push(a[i] ?? '');
      i += 1;
    } else {
      open.after.push(b[j] ?? '');
      j += 1;
    }
  }
  return hunks;
}
