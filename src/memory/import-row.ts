import { stripVTControlCharacters } from 'node:util';
import * as z from 'zod';
import { type Check, languages, type Program, type SourceFile } from '../core/domain.ts';
import { defaultEntry, safePath } from '../core/reply.ts';
import { freeze } from '../core/structured.ts';
import { seenText } from '../core/suspicion.ts';

/** One line of a file of memories from elsewhere, as data that can be kept. Everything in it is hostile until it is looked at. */

const text = z.string();
const mostFileCharacters = 200_000;
const mostFiles = 40;

const file = z
  .object({ path: text, content: text.max(mostFileCharacters) })
  .transform(({ path, content }, context): SourceFile => {
    const safe = safePath(path);
    if (safe !== null) return { path: safe, content };
    context.addIssue({
      code: 'custom',
      message: `the path ${JSON.stringify(path.slice(0, 80))} leads out of its folder`,
    });
    return z.NEVER;
  });
const files = z.array(file).max(mostFiles);

const languageNames: Record<string, Program['language']> = {
  js: 'javascript',
  node: 'javascript',
  ts: 'typescript',
  py: 'python',
  python3: 'python',
  bash: 'shell',
  sh: 'shell',
};
const language = text.transform((word, context): Program['language'] => {
  const lower = word.trim().toLowerCase();
  const found = languages.find((one) => one === lower) ?? languageNames[lower];
  if (found !== undefined) return found;
  context.addIssue({ code: 'custom', message: `is not one of ${languages.join(', ')}` });
  return z.NEVER;
});

const program = z
  .object({ language, entry: text, files: files.min(1) })
  .refine((one) => one.files.some(({ path }) => path === one.entry), {
    message: 'its entry is not a file of it',
  });

const origin = z.enum(['user', 'model']).catch('model');
const name = text.min(1).max(200);
const check = z.union([
  z.object({ kind: z.literal('tests'), name, origin, files: z.array(text).min(1) }),
  z.object({ kind: z.literal('command'), name, origin, command: text.min(1).max(4_000) }),
  z.object({
    kind: z.literal('output'),
    name,
    origin,
    args: z.array(text).optional(),
    stdin: text.optional(),
    stdout: text,
  }),
]);
const checks = z.object({ checks: z.array(check).max(40), files });
const signature = z.object({
  v: z.union([z.literal(1), z.literal(2)]),
  tool: text,
  code: text.optional(),
  class: text.optional(),
  template: text,
  test: text.optional(),
  key: text,
  hash: text,
  h0: text.optional(),
  h1: text.optional(),
  h2: text.optional(),
});
const witness = z.object({
  checks,
  failing: program,
  fixed: program,
  diff: text.max(mostFileCharacters),
  signature,
});

const words = z
  .union([text, z.array(text).transform((list) => list.join('\n'))])
  .nullish()
  .transform((given) => given ?? '');
const some = <Schema extends z.ZodType>(schema: Schema) =>
  schema.nullish().transform((given) => given ?? undefined);

const kinds = ['lesson', 'pitfall', 'fix', 'strategy', 'solution', 'fact'] as const;
const kind = text.transform((word, context) => {
  const found = kinds.find((one) => one === word.trim().toLowerCase());
  if (found !== undefined) return found;
  context.addIssue({
    code: 'custom',
    message: `${JSON.stringify(word.slice(0, 40))} is not one of ${kinds.join(', ')}`,
  });
  return z.NEVER;
});

const row = z.object({
  kind,
  about: words,
  body: words,
  when: words,
  do: words,
  avoid: words,
  why: words,
  unless: words,
  goal: words,
  sort: some(z.enum(['pitfall', 'fix', 'strategy'])),
  language: some(language),
  libraries: some(z.array(text.max(100)).max(12)),
  citations: some(z.array(text.max(500)).max(20)),
  check: some(text.max(4_000)),
  ttlDays: some(z.number().positive().max(3_650)),
  program: some(program),
  checks: some(checks),
  witness: some(witness),
});

export type ImportRow = z.infer<typeof row>;

/** The row of a parsed line, or why it is none. */
export function rowOf(value: unknown): { kind: 'row'; row: ImportRow } | { kind: 'bad'; why: string } {
  const parsed = row.safeParse(withLanguage(value));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue?.path.map(String).join('.') ?? '';
    const missing = where === 'kind' && typeof value === 'object' && value !== null && !('kind' in value);
    if (missing) return { kind: 'bad', why: `it has no kind (one of ${kinds.join(', ')})` };
    if (where !== '' && issue?.message.endsWith('received undefined'))
      return { kind: 'bad', why: `${where} is missing` };
    return { kind: 'bad', why: `${where === '' ? '' : `${where}: `}${issue?.message ?? 'unreadable'}` };
  }
  return { kind: 'row', row: parsed.data };
}

/** A program that names no language is in that of its row. */
function withLanguage(value: unknown): unknown {
  if (!isObject(value) || !isObject(value.program) || value.program.language !== undefined) return value;
  return { ...value, program: { ...value.program, language: value.language } };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Text without escape sequences, characters that are not seen, and tags that speak for somebody else. */
export function harmless(given: string): string {
  return seenText(stripVTControlCharacters(given)).replace(
    /[<\uff1c\ufe64](?=\s*[/\\]?\s*(?:system|recalled|goal|checks?|task|failure|diagnosis|step|tool|function|instructions?|assistant|user|human|policy|stdin)\b)/gi,
    '‹',
  );
}

/** A program of one file, from its source. */
export function programOf(source: string, named: Program['language']): Program {
  const entry = defaultEntry(named);
  return { language: named, entry, files: [{ path: entry, content: source }] };
}

/** The checks with their own hash, whatever the file says it is. */
export function frozen(given: z.infer<typeof checks> | undefined, digest: (text: string) => string) {
  const list = (given?.checks ?? []).map((one): Check => {
    if (one.kind !== 'output') return one;
    const { args, stdin, ...rest } = one;
    return { ...rest, ...(args ? { args } : {}), ...(stdin === undefined ? {} : { stdin }) };
  });
  return freeze(list, given?.files ?? [], digest);
}
