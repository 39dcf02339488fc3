import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { RunResult, SourceFile } from '../../core/domain.ts';
import { textCleaner } from '../terminal-text.ts';
import { shortened } from './report.ts';

/** What the processes of a command are to show, and the file they show it in. */
export type Proof =
  /** One process, which alone was given the nonce, before anything of the program ran. */
  | { kind: 'nonce'; nonce: string; report: string }
  /**
   * Several processes of one shell: each commits to a nonce of its own in its first record. `expected`: the command names a check file.
   * `mayFail`: it has ways for a failed process not to matter.
   */
  | { kind: 'shared'; report: string; expected: boolean; mayFail: boolean };

const word = z.string().max(20_000);
const line = z.union([
  z.object({ kind: z.literal('begin'), commit: word, main: word }),
  z.object({ kind: z.literal('tampered'), what: word, where: word.optional(), text: word.optional() }),
  z.object({ kind: z.literal('error'), message: word }),
  z.object({ kind: z.literal('incomplete'), why: word, code: z.number().optional() }),
  z.object({ kind: z.literal('complete') }),
]);
type Line = z.infer<typeof line>;

export interface Testimony {
  /** What a test framework recorded, one JSON object a line. */
  records: string;
  /** Why what the run showed does not count; empty when it does. The first is what a reader should see first. */
  problems: string[];
}

const longest = 2_000;

/**
 * Reads what a run left in its report. Everything that is not framed by the nonce was written by somebody else, which is a problem of its
 * own; so is a run that ended well without the last word of the guard.
 */
export function testimonyOf(
  proof: Proof | null,
  report: string,
  run: RunResult,
  files: readonly SourceFile[],
): Testimony {
  if (proof === null) return { records: '', problems: [] };
  const endedWell = run.status === 'exited' && run.exitCode === 0;
  const voices = proof.kind === 'nonce' ? oneVoice(proof.nonce, report) : manyVoices(report);
  const { heard, foreign } = voices;
  const lines = heard.flatMap((voice) => voice.lines);
  const tampered = lines.flatMap((one) => (one.kind === 'tampered' ? [tamperedText(one, files)] : []));
  const unfinished = heard.flatMap((voice) => unfinishedText(voice, proof));
  const errors = heard
    .flatMap((voice) => errorsOf(voice))
    .filter((text) => !run.stderr.includes(firstLine(text)));
  const silent =
    (proof.kind === 'nonce' && !heard.some((voice) => voice.lines.some(isLast))) ||
    (proof.kind === 'shared' && proof.expected && heard.length === 0);
  const problems = [
    ...new Set(tampered),
    ...(endedWell ? unfinished : []),
    ...(endedWell && silent && unfinished.length === 0 ? [withoutWord] : []),
    ...(endedWell ? [] : errors),
    ...(foreign ? ['Something else than the test wrote to the report of the test.'] : []),
  ];
  return { records: heard.flatMap((voice) => voice.records).join('\n'), problems: problems.map(clean) };
}

const notToItsEnd = 'The check did not run to its end';
const withoutWord = `${notToItsEnd}: the process was ended with success before it could say so.`;

interface Voice {
  main: string;
  lines: Line[];
  records: string[];
}

function isLast(one: Line): boolean {
  return one.kind === 'complete' || one.kind === 'incomplete';
}

function oneVoice(nonce: string, report: string): { heard: Voice[]; foreign: boolean } {
  const voice: Voice = { main: '', lines: [], records: [] };
  let foreign = report !== '' && !report.endsWith('\n');
  for (const text of linesOf(report)) {
    if (text.startsWith(`${nonce} `)) hear(voice, text.slice(nonce.length + 1));
    else foreign = true;
  }
  return { heard: [voice], foreign };
}

function manyVoices(report: string): { heard: Voice[]; foreign: boolean } {
  const voices = new Map<string, Voice>();
  let foreign = report !== '' && !report.endsWith('\n');
  for (const text of linesOf(report)) {
    const space = text.indexOf(' ');
    const nonce = text.slice(0, space);
    const begun = nonce === '-' ? parsed(text.slice(2)) : null;
    const voice = voices.get(createHash('sha256').update(nonce).digest('hex'));
    if (begun?.kind === 'begin' && !voices.has(begun.commit)) {
      voices.set(begun.commit, { main: begun.main, lines: [], records: [] });
    } else if (voice) hear(voice, text.slice(space + 1));
    else foreign = true;
  }
  return { heard: [...voices.values()], foreign };
}

function linesOf(report: string): string[] {
  return report.split('\n').filter((text) => text !== '');
}

function hear(voice: Voice, text: string): void {
  const known = parsed(text);
  if (known) voice.lines.push(known);
  else voice.records.push(text);
}

function parsed(text: string): Line | null {
  try {
    const result = line.safeParse(JSON.parse(text));
    return result.success ? result.data : null;
  } catch {
    return null;
  }
}

/** Of a process that is gone without a word, or that could not say that it came to its end. */
function unfinishedText(voice: Voice, proof: Proof): string[] {
  const { main, lines } = voice;
  const last = lines.filter(isLast);
  const of = main === '' ? '' : ` (${main})`;
  if (last.length === 0) {
    return proof.kind === 'shared' ? [`${notToItsEnd}${of}: it was ended with success before.`] : [];
  }
  const incomplete = last.find((one) => one.kind === 'incomplete');
  if (!incomplete) return [];
  // Where a shell may go on after a failure, a process that failed openly is for the command to judge.
  if (proof.kind === 'shared' && incomplete.code !== 0 && (proof.mayFail || main === '')) return [];
  return [[`${notToItsEnd}${of}: ${incomplete.why}.`, ...errorsOf(voice)].join('\n')];
}

function errorsOf({ lines }: Voice): string[] {
  return lines.flatMap((one) => (one.kind === 'error' ? [one.message] : [])).slice(0, 3);
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

function tamperedText(
  { what, where, text }: Extract<Line, { kind: 'tampered' }>,
  files: readonly SourceFile[],
): string {
  const source = text ? files.find((file) => file.content.includes(text))?.path : undefined;
  const place = where || source;
  return `The program tampered with its test: ${what}${place ? ` (${place})` : ''}.`;
}

function clean(value: string): string {
  const cleaner = textCleaner();
  return shortened(cleaner.push(Buffer.from(value)) + cleaner.end(), longest);
}
