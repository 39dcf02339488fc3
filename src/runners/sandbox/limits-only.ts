import type { ConfinedSpawn, ConfineRequest, Sandbox } from './sandbox.ts';

/**
 * Waits for the lifeline to close, which happens only when the process that started the run is gone without a word, and then kills the run:
 * first whoever carries the run's marker in its environment (daemons left the group), then the group, itself included. The run's folder goes too.
 * Two forks, so that the program has no child it does not know of.
 */
const lifeline = `( ( exec <&3 3<&- >/dev/null 2>&1
trap '' HUP INT TERM PIPE
read -r unused
if [ -r /proc/self/stat ]; then
  read -r me rest < /proc/self/stat
  for round in 1 2 3; do
    for file in $(grep -lzsF "KINTSUGI_RUN=$KINTSUGI_RUN" /proc/[0-9]*/environ); do
      pid=\${file#/proc/}; pid=\${pid%/environ}
      [ "$pid" = "$me" ] || kill -KILL "$pid"
    done
  done
fi
case "$TMPDIR" in */kintsugi-*/tmp) rm -rf -- "\${TMPDIR%/tmp}" ;; esac
kill -KILL -- -$$ ) & )
exec 3<&-`;

/**
 * Level L0: limits of the kernel on each process, an own session, a clean environment. It isolates neither files nor network nor other
 * processes, and says so by what it does not list.
 */
export function limitsOnly(platform: NodeJS.Platform = process.platform): Sandbox {
  const linux = platform === 'linux';
  return {
    level: 'L0',
    guarantees: [
      'wall time',
      'CPU time',
      'output size',
      'size of one file',
      'open files',
      'clean environment',
      'own folder, removed at the end',
      ...(linux
        ? [
            'memory of one process (private)',
            'total memory, processes and disk use of its folder (sampled)',
            'every process is killed at the end, but for one that hides by clearing its environment',
          ]
        : ['the process group is killed at the end']),
    ],
    confine: (request) => confine(request),
  };
}

function confine({ argv, env, cwd, limits, addressBytes }: ConfineRequest): ConfinedSpawn {
  const cpuSeconds = Math.max(1, Math.ceil(limits.cpuMs / 1000));
  const rules = [
    '-c 0',
    `-S -t ${cpuSeconds}`,
    `-H -t ${cpuSeconds + 1}`,
    `-d ${kibibytes(limits.memoryBytes)}`,
    `-v ${kibibytes(addressBytes)}`,
    `-f ${Math.ceil(limits.fileBytes / 512)}`,
    `-n ${limits.openFiles}`,
  ];
  // A platform without one of these limits, or a hard limit that is lower already, must not stop the run.
  const ulimits = rules.map((rule) => `ulimit ${rule} 2>/dev/null`).join('\n');
  return {
    file: '/bin/sh',
    args: ['-c', `${lifeline}\n${ulimits}\nexec "$@"`, 'sh', ...argv],
    env,
    cwd,
  };
}

function kibibytes(bytes: number): number {
  return Math.ceil(bytes / 1024);
}
