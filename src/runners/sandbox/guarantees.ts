import type { SandboxLevel } from '../../core/domain.ts';
import type { Profile } from './sandbox.ts';

/** What a sandbox can promise, each in words for a person. */
export const guaranteeWords = {
  time: 'wall and CPU time',
  output: 'output size',
  environment: 'clean environment',
  'file-size': 'size of one file, open files',
  'own-folder': 'own folder, removed at the end',
  'files-read': 'files outside its folder cannot be read, but for programs and libraries of the system',
  'files-write': 'nothing outside its folder can be written',
  'check-files': 'check files cannot be changed, replaced or renamed',
  network: 'no network: no TCP, no UDP, no socket of the machine',
  signals: 'no process outside can be signalled',
  trace: 'no process outside can be traced or read',
  'process-list': 'no process outside can be seen',
  kernel: 'dangerous system calls are refused by the kernel',
  'memory-process': 'memory of one process, shared memory included',
  'memory-private': 'memory of one process (private)',
  'memory-total': 'total memory, exact',
  'memory-sampled': 'total memory and disk use of its folder (sampled)',
  processes: 'number of processes, exact',
  'processes-process': 'number of processes',
  'processes-sampled': 'number of processes (sampled)',
  'temporary-files': 'size of /tmp and /dev/shm',
  cleanup: 'no process survives it',
  group: 'its process group is killed at the end',
} as const;
export type Guarantee = keyof typeof guaranteeWords;

const everywhere: readonly Guarantee[] = ['time', 'output', 'environment', 'file-size', 'own-folder'];
const isolated: readonly Guarantee[] = [
  'files-read',
  'files-write',
  'check-files',
  'network',
  'signals',
  'trace',
  'process-list',
  'kernel',
  'memory-process',
  'temporary-files',
  'cleanup',
];

/** What each level promises on Linux; a level is offered only when the probes found all of it that can be probed. */
export const guaranteesOfLevel: Record<SandboxLevel, readonly Guarantee[]> = {
  L0: [...everywhere, 'memory-private', 'memory-sampled', 'processes-sampled', 'group'],
  L1: [
    ...everywhere,
    'files-read',
    'files-write',
    'network',
    'signals',
    'trace',
    'kernel',
    'memory-process',
    'memory-sampled',
    'processes-sampled',
    'group',
  ],
  L2: [...everywhere, ...isolated, 'processes-process', 'memory-sampled'],
  L3: [...everywhere, ...isolated, 'processes', 'memory-total', 'memory-sampled'],
};

/** In words, in the order of the table; `network` gives the network away. */
export function wordsOf(level: SandboxLevel, profile: Profile): string[] {
  return guaranteesOfLevel[level]
    .filter((guarantee) => guarantee !== 'network' || !opensNetwork(level, profile))
    .map((guarantee) => guaranteeWords[guarantee]);
}

/** Without a network namespace the machine's own loopback is the only one. */
function opensNetwork(level: SandboxLevel, profile: Profile): boolean {
  return profile === 'network' || (profile === 'localhost' && (level === 'L1' || level === 'L0'));
}

/** What `wanted` promises that `level` does not, in words. */
export function missingWords(wanted: SandboxLevel, level: SandboxLevel): string[] {
  const held = new Set<Guarantee>(guaranteesOfLevel[level]);
  return guaranteesOfLevel[wanted]
    .filter((guarantee) => !held.has(guarantee) && !outdone(guarantee, held))
    .map((guarantee) => guaranteeWords[guarantee]);
}

/** A weaker promise is not missing where the stronger one holds. */
function outdone(guarantee: Guarantee, held: ReadonlySet<Guarantee>): boolean {
  return guarantee === 'processes-process' && held.has('processes');
}
