import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Flags } from '../config/layers.ts';
import { findSession } from '../journal/list.ts';
import { loadJournal } from '../journal/read.ts';
import { exitCodes, problem } from '../problem.ts';
import { configFor, type Io } from './context.ts';

export interface ExportInvocation {
  config: Flags;
  id: string;
  /** A file; true: standard output; null: the form was not named. */
  html: unknown;
  force: boolean;
}

/** `kintsugi export ID --html [FILE]`: a session as one page. Nothing is overwritten without --force. */
export async function exportSession(
  io: Io,
  { config: flags, id, html, force }: ExportInvocation,
): Promise<number> {
  if (html === null) throw problem(exitCodes.usage, 'export: say what it is to be: --html [FILE].');
  const config = await configFor(io, flags);
  const file = await findSession(config.logs, id);
  const { events, tornBytes } = await loadJournal(file);
  if (tornBytes > 0)
    io.stderr.write(`warning: the last line of ${file} is torn (${tornBytes} bytes) and left out.\n`);
  const { sessionPage } = await import('./export-page.ts');
  const page = await sessionPage(events);
  if (html === true || html === '-') {
    io.stdout.write(page);
    return 0;
  }
  const target = path.resolve(io.cwd, String(html));
  try {
    writeFileSync(target, page, { flag: force ? 'w' : 'wx' });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EEXIST')
      throw problem(exitCodes.usage, `--html: ${target} is there already. Name another file, or --force.`);
    throw problem(
      exitCodes.failure,
      `--html: ${target} cannot be written: ${error instanceof Error ? error.message : error}`,
    );
  }
  io.stderr.write(`wrote ${target}\n`);
  return 0;
}
