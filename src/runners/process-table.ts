import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** One process as the kernel tells. CPU in milliseconds, memory in bytes. */
export interface ProcessRow {
  pid: number;
  parent: number;
  group: number;
  session: number;
  cpuMs: number;
  /** CPU of children that ended and were waited for. */
  childrenCpuMs: number;
  residentBytes: number;
}

/** How a process is known to belong to a run: any of these is enough. */
export interface RunMarks {
  /** The first process; it leads its own group and session. */
  leader: number;
  /** `NAME=value`, in the environment of every process that did not clear it. */
  marker: string;
  /** The run's own folder. */
  folder: string;
}

const tickMs = 10; // USER_HZ is 100 on every Linux that Node runs on.

/** Whether this platform tells about processes at all. */
export function hasProcessTable(): boolean {
  return readText('/proc/self/stat') !== null;
}

/** Ids of all processes now; empty where there is no /proc. */
export function listPids(): number[] {
  try {
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => Number.isInteger(pid) && pid > 0);
  } catch {
    return [];
  }
}

/** The row of one process; null when it is gone or only waits to be reaped. */
export function readProcess(pid: number, pageBytes: number): ProcessRow | null {
  const text = readText(`/proc/${pid}/stat`);
  if (text === null) return null;
  // The command name may hold spaces and parentheses: fields count from the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (index: number): number => Number(fields[index] ?? 0);
  if (fields[0] === 'Z' || fields[0] === 'X') return null;
  return {
    pid,
    parent: field(1),
    group: field(2),
    session: field(3),
    cpuMs: (field(11) + field(12)) * tickMs,
    childrenCpuMs: (field(13) + field(14)) * tickMs,
    residentBytes: field(21) * pageBytes,
  };
}

/** Bytes of one page of memory, as the kernel told this process at its start. */
export function readPageBytes(): number {
  const auxiliary = readText('/proc/self/auxv') ?? '';
  const bytes = Buffer.from(auxiliary, 'latin1');
  for (let offset = 0; offset + 16 <= bytes.length; offset += 16) {
    if (bytes.readUInt32LE(offset) === 6) return bytes.readUInt32LE(offset + 8);
  }
  return 4096;
}

/**
 * Memory with shared pages counted once among those who share them. A process that ended since its row was read holds nothing; the
 * resident size stands in only where the kernel keeps the count to itself.
 */
export function proportionalBytes(row: ProcessRow, pageBytes: number): number {
  for (const name of ['smaps_rollup', 'smaps']) {
    const sizes = [...(readText(`/proc/${row.pid}/${name}`) ?? '').matchAll(/^Pss:\s+(\d+)/gm)];
    if (sizes.length > 0) return sizes.reduce((sum, [, size]) => sum + Number(size) * 1024, 0);
  }
  return readProcess(row.pid, pageBytes)?.residentBytes ?? 0;
}

/** Finds the processes of one run among all. Processes older than the run are never looked at. */
export interface RunMembers {
  /** Members alive now. The lifeline's process is none of them. */
  scan(): ProcessRow[];
  /** As `scan`, for a run of which nothing hostile has run yet: who is no member now never will be, however long it takes. */
  settle(): ProcessRow[];
}

/** `older`: the processes that were there before the run began. */
export function runMembers(marks: RunMarks, older: Iterable<number>): RunMembers {
  let strangers = new Set(older);
  const pageBytes = readPageBytes();
  let members = new Set<number>();
  let watcher: number | null = null;

  const belongs = (row: ProcessRow, known: Set<number>): boolean =>
    row.pid === marks.leader ||
    row.group === marks.leader ||
    row.session === marks.leader ||
    known.has(row.parent) ||
    members.has(row.pid) ||
    (readText(`/proc/${row.pid}/environ`) ?? '').split('\0').includes(marks.marker) ||
    isInside(readLink(`/proc/${row.pid}/cwd`), marks.folder);

  const scan = (now: number[]): ProcessRow[] => {
    const present = new Set(now);
    strangers = new Set([...strangers].filter((pid) => present.has(pid)));
    const unknown = now
      .filter((pid) => !strangers.has(pid) && pid !== process.pid)
      .map((pid) => readProcess(pid, pageBytes))
      .filter((row) => row !== null);
    const found = new Set<number>();
    // A child may be listed before its parent is known: go on until nothing is added.
    for (let grown = true; grown; ) {
      grown = false;
      for (const row of unknown) {
        if (found.has(row.pid) || !belongs(row, found)) continue;
        found.add(row.pid);
        grown = true;
      }
    }
    members = found;
    const rows = unknown.filter((row) => found.has(row.pid));
    watcher ??= rows.find((row) => isWatcher(row, marks.leader))?.pid ?? null;
    return rows.filter((row) => row.pid !== watcher || row.group !== marks.leader);
  };
  return {
    scan: () => scan(listPids()),
    settle: () => {
      const now = listPids();
      const rows = scan(now);
      strangers = new Set(now.filter((pid) => !members.has(pid)));
      return rows;
    },
  };
}

/** The lifeline: in the run's group, not its leader, adopted, and still the shell that started it all. */
function isWatcher(row: ProcessRow, leader: number): boolean {
  if (row.group !== leader || row.pid === leader || row.parent === leader) return false;
  return (readText(`/proc/${row.pid}/cmdline`) ?? '').includes('KINTSUGI_RUN=$KINTSUGI_RUN');
}

function isInside(path: string | null, folder: string): boolean {
  return path !== null && (path === folder || path.startsWith(`${folder}/`));
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null;
  }
}

function readLink(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}
