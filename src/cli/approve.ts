import type { Approval, Approve } from '../core/seams.ts';
import type { Io } from './context.ts';
import { findingText } from './describe.ts';
import { askLine } from './line.ts';
import { printable } from './terminal.ts';

/**
 * Asks the person at the terminal, with everything else on the screen held back meanwhile. y is once, a is for the session, and anything else
 * is no; what stands behind `n` is told the model. The end of input is nobody. Throws the reason of `signal` when the session is stopped while the question stands.
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
      io.stderr.write('y once · a for the session · n no · n and a reason, for the model\n');
      const line = await askLine(io, 'Run it? [y/a/N] ', signal);
      return line === null ? null : approvalIn(line);
    });
}

function approvalIn(line: string): Approval {
  const [, word = '', rest = ''] = /^\s*(\S*)\s*([\s\S]*?)\s*$/.exec(line) ?? [];
  const alone = rest === '' ? word.toLowerCase() : '';
  if (alone === 'y' || alone === 'yes') return 'allow';
  if (alone === 'a' || alone === 'all' || alone === 'always') return 'allow-session';
  const isNo = /^no?[,.:]?$/i.test(word);
  return isNo && rest !== '' ? { answer: 'deny', feedback: rest } : 'deny';
}
