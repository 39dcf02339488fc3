import { lstatSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';

/** Folders at the root that hold programs and libraries: on most systems links into /usr. */
const rootFolders = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];

/** Package stores whose programs refer to one another by absolute path. */
const stores = ['/nix/store', '/gnu/store'];

/** What libraries read in /etc: nothing about persons or secrets, and few, for each one is a mount at every start. */
const settings = [
  '/etc/ld.so.cache',
  '/etc/alternatives',
  '/etc/localtime',
  '/etc/nsswitch.conf',
  '/etc/mime.types',
];

/** What finding and trusting a host takes. */
const networkSettings = [
  '/etc/resolv.conf',
  '/etc/host.conf',
  '/etc/gai.conf',
  '/etc/services',
  '/etc/protocols',
  '/etc/ssl/certs',
  '/etc/ssl/openssl.cnf',
  '/etc/pki/tls/certs',
  '/etc/pki/ca-trust/extracted',
  '/etc/ca-certificates/extracted',
];

export type SystemPath = { kind: 'link'; path: string; target: string } | { kind: 'shown'; path: string };

/** Settings for the network profile, and no private key among them. */
export function networkPaths(): string[] {
  return networkSettings.filter(exists);
}

/** Programs, libraries and harmless settings of this machine, as they stand in its root folder. */
export function systemPaths(): SystemPath[] {
  const roots = rootFolders.flatMap((path): SystemPath[] => {
    const facts = lstatSync(path, { throwIfNoEntry: false });
    if (!facts) return [];
    return facts.isSymbolicLink()
      ? [{ kind: 'link', path, target: readlinkSync(path) }]
      : [{ kind: 'shown', path }];
  });
  const shown = ['/usr', ...stores, ...settings].filter(exists);
  return [...roots, ...shown.map((path): SystemPath => ({ kind: 'shown', path }))];
}

const insidePrefix = ['bin', 'lib', 'lib64', 'libexec', 'include', 'pyvenv.cfg'];

/**
 * What the interpreter at `file` needs to be seen beside the system: every link on the way to it, and its libraries. A prefix is never shown
 * whole, so that one like ~/.local gives nothing else away. Empty for an interpreter of the system.
 */
export function interpreterPaths(file: string): string[] {
  const paths = linkedPaths(file).filter((path) => !isOfSystem(path));
  return paths.flatMap((path) => {
    const folder = dirname(path);
    if (basename(folder) !== 'bin') return [path];
    const prefix = dirname(folder);
    return isPrefix(prefix) ? insidePrefix.map((name) => join(prefix, name)).filter(exists) : [path];
  });
}

/** Finds the same for a run's interpreter and those on its search path, and remembers it; folders of the system and of the run are left out. */
export function programFinder(): (file: string, searchPath: string, root: string) => string[] {
  const known = new Map<string, string[]>();
  return (file, searchPath, root) => {
    const folders = searchPath
      .split(':')
      .filter((folder) => isAbsolute(folder) && !isOfSystem(folder) && !isWithin(folder, root));
    const key = [file, ...folders].join(':');
    const found = known.get(key) ?? [
      ...interpreterPaths(file),
      ...folders
        .flatMap((folder) => ['node', 'python3', 'python', 'bash'].map((name) => join(folder, name)))
        .filter(exists)
        .flatMap(interpreterPaths),
    ];
    known.set(key, found);
    return found;
  };
}

/** Whether the system's own folders, shown in any case, hold `path`. */
export function isOfSystem(path: string): boolean {
  return ['/usr', ...rootFolders, ...stores].some((folder) => isWithin(path, folder));
}

export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}

/** The file and, link by link, what it leads to. */
function linkedPaths(file: string): string[] {
  const paths: string[] = [];
  for (let path = resolve(file); !paths.includes(path); ) {
    paths.push(path);
    if (!lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) break;
    path = resolve(dirname(path), readlinkSync(path));
  }
  return paths;
}

/** Interpreters keep their libraries in `lib/python3…`, `lib/node_modules`, or name their home in pyvenv.cfg. */
function isPrefix(folder: string): boolean {
  if (exists(join(folder, 'pyvenv.cfg'))) return true;
  return namesIn(join(folder, 'lib')).some((name) => /^(python\d|node_modules$|libpython)/.test(name));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function exists(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false; // A folder on the way is closed to us.
  }
}
