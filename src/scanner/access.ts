import { isVital, normalisePath, readClass, writeClass } from './paths.ts';
import { type Match, needs, type Place, shows } from './rule.ts';
import { type KnownText, textsOf, type Value } from './value.ts';

export type Access = 'read' | 'write' | 'delete' | 'delete-tree';

const allowed = 'A program may read, write and delete files in its own folder, named by relative paths.';

/** What one access to a path needs. A path that is not known counts as one inside the program's folder: the sandbox holds there. */
export function accessMatches(access: Access, path: Value | undefined, at: Place): Match[] {
  const known = textsOf(path);
  if (known.length === 0) return [ordinary(access, at)];
  return known.flatMap((one) => (access === 'read' ? readMatches(one, at) : writeMatches(access, one, at)));
}

function shown(known: KnownText): string {
  const path = normalisePath(known.text) || '.';
  return known.whole ? path : `${path}…`;
}

function ordinary(access: Access, at: Place): Match {
  if (access === 'read') return needs('fs.read.workspace', at, 'Reads files of its own folder.');
  if (access === 'write') return needs('fs.write.workspace', at, 'Writes files in its own folder.');
  return needs('fs.delete', at, 'Deletes files in its own folder.');
}

function readMatches(known: KnownText, at: Place): Match[] {
  switch (readClass(known)) {
    case 'harmless':
      return [ordinary('read', at)];
    case 'stdin':
      return [
        needs('stdin', at, 'Waits for input, and there is none: the standard input is empty or closed.'),
      ];
    case 'workspace':
      return [ordinary('read', at)];
    case 'sensitive':
      return [
        needs(
          'fs.read.sensitive',
          at,
          `Reads ${shown(known)}, where secrets or accounts are kept. ${allowed}`,
        ),
      ];
    default:
      return [
        needs(
          'fs.read.outside',
          at,
          `Reads ${shown(known)}, which is outside the program's folder. ${allowed}`,
        ),
      ];
  }
}

function writeMatches(access: 'write' | 'delete' | 'delete-tree', known: KnownText, at: Place): Match[] {
  const verb = access === 'write' ? 'Writes to' : 'Deletes';
  const deletion = access === 'write' ? [] : [ordinary('delete', at)];
  if (access === 'delete-tree' && known.whole && isVital(known)) {
    return [
      ...deletion,
      shows(
        'deny',
        at,
        `Deletes everything under ${shown(known)}. No program of this kind needs that. ${allowed}`,
        ['fs.write.outside'],
      ),
    ];
  }
  switch (writeClass(known)) {
    case 'harmless':
    case 'stdin':
      return [];
    case 'workspace':
      return [ordinary(access, at)];
    case 'persist':
    case 'device':
      return [
        ...deletion,
        needs(
          'fs.write.persist',
          at,
          `${verb} ${shown(known)}: that changes the system or what runs at the next login, beyond this program. ${allowed}`,
        ),
      ];
    default:
      return [
        ...deletion,
        needs(
          'fs.write.outside',
          at,
          `${verb} ${shown(known)}, which is outside the program's folder. ${allowed}`,
        ),
      ];
  }
}
