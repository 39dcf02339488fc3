import { constants } from 'node:os';
import type { RunResult } from '../core/domain.ts';
import type { ProcessEnd } from './process.ts';

type Ending =
  | { status: 'exited'; exitCode: number }
  | { status: 'sandbox-failed'; why: string }
  | { status: 'crashed'; signal: string }
  | { status: Exclude<RunResult['status'], 'exited' | 'refused' | 'sandbox-failed' | 'crashed'> };

/** What runtimes print when they run out of memory: on their way down, and as the last words of an error nobody caught. */
const heapMessages =
  /JavaScript heap out of memory|Fatal (process|JavaScript) out of memory|invalid (table|array) size .*OOM|^MemoryError\b|^RangeError: Array buffer allocation failed|: (fork: )?[Cc]annot allocate memory|x(m|re)alloc: cannot allocate/m;

/** What runtimes say when the kernel refuses them a process or a thread. */
const processMessages =
  /Resource temporarily unavailable|\bspawn \S+ EAGAIN\b|uv_thread_create|can't start new thread|[Cc]annot fork\b/m;

/**
 * Why a run ended, first match wins: the parent's reason, the kernel's out-of-memory killer, the sandbox, signals of limits, memory messages (said by
 * the program itself), refused processes (the kernel's count, or said by the program), signal, exit.
 */
export function classify(end: ProcessEnd, stderr: string): Ending {
  if (end.killed !== null) return { status: end.killed };
  // Before the sandbox: the kernel may have picked one of its processes.
  if (end.meter?.outOfMemory) return { status: 'out-of-memory' };
  if (end.why !== null) return { status: 'sandbox-failed', why: end.why };
  const signal = end.signal ?? shellSignal(end.exitCode);
  if (signal === 'SIGXCPU') return { status: 'cpu-limit' };
  if (signal === 'SIGXFSZ') return { status: 'disk-limit' };
  const failed = end.signal !== null || end.exitCode !== 0;
  if (failed && heapMessages.test(stderr.slice(-8192))) return { status: 'out-of-memory' };
  if (failed && (end.meter?.processRefused || processMessages.test(stderr.slice(-8192)))) {
    return { status: 'process-limit' };
  }
  if (end.signal !== null) return { status: 'crashed', signal: end.signal };
  return { status: 'exited', exitCode: end.exitCode ?? 1 };
}

/** A shell tells of the limit's signal that ended its last command by 128 + number. */
function shellSignal(exitCode: number | null): string | null {
  if (exitCode === 128 + constants.signals.SIGXCPU) return 'SIGXCPU';
  if (exitCode === 128 + constants.signals.SIGXFSZ) return 'SIGXFSZ';
  return null;
}
