import { createHmac } from 'node:crypto';
import { type ChunkRedactor, chunkRedactor } from './chunks.ts';
import { looksRandom } from './entropy.ts';
import { type Literal, literalsOf, standsAlone } from './literals.ts';
import { credentialName, type Shape, shapes } from './shapes.ts';
import { makeSweep, type Rule, replaceSpans } from './sweep.ts';
import { reservedWords } from './words.ts';

/** Takes secrets out of text and data before they are written or shown. What it has redacted it leaves as it is. */
export interface Redactor {
  /** Each secret becomes `<secret:kind:hash8>`; the same secret has the same hash under one salt. */
  text(text: string): string;
  /** A copy of plain data with every string redacted. Keys are kept, unless one of 20 or more characters holds a secret; undefined fields are left out. */
  value<T>(json: T): T;
  /** For text that comes in pieces. */
  chunks(): ChunkRedactor;
}

export interface RedactorOptions {
  /** The environment: values of names that look like a credential are secrets. */
  env: Readonly<Record<string, string | undefined>>;
  /** What `.env` holds: every value that is not plain configuration is a secret. */
  dotenv: Readonly<Record<string, string | undefined>>;
  /** Of this installation, and kept secret: with it nobody can try passwords against the hashes. */
  salt: string;
}

const placeholder = /(<secret:[a-z][a-z0-9-]{0,20}:[0-9a-f]{8}>)/;
const longKey = 20;

/** One rule for all literals that begin with the same three characters, longest first. */
function literalRules(literals: Literal[]): Rule[] {
  const byAnchor = new Map<string, Literal[]>();
  for (const literal of literals) {
    const anchor = literal.form.slice(0, 3);
    byAnchor.set(anchor, [...(byAnchor.get(anchor) ?? []), literal]);
  }
  return [...byAnchor].map(([anchor, group]) => ({
    anchors: [anchor],
    at(text, start) {
      for (const { kind, form, secret } of group) {
        if (!text.startsWith(form, start)) continue;
        const end = start + form.length;
        if (standsAlone(form) && (wordAt(text, start - 1) || wordAt(text, end))) continue;
        return { start, end, kind, secret };
      }
      return null;
    },
  }));
}

function wordAt(text: string, index: number): boolean {
  return /[A-Za-z0-9]/.test(text.charAt(index));
}

function shapeRule(shape: Shape): Rule {
  const pattern = new RegExp(shape.pattern, 'y');
  return {
    anchors: shape.anchors,
    at(text, index) {
      pattern.lastIndex = index;
      const match = pattern.exec(text);
      const [all, kept, secret] = match ?? [];
      if (all === undefined || kept === undefined || secret === undefined) return null;
      const start = index + kept.length;
      const end = start + secret.length;
      if (shape.accept === undefined || shape.accept(secret)) {
        return { start, end, kind: shape.kind, secret };
      }
      return { skipTo: kept === '' ? end : start };
    },
  };
}

/** Builds a redactor. Deterministic for one salt and one set of values; no I/O. */
export function makeRedactor(options: RedactorOptions): Redactor {
  const reserved = reservedWords();
  const literals = literalsOf(options.env, options.dotenv, reserved);
  const spaced = literals.map(({ form }) => form).filter((form) => /\s/.test(form));
  const named = new RegExp(credentialName);

  const mark = (kind: string, secret: string) =>
    `<secret:${kind}:${createHmac('sha256', options.salt).update(secret).digest('hex').slice(0, 8)}>`;

  // Both look at the same text: neither may take a part of a secret and so hide the rest from the other.
  const sweepLiterals = makeSweep(literalRules(literals));
  const sweepShapes = makeSweep(shapes.map(shapeRule));
  const redactPart = (part: string) =>
    replaceSpans(part, [...sweepLiterals(part), ...sweepShapes(part)], mark);

  /** Placeholders are never looked into. A replacement can uncover a neighbour, so it goes on until nothing changes; each round leaves less to replace. */
  const redactText = (text: string): string => {
    let current = text;
    for (;;) {
      const next = current.includes('<secret:')
        ? current
            .split(placeholder)
            .map((part, index) => (index % 2 === 1 ? part : redactPart(part)))
            .join('')
        : redactPart(current);
      if (next === current) return current;
      current = next;
    }
  };

  const redactString = (key: string, text: string): string => {
    if (reserved.has(text)) return text;
    if (
      named.test(key) &&
      text.length <= 512 &&
      /^\S+$/.test(text) &&
      !placeholder.test(text) &&
      looksRandom(text)
    ) {
      return mark('entropy', text);
    }
    return redactText(text);
  };

  const redactValue = (key: string, value: unknown): unknown => {
    if (typeof value === 'string') return redactString(key, value);
    if (Array.isArray(value)) return value.map((item) => redactValue(key, item));
    if (typeof value !== 'object' || value === null) return value;
    const copy: Record<string, unknown> = {};
    for (const [name, item] of Object.entries(value)) {
      if (item === undefined) continue;
      const safeName = name.length >= longKey ? redactText(name) : name;
      Object.defineProperty(copy, safeName, {
        value: redactValue(name, item),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
    return copy;
  };

  return {
    text: redactText,
    value: <T>(json: T) => redactValue('', json) as T,
    chunks: () => chunkRedactor(redactText, spaced),
  };
}
