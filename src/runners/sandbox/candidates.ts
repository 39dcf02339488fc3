import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import type { SandboxLevel } from '../../core/domain.ts';
import { assetPath } from '../asset.ts';
import { type BubblewrapOptions, bubblewrapSandbox } from './bubblewrap.ts';
import { inControlGroup } from './cgroup.ts';
import { findCgroupPlace } from './cgroup-place.ts';
import { containerProblem, containerSandbox } from './container.ts';
import { landlockSandbox, leastLandlock } from './landlock.ts';
import { launch } from './launch.ts';
import { limitsOnly } from './limits-only.ts';
import type { Sandbox } from './sandbox.ts';
import { seatbeltSandbox } from './seatbelt.ts';
import { seccompArchitecture } from './seccomp.ts';

export interface Lacking {
  kind: 'lacking';
  why: string;
  advice: string;
}

type Made = { kind: 'made'; sandbox: Sandbox; tool: string; advice: string } | Lacking;

/** A sandbox that may work here. */
export interface Candidate {
  level: SandboxLevel;
  engine: 'docker' | 'podman' | null;
  make(): Promise<Made>;
}

const systemFolders = ['/usr/bin', '/bin', '/usr/local/bin', '/usr/sbin'];
const leastMinor = 8;
const defaultImage = 'node:20-bookworm';
const installBubblewrap =
  'Install bubblewrap (apt install bubblewrap, dnf install bubblewrap, pacman -S bubblewrap).';
const allowNamespaces =
  'Allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces=10000, kernel.apparmor_restrict_unprivileged_userns=0).';

/** All that this platform could have, the strongest first. */
export function candidates(options: { path?: string; image?: string }): Candidate[] {
  const find = finder(options.path ?? process.env.PATH ?? '');
  const engines = (['docker', 'podman'] as const).map(
    (engine): Candidate => ({
      level: 'L3',
      engine,
      make: () => container(engine, find, options.image ?? defaultImage),
    }),
  );
  const limited: Candidate = {
    level: 'L0',
    engine: null,
    make: async () => ({ kind: 'made', sandbox: limitsOnly(), tool: 'limits', advice: '' }),
  };
  if (process.platform === 'darwin') return [...engines, macos(find), limited];
  if (process.platform !== 'linux') return [...engines, limited];
  let wrapped: Promise<Wrapped> | null = null;
  const wrap = (): Promise<Wrapped> => {
    wrapped ??= bubblewrapped(find);
    return wrapped;
  };
  return [
    ...engines,
    { level: 'L3', engine: null, make: async () => metered(await wrap()) },
    { level: 'L2', engine: null, make: async () => isolated(await wrap()) },
    { level: 'L1', engine: null, make: () => landlocked(find) },
    limited,
  ];
}

type Find = (name: string) => Promise<string | null>;
type Wrapped =
  | { kind: 'made'; sandbox: Sandbox; tool: string; identity: BubblewrapOptions['identity'] }
  | Lacking;

async function bubblewrapped(find: Find): Promise<Wrapped> {
  const architecture = seccompArchitecture();
  if (architecture === null) {
    const why = `there is no filter of system calls for ${process.arch}`;
    return { kind: 'lacking', why, advice: 'Use an x86-64 or arm64 machine, or a container engine.' };
  }
  const file = await find('bwrap');
  if (file === null)
    return { kind: 'lacking', why: 'bubblewrap is not installed', advice: installBubblewrap };
  const version = (await ask(file, ['--version']))?.trim() ?? 'bubblewrap';
  const [major = 0, minor = 0] = (version.match(/\d+/g) ?? []).map(Number);
  if (major === 0 && minor < leastMinor) {
    const why = `${version} is too old: 0.${leastMinor} limits the size of temporary folders`;
    return { kind: 'lacking', why, advice: `Install bubblewrap 0.${leastMinor} or later.` };
  }
  const user = process.getuid?.() ?? 0;
  const setpriv = user === 0 ? await find('setpriv') : null;
  const identities: BubblewrapOptions['identity'][] = [
    ...(setpriv === null ? [] : [{ kind: 'drop' as const, setpriv }]),
    { kind: 'namespace', user },
  ];
  let why = '';
  for (const identity of identities) {
    for (const proc of [true, false]) {
      const sandbox = bubblewrapSandbox({ file, architecture, identity, proc });
      const end = await trial(sandbox);
      const tool = `${version} ${identity.kind}${proc ? '' : ' without /proc'}`;
      if (end === null) return { kind: 'made', sandbox, tool, identity };
      why ||= end;
    }
  }
  return { kind: 'lacking', why: `bubblewrap does not work here (${why})`, advice: allowNamespaces };
}

function metered(wrapped: Wrapped): Made {
  if (wrapped.kind === 'lacking') return wrapped;
  const found = findCgroupPlace();
  const advice =
    'Run under a systemd user session (systemd-run --user --scope -p Delegate=yes kintsugi …) for exact totals.';
  if (found.kind === 'missing') {
    return { kind: 'lacking', why: `no control group can be made: ${found.why}`, advice };
  }
  const sandbox = inControlGroup(wrapped.sandbox, found.place);
  return { kind: 'made', sandbox, tool: `${wrapped.tool} cgroup ${found.place.kind}`, advice };
}

function isolated(wrapped: Wrapped): Made {
  if (wrapped.kind === 'lacking') return wrapped;
  const { identity } = wrapped;
  if (identity.kind === 'namespace' && identity.user === 0) {
    const why =
      'the kernel does not limit the processes of root, and there is no setpriv to become another user';
    return { kind: 'lacking', why, advice: 'Run as an ordinary user, or install util-linux (setpriv).' };
  }
  return { ...wrapped, advice: allowNamespaces };
}

async function landlocked(find: Find): Promise<Made> {
  const architecture = seccompArchitecture();
  const python = await find('python3');
  if (architecture === null || python === null) {
    const why = python === null ? 'Landlock needs python3' : `there is no filter for ${process.arch}`;
    return { kind: 'lacking', why, advice: 'Install Python 3 (apt install python3).' };
  }
  // The real one: a shim would look for it at each start.
  const real = (await ask(python, ['-c', 'import sys; print(sys.executable)']))?.trim() || python;
  const source = 'import ctypes; print(ctypes.CDLL(None).syscall(444, None, 0, 1))';
  const abi = Number((await ask(real, ['-I', '-S', '-c', source]))?.trim() ?? -1);
  if (!(abi >= leastLandlock)) {
    const why = abi > 0 ? `the kernel's Landlock is too old (version ${abi})` : 'the kernel has no Landlock';
    return { kind: 'lacking', why, advice: 'Use Linux 6.2 or later with Landlock (lsm=landlock,…).' };
  }
  const launcher = assetPath('landlock_launch.py');
  const root = process.getuid?.() === 0;
  const limited = limitsOnly();
  const sandbox = landlockSandbox({ python: real, launcher, architecture, abi, root, limited });
  const advice = 'Let the ordinary user read the interpreters, or run as that user.';
  return { kind: 'made', sandbox, tool: `landlock ${abi} ${real}`, advice };
}

function macos(find: Find): Candidate {
  return {
    level: 'L1',
    engine: null,
    make: async () =>
      (await find('sandbox-exec')) === null
        ? { kind: 'lacking', why: 'sandbox-exec is not there', advice: 'Use a container engine (docker).' }
        : { kind: 'made', sandbox: seatbeltSandbox(limitsOnly()), tool: 'seatbelt', advice: '' },
  };
}

async function container(engine: 'docker' | 'podman', find: Find, image: string): Promise<Made> {
  const file = await find(engine);
  if (file === null)
    return { kind: 'lacking', why: `${engine} is not installed`, advice: `Install ${engine}.` };
  const problem = await containerProblem(file, image);
  if (problem !== null) return { kind: 'lacking', why: `${engine} cannot be used`, advice: problem };
  const [user, group] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  const sandbox = containerSandbox({ file, image, user, group });
  return { kind: 'made', sandbox, tool: `${engine} ${image}`, advice: problem ?? '' };
}

/** Null when it starts something. */
async function trial(sandbox: Sandbox): Promise<string | null> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'kintsugi-trial-')));
  try {
    const { end } = await launch(sandbox, {
      argv: ['/bin/sh', '-c', 'exit 7'],
      env: { PATH: '/usr/bin:/bin' },
      cwd: root,
      limits: trialLimits,
      addressBytes: 1024 ** 3,
    });
    if (end.kind === 'program' && end.exitCode === 7) return null;
    return end.kind === 'sandbox' ? end.why.replace(/^The sandbox failed: |\.$/g, '') : 'it does not answer';
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** Long enough for a machine that is busy: a sandbox that is only slow must not be taken for one that does not work. */
const trialLimits = {
  wallMs: 15_000,
  cpuMs: 2_000,
  memoryBytes: 64 * 1024 ** 2,
  totalMemoryBytes: 64 * 1024 ** 2,
  processes: 8,
  openFiles: 64,
  fileBytes: 1024 ** 2,
  diskBytes: 4 * 1024 ** 2,
  outputKeptBytes: 4096,
  outputBytes: 4096,
};

function finder(path: string): Find {
  const folders = [...path.split(delimiter).filter(isAbsolute), ...systemFolders];
  return async (name) => {
    for (const folder of folders) {
      const file = join(folder, name);
      const found = await access(file, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (found) return file;
    }
    return null;
  };
}

function ask(file: string, args: string[]): Promise<string | null> {
  return new Promise((resolve) => {
    execFile(file, args, { timeout: 15_000, killSignal: 'SIGKILL' }, (error, stdout) =>
      resolve(error ? null : stdout),
    );
  });
}
