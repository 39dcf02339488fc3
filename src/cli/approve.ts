import type { Approve } from '../core/seams.ts';
import type { Io } from './context.ts';
import { findingText } from './describe.ts';
import { askLine } from './line.ts';
import { printable } from './terminal.ts';

/**
 * Asks the person at the terminal, with everything else on the screen held back meanwhile. Anything but yes is no; the end of input is
 * nobody. Throws the reason of `signal` when the session is stopped while the question stands.
 */
export function approveInTerminal(
  io: Pick<Io, 'stdin' | 'stderr'>,
  signal: AbortSignal,
  held: <Answer>(ask: () => Promise<Answer>) => Promise<Answer>,
): Approve {
  return (_program, findings) =>
    held(async () => {
      io.stderr.write('The program asks for more than the policy grants:\n');
      for (const finding of findings) io.stderr.write(`  ${printable(findingText(finding))}\n`);
      const answer = (await askLine(io, 'Run it? [y/N] ', signal))?.trim().toLowerCase();
      if (answer === undefined) return null;
      return answer === 'y' || answer === 'yes' ? 'allow' : 'deny';
    });
}
