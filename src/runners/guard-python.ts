import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assetPath } from './asset.ts';

/** Puts `python3` and `python` into a folder: the real one, with the guard before what it is asked to run. */
export async function guardPython(folder: string, python: string): Promise<void> {
  const script = `#!/bin/sh
flags=
for word do
  case "$word" in
    -[uBOsEIbvqd]|-OO) flags="$flags $word"; shift ;;
    *) break ;;
  esac
done
case "$1" in
  -m|-c|*.py) exec ${quoted(python)} $flags ${quoted(assetPath('python_guard.py'))} "$@" ;;
  *) exec ${quoted(python)} $flags "$@" ;;
esac
`;
  await Promise.all(
    ['python3', 'python'].map((name) => writeFile(join(folder, name), script, { mode: 0o700 })),
  );
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
