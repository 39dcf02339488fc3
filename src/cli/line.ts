import { createInterface } from 'node:readline/promises';
import type { Io } from './context.ts';

/**
 * One line from a person; null at the end of input, and after Ctrl+C, which is passed on as the signal it is. The question goes to
 * stderr, so stdout stays the answer's. Throws the reason of `signal` when that aborts.
 */
export async function askLine(
  io: Pick<Io, 'stdin' | 'stderr'>,
  question: string,
  signal?: AbortSignal,
): Promise<string | null> {
  signal?.throwIfAborted();
  const reader = createInterface({ input: io.stdin, output: io.stderr, terminal: io.stdin.isTTY === true });
  // The terminal is in raw mode here: without this Ctrl+C would only close the question.
  reader.on('SIGINT', () => {
    io.stderr.write('\n');
    // With somebody to stop, the question stands until that has heard of it.
    if (!signal) reader.close();
    process.kill(process.pid, 'SIGINT');
  });
  const stopped = () => reader.close();
  signal?.addEventListener('abort', stopped, { once: true });
  try {
    const answer = await new Promise<string | null>((resolve, reject) => {
      reader.once('close', () => resolve(null));
      reader.question(question).then(resolve, reject);
    });
    signal?.throwIfAborted();
    return answer;
  } finally {
    signal?.removeEventListener('abort', stopped);
    reader.close();
  }
}
