import { openCare } from '../compose/memory-care.ts';
import { configFor, type Io } from './context.ts';
import type { Desk } from './memory/desk.ts';
import type { MemoryInvocation } from './memory-flags.ts';
import { printable } from './terminal.ts';

/** `kintsugi memory VERB`: opens the memory of this home, does one thing, and lets it go. What is wrong with the log is told on stderr. */
export async function careForMemory(io: Io, invocation: MemoryInvocation): Promise<number> {
  const config = await configFor(io, invocation.config);
  if (invocation.verb === 'why') {
    return await (await import('./memory/why.ts')).explainAttempt(io, invocation, config);
  }
  if (invocation.verb === 'embedder') {
    return await (await import('./memory/embedder.ts')).tendEmbedder(io, invocation, config);
  }
  const care = await openCare(config);
  try {
    const desk: Desk = { io, invocation, config, care };
    const exitCode = await tend(desk);
    const { problem } = care.embedder;
    const problems = [...new Set([...care.problems(), ...(problem === null ? [] : [problem])])];
    for (const one of problems) io.stderr.write(`warning: ${printable(one)}\n`);
    return exitCode;
  } finally {
    await care.close();
  }
}

async function tend(desk: Desk): Promise<number> {
  switch (desk.invocation.verb) {
    case 'list':
      return (await import('./memory/find.ts')).listMemories(desk);
    case 'search':
      return await (await import('./memory/find.ts')).searchMemories(desk);
    case 'show':
      return (await import('./memory/show.ts')).showMemory(desk);
    case 'verify':
      return await (await import('./memory/prove.ts')).verifyMemories(desk);
    case 'forget':
      return await (await import('./memory/change.ts')).forgetMemories(desk);
    case 'disable':
      return await (await import('./memory/change.ts')).disableMemories(desk);
    case 'enable':
      return await (await import('./memory/change.ts')).enableMemories(desk);
    case 'export':
      return (await import('./memory/file.ts')).exportMemories(desk);
    case 'import':
      return await (await import('./memory/file.ts')).importMemories(desk);
    case 'report':
      return await (await import('./memory/report.ts')).reportMemory(desk);
    case 'rebuild':
      return await (await import('./memory/change.ts')).rebuildIndex(desk);
    case 'why':
    case 'embedder':
      throw new Error(`${desk.invocation.verb} does not need the log`);
    default:
      return desk.invocation.verb satisfies never;
  }
}
