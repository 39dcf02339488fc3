import { type Attack, doneIn, isAtLeast, type Observation } from './attack.ts';

/** The list: groups and numbers as in docs/safety.md. */

const megabyte = 1024 ** 2;
const short = { wallMs: 1_200 };
/** V8 does not start with less. */
const forNode = { memoryBytes: 256 * megabyte, totalMemoryBytes: 320 * megabyte };
const crowded = { processes: 24 };

function withinMemory(seen: Observation): string[] {
  const { peakBytes } = seen.run;
  return [
    ...doneIn(seen),
    ...(peakBytes !== null && peakBytes > 512 * megabyte
      ? [`it held ${Math.round(peakBytes / megabyte)} MB`]
      : []),
  ];
}

/** Where nothing refuses the next process, the watchdog ends the run. */
function fewProcesses(seen: Observation): string[] {
  return seen.run.status === 'process-limit' ? [] : doneIn(seen);
}

function sameAsPlain({ run, plain }: Observation): string[] {
  const exitCode = run.status === 'exited' ? run.exitCode : run.status;
  if (plain === null) return ['it was not run plainly'];
  return [
    ...(exitCode === plain.exitCode ? [] : [`exit code ${exitCode} instead of ${plain.exitCode}`]),
    ...(run.stdout === plain.stdout
      ? []
      : [`other output: ${run.stdout.slice(0, 300)} ${run.stderr.slice(0, 300)}`]),
  ];
}

export const attacks: readonly Attack[] = [
  {
    group: 1,
    name: 'fork bomb',
    program: 'fork-bomb.py',
    promised: 'L0',
    limits: crowded,
    judge: fewProcesses,
  },
  {
    group: 1,
    name: 'fork bomb of a shell',
    program: 'shell-bomb.sh',
    promised: 'L2',
    tried: 'L2',
    limits: { ...crowded, wallMs: 3_000 },
  },
  { group: 2, name: 'heap of Python', program: 'heap-python.py', promised: 'L0', judge: withinMemory },
  {
    group: 2,
    name: 'heap of Node',
    program: 'heap-node.js',
    promised: 'L0',
    limits: forNode,
    judge: withinMemory,
  },
  {
    group: 2,
    name: 'buffers of Node',
    program: 'heap-buffer.js',
    promised: 'L0',
    limits: forNode,
    judge: withinMemory,
  },
  {
    group: 2,
    name: 'wasm memory',
    program: 'heap-wasm.js',
    promised: 'L0',
    limits: forNode,
    judge: withinMemory,
  },
  {
    group: 3,
    name: 'shared memory, /dev/shm, /dev, /tmp',
    program: 'shared-memory.py',
    promised: 'L1',
    tried: 'L1',
  },
  { group: 4, name: 'many fat children', program: 'fat-children.py', promised: 'L0' },
  {
    group: 5,
    name: 'busy loop of Python',
    program: 'busy.py',
    promised: 'L0',
    limits: short,
    ends: ['timed-out', 'cpu-limit'],
  },
  {
    group: 5,
    name: 'busy loop of Node',
    program: 'busy.js',
    promised: 'L0',
    limits: { ...forNode, ...short },
    ends: ['timed-out', 'cpu-limit'],
  },
  {
    group: 5,
    name: 'deaf to signals',
    program: 'deaf.py',
    promised: 'L0',
    limits: short,
    ends: ['timed-out'],
  },
  {
    group: 5,
    name: 'stops itself',
    program: 'stopped.py',
    promised: 'L0',
    limits: short,
    ends: ['timed-out'],
  },
  {
    group: 5,
    name: 'waits for input',
    program: 'waiting.sh',
    promised: 'L0',
    limits: short,
    ends: ['exited'],
  },
  { group: 6, name: 'one big file', program: 'big-file.py', promised: 'L0' },
  { group: 6, name: 'many files', program: 'many-files.py', promised: 'L0' },
  { group: 6, name: 'flood of inodes', program: 'inodes.py', promised: 'L0' },
  ...['lines', 'no line break', 'binary'].map(
    (kind): Attack => ({
      group: 7,
      name: `endless output: ${kind}`,
      program: 'output.py',
      promised: 'L0',
      aim: { kind, stream: 'stdout' },
      ends: ['output-limit'],
      judge: keptLittle,
    }),
  ),
  {
    group: 7,
    name: 'endless errors',
    program: 'output.py',
    promised: 'L0',
    aim: { kind: 'lines', stream: 'stderr' },
    ends: ['output-limit'],
    judge: keptLittle,
  },
  {
    group: 7,
    name: 'closed output',
    program: 'output.py',
    promised: 'L0',
    aim: { kind: 'closed', stream: 'stdout' },
    limits: short,
    ends: ['timed-out'],
  },
  { group: 8, name: 'sockets of every family', program: 'network.py', promised: 'L1', control: true },
  {
    group: 8,
    name: 'sockets of Node',
    program: 'network.js',
    promised: 'L1',
    control: true,
    limits: forNode,
  },
  { group: 8, name: '/dev/tcp', program: 'dev-tcp.sh', promised: 'L1', control: true },
  { group: 8, name: 'names of hosts', program: 'names.py', promised: 'L1', tried: 'L1' },
  {
    group: 8,
    name: 'localhost works inside',
    program: 'localhost.js',
    promised: 'L2',
    tried: 'L2',
    limits: forNode,
    compared: true,
    judge: sameAsPlain,
  },
  { group: 9, name: 'secret files', program: 'secrets.py', promised: 'L1', control: true },
  { group: 9, name: 'own environment', program: 'environment.py', promised: 'L0' },
  { group: 9, name: 'memory and environment of others', program: 'others.py', promised: 'L1', control: true },
  { group: 9, name: 'list of processes', program: 'process-list.py', promised: 'L2', control: true },
  { group: 10, name: 'writing outside', program: 'write-outside.py', promised: 'L1', control: true },
  { group: 10, name: 'metadata outside', program: 'metadata.py', promised: 'L2', control: true },
  { group: 10, name: 'check files', program: 'check-files.py', promised: 'L2', checks: true, control: true },
  {
    group: 10,
    name: 'check files, unnoticed',
    program: 'check-files.py',
    promised: 'L0',
    checks: true,
    judge: unnoticed,
  },
  { group: 11, name: 'signals and memory of others', program: 'signals.py', promised: 'L1', tried: 'L1' },
  { group: 11, name: 'priority of others', program: 'priority.py', promised: 'L2', control: true },
  { group: 11, name: 'kill(-1)', program: 'kill-all.py', promised: 'L1', tried: 'L1', judge: () => [] },
  { group: 11, name: 'kill(0)', program: 'kill-group.py', promised: 'L0' },
  { group: 12, name: 'daemon that holds the pipe', program: 'daemon.py', promised: 'L0' },
  { group: 12, name: 'daemon without environment', program: 'hidden-daemon.py', promised: 'L2' },
  { group: 12, name: 'nohup and setsid', program: 'nohup.sh', promised: 'L0' },
  { group: 12, name: 'cron and at', program: 'scheduled.sh', promised: 'L1', tried: 'L1' },
  { group: 14, name: 'privileges and mounts', program: 'privileges.py', promised: 'L1', tried: 'L1' },
  { group: 15, name: 'dangerous system calls', program: 'kernel-calls.py', promised: 'L1', tried: 'L1' },
  { group: 16, name: 'typing into a terminal', program: 'terminal.py', promised: 'L1', tried: 'L1' },
  {
    group: 16,
    name: 'escapes in output',
    program: 'escapes.py',
    promised: 'L0',
    ends: ['exited'],
    judge: steering,
  },
  { group: 18, name: 'words on every descriptor', program: 'descriptors.py', promised: 'L0', judge: ownExit },
  {
    group: 20,
    name: 'ordinary Python',
    program: 'transparent.py',
    promised: 'L0',
    limits: { ...forNode, wallMs: 8_000 },
    compared: true,
    judge: sameAsPlain,
  },
  {
    group: 20,
    name: 'ordinary Node',
    program: 'transparent.js',
    promised: 'L0',
    limits: { ...forNode, wallMs: 8_000 },
    compared: true,
    judge: sameAsPlain,
  },
  {
    group: 20,
    name: 'ordinary shell',
    program: 'transparent.sh',
    promised: 'L0',
    compared: true,
    judge: sameAsPlain,
  },
];

/** What `npm test` runs, at the level that is chosen here. */
export const smoke = [
  'fork bomb',
  'heap of Python',
  'deaf to signals',
  'endless output: lines',
  'sockets of every family',
  'secret files',
  'writing outside',
  'check files',
  'signals and memory of others',
  'daemon without environment',
  'privileges and mounts',
  'escapes in output',
];

function keptLittle({ run }: Observation): string[] {
  const kept = Buffer.byteLength(run.stdout) + Buffer.byteLength(run.stderr);
  return kept > 128 * 1024 ? [`${kept} bytes were kept`] : [];
}

function unnoticed(seen: Observation, level: Parameters<typeof isAtLeast>[0]): string[] {
  const changed = doneIn(seen).length > 0;
  return changed && seen.tampered.length === 0 && !isAtLeast(level, 'L2') ? ['nobody noticed'] : [];
}

function steering({ run }: Observation): string[] {
  return /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(run.stdout) || !run.stdout.includes('end')
    ? [JSON.stringify(run.stdout)]
    : [];
}

function ownExit({ run }: Observation): string[] {
  return run.status === 'exited' && run.exitCode === 9 ? [] : [`it passed for ${run.status}`];
}
