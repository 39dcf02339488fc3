import { type Dirent, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Entries past this number are as bad as bytes: a folder with that many takes longer to remove than to write. */
const mostEntries = 20_000;

/** Bytes that a folder takes on disk, links not followed. Infinity when it holds more entries than any program here needs. Never throws. */
export function diskUse(folder: string): number {
  let bytes = 0;
  let entries = 0;
  const open = [folder];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const entry of entriesOf(next)) {
      entries += 1;
      if (entries > mostEntries) return Number.POSITIVE_INFINITY;
      const path = join(next, entry.name);
      if (entry.isDirectory()) open.push(path);
      else bytes += sizeOf(path);
    }
  }
  return bytes;
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function sizeOf(path: string): number {
  try {
    return lstatSync(path).blocks * 512;
  } catch {
    return 0;
  }
}
