import { statSync } from 'node:fs';

/** Whether there is a folder at a path, or a link to one. False too where nobody may look. */
export function isFolder(place: string): boolean {
  try {
    return statSync(place).isDirectory();
  } catch {
    return false;
  }
}
