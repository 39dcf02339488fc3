import { inheritedDescriptors } from './channels.ts';
import { wordsOf } from './guarantees.ts';
import { networkPaths, programFinder, systemPaths } from './host-files.ts';
import { startedWord, tasksFor } from './inner-shell.ts';
import { giveFolder, passingUser } from './owner.ts';
import type { ConfineRequest, Judged, Profile, RawExit, Sandbox } from './sandbox.ts';
import { seccompProgram } from './seccomp.ts';
import type { Architecture } from './syscalls.ts';

export interface LandlockOptions {
  /** Absolute path of a Python 3 that starts the program; Node cannot make these calls. */
  python: string;
  /** The place of landlock_launch.py. */
  launcher: string;
  architecture: Architecture;
  /** What the kernel offers: 3 and more is fit to be used, 6 and more keeps signals inside. */
  abi: number;
  /** Root becomes a passing user; it owns every file else. */
  root: boolean;
  /** Level L0: limits, lifeline. */
  limited: Sandbox;
}

/** Below this version, files outside can be cut to nothing. */
export const leastLandlock = 3;
const signalsScoped = 6;

/** A file that may not be read, unlike one that is not there, stops some programs. */
const settings = [
  '/etc/hosts',
  '/proc/meminfo',
  '/proc/cpuinfo',
  '/proc/stat',
  '/proc/uptime',
  '/proc/loadavg',
];

/** Level L1: files by Landlock, network and dangerous calls by the kernel's filter. For where there are no namespaces. */
export function landlockSandbox(options: LandlockOptions): Sandbox {
  const shown = [...systemPaths().map(({ path }) => path), ...networkPaths(), ...settings];
  const programs = programFinder();
  const inherited = inheritedDescriptors();
  return {
    level: 'L1',
    guarantees: wordsOf('L1', 'workspace-write'),
    guaranteesFor: (profile) => wordsOf('L1', profile),
    confine: (request) => {
      const profile = request.profile ?? 'workspace-write';
      const root = request.root ?? request.cwd;
      const user = options.root ? passingUser() : null;
      const fixed = request.readOnly ?? [];
      if (user !== null) giveFolder(root, user, new Set(fixed));
      const job = {
        status: 4,
        cwd: request.cwd,
        readable: [
          ...shown,
          ...programs(request.argv[0], request.env.PATH ?? '', root),
          ...(request.visible ?? []),
          ...(profile === 'none' ? [] : [root]),
        ],
        writable: writableOf(request, profile, root),
        network: opensSockets(profile),
        filter: Buffer.from(filterFor(options, profile)).toString('base64'),
        user,
        processes: tasksFor(request.limits.processes),
        variables: [...Object.keys(request.env), 'PWD'],
      };
      const limited = options.limited.confine({
        ...request,
        argv: [options.python, '-I', '-S', options.launcher, JSON.stringify(job), ...request.argv],
      });
      return { ...limited, cwd: '/', channels: [{ kind: 'take', mostBytes: 4096 }], inherited, judge };
    },
  };
}

function filterFor({ architecture, abi }: LandlockOptions, profile: Profile): Uint8Array {
  return seccompProgram({
    architecture,
    strictMemory: true,
    sockets: opensSockets(profile) ? 'families' : 'none',
    noSignals: abi < signalsScoped,
  });
}

/** Nothing tells the run's own loopback from the machine's here. */
function opensSockets(profile: Profile): boolean {
  return profile === 'localhost' || profile === 'network';
}

/** Landlock only adds rights: a file in a writable folder cannot be taken out, so check files are compared after the run instead. */
function writableOf(request: ConfineRequest, profile: Profile, root: string): string[] {
  if (profile === 'none') return [];
  return profile === 'workspace-read' ? [...(request.writable ?? [])] : [root];
}

function judge({ code, signal, taken: [status = ''] }: RawExit): Judged {
  if (status === startedWord) return { kind: 'program', exitCode: code, signal };
  const failure = status.split('\n').at(-1)?.trim();
  const why = failure || (signal === null ? 'it said nothing' : `it was killed by ${signal}`);
  return { kind: 'sandbox', why: `The sandbox failed: ${why}.` };
}
