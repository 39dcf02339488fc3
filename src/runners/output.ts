import type { RunLimits } from '../core/domain.ts';
import type { Chunk } from '../core/seams.ts';
import type { PathStripper } from './paths.ts';
import { textCleaner } from './terminal-text.ts';

/** What a run wrote, made harmless: handed on in pieces, and kept up to a limit. */
export interface Output {
  push(stream: Chunk['stream'], bytes: Uint8Array): void;
  /** Hands on what is held back. Nothing may be pushed afterwards. */
  end(): void;
  kept(): { stdout: string; stderr: string; truncated: boolean };
}

/** A line that grows on is handed on after this time, or past this length. */
const flushAfterMs = 50;
const longestHeld = 16_384;

/** `emit` gets whole lines, or what came within 50 ms; all pieces joined are the whole text. */
export function output(limits: RunLimits, stripper: PathStripper, emit: (chunk: Chunk) => void): Output {
  const stdout = lane('stdout', limits.outputKeptBytes, stripper, emit);
  const stderr = lane('stderr', limits.outputKeptBytes, stripper, emit);
  return {
    push: (stream, bytes) => (stream === 'stdout' ? stdout : stderr).push(bytes),
    end: () => {
      stdout.end();
      stderr.end();
    },
    kept: () => ({
      stdout: stdout.text(),
      stderr: stderr.text(),
      truncated: stdout.truncated() || stderr.truncated(),
    }),
  };
}

function lane(
  stream: Chunk['stream'],
  keptBytes: number,
  stripper: PathStripper,
  emit: (chunk: Chunk) => void,
) {
  const cleaner = textCleaner();
  const kept = headAndTail(keptBytes);
  let pending = '';
  let timer: NodeJS.Timeout | null = null;

  const strip = (text: string): string => {
    const stripped = stripper.text(text);
    return stream === 'stdout' ? stripped : stripped.split('\n').map(stripper.errorLine).join('\n');
  };
  const release = (length: number): void => {
    if (length <= 0) return;
    const text = strip(pending.slice(0, length));
    pending = pending.slice(length);
    kept.push(text);
    emit({ stream, text });
  };
  const settle = (): void => {
    timer = null;
    release(pending.length - stripper.unsettled(pending));
  };
  const take = (text: string): void => {
    pending += text;
    release(pending.lastIndexOf('\n') + 1);
    if (pending.length > longestHeld) settle();
    else if (pending !== '') timer ??= setTimeout(settle, flushAfterMs);
  };
  return {
    push: (bytes: Uint8Array) => take(cleaner.push(bytes)),
    end: () => {
      pending += cleaner.end();
      if (timer) clearTimeout(timer);
      release(pending.length);
    },
    text: kept.text,
    truncated: kept.truncated,
  };
}

/** Keeps the first and the last half of `bytes` of a text, and says in the middle how much is missing. */
export function headAndTail(bytes: number) {
  const half = Math.floor(bytes / 2);
  let head = '';
  let headBytes = 0;
  let tail = '';
  let tailBytes = 0;
  let dropped = 0;

  const pushTail = (text: string): void => {
    tail += text;
    tailBytes += Buffer.byteLength(text);
    // Cutting is linear in the tail: it is done when the tail is twice as long as it may be.
    if (tailBytes > 2 * half) trimTail();
  };
  const trimTail = (): void => {
    if (tailBytes <= half) return;
    const shorter = lastBytes(tail, half);
    const left = Buffer.byteLength(shorter);
    dropped += tailBytes - left;
    tail = shorter;
    tailBytes = left;
  };
  return {
    push: (text: string): void => {
      const room = half - headBytes;
      if (room <= 0) {
        pushTail(text);
        return;
      }
      const first = firstBytes(text, room);
      head += first;
      headBytes += first.length === text.length ? Buffer.byteLength(first) : room;
      if (first.length < text.length) pushTail(text.slice(first.length));
    },
    text: (): string => {
      trimTail();
      return dropped === 0 ? head + tail : `${head}\n… ${dropped} bytes left out …\n${tail}`;
    },
    truncated: (): boolean => {
      trimTail();
      return dropped > 0;
    },
  };
}

/** The longest beginning of `text` that takes at most `bytes` in UTF-8. */
function firstBytes(text: string, bytes: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(bytes));
  return text.slice(0, read);
}

function lastBytes(text: string, bytes: number): string {
  const encoded = Buffer.from(text);
  let start = Math.max(0, encoded.length - bytes);
  // 10xxxxxx goes on a character that began before.
  while (start < encoded.length && ((encoded[start] ?? 0) & 0xc0) === 0x80) start += 1;
  return encoded.toString('utf8', start);
}
