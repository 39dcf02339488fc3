import { constants } from 'node:os';
import { startedWord } from './inner-shell.ts';
import type { Judged, RawExit } from './sandbox.ts';

/** Signals that end a program; others, told as 128 + number, are more likely an exit code of its own. */
const endingSignals = [
  'SIGILL',
  'SIGTRAP',
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGKILL',
  'SIGSEGV',
  'SIGPIPE',
  'SIGTERM',
  'SIGXCPU',
  'SIGXFSZ',
  'SIGSYS',
] as const;

/** Reads what bwrap and the shell inside told on their own descriptors; the program has neither. No exit code, or no start: the sandbox failed. */
export function bubblewrapJudge({ signal, stderr, taken: [status, started] }: RawExit): Judged {
  const exitCode = exitCodeOf(status ?? '');
  if (exitCode === null) {
    const how = signal === null ? lastLine(stderr) : `bwrap was killed by ${signal}`;
    return { kind: 'sandbox', why: `The sandbox failed: ${how}.` };
  }
  if (!started?.startsWith(startedWord)) {
    return { kind: 'sandbox', why: `The program could not be started in the sandbox: ${lastLine(stderr)}.` };
  }
  const ended = endingSignals.find((name) => constants.signals[name] === exitCode - 128);
  return ended === undefined
    ? { kind: 'program', exitCode, signal: null }
    : { kind: 'program', exitCode: null, signal: ended };
}

/** bwrap writes one JSON object a line. */
function exitCodeOf(status: string): number | null {
  const code = /"exit-code":\s*(\d+)/.exec(status)?.[1];
  return code === undefined ? null : Number(code);
}

function lastLine(stderr: string): string {
  const line = stderr.trim().split('\n').at(-1)?.trim();
  return line ? line.replace(/\.$/, '') : 'it said nothing';
}
