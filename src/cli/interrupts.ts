import type { Interruption } from '../core/loop.ts';

export interface Interrupts {
  signal: AbortSignal;
  /** Ends the session from inside, for a reader that walked away. */
  cancel: (why: string) => void;
  dispose: () => void;
}

/**
 * One AbortSignal for all that ends a session from outside: Ctrl+C, SIGTERM, a closed terminal, the wall clock (`wallMs`, null for none).
 * The session then ends in its journal by itself; a second Ctrl+C ends the process at once with 130.
 */
export function listenForInterrupts(wallMs: number | null, exit: (code: number) => never): Interrupts {
  const controller = new AbortController();
  const stop = (reason: Interruption) => controller.abort(reason);
  const onInterrupt = () => {
    if (controller.signal.aborted) exit(130);
    stop({
      ending: 'cancelled',
      why: 'Interrupted by Ctrl+C. What was done is kept: kintsugi resume goes on.',
    });
  };
  const onTerminate = () =>
    stop({ ending: 'terminated', why: 'Ended by a signal. What was done is kept: kintsugi resume goes on.' });
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onTerminate);
  process.on('SIGHUP', onTerminate);
  const timer =
    wallMs === null
      ? null
      : setTimeout(
          () =>
            stop({
              ending: 'timeout',
              why: `The time limit of ${Math.round(wallMs / 100) / 10} s is reached.`,
            }),
          Math.min(Math.max(0, wallMs), 2 ** 31 - 1),
        );
  timer?.unref();
  return {
    signal: controller.signal,
    cancel: (why) => stop({ ending: 'cancelled', why }),
    dispose: () => {
      if (timer) clearTimeout(timer);
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', onTerminate);
      process.off('SIGHUP', onTerminate);
    },
  };
}
