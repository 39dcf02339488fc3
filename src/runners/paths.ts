import { homedir } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Takes the places of this machine out of what a run wrote: they end in prompts and in shared journals. */
export interface PathStripper {
  /** For any output: the run's own folder becomes a plain relative path. */
  text(text: string): string;
  /** For a whole line of standard error: in stack frames, the home folder and the place of this package too. */
  errorLine(line: string): string;
  /** How many characters at the end of `text` may be the beginning of something to strip. */
  unsettled(text: string): number;
}

/** `folders`: the run's folders by every name they have, the outer ones last. */
export function pathStripper(folders: readonly string[]): PathStripper {
  const needles = [...new Set(folders)].flatMap((folder) => [pathToFileURL(folder).href, folder]);
  const pattern = new RegExp(needles.map((needle) => `${escaped(needle)}(/|(?![\\w.-]))`).join('|'), 'g');
  const strip = (text: string): string => text.replace(pattern, (match) => (match.endsWith('/') ? '' : '.'));
  return {
    text: strip,
    errorLine: stripPlaces,
    unsettled: (text) => Math.max(0, ...needles.map((needle) => openPrefix(text, needle))),
  };
}

/** One line of a stack trace without the home folder and the place of this package; any other line as it is. */
export function stripPlaces(line: string): string {
  if (!frame.test(line)) return line;
  return [
    { path: packageFolder(), name: '<kintsugi>' },
    { path: homedir(), name: '~' },
  ]
    .filter(({ path }) => path.length > 1)
    .reduce(
      (shown, { path, name }) =>
        shown.replaceAll(`${pathToFileURL(path).href}/`, `${name}/`).replaceAll(`${path}/`, `${name}/`),
      line,
    );
}

/** A line of a stack trace of V8 or Python, or the place V8 prints above one. */
const frame = /^\s*(at\s|File ")|^(file:\/\/)?\/\S.*:\d+$|\(file:\/\/|\(\//;

/** Length of the longest end of `text` that `needle` begins with, whole needle included: what follows it decides what becomes of it. */
function openPrefix(text: string, needle: string): number {
  for (let length = Math.min(text.length, needle.length); length > 0; length -= 1) {
    if (text.endsWith(needle.slice(0, length))) return length;
  }
  return 0;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** Where this package lies, seen from `src/runners` and from `dist` alike. */
function packageFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  return here.replace(/^(.*)\/(src|dist)(\/.*)?$/, '$1');
}
