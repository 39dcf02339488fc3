import type { Capability } from '../../core/domain.ts';
import { type Match, needs, type Place } from '../rule.ts';

const names: readonly (readonly [RegExp, Capability])[] = [
  [/\bchild_process\b|\bexecSync\b|\bspawnSync\b/g, 'process.spawn'],
  [/\beval\s*\(|\bnew\s+Function\s*\(/g, 'eval.dynamic'],
  [/\bprocess\s*\.\s*(?:binding|dlopen|mainModule)\b/g, 'escape.reflection'],
  [/\bprocess\s*\.\s*kill\b/g, 'process.signal'],
  [/\bfetch\s*\(|\brequire\s*\(\s*['"`](?:node:)?(?:https?|net|dgram|tls|dns)['"`]/g, 'net.client'],
  [/\b(?:rm|rmdir|unlink)(?:Sync)?\s*\(\s*['"`](?:\/|~|\.\.)/g, 'fs.write.outside'],
];

/** What can be said of a script that does not parse: dangerous names outside its comments. */
export function* fallbackMatches(content: string, at: (offset: number) => Place): Iterable<Match> {
  const bare = withoutComments(content);
  for (const [pattern, capability] of names)
    for (const found of bare.matchAll(pattern))
      yield needs(
        capability,
        at(found.index),
        `The file does not parse, and it names ${found[0].trim()}. Write it without, or without the syntax error.`,
      );
}

/** Comments are blanked, places kept. What stands in a string and looks like a comment is blanked up to its line's end only. */
function withoutComments(content: string): string {
  let bare = '';
  let position = 0;
  for (;;) {
    const start = content.indexOf('/', position);
    if (start === -1) return bare + content.slice(position);
    const next = content[start + 1];
    const end =
      next === '*'
        ? content.indexOf('*/', start + 2)
        : next === '/' && content[start - 1] !== ':'
          ? content.indexOf('\n', start)
          : start;
    if (end === start || (end === -1 && next === '*')) {
      bare += content.slice(position, start + 1);
      position = start + 1;
      if (end === -1) return bare + content.slice(position);
      continue;
    }
    const stop = end === -1 ? content.length : next === '*' ? end + 2 : end;
    bare += content.slice(position, start) + content.slice(start, stop).replace(/[^\n]/g, ' ');
    position = stop;
  }
}
