import { dirname } from 'node:path';
import type { RunLimits } from '../../core/domain.ts';
import { bubblewrapJudge } from './bubblewrap-status.ts';
import { inheritedDescriptors } from './channels.ts';
import { wordsOf } from './guarantees.ts';
import { isOfSystem, isWithin, networkPaths, programFinder, systemPaths } from './host-files.ts';
import { innerShell } from './inner-shell.ts';
import { giveFolder, passingUser } from './owner.ts';
import type { Channel, ConfinedSpawn, ConfineRequest, Profile, Sandbox } from './sandbox.ts';
import { seccompProgram } from './seccomp.ts';
import type { Architecture } from './syscalls.ts';

/** How bubblewrap is to be used on this machine. */
export interface BubblewrapOptions {
  /** Absolute path of bwrap. */
  file: string;
  architecture: Architecture;
  /**
   * `namespace`: everything happens in a user namespace of the caller, as an ordinary user does it. `drop`: root makes the mounts itself and
   * `setpriv` then becomes a passing user, because no limit on processes holds for root, in whatever namespace.
   */
  identity: { kind: 'namespace'; user: number } | { kind: 'drop'; setpriv: string };
  /** False where the machine does not let us mount a fresh /proc: there is none then. */
  proc: boolean;
}

const megabyte = 1024 ** 2;
const descriptor = { status: 4, started: 5, seccomp: 6, passwd: 7, group: 8, hosts: 9 };
const hosts = '127.0.0.1 localhost sandbox\n::1 localhost ip6-localhost\n';

/** bwrap and its process 1 are there beside the program. */
const ownProcesses = 2;

/** Level L2: own namespaces with an own root folder, no capability, the kernel's filter of system calls, limits set inside. */
export function bubblewrapSandbox(options: BubblewrapOptions): Sandbox {
  const system = systemPaths();
  const programs = programFinder();
  const filter = seccompProgram({
    architecture: options.architecture,
    strictMemory: true,
    sockets: 'families',
    noSignals: false,
  });
  const systemArguments = [
    ...passable(system.flatMap((one) => (one.kind === 'shown' ? [one.path] : []))),
    ...system.flatMap((one) =>
      one.kind === 'link' ? ['--symlink', one.target, one.path] : ['--ro-bind-try', one.path, one.path],
    ),
  ];
  const inherited = inheritedDescriptors();
  const confine = (request: ConfineRequest): ConfinedSpawn => {
    const user = options.identity.kind === 'drop' ? passingUser() : options.identity.user;
    const profile = request.profile ?? 'workspace-write';
    const root = request.root ?? request.cwd;
    const env = environment(request, profile, root);
    if (options.identity.kind === 'drop') giveFolder(root, user, new Set(request.readOnly ?? []));
    const program = innerShell({
      limits: request.limits,
      addressBytes: request.addressBytes,
      startedFd: descriptor.started,
      lastFd: descriptor.hosts,
    });
    return {
      file: options.file,
      args: [
        ...namespaces(options, profile),
        ...Object.entries(env).flatMap(([name, value]) => ['--setenv', name, value]),
        ...deviceArguments(options, request.limits),
        ...systemArguments,
        ...settingsArguments(profile),
        ...shown([...programs(request.argv[0], env.PATH ?? '', root), ...(request.visible ?? [])], root),
        ...(profile === 'none' ? [] : folderArguments(request, profile, root)),
        ...(options.proc ? ['--remount-ro', '/proc'] : []),
        ...['--remount-ro', '/dev', '--remount-ro', '/'],
        ...['--seccomp', String(descriptor.seccomp), '--json-status-fd', String(descriptor.status), '--'],
        ...(options.identity.kind === 'drop' ? becoming(options.identity.setpriv, user) : []),
        ...['/bin/sh', '-c', program, 'sh', profile === 'none' ? '/tmp' : request.cwd, ...request.argv],
      ],
      env,
      cwd: '/',
      channels: channelsOf(filter, user),
      inherited,
      ownProcesses,
      judge: bubblewrapJudge,
    };
  };
  return {
    level: 'L2',
    guarantees: wordsOf('L2', 'workspace-write'),
    guaranteesFor: (profile) => wordsOf('L2', profile),
    confine,
  };
}

function namespaces({ identity }: BubblewrapOptions, profile: Profile): string[] {
  return [
    ...(identity.kind === 'namespace' ? ['--unshare-user'] : []),
    ...['--unshare-ipc', '--unshare-pid', '--unshare-uts', '--unshare-cgroup-try'],
    ...(profile === 'network' ? [] : ['--unshare-net']),
    ...['--hostname', 'sandbox', '--die-with-parent', '--new-session', '--cap-drop', 'ALL', '--clearenv'],
    // Only to become somebody else, who then has none.
    ...(identity.kind === 'drop'
      ? ['CAP_SETUID', 'CAP_SETGID', 'CAP_SETPCAP'].flatMap((one) => ['--cap-add', one])
      : []),
  ];
}

function becoming(setpriv: string, user: number): string[] {
  return [
    setpriv,
    `--reuid=${user}`,
    `--regid=${user}`,
    '--clear-groups',
    '--inh-caps=-all',
    '--bounding-set=-all',
    '--',
  ];
}

/** /dev/full reads as zeros like /dev/zero, but nobody can map memory from it that no limit counts. */
function deviceArguments({ proc }: BubblewrapOptions, limits: RunLimits): string[] {
  return [
    ...(proc ? ['--proc', '/proc'] : []),
    ...['--dev', '/dev', '--dev-bind', '/dev/full', '/dev/zero'],
    ...tmpfs('/dev/shm', Math.min(64 * megabyte, limits.diskBytes)),
    ...tmpfs('/tmp', temporaryBytes(limits)),
  ];
}

function temporaryBytes(limits: RunLimits): number {
  return Math.max(megabyte, Math.min(512 * megabyte, Math.floor(limits.diskBytes / 4)));
}

function tmpfs(path: string, bytes: number): string[] {
  return ['--perms', '1777', '--size', String(bytes), '--tmpfs', path];
}

function settingsArguments(profile: Profile): string[] {
  const network = profile === 'network' ? networkPaths() : [];
  return [
    ...['--perms', '0644', '--file', String(descriptor.passwd), '/etc/passwd'],
    ...['--perms', '0644', '--file', String(descriptor.group), '/etc/group'],
    ...['--perms', '0644', '--file', String(descriptor.hosts), '/etc/hosts'],
    ...passable(network),
    ...network.flatMap((path) => ['--ro-bind-try', path, path]),
  ];
}

/** Read-only, with folders on the way that everybody may pass: bwrap would copy the modes of the machine's. */
function shown(paths: readonly string[], root: string): string[] {
  const needed = [...new Set(paths)].filter((path) => !isOfSystem(path) && !isWithin(path, root));
  return [...passable(needed), ...needed.flatMap((path) => ['--ro-bind', path, path])];
}

function passable(paths: readonly string[]): string[] {
  const folders = new Set(paths.flatMap((path) => foldersAbove(path)));
  return [...folders]
    .filter((folder) => folder !== '/tmp' && !isOfSystem(folder))
    .sort()
    .flatMap((folder) => ['--perms', '0755', '--dir', folder]);
}

function foldersAbove(path: string): string[] {
  const above = dirname(path);
  return above === path || above === '/' ? [] : [...foldersAbove(above), above];
}

/** The run's folder, and on it what is more or less than its profile. A mount can be neither replaced nor renamed, nor can the folders above it. */
function folderArguments(request: ConfineRequest, profile: Profile, root: string): string[] {
  const fixed = [...new Set(request.readOnly ?? [])];
  const pinned = new Set(
    fixed.flatMap((path) =>
      foldersAbove(path).filter(
        (folder) => folder !== root && isWithin(folder, root) && isWithin(path, root),
      ),
    ),
  );
  const reading = profile === 'workspace-read';
  return [
    ...passable([root]),
    ...[reading ? '--ro-bind' : '--bind', root, root],
    ...(reading ? (request.writable ?? []).flatMap((path) => ['--bind', path, path]) : []),
    ...(reading ? [] : [...pinned].sort().flatMap((folder) => ['--bind', folder, folder])),
    ...fixed.flatMap((path) => ['--ro-bind', path, path]),
  ];
}

/** Temporary files and the home folder go where the profile lets the program write. */
function environment(request: ConfineRequest, profile: Profile, root: string): Record<string, string> {
  const { env } = request;
  if (profile === 'none') return { ...env, HOME: '/tmp', TMPDIR: '/tmp' };
  const temporary = env.TMPDIR ?? '/tmp';
  const writable = profile === 'workspace-read' ? (request.writable ?? []) : [root];
  return { ...env, TMPDIR: writable.some((folder) => isWithin(temporary, folder)) ? temporary : '/tmp' };
}

function channelsOf(filter: Uint8Array, user: number): Channel[] {
  const text = (content: string): Channel => ({ kind: 'give', bytes: new TextEncoder().encode(content) });
  return [
    { kind: 'take', mostBytes: 4096 },
    { kind: 'take', mostBytes: 64 },
    { kind: 'give', bytes: filter },
    text(`program:x:${user}:${user}::/tmp:/bin/sh\n`),
    text(`program:x:${user}:\n`),
    text(hosts),
  ];
}
