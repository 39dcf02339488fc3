import { createHash } from 'node:crypto';
import type { ErrorSignature } from '../core/domain.ts';
import { type LessonText, shortened, wordsOf } from '../core/lesson.ts';
import { runtimeOf } from '../core/libraries.ts';
import type { MemoryDraft, MemoryScope, Provenance } from '../core/memory.ts';
import { signatureOfText } from '../core/signature.ts';
import { suspicionOf } from '../core/suspicion.ts';
import { frozen, harmless, type ImportRow, programOf, rowOf } from './import-row.ts';

/** Memories from a file. Each enters as a candidate: nothing in it is put before a model or answers a goal before it was proven here. */

export interface ReadImport {
  drafts: MemoryDraft[];
  /** `file:line: why`. */
  bad: string[];
}

const mostLine = 1_000_000;
const mostKey = 2_400;
const mostFact = 600;
const factDays = 30;

const digest = (text: string) => createHash('sha256').update(text).digest('hex');

/**
 * Reads JSONL: `{"kind","about","body",…}` a line, or what `memory export` writes. Bad lines are named and left out; empty ones are passed over.
 * `redact` takes secrets out of plain data. Never throws for what is in the text.
 */
export function readImport(text: string, name: string, redact: <Value>(value: Value) => Value): ReadImport {
  const drafts: MemoryDraft[] = [];
  const bad: string[] = [];
  for (const [at, line] of text
    .replace(/^\ufeff/, '')
    .split('\n')
    .entries()) {
    if (line.trim() === '') continue;
    const read = line.length > mostLine ? `it is longer than ${mostLine} characters` : draftOf(line, redact);
    if (typeof read === 'string') bad.push(`${name}:${at + 1}: ${read}`);
    else drafts.push(read);
  }
  return { drafts, bad };
}

function draftOf(line: string, redact: <Value>(value: Value) => Value): MemoryDraft | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'it is not JSON';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'it is not an object';
  const read = rowOf(value);
  if (read.kind === 'bad') return read.why;
  const row = redact(read.row);
  if (row.kind === 'solution') return solutionOf(row);
  if (row.kind === 'fact') return factOf(row);
  return lessonOf(row, row.kind === 'lesson' ? (row.sort ?? null) : row.kind);
}

const provenance = (goal: string | null): Provenance => ({
  session: null,
  attempt: null,
  model: null,
  goal,
  taint: 'imported',
});

function scopeOf(row: ImportRow, language = row.language ?? null): MemoryScope {
  return {
    language,
    runtime: language === null ? null : runtimeOf(language),
    libraries: (row.libraries ?? []).map((one) => clean(one, 100)),
    project: null,
  };
}

/** `kept from every prompt` marks what no witness frees. */
function noteOf(raw: string, executed: readonly string[], waits: string): string {
  const suspicion = suspicionOf(raw, executed);
  return suspicion ? `kept from every prompt: ${suspicion}` : `imported: ${waits}`;
}

function lessonOf(row: ImportRow, sort: 'pitfall' | 'fix' | 'strategy' | null): MemoryDraft | string {
  const raw = partsOf(row);
  const key = clean(row.about, mostKey);
  if (wordsOf(raw).trim() === '') return 'a lesson needs a body (or do, avoid, when, why)';
  if (key === '') return 'a lesson needs about: the diagnosis or error it is for';
  const parts = shortened({
    when: clean(raw.when, mostKey),
    do: clean(raw.do, mostKey),
    why: clean(raw.why, mostKey),
    ...(raw.avoid ? { avoid: clean(raw.avoid, mostKey) } : {}),
    ...(raw.unless ? { unless: clean(raw.unless, mostKey) } : {}),
  });
  const read = row.witness ? witnessOf(row.witness) : null;
  const signature = read?.signature ?? signatureOfText(key, 'import', digest);
  const language = row.language ?? read?.fixed.language ?? null;
  return {
    kind: 'lesson',
    sort: sort ?? (parts.avoid ? 'pitfall' : 'fix'),
    ...parts,
    key,
    about: clean(row.goal, mostKey),
    signatures: signature ? [signature] : [],
    ...(read ? { witness: read } : {}),
    seenIn: [],
    scope: scopeOf(row, language),
    provenance: provenance(null),
    state: 'candidate',
    note: noteOf([wordsOf(raw), row.about].join('\n'), [], 'it waits for a witness here'),
  };
}

/** The parts of a lesson where they stand by themselves, else the lines of its body that begin with their names; other lines say what to do. */
function partsOf(row: ImportRow): LessonText {
  const parts = { when: row.when, do: row.do, avoid: row.avoid, why: row.why, unless: row.unless };
  let current: keyof typeof parts = 'do';
  const add = (part: keyof typeof parts, said: string) => {
    parts[part] = parts[part] === '' ? said : `${parts[part]}\n${said}`;
  };
  if (Object.values(parts).every((part) => part.trim() === '')) {
    for (const line of row.body.split('\n')) {
      const [, named, said] = /^\s*(when|do|avoid|why|unless)\s*:\s*(.*)$/i.exec(line) ?? [];
      if (named !== undefined) current = named.toLowerCase() as typeof current;
      if ((said ?? line).trim() !== '') add(current, said ?? line);
    }
  }
  return parts;
}

function witnessOf(given: NonNullable<ImportRow['witness']>) {
  const { code, class: name, test, h0, h1, h2, ...plain } = given.signature;
  const optional = { code, class: name, test, h0, h1, h2 };
  const signature: ErrorSignature = {
    ...plain,
    key: clean(plain.key, 500),
    template: clean(plain.template, 500),
  };
  for (const [field, value] of Object.entries(optional)) {
    if (value !== undefined) Object.assign(signature, { [field]: clean(value, 200) });
  }
  const { failing, fixed, diff } = given;
  return { checks: frozen(given.checks, digest), failing, fixed, diff, signature, failed: 0, passed: 0 };
}

function solutionOf(row: ImportRow): MemoryDraft | string {
  const goal = clean(row.about || row.goal, 20_000, true);
  if (goal === '') return 'a solution needs about: its goal';
  if (row.program === undefined && row.body.trim() === '')
    return 'a solution needs a program, or its source as body';
  if (row.program === undefined && row.language === undefined) {
    return 'a solution needs its language (javascript, typescript, python or shell)';
  }
  const program = row.program ?? programOf(row.body, row.language ?? 'javascript');
  const given =
    row.checks ??
    (row.check === undefined
      ? undefined
      : {
          checks: [{ kind: 'command' as const, name: 'check', origin: 'model' as const, command: row.check }],
          files: [],
        });
  const checks = frozen(given, digest);
  return {
    kind: 'solution',
    goal,
    program,
    checks,
    proof: 'model-checks',
    scope: scopeOf(row, program.language),
    provenance: provenance(goal),
    state: 'candidate',
    note:
      checks.checks.length === 0
        ? 'imported: it has no checks, and so it is never used'
        : 'imported: it waits for its checks to pass here',
  };
}

/** The lines of a fact's body that are not its text, as `export` writes them. A check is only taken from its own field. */
function citationsIn(row: ImportRow): string[] {
  if (row.about === '') return [];
  return row.body
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^\s*check\s*:/i.test(line))
    .map((line) => line.replace(/^\s*seen in\s*:\s*/i, ''))
    .slice(0, 20);
}

function factOf(row: ImportRow): MemoryDraft | string {
  const fact = clean(row.about || row.body, mostFact);
  if (fact === '') return 'a fact needs about: its text';
  return {
    kind: 'fact',
    fact,
    citations: (row.citations ?? citationsIn(row)).map((one) => clean(one, 500)),
    ...(row.check === undefined ? {} : { check: row.check }),
    ttlDays: row.ttlDays ?? factDays,
    scope: scopeOf(row),
    provenance: provenance(null),
    state: 'candidate',
    note: noteOf(
      row.about || row.body,
      row.check === undefined ? [] : [row.check],
      'it waits for its check to pass here',
    ),
  };
}

/** In one line where `lines` does not keep them, cut at so many characters. */
function clean(given: string, most: number, lines = false): string {
  const plain = harmless(given);
  const spaced = lines
    ? plain.trim()
    : plain
        .split('\n')
        .map((line) => line.replace(/\s+/g, ' ').trim())
        .join('\n')
        .trim();
  return spaced.length > most ? `${spaced.slice(0, most - 1)}…` : spaced;
}
