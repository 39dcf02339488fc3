import * as z from 'zod';
import type { Chunk } from '../core/seams.ts';

const chunk = z.object({ stream: z.enum(['stdout', 'stderr']), text: z.string() });
/** What the process measured of itself since it was given its job. */
const usage = { cpuMs: z.number().optional(), peakBytes: z.number().optional() };
const ending = z.discriminatedUnion('end', [
  z.object({ end: z.literal('exited'), exitCode: z.number().int(), ...usage }),
  z.object({ end: z.literal('out-of-memory'), ...usage }),
  z.object({ end: z.literal('unavailable'), why: z.string(), ...usage }),
]);
const accepted = z.object({ accepted: z.literal(true) });
const message = z.union([ending, chunk, accepted]);

export type IsolateEnd = z.infer<typeof ending>;

/** Reads what the isolate's process writes: JSON lines on standard output. What does not fit is not believed. */
export function isolateMessages(onChunk: (chunk: Chunk) => void) {
  const decoder = new TextDecoder();
  let partial = '';
  let stderr = '';
  let end: IsolateEnd | null = null;
  let isAccepted = false;
  const read = (line: string): void => {
    const parsed = message.safeParse(jsonOf(line));
    if (!parsed.success || end !== null) return;
    if ('end' in parsed.data) end = parsed.data;
    else if ('accepted' in parsed.data) isAccepted = true;
    else onChunk(parsed.data);
  };
  return {
    push: (stream: Chunk['stream'], bytes: Uint8Array): void => {
      if (stream === 'stderr') {
        // The process itself writes here only when it dies.
        stderr = (stderr + Buffer.from(bytes).toString()).slice(-8192);
        return;
      }
      const lines = (partial + decoder.decode(bytes, { stream: true })).split('\n');
      partial = lines.pop() ?? '';
      for (const line of lines) read(line);
    },
    /** The last word, null when the process died before it. */
    end: (): IsolateEnd | null => end,
    /** Whether the process got its job at all. */
    accepted: (): boolean => isAccepted,
    stderr: (): string => stderr,
  };
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
