import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

/** What was typed, newest last. Kept as one JSON string a line below the home, mode 600. */
export interface InputHistory {
  entries(): readonly string[];
  add(text: string): void;
}

const most = 1_000;

/**
 * Opens `<home>/history.jsonl`. A file that cannot be read or written costs the history, not the dashboard. `redact` takes secrets out
 * before a line is kept.
 */
export function openHistory(home: string, redact: (text: string) => string): InputHistory {
  const file = path.join(home, 'history.jsonl');
  const entries = readEntries(file);
  if (entries.length > most * 2) rewrite(file, entries.slice(-most));
  return {
    entries: () => entries,
    add: (text) => {
      const kept = redact(text);
      if (kept.trim() === '' || entries.at(-1) === kept) return;
      entries.push(kept);
      try {
        mkdirSync(home, { recursive: true, mode: 0o700 });
        closeSync(openSync(file, 'a', 0o600));
        appendFileSync(file, `${JSON.stringify(kept)}\n`);
      } catch {
        // Kept for as long as this window is open.
      }
    },
  };
}

function readEntries(file: string): string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line) => {
    try {
      const value: unknown = JSON.parse(line);
      return typeof value === 'string' ? [value] : [];
    } catch {
      return [];
    }
  });
}

function rewrite(file: string, entries: readonly string[]): void {
  try {
    const fresh = `${file}.${process.pid}.tmp`;
    writeFileSync(fresh, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''), { mode: 0o600 });
    renameSync(fresh, file);
  } catch {
    // The long file does no harm.
  }
}
