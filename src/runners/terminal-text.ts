/**
 * Makes bytes of a program harmless as text: UTF-8 with replacement, terminal escapes gone, CRLF as \n, a lone carriage return as \n, other
 * control characters as the visible U+FFFD. Works on a stream: what a later piece may complete is held back.
 */
export interface TextCleaner {
  push(bytes: Uint8Array): string;
  /** The rest, incomplete sequences included as far as they are harmless. */
  end(): string;
}

// CSI; OSC, DCS, SOS, PM and APC up to their end; other two- and three-character escapes; and the same from C1.
const sequence =
  /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)|\x1b[ -/]*[0-Z\\`-~]/g;
/** At the end of a piece: an escape that is not complete, or a carriage return whose line feed may follow. */
const open =
  /(?:(?:\x1b\[|\x9b)[0-?]*[ -/]*|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*\x1b?|\x1b[ -/]*|\r)$/;
const control = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g;
/** Bidirectional overrides and isolates: text that shows other than it reads. */
const bidirectional = /[\u202a-\u202e\u2066-\u2069]/g;
const longestOpen = 4096;

export function textCleaner(): TextCleaner {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let held = '';
  const clean = (text: string): string =>
    text
      .replace(sequence, '')
      .replace(/\r\n?/g, '\n')
      .replace(control, '\ufffd')
      .replace(bidirectional, '\ufffd');
  return {
    push: (bytes) => {
      const text = held + decoder.decode(bytes, { stream: true });
      const start = text.slice(-longestOpen).search(open);
      const cut = start === -1 ? text.length : Math.max(0, text.length - longestOpen) + start;
      held = text.slice(cut);
      return clean(text.slice(0, cut));
    },
    end: () => {
      const text = held + decoder.decode();
      held = '';
      return clean(text);
    },
  };
}
