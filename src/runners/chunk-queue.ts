import type { Chunk } from '../core/seams.ts';

/** Hands chunks from callbacks to a reader, in order, without loss. */
export interface ChunkQueue {
  push(chunk: Chunk): void;
  close(): void;
  /** Ends when the queue is closed and empty. One reader. */
  chunks(): AsyncGenerator<Chunk, void, void>;
}

export function chunkQueue(): ChunkQueue {
  let waiting: Chunk[] = [];
  let closed = false;
  let wake: () => void = () => {};
  return {
    push: (chunk) => {
      const last = waiting.at(-1);
      // A reader that is slower than the program gets fewer and longer pieces.
      if (last?.stream === chunk.stream) last.text += chunk.text;
      else waiting.push({ ...chunk });
      wake();
    },
    close: () => {
      closed = true;
      wake();
    },
    chunks: async function* () {
      for (;;) {
        const ready = waiting;
        waiting = [];
        yield* ready;
        if (waiting.length > 0) continue;
        if (closed) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
