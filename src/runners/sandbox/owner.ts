import { lchownSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Numbers that systemd keeps free for users that live as long as one process: nobody's files, nobody's processes. */
const firstUser = 61_184;
const users = 4_336;

/** A user for one run: the kernel counts processes by user, and lets root pass every such limit. */
export function passingUser(): number {
  return firstUser + Math.floor(Math.random() * users);
}

/** Gives a folder and all that is in it to `user`, links themselves and not what they lead to. `kept` stays with its owner. For root only. */
export function giveFolder(folder: string, user: number, kept: ReadonlySet<string>): void {
  lchownSync(folder, user, user);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) giveFolder(path, user, kept);
    else if (!kept.has(path)) lchownSync(path, user, user);
  }
}
