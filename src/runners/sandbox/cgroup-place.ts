import { accessSync, constants, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';

/** Where groups of runs may be made: below our own group, or the nearest one above it that is ours to divide. */
export type CgroupPlace = { kind: 'v1'; memory: string; pids: string } | { kind: 'v2'; parent: string };

export type FoundPlace = { kind: 'found'; place: CgroupPlace } | { kind: 'missing'; why: string };

interface Mount {
  /** The group that the mount shows at its top. */
  root: string;
  point: string;
  type: string;
  options: string[];
}

/**
 * Looks for a place and proves it: a group is made there with both limits set, and removed. `files` stands for the two files of /proc/self that tell
 * about groups. Never throws.
 */
export function findCgroupPlace(files?: { cgroup: string; mountinfo: string }): FoundPlace {
  const own = files?.cgroup ?? textOf('/proc/self/cgroup');
  const mounts = parseMounts(files?.mountinfo ?? textOf('/proc/self/mountinfo'));
  const unified = unifiedPlace(own, mounts);
  if (unified.kind === 'found') return unified;
  const divided = dividedPlace(own, mounts);
  if (divided.kind === 'found') return divided;
  return { kind: 'missing', why: mounts.some(isV1Memory) ? divided.why : unified.why };
}

function isV1Memory(mount: Mount): boolean {
  return mount.type === 'cgroup' && mount.options.includes('memory');
}

/** Version 1: every controller has its own tree; only root may divide them. */
function dividedPlace(own: string, mounts: Mount[]): FoundPlace {
  const folder = (controller: string): string | null => {
    const mount = mounts.find(({ type, options }) => type === 'cgroup' && options.includes(controller));
    const path = own
      .split('\n')
      .map((line) => line.split(':'))
      .find(([, controllers]) => controllers?.split(',').includes(controller))
      ?.slice(2)
      .join(':');
    return mount && path ? below(mount, path) : null;
  };
  const memory = folder('memory');
  const pids = folder('pids');
  if (!memory || !pids) return { kind: 'missing', why: 'the memory and pids controllers are not mounted' };
  const wrong = tried(memory, { 'memory.limit_in_bytes': '67108864' }) ?? tried(pids, { 'pids.max': '8' });
  return wrong === null
    ? { kind: 'found', place: { kind: 'v1', memory, pids } }
    : { kind: 'missing', why: wrong };
}

/** Version 2: a group that holds processes cannot be divided, so it is a parent of ours that was delegated to us. */
function unifiedPlace(own: string, mounts: Mount[]): FoundPlace {
  const mount = mounts.find(({ type }) => type === 'cgroup2');
  const path = /^0::(.*)$/m.exec(own)?.[1];
  if (!mount || !path) return { kind: 'missing', why: 'there is no control group file system' };
  let why = 'the memory and pids controllers are not delegated to this user';
  for (let folder = below(mount, path); folder.startsWith(mount.point); folder = dirname(folder)) {
    const enabled = textOf(join(folder, 'cgroup.subtree_control')).split(/\s+/);
    if (enabled.includes('memory') && enabled.includes('pids') && isWritable(join(folder, 'cgroup.procs'))) {
      const wrong = tried(folder, { 'memory.max': '67108864', 'pids.max': '8' });
      if (wrong === null) return { kind: 'found', place: { kind: 'v2', parent: folder } };
      why = wrong;
    }
    if (folder === mount.point) break;
  }
  return { kind: 'missing', why };
}

/** Null when a group with these settings can be made in `folder`. */
function tried(folder: string, settings: Record<string, string>): string | null {
  const group = join(folder, `kintsugi-try-${process.pid}`);
  try {
    mkdirSync(group);
  } catch (error) {
    return reason(error);
  }
  try {
    for (const [name, value] of Object.entries(settings))
      writeFileSync(join(group, name), value, { flag: 'r+' });
    return null;
  } catch (error) {
    return reason(error);
  } finally {
    try {
      rmdirSync(group);
    } catch {
      // Not a group but a plain folder, or somebody is in it: it was no place for us.
    }
  }
}

function below(mount: Mount, path: string): string {
  const inside =
    mount.root === '/' ? path : path.startsWith(mount.root) ? path.slice(mount.root.length) : path;
  return posix.join(mount.point, inside).replace(/(.)\/$/, '$1');
}

function parseMounts(mountinfo: string): Mount[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , root, point] = before.split(' ');
    const [type, , options] = after.split(' ');
    return root && point && type ? [{ root, point, type, options: options?.split(',') ?? [] }] : [];
  });
}

function isWritable(file: string): boolean {
  try {
    accessSync(file, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
