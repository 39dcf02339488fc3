import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import type { SandboxLevel } from '../../core/domain.ts';
import { type Guarantee, guaranteeWords } from './guarantees.ts';
import type { ProbeRow } from './probe.ts';

/** What the outcome of a probe depends on. */
export interface ProbeKey {
  kernel: string;
  user: number;
  level: SandboxLevel;
  /** The tool and its version. */
  tool: string;
  node: string;
}

/** Raised when probes or sandboxes change in what they show. */
const version = 1;
const fileName = 'sandbox-probes.json';

const isGuarantee = (value: unknown): value is Guarantee =>
  typeof value === 'string' && value in guaranteeWords;
const rowShape = z.object({
  guarantee: z.custom<Guarantee>(isGuarantee),
  attempted: z.string(),
  held: z.literal(true),
  detail: z.string(),
});
const fileShape = z.object({
  version: z.literal(version),
  entries: z.record(z.string(), z.array(rowShape).min(1)),
});

export function probeKey(level: SandboxLevel, tool: string): ProbeKey {
  return { kernel: release(), user: process.getuid?.() ?? -1, level, tool, node: process.execPath };
}

/** Rows of an earlier probe where all held; null when there is none, or when somebody else could have written the file. */
export function cachedProbe(folder: string, key: ProbeKey): ProbeRow[] | null {
  return readEntries(folder)[nameOf(key)] ?? null;
}

/** Keeps a probe where all held; another is worth the time of trying again. Never throws: without a cache probing costs time only. */
export function keepProbe(folder: string, key: ProbeKey, rows: readonly ProbeRow[]): void {
  if (rows.length === 0 || !rows.every((row) => row.held)) return;
  const entries = { ...readEntries(folder), [nameOf(key)]: rows };
  const file = join(folder, fileName);
  const fresh = `${file}.${process.pid}`;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(fresh, JSON.stringify({ version, entries }), { mode: 0o600 });
    renameSync(fresh, file);
  } catch {
    // A full or read-only disk.
  }
}

function readEntries(folder: string): Record<string, ProbeRow[]> {
  const file = join(folder, fileName);
  try {
    const facts = statSync(file);
    if (facts.uid !== process.getuid?.() || (facts.mode & 0o022) !== 0) return {};
    return fileShape.parse(JSON.parse(readFileSync(file, 'utf8'))).entries;
  } catch {
    return {};
  }
}

function nameOf(key: ProbeKey): string {
  return [key.kernel, key.user, key.level, key.tool, key.node].join(' | ');
}
