import type { RunLimits } from '../core/domain.ts';
import { diskUse } from './disk-use.ts';
import {
  type ProcessRow,
  proportionalBytes,
  type RunMembers,
  readPageBytes,
  readProcess,
} from './process-table.ts';

export type Breach = 'out-of-memory' | 'process-limit' | 'disk-limit' | 'cpu-limit';

export interface Watchdog {
  /** What was seen so far; null before the first look. */
  usage(): { cpuMs: number | null; peakBytes: number | null };
  stop(): void;
}

/** The first looks come early, so that short runs are measured too; they look at the first process only. */
const earlyLooksMs = [4, 10, 20, 35];
const lookEveryMs = 50;
const diskEveryLooks = 4;
/** An overrun of memory counts when so many readings in a row show it. */
const readings = 3;

/**
 * Looks at all processes of a run every 50 ms and calls `breach` once when their total memory, number, CPU time or the disk use of `folder`
 * is past the limits. Only where there is a process table.
 */
export function watch(
  options: {
    members: RunMembers;
    leader: number;
    limits: RunLimits;
    folder: string;
    /** What the processes of the run had used before it began: not the program's to account for. */
    before?: readonly ProcessRow[];
  },
  breach: (kind: Breach) => void,
): Watchdog {
  const { members, leader, limits, folder } = options;
  const before = new Map((options.before ?? []).map((row) => [row.pid, row]));
  const pageBytes = readPageBytes();
  const seen = new Map<number, ProcessRow>();
  const diskBefore = diskUse(folder);
  let cpuMs: number | null = null;
  let peakBytes: number | null = null;
  let looks = 0;
  let stopped = false;

  /** Resident sizes count shared pages for everybody who shares them; the exact and slower count is made only when it matters. */
  const totalBytes = (rows: ProcessRow[]): number => {
    const resident = rows.reduce((sum, row) => sum + row.residentBytes, 0);
    if (rows.length === 1 || resident <= limits.totalMemoryBytes) return resident;
    // One process is read after the other: who forks or ends in between moves shared pages to where they are counted again.
    let least = resident;
    let present = rows;
    for (let reading = 0; reading < readings && least > limits.totalMemoryBytes; reading += 1) {
      if (reading > 0) present = members.scan();
      least = Math.min(
        least,
        present.reduce((sum, row) => sum + proportionalBytes(row, pageBytes), 0),
      );
    }
    return least;
  };
  const earlier = (row: ProcessRow) => before.get(row.pid) ?? { cpuMs: 0, childrenCpuMs: 0 };
  const measure = (rows: ProcessRow[]): void => {
    if (rows.length === 0) return;
    for (const row of rows) seen.set(row.pid, row);
    const own = [...seen.values()].reduce((sum, row) => sum + row.cpuMs - earlier(row).cpuMs, 0);
    const withChildren = rows.reduce((sum, row) => {
      const { cpuMs: first, childrenCpuMs: firstOfChildren } = earlier(row);
      return sum + row.cpuMs - first + row.childrenCpuMs - firstOfChildren;
    }, 0);
    cpuMs = Math.max(cpuMs ?? 0, own, withChildren);
    peakBytes = Math.max(peakBytes ?? 0, totalBytes(rows));
  };
  const judge = (rows: ProcessRow[]): Breach | null => {
    if (rows.length > limits.processes) return 'process-limit';
    if (peakBytes !== null && peakBytes > limits.totalMemoryBytes) return 'out-of-memory';
    if (cpuMs !== null && cpuMs > limits.cpuMs) return 'cpu-limit';
    if (looks % diskEveryLooks === 0 && diskUse(folder) - diskBefore > limits.diskBytes) return 'disk-limit';
    return null;
  };
  const look = (): void => {
    if (stopped) return;
    looks += 1;
    const rows = members.scan();
    measure(rows);
    const kind = judge(rows);
    if (kind) {
      stopped = true;
      breach(kind);
      return;
    }
    timer = setTimeout(look, lookEveryMs);
  };
  const early = earlyLooksMs.map((delay) =>
    setTimeout(() => {
      const row = readProcess(leader, pageBytes);
      if (row) measure([row]);
    }, delay),
  );
  let timer = setTimeout(look, lookEveryMs);
  return {
    usage: () => ({ cpuMs, peakBytes }),
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      for (const one of early) clearTimeout(one);
    },
  };
}
