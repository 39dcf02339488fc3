import * as z from 'zod';

/** Schemas that read one value from text (a flag, a variable) or from JSON (a file). None of them changes what it cannot read. */

const unitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
/** Longer than this a timer of the platform would overflow. */
const longestMs = 7 * 24 * 3_600_000;

/** `90s`, `5m`, `1h`, `1h30m`, `1.5h`, `250ms` → whole milliseconds, more than 0 and at most seven days; anything else → null. */
export function parseDuration(text: string): number | null {
  const trimmed = text.trim().toLowerCase();
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(trimmed)) return null;
  let total = 0;
  for (const [, amount = '', , unit = ''] of trimmed.matchAll(/(\d+(\.\d+)?)(ms|s|m|h)/g)) {
    total += Number(amount) * (unitMs[unit] ?? Number.NaN);
  }
  const whole = Math.round(total);
  return whole > 0 && whole <= longestMs ? whole : null;
}

/** Milliseconds → the shortest text that `parseDuration` reads back: 90000 → `1m30s`. */
export function formatDuration(ms: number): string {
  if (ms < 1000 || ms % 1000 !== 0) return `${ms}ms`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor((ms % 3_600_000) / 60_000);
  const seconds = (ms % 60_000) / 1000;
  return `${hours ? `${hours}h` : ''}${minutes ? `${minutes}m` : ''}${seconds ? `${seconds}s` : ''}`;
}

export const duration = z.string().transform((text, context) => {
  const ms = parseDuration(text);
  if (ms !== null) return ms;
  context.addIssue({ code: 'custom', message: 'not a duration' });
  return z.NEVER;
});

const numeral = z
  .string()
  .trim()
  .regex(/^-?\d+(\.\d+)?$/)
  .transform(Number);

export function wholeNumber(least: number, most: number) {
  return z.union([z.number(), numeral]).pipe(z.number().int().min(least).max(most));
}

export const dollars = z.union([z.number(), numeral]).pipe(z.number().positive().max(1_000_000));

const truths: Record<string, boolean> = {
  true: true,
  on: true,
  yes: true,
  '1': true,
  false: false,
  off: false,
  no: false,
  '0': false,
};

export const truth = z.union([
  z.boolean(),
  z.string().transform((text, context) => {
    const value = truths[text.trim().toLowerCase()];
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: 'not a truth value' });
    return z.NEVER;
  }),
]);

/** One line of text without control characters. */
export const line = z
  .string()
  .trim()
  .min(1)
  .max(2000)
  .regex(/^[^\u0000-\u001f\u007f]+$/);

/** An http(s) address without its closing slash. */
export const webAddress = line.transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url && (url.protocol === 'http:' || url.protocol === 'https:')) return text.replace(/\/+$/, '');
  context.addIssue({ code: 'custom', message: 'not an address' });
  return z.NEVER;
});

/** OLLAMA_HOST as Ollama itself reads it: scheme and port may be left out, and 0.0.0.0 (listen everywhere) is reached at 127.0.0.1. */
export const ollamaAddress = line.transform((text, context) => {
  const withScheme = /^[a-z]+:\/\//i.test(text)
    ? text
    : `http://${text.startsWith(':') ? `127.0.0.1${text}` : text}`;
  const url = URL.canParse(withScheme) ? new URL(withScheme) : null;
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    context.addIssue({ code: 'custom', message: 'not an address' });
    return z.NEVER;
  }
  if (url.hostname === '0.0.0.0' || url.hostname === '[::]') url.hostname = '127.0.0.1';
  const port = url.port || (/:\d+(\/|$)/.test(withScheme) || url.protocol === 'https:' ? '' : '11434');
  return `${url.protocol}//${url.hostname}${port ? `:${port}` : ''}${url.pathname}`.replace(/\/+$/, '');
});

/** True for addresses that never leave this machine. */
export function isLoopback(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { hostname } = new URL(address);
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}

/** An address as it may be shown: no user, no password, no query. Anything that is not an address stays as it is. */
export function showAddress(text: string): string {
  return text.replace(
    /(https?:\/\/)([^/\s?#]*@)?([^\s?#]*)(\?[^\s#]*)?/gi,
    (_, scheme, user, rest, query) => `${scheme}${user ? '***@' : ''}${rest}${query ? '?***' : ''}`,
  );
}
