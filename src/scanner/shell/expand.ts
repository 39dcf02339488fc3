import { posix } from 'node:path';
import { decodedText, mapValue, text, unknown, type Value } from '../value.ts';

/** What `${name…}` makes of a known text; patterns that are more than text are not worked out. */
export function changed(value: Value, change: string): Value {
  // `${name:?message}` is the name's value, or the end of the script.
  if (/^:?\?/.test(change)) return value;
  return mapValue(value, (option) => {
    if (option.kind !== 'text' || !option.whole) return unknown;
    const content = option.text;
    const slice = /^:(\d+)(?::(\d+))?$/.exec(change);
    if (slice !== null) {
      const from = Number(slice[1]);
      // Every home folder begins with a slash.
      if (content === '~') return from === 0 && slice[2] === '1' ? text('/') : unknown;
      return text(content.slice(from, slice[2] === undefined ? undefined : from + Number(slice[2])));
    }
    if (/^(%%?|##?)\/$/.test(change))
      return text(change.startsWith('%') ? content.replace(/\/$/, '') : content.replace(/^\//, ''));
    if (change === '^^') return text(content.toUpperCase());
    if (change === ',,') return text(content.toLowerCase());
    const [, operator = '', pattern = '', other = ''] =
      /^(##?|%%?|\/\/?)([^*?[\]/]*)(?:\/([^$`]*))?$/.exec(change) ?? [];
    if (operator === '' || pattern === '' || /[$`\\]/.test(pattern)) return unknown;
    if (operator.startsWith('#'))
      return text(content.startsWith(pattern) ? content.slice(pattern.length) : content);
    if (operator.startsWith('%'))
      return text(content.endsWith(pattern) ? content.slice(0, -pattern.length) : content);
    return text(
      operator === '//' ? content.replaceAll(pattern, () => other) : content.replace(pattern, () => other),
    );
  });
}

/** `{a,b}` in a word, one level deep. */
export function braces(value: Value): Value[] {
  if (value.kind !== 'text' || !value.whole) return [value];
  const found = /^([^{}]*)\{([^{}]*,[^{}]*)\}([^{}]*)$/.exec(value.text);
  if (found === null) return [value];
  const [, before = '', inner = '', after = ''] = found;
  return inner
    .split(',')
    .slice(0, 20)
    .map((piece) => text(before + piece + after));
}

/** What `$(echo …)` and `$(printf …)` of constants give, and `$(echo … | base64 -d)`; anything else is not known. */
export function constantOutput(script: string, file: string): Value {
  const decoded =
    /^\s*echo\s+(?:-n\s+)?(['"]?)([A-Za-z0-9+/=]+)\1\s*\|\s*base64\s+(?:-d|-D|--decode)\s*$/.exec(script);
  if (decoded?.[2] !== undefined) return decodedText(Buffer.from(decoded[2], 'base64').toString('utf8'));
  const echoed = /^\s*(?:echo(?:\s+-n)?|printf)\s+(['"]?)([^'"`$\\|;&<>()%]*)\1\s*$/.exec(script);
  if (echoed?.[2] !== undefined) return text(echoed[2].trim());
  if (/^\s*pwd\s*$/.test(script)) return text('.');
  const folder =
    /^\s*(?:cd\s+)?["']?(?:\$\()?\s*dirname\s+(?:--\s+)?["']?(?:\$0|\$\{0\}|\$BASH_SOURCE|\$\{BASH_SOURCE(?:\[0\])?\})["']?\)?["']?((?:\/[\w.]+)*)\s*(?:&&\s*pwd)?\s*$/.exec(
      script,
    );
  return folder === null ? unknown : text(posix.join(posix.dirname(file), folder[1] ?? ''));
}
