/**
 * One shape for everything that takes time: parts while it happens, one result at the end.
 * Streams compose with `yield*`; an AbortSignal and `finally` are the only cancellation.
 */
export type Stream<Part, Result = void> = AsyncGenerator<Part, Result, void>;

/** Runs a stream to its end, hands every part to `onPart`, and returns the stream's result. Closes the stream if `onPart` throws. */
export async function drain<Part, Result>(
  stream: Stream<Part, Result>,
  onPart: (part: Part) => void | Promise<void> = () => {},
): Promise<Result> {
  let finished = false;
  try {
    for (;;) {
      const step = await stream.next();
      if (step.done) {
        finished = true;
        return step.value;
      }
      await onPart(step.value);
    }
  } finally {
    if (!finished) await stream.return(undefined as never);
  }
}

/** The same stream with every part mapped; the result and the cleanup are kept. */
export async function* mapParts<Part, Mapped, Result>(
  stream: Stream<Part, Result>,
  map: (part: Part) => Mapped,
): Stream<Mapped, Result> {
  let finished = false;
  try {
    for (;;) {
      const step = await stream.next();
      if (step.done) {
        finished = true;
        return step.value;
      }
      yield map(step.value);
    }
  } finally {
    if (!finished) await stream.return(undefined as never);
  }
}
