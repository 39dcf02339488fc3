import { exitCodes, isProblem } from '../problem.ts';
import { printable } from './terminal.ts';

/** Says on stderr why a command failed, with its stack under `--debug`, and gives the exit code for it. */
export function reportFailure(error: unknown): number {
  const debug = process.argv.includes('--debug') || process.env.KINTSUGI_DEBUG === '1';
  const exitCode = exitCodeOf(error);
  const known =
    isProblem(error) || (error instanceof Error && ['JournalError', 'PromptError'].includes(error.name));
  const message = error instanceof Error ? error.message : String(error);
  // Messages quote files, arguments and models: none of them may steer the terminal.
  const say = (text: string) => process.stderr.write(`${printable(text)}\n`);
  say(known ? `kintsugi: ${message}` : `kintsugi: internal error: ${message}`);
  if (debug && error instanceof Error) say(error.stack ?? '');
  else if (!known) say('--debug shows the stack.');
  return exitCode;
}

function exitCodeOf(error: unknown): number {
  if (isProblem(error)) return error.exitCode;
  if (!(error instanceof Error)) return exitCodes.failure;
  if (error.name === 'PromptError') return exitCodes.invalidConfig;
  if (error.name !== 'JournalError' || !('kind' in error)) return exitCodes.failure;
  if (error.kind === 'not-found' || error.kind === 'ambiguous') return exitCodes.usage;
  const unreadable = ['unreadable', 'damaged', 'newer'].includes(String(error.kind));
  return unreadable ? exitCodes.unreadable : exitCodes.failure;
}
