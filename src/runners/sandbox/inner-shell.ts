import type { RunLimits } from '../../core/domain.ts';

/** What the shell inside writes to its channel right before it becomes the program. */
export const startedWord = 'started';

/**
 * Script for /bin/sh: closes our descriptors, sets the kernel's limits of a process, says `startedWord` on descriptor `startedFd` and becomes
 * the command in its arguments, in the folder that the first of them names. `lastFd` is the highest descriptor that is ours, at most 9.
 */
export function innerShell(options: {
  limits: RunLimits;
  addressBytes: number;
  startedFd: number;
  lastFd: number;
}): string {
  const { startedFd, lastFd } = options;
  const closed = descriptors(3, lastFd).filter((descriptor) => descriptor !== startedFd);
  return [
    `exec ${closed.map((descriptor) => `${descriptor}<&-`).join(' ')}`,
    ...resourceLimits(options.limits, options.addressBytes),
    'cd "$1" || exit 126',
    'shift',
    'unset OLDPWD',
    '[ -x "$1" ] || { echo "$1 cannot be executed" >&2; exit 127; }',
    `echo ${startedWord} >&${startedFd}`,
    `exec ${startedFd}>&-`,
    'exec "$@"',
  ].join('\n');
}

/** The kernel counts threads as processes, and some runtimes need more than a dozen for one program. */
export function tasksFor(processes: number): number {
  return Math.max(24, processes);
}

/** A limit that the platform lacks, or that is lower already, must not stop the run: the probes tell what holds. */
function resourceLimits(limits: RunLimits, addressBytes: number): string[] {
  const cpuSeconds = Math.max(1, Math.ceil(limits.cpuMs / 1000));
  const tasks = tasksFor(limits.processes);
  const kibibytes = (bytes: number): number => Math.ceil(bytes / 1024);
  const rules = [
    '-c 0',
    `-S -t ${cpuSeconds}`,
    `-H -t ${cpuSeconds + 1}`,
    `-d ${kibibytes(limits.memoryBytes)}`,
    `-v ${kibibytes(addressBytes)}`,
    `-f ${Math.ceil(limits.fileBytes / 512)}`,
    `-n ${limits.openFiles}`,
  ];
  return [
    ...rules.map((rule) => `ulimit ${rule} 2>/dev/null`),
    // One shell calls it -u, the other -p.
    `ulimit -u ${tasks} 2>/dev/null || ulimit -p ${tasks} 2>/dev/null`,
  ];
}

function descriptors(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
