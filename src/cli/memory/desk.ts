import type { MemoryCare } from '../../compose/memory-care.ts';
import type { Config } from '../../config.ts';
import { type Memory, memoryStates } from '../../core/memory.ts';
import { exitCodes, problem } from '../../problem.ts';
import type { Io } from '../context.ts';
import { languageFlag } from '../language.ts';
import type { MemoryInvocation } from '../memory-flags.ts';
import { clip, printable } from '../terminal.ts';

/** What the verbs of `kintsugi memory` share. */
export interface Desk {
  io: Io;
  invocation: MemoryInvocation;
  config: Config;
  care: MemoryCare;
}

const kinds = ['lesson', 'solution', 'fact'] as const;

/** Whether a memory is of the kind, state and language that were asked for. Throws a usage error for a word that is none. */
export function selected({
  kind,
  state,
  language,
}: MemoryInvocation): (memory: Pick<Memory, 'kind' | 'state'> & { language?: string | null }) => boolean {
  if (kind !== null && !kinds.some((one) => one === kind))
    throw problem(exitCodes.usage, `--kind: "${kind}" is not one of ${kinds.join(', ')}.`);
  if (state !== null && !memoryStates.some((one) => one === state))
    throw problem(exitCodes.usage, `--state: "${state}" is not one of ${memoryStates.join(', ')}.`);
  const named = languageFlag(language);
  return (memory) =>
    (kind === null || memory.kind === kind) &&
    (state === null || memory.state === state) &&
    (named === null || memory.language === named);
}

/** The memory of an id or of the beginning of one. Throws a usage error that names near ones. */
export function memoryOf({ care }: Pick<Desk, 'care'>, id: string): Memory {
  const found = care.byId(id.trim());
  if (found.kind === 'found') return found.memory;
  if (found.kind === 'ambiguous') {
    const shown = found.ids.slice(0, 8).join(', ');
    const more = found.ids.length > 8 ? ` and ${found.ids.length - 8} more` : '';
    throw problem(exitCodes.usage, `${id} could be ${shown}${more}. Write more of the id.`);
  }
  const forgotten = care.history(id.trim()).some((entry) => entry.op === 'forget');
  if (forgotten) throw problem(exitCodes.usage, `${id} was forgotten.`);
  const near = found.near.length === 0 ? '' : ` Near ones: ${found.near.join(', ')}.`;
  throw problem(
    exitCodes.usage,
    `there is no memory ${id} in ${care.directory}.${near} kintsugi memory list names them all.`,
  );
}

/** Throws what the world refused, as the failure it is. */
export function orThrow<Done extends { kind: string }>(
  done: Done | { kind: 'failed'; why: string },
): Exclude<Done, { kind: 'failed' }> {
  if (done.kind === 'failed') throw problem(exitCodes.failure, (done as { why: string }).why);
  return done as Exclude<Done, { kind: 'failed' }>;
}

export function put({ io }: Pick<Desk, 'io'>, line: string): void {
  io.stdout.write(`${printable(line)}\n`);
}

export function putJson({ io }: Pick<Desk, 'io'>, value: unknown): void {
  io.stdout.write(`${JSON.stringify(value)}\n`);
}

/** One line, as wide as the terminal. */
export function putLine(desk: Pick<Desk, 'io'>, text: string): void {
  const { stdout } = desk.io;
  const line = printable(text.replace(/\s*\n\s*/g, ' ').trimEnd());
  stdout.write(`${clip(line, stdout.isTTY ? (stdout.columns ?? 80) : 200)}\n`);
}

/** Says that there is nothing, and how something comes to be. */
export function sayEmpty({ io, care }: Desk): void {
  io.stdout.write(
    `Nothing is remembered in ${care.directory}. Sessions that mend a failure teach; kintsugi memory import FILE brings candidates.\n`,
  );
}
