import { wordsOf } from './guarantees.ts';
import { interpreterPaths } from './host-files.ts';
import type { ConfineRequest, Profile, Sandbox } from './sandbox.ts';

/** What a program of macOS needs to start at all: the loader, libraries, locales, random numbers, time. */
const system = [
  '/usr/lib',
  '/usr/libexec',
  '/usr/bin',
  '/usr/sbin',
  '/usr/share',
  '/usr/local',
  '/bin',
  '/sbin',
  '/System',
  '/Library/Apple',
  '/Library/Developer/CommandLineTools',
  '/opt/homebrew',
  '/private/etc/localtime',
  '/private/etc/ssl',
  '/private/var/db/timezone',
  '/private/var/db/dyld',
  '/dev/null',
  '/dev/zero',
  '/dev/random',
  '/dev/urandom',
  '/dev/fd',
];

const devices = ['/dev/null', '/dev/zero', '/dev/tty', '/dev/fd'];

/** The text of a seatbelt profile: everything is denied but what is named. All paths must be real ones, links resolved. */
export function seatbeltProfile(request: ConfineRequest): string {
  const profile = request.profile ?? 'workspace-write';
  const root = request.root ?? request.cwd;
  const readable = [
    ...system,
    ...interpreterPaths(request.argv[0]),
    ...(request.visible ?? []),
    ...(profile === 'none' ? [] : [root]),
  ];
  const writable = profile === 'none' ? [] : profile === 'workspace-read' ? (request.writable ?? []) : [root];
  return [
    '(version 1)',
    '(deny default)',
    '(import "system.sb")',
    '(allow process-fork)',
    `(allow process-exec ${subpaths(readable)})`,
    '(allow signal (target same-sandbox))',
    '(allow process-info* (target same-sandbox))',
    '(allow sysctl-read)',
    '(allow file-read-metadata)',
    `(allow file-read* ${subpaths(readable)})`,
    `(allow file-write* ${[...devices.map(literal), ...writable.map(subpath)].join(' ')})`,
    // Last match wins: what must not change stands after what may.
    ...(request.readOnly ?? []).map((path) => `(deny file-write* ${subpath(path)})`),
    ...networkRules(profile),
    '',
  ].join('\n');
}

function networkRules(profile: Profile): string[] {
  if (profile === 'network') return ['(allow network*)', '(allow system-socket)'];
  if (profile !== 'localhost') return ['(deny network*)'];
  return [
    '(deny network*)',
    '(allow network-bind (local ip "localhost:*"))',
    '(allow network-inbound (local ip "localhost:*"))',
    '(allow network-outbound (remote ip "localhost:*"))',
  ];
}

function subpaths(paths: readonly string[]): string {
  return [...new Set(paths)].map(subpath).join(' ');
}

function subpath(path: string): string {
  return `(subpath ${quoted(path)})`;
}

function literal(path: string): string {
  return `(literal ${quoted(path)})`;
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** macOS: files, network and signals by seatbelt, over the limits of level L0, whose memory is sampled. */
export function seatbeltSandbox(limited: Sandbox): Sandbox {
  return {
    level: 'L1',
    guarantees: seatbeltWords('workspace-write'),
    guaranteesFor: seatbeltWords,
    confine: (request) =>
      limited.confine({
        ...request,
        argv: ['/usr/bin/sandbox-exec', '-p', seatbeltProfile(request), ...request.argv],
      }),
  };
}

function seatbeltWords(profile: Profile): string[] {
  const absent = ['dangerous system calls', 'shared memory', 'number of processes'];
  return wordsOf('L1', profile).filter((words) => !absent.some((one) => words.includes(one)));
}
