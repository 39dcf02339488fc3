import { credentialName } from './shapes.ts';

/** Redacts text that comes in pieces: what could be the beginning of a secret is held until the rest is there. */
export interface ChunkRedactor {
  /** Takes a piece; returns what is safe to pass on, redacted: whole lines, as a rule. */
  push(text: string): string;
  /** Passes on as much of an unfinished line as is safe already; for a line that keeps somebody waiting, such as a prompt. */
  settle(): string;
  /** Passes on the rest; the text is over. */
  end(): string;
}

/** The most characters held back; a line or a key block longer than this is passed on in parts. */
const mostHeld = 64 * 1024;
const keptBack = 8 * 1024;

const keyBegins = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
const keyEnds = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
const named = new RegExp(`${credentialName}|[Bb][Ee][Aa][Rr][Ee][Rr]|-----|://`);

function lastIndexOfMatch(text: string, pattern: RegExp): number {
  let last = -1;
  for (const match of text.matchAll(pattern)) last = match.index;
  return last;
}

/** Where the text may be cut so that nothing before it needs what comes after. */
function lineCut(text: string): number {
  let cut = text.lastIndexOf('\n') + 1;
  const begins = lastIndexOfMatch(text, keyBegins);
  if (begins !== -1 && begins < cut && lastIndexOfMatch(text, keyEnds) < begins) cut = begins;
  // `password =` at the end of a line: the value is on the next.
  while (cut > 0) {
    const from = text.lastIndexOf('\n', cut - 2) + 1;
    const line = text.slice(from, cut);
    if (from === cut || !/[=:,|?([\\]\s*["'`]?\s*$/.test(line) || !named.test(line)) break;
    cut = from;
  }
  return cut;
}

/** `redact` is whole-text redaction; `spaced` are the known secrets with white space in them, which no line or word holds whole. */
export function chunkRedactor(redact: (text: string) => string, spaced: readonly string[]): ChunkRedactor {
  let held = '';

  /** The last place up to `cut` that is not within a known secret, nor within what may become one. */
  const outside = (cut: number): number => {
    let place = cut;
    for (const form of spaced) {
      for (let start = Math.max(0, place - form.length + 1); start < place; start += 1) {
        const whole = held.startsWith(form, start) && start + form.length > place;
        if (whole || form.startsWith(held.slice(start))) place = start;
      }
    }
    return place;
  };

  const release = (wanted: number): string => {
    const cut = outside(wanted);
    if (cut <= 0) return '';
    const ready = held.slice(0, cut);
    held = held.slice(cut);
    return redact(ready);
  };

  const all = (): string => {
    const rest = held;
    held = '';
    return redact(rest);
  };

  /** Past the limit: everything but a tail, cut after white space and not behind a credential's name. */
  const forcedCut = (): number => {
    const limit = held.length - keptBack;
    const space = held.slice(0, limit).search(/\s\S*$/);
    const cut = space > limit - keptBack ? space + 1 : limit;
    const name = held.slice(Math.max(0, cut - 80), cut).search(named);
    return name === -1 ? cut : Math.max(1, Math.max(0, cut - 80) + name);
  };

  return {
    push(text) {
      held += text;
      const fromLines = text.includes('\n') ? release(lineCut(held)) : '';
      let output = fromLines;
      while (held.length > mostHeld) output += release(forcedCut()) || all();
      return output;
    },
    settle() {
      const line = held;
      if (line.includes('\n') || named.test(line)) return '';
      return release(line.search(/\s\S*$/) + 1);
    },
    end: all,
  };
}
