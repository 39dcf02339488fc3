import { type Stats, statfsSync, statSync } from 'node:fs';
import path from 'node:path';

/** The type of Linux's file system of processes, as `statfs` tells it (linux/magic.h). */
const processFiles = 0x9fa0;

/**
 * Why a folder can be no home, as the end of a sentence, or null when nothing speaks against it. Nothing is made: whether it can be written shows
 * where it is. In the file system of processes it cannot even be tried: making a folder there says that its parent is missing, and
 * Node's `mkdir` with `recursive` then makes that parent again without end.
 */
export function whyNoHome(home: string): string | null {
  for (let place = home; ; place = path.dirname(place)) {
    const stats = look(place);
    if (stats === 'unknown') return null;
    if (stats !== 'missing') {
      if (!stats.isDirectory())
        return place === home
          ? `is ${home}, which is not a folder`
          : `is ${home}, but ${place} is not a folder`;
      return statfsSync(place).type === processFiles
        ? `is ${home}, and no folder can be made in ${place}: it belongs to the file system of processes`
        : null;
    }
    if (place === path.dirname(place)) return null;
  }
}

function look(place: string): Stats | 'missing' | 'unknown' {
  try {
    return statSync(place);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'missing' : 'unknown';
  }
}
