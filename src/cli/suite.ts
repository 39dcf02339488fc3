import { createHash } from 'node:crypto';
import path from 'node:path';
import * as z from 'zod';
import type { CheckSet, SourceFile, Task } from '../core/domain.ts';
import { safePath } from '../core/reply.ts';
import { exitCodes, isProblem, problem } from '../problem.ts';
import { languageFlag } from './language.ts';
import { checkSet } from './user-checks.ts';

const file = z.object({ path: z.string(), content: z.string() });
const rowSchema = z.object({
  id: z.string().min(1),
  goal: z.string().trim().min(1),
  language: z.string().optional(),
  files: z.array(file).default([]),
  tests: z.array(file).default([]),
  check: z.array(z.string().trim().min(1)).default([]),
});

/** One goal of a suite, ready for a session. */
export interface SuiteTask {
  id: string;
  task: Pick<Task, 'goal' | 'language' | 'files'> & { checks: CheckSet | null };
}

/** Reads a suite: one JSON object a line. Throws an input error (42) that names `file:line` and the field. */
export function parseSuite(text: string, name: string, digest: (text: string) => string): SuiteTask[] {
  const tasks: SuiteTask[] = [];
  const seen = new Set<string>();
  for (const [at, line] of text
    .replace(/^\ufeff/, '')
    .split('\n')
    .entries()) {
    if (line.trim() === '') continue;
    const where = `${name}:${at + 1}`;
    const row = readRow(line, where);
    if (seen.has(row.id))
      throw problem(exitCodes.unreadable, `${where}: the id "${row.id}" was there before.`);
    seen.add(row.id);
    tasks.push({ id: row.id, task: taskOf(row, where, digest) });
  }
  if (tasks.length === 0)
    throw problem(
      exitCodes.unreadable,
      `${name} holds no goal. A suite has one JSON object a line: {"id","goal",…}`,
    );
  return tasks;
}

function readRow(line: string, where: string): z.infer<typeof rowSchema> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw problem(
      exitCodes.unreadable,
      `${where}: this line is not JSON. A suite has one JSON object a line: {"id","goal",…}`,
    );
  }
  const row = rowSchema.safeParse(value);
  if (row.success) return row.data;
  const issue = row.error.issues[0];
  throw problem(
    exitCodes.unreadable,
    `${where}: "${issue?.path.join('.') ?? ''}": ${issue?.message ?? 'not a goal'}`,
  );
}

function taskOf(
  row: z.infer<typeof rowSchema>,
  where: string,
  digest: (text: string) => string,
): SuiteTask['task'] {
  const placed = (given: SourceFile[]) =>
    given.map(({ path: name, content }) => {
      const safe = safePath(name);
      if (safe === null)
        throw problem(exitCodes.unreadable, `${where}: "${name}" is not a path inside the program's folder.`);
      return { path: safe, content };
    });
  const tests = placed(row.tests);
  const files = placed(row.files);
  const runTests = row.check.length === 0;
  try {
    const checks =
      tests.length === 0 && runTests
        ? null
        : checkSet({ files: tests, commands: row.check, what: '"tests"', runTests }, digest);
    return { goal: row.goal, language: languageFlag(row.language ?? null), files, checks };
  } catch (error) {
    if (!isProblem(error)) throw error;
    throw problem(exitCodes.unreadable, `${where}: ${error.message.replace(/^--language/, '"language"')}`);
  }
}

/** Where the program of a goal goes below `--out`: its id, or a hash of it where the id is no path inside a folder. */
export function folderOf(out: string, id: string): string {
  return path.join(out, safePath(id) ?? createHash('sha256').update(id).digest('hex').slice(0, 16));
}
