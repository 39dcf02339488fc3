import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { openRedactor } from '../../compose.ts';
import type { Memory } from '../../core/memory.ts';
import { plainMemory } from '../../core/memory-text.ts';
import { exitCodes, problem } from '../../problem.ts';
import { readText } from '../goal.ts';
import { type Desk, orThrow, putJson, selected } from './desk.ts';

const largestBytes = 64_000_000;

/** `memory export [FILE]`: JSONL, in the order of the log. */
export function exportMemories(desk: Desk): number {
  const { io, invocation, care } = desk;
  const wanted = selected(invocation);
  const all = care.all().filter((memory) => wanted({ ...memory, language: memory.scope.language }));
  const text = all.map((memory) => `${JSON.stringify(exported(memory))}\n`).join('');
  const [name = '-'] = invocation.words;
  if (name === '-') {
    io.stdout.write(text);
    return 0;
  }
  try {
    writeFileSync(path.resolve(io.cwd, name), text, { flag: invocation.force ? 'w' : 'wx', mode: 0o600 });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code === 'EEXIST')
      throw problem(exitCodes.usage, `${name} is there already; --force writes over it.`);
    throw problem(
      exitCodes.failure,
      `cannot write ${name}: ${error instanceof Error ? error.message : code}`,
    );
  }
  if (invocation.json) putJson(desk, { file: name, exported: all.length });
  else io.stderr.write(`${all.length} memories are in ${name}.\n`);
  return 0;
}

/** All of it that another home can use; what was shown here (states, uses) is told and not believed there. */
function exported(memory: Memory): object {
  const plain = plainMemory(memory);
  const { stats } = memory;
  if (memory.kind === 'solution') return { ...plain, program: memory.program, checks: memory.checks, stats };
  if (memory.kind === 'fact') {
    const { citations, check, ttlDays } = memory;
    return { ...plain, citations, ...(check === undefined ? {} : { check }), ttlDays, stats };
  }
  const { sort, when, do: what, avoid, why, unless, about, signatures, witness, seenIn } = memory;
  return {
    ...plain,
    ...{ sort, when, do: what, avoid, why, unless, goal: about, signatures, witness, seenIn, stats },
  };
}

/** `memory import FILE`: candidates. Good lines are kept, bad ones are named; 42 when none is usable. */
export async function importMemories(desk: Desk): Promise<number> {
  const { io, invocation, config, care } = desk;
  const [name = '-'] = invocation.words;
  const text =
    name === '-' ? await standardInput(desk) : readText(path.resolve(io.cwd, name), name, largestBytes);
  const redactor = await openRedactor(config);
  const { drafts, bad } = care.readImport(text, name === '-' ? 'stdin' : name, redactor.value);
  const { printable } = await import('../terminal.ts');
  const shown = bad.slice(0, 20);
  for (const line of shown) io.stderr.write(`${printable(redactor.text(line))}\n`);
  if (bad.length > shown.length) io.stderr.write(`and ${bad.length - shown.length} more lines\n`);
  if (drafts.length === 0) {
    throw problem(
      exitCodes.unreadable,
      `${name === '-' ? 'standard input' : name} holds no memory that could be imported. Each line is {"kind","about","body"}; kind is lesson, pitfall, fix, strategy, solution or fact.`,
    );
  }
  const done = orThrow(await care.adopt(drafts, invocation.global));
  const { ids, known } = done;
  if (invocation.json) {
    putJson(desk, {
      imported: ids.length,
      known,
      bad: bad.length,
      ids,
      problems: bad.map((line) => redactor.text(line)),
    });
  } else {
    const where = invocation.global ? 'every project' : 'this project';
    io.stdout.write(
      `${ids.length} imported as candidates for ${where}, ${known} known already, ${bad.length} bad lines.\n${
        ids.length === 0 ? '' : 'None is used before it was proven here: kintsugi memory verify --all\n'
      }`,
    );
  }
  return 0;
}

async function standardInput({ io }: Desk): Promise<string> {
  if (io.stdin.isTTY === true)
    throw problem(exitCodes.usage, 'standard input is a terminal: name a file, or pipe one in.');
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of io.stdin) {
    const bytes = Buffer.from(piece as Buffer);
    size += bytes.length;
    if (size > largestBytes)
      throw problem(exitCodes.unreadable, `standard input is larger than ${largestBytes} bytes.`);
    pieces.push(bytes);
  }
  return Buffer.concat(pieces).toString('utf8');
}
