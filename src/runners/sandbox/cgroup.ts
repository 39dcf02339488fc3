import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunLimits } from '../../core/domain.ts';
import type { CgroupPlace } from './cgroup-place.ts';
import { wordsOf } from './guarantees.ts';
import { tasksFor } from './inner-shell.ts';
import type { ConfinedSpawn, Meter, Sandbox } from './sandbox.ts';

/** The control groups of one run. */
export interface RunGroup {
  /** A process that writes its id to each of these files is a member from then on, with all its children. */
  joinFiles: string[];
  /** What the kernel counted; then everything in it is killed and it is removed. Never throws. */
  close(): Promise<Meter>;
}

const prefix = 'kintsugi-run-';

/** Makes the groups of a run with exact limits. Throws when the kernel refuses: the place was tried when it was found. */
export function openGroup(place: CgroupPlace, limits: RunLimits, ownProcesses: number): RunGroup {
  const name = `${prefix}${process.pid}-${randomBytes(6).toString('hex')}`;
  const folders =
    place.kind === 'v1' ? [join(place.memory, name), join(place.pids, name)] : [join(place.parent, name)];
  const [memory = '', pids = memory] = folders;
  for (const folder of folders) mkdirSync(folder);
  try {
    const bytes = String(limits.totalMemoryBytes);
    const processes = String(tasksFor(limits.processes) + ownProcesses);
    if (place.kind === 'v1') {
      writeFileSync(join(memory, 'memory.limit_in_bytes'), bytes);
      writeIfThere(join(memory, 'memory.memsw.limit_in_bytes'), bytes);
    } else {
      writeFileSync(join(memory, 'memory.max'), bytes);
      writeIfThere(join(memory, 'memory.swap.max'), '0');
      writeIfThere(join(memory, 'memory.oom.group'), '1');
    }
    writeFileSync(join(pids, 'pids.max'), processes);
  } catch (error) {
    for (const folder of folders) removeNow(folder);
    throw error;
  }
  return {
    joinFiles: folders.map((folder) => join(folder, 'cgroup.procs')),
    close: async () => {
      const meter = read(place.kind, memory, pids);
      for (const folder of folders) await removeGroup(folder);
      return meter;
    },
  };
}

/** Level L3: `inner`, in groups of its own. */
export function inControlGroup(inner: Sandbox, place: CgroupPlace): Sandbox {
  return {
    level: 'L3',
    guarantees: wordsOf('L3', 'workspace-write'),
    guaranteesFor: (profile) => wordsOf('L3', profile),
    confine: (request) => {
      // The group counts them, and tells that it refused one: the limit of the user must not come first.
      const limits = { ...request.limits, processes: 2 * tasksFor(request.limits.processes) };
      const confined = inner.confine({ ...request, limits });
      const own = confined.ownProcesses ?? 0;
      sweep(place);
      let group: RunGroup;
      try {
        group = openGroup(place, request.limits, own);
      } catch (error) {
        return refused(confined, error);
      }
      return {
        ...confined,
        file: '/bin/sh',
        args: ['-c', joining, 'sh', ...group.joinFiles, '--', confined.file, ...confined.args],
        finish: async () => {
          const [meter] = await Promise.all([group.close(), confined.finish?.()]);
          return meter;
        },
      };
    },
  };
}

/** The shell joins, so that nothing ever runs outside, and becomes the rest. */
const joining = 'while [ "$1" != -- ]; do echo $$ > "$1" || exit 125; shift; done; shift; exec "$@"';

/** Fails closed: the run ends at once and is judged the sandbox's failure. */
function refused(confined: ConfinedSpawn, error: unknown): ConfinedSpawn {
  const why = `The control group could not be made: ${error instanceof Error ? error.message : error}.`;
  return {
    ...confined,
    file: '/bin/sh',
    args: ['-c', 'exit 125'],
    judge: () => ({ kind: 'sandbox', why }),
  };
}

/** Groups whose maker died before it could remove them. */
function sweep(place: CgroupPlace): void {
  for (const folder of place.kind === 'v1' ? [place.memory, place.pids] : [place.parent]) {
    for (const name of namesIn(folder)) {
      const maker = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1];
      if (maker === undefined || Number(maker) === process.pid || isThere(Number(maker))) continue;
      killMembers(join(folder, name));
      removeNow(join(folder, name));
    }
  }
}

function read(kind: CgroupPlace['kind'], memory: string, pids: string): Meter {
  const kills = textOf(join(memory, kind === 'v1' ? 'memory.oom_control' : 'memory.events'));
  const peak = textOf(join(memory, kind === 'v1' ? 'memory.max_usage_in_bytes' : 'memory.peak')).trim();
  return {
    outOfMemory: counted(kills, 'oom_kill') > 0,
    processRefused: counted(textOf(join(pids, 'pids.events')), 'max') > 0,
    peakBytes: /^\d+$/.test(peak) ? Number(peak) : null,
  };
}

function counted(text: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
}

/** A group can be removed once its last process was reaped. */
async function removeGroup(folder: string): Promise<void> {
  for (let wait = 1; wait < 600; wait *= 2) {
    if (removeNow(folder)) return;
    killMembers(folder);
    await delay(wait);
  }
}

function killMembers(folder: string): void {
  if (writeIfThere(join(folder, 'cgroup.kill'), '1')) return;
  for (const line of textOf(join(folder, 'cgroup.procs')).split('\n')) {
    const pid = Number(line);
    if (pid > 1 && pid !== process.pid) kill(pid);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function removeNow(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT';
  }
}

function writeIfThere(file: string, text: string): boolean {
  try {
    writeFileSync(file, text, { flag: 'r+' });
    return true;
  } catch {
    return false;
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
