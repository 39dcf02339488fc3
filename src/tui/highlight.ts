import type { Language } from '../core/domain.ts';
import type { Row, Span, Tone } from './style.ts';
import { harmlessText } from './text.ts';

/** What makes programs readable and is too heavy to be there before the first frame. */
export interface Reading {
  /** One row a line of the code, harmless. */
  highlight(code: string, language: Language): Row[];
  /** Runs of equal, added and removed lines that lead from one text to the other. */
  changes(before: string, after: string): Change[];
}

export interface Change {
  kind: 'same' | 'added' | 'removed';
  lines: string[];
}

interface Markup {
  type: string;
  value?: string;
  children?: Markup[];
  properties?: { className?: unknown };
}

/** Longer programs are shown without colours: nobody reads them in a terminal's pane. */
const largestHighlighted = 60_000;

/** Loads the grammar of the four languages and the diff (lowlight, diff). Results are remembered for the last few texts. */
export async function loadReading(): Promise<Reading> {
  const [{ common, createLowlight }, { diffLines }] = await Promise.all([import('lowlight'), import('diff')]);
  const { javascript, typescript, python, bash } = common;
  const grammars = { javascript, typescript, python, shell: bash };
  const lowlight = createLowlight(
    Object.fromEntries(
      Object.entries(grammars).filter(([, grammar]) => grammar !== undefined),
    ) as typeof common,
  );
  return {
    highlight: remembering((code, language: Language) => {
      const clean = harmlessText(code).replace(/\n$/, '');
      if (clean.length > largestHighlighted || !lowlight.registered(language)) return plainLines(clean);
      return rowsOf(lowlight.highlight(language, clean).children as Markup[]);
    }),
    changes: remembering((before, after: string) => {
      const found = diffLines(normal(before), normal(after), { maxEditLength: 4_000 });
      if (!found)
        return [
          { kind: 'removed', lines: linesOf(before) },
          { kind: 'added', lines: linesOf(after) },
        ];
      return found.map(({ added, removed, value }) => ({
        kind: added ? 'added' : removed ? 'removed' : 'same',
        lines: linesOf(value),
      }));
    }),
  };
}

/** What there is before the grammars are loaded. */
export const plainReading: Reading = {
  highlight: (code) => plainLines(harmlessText(code).replace(/\n$/, '')),
  changes: (_, after) => [{ kind: 'same', lines: linesOf(after) }],
};

function normal(text: string): string {
  const clean = harmlessText(text);
  return clean === '' || clean.endsWith('\n') ? clean : `${clean}\n`;
}

function linesOf(text: string): string[] {
  const lines = harmlessText(text).split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function plainLines(text: string): Row[] {
  return text.split('\n').map((line) => [{ text: line, tone: 'plain' }]);
}

/** The same answer for the same text, kept for a handful of them: frames ask for it again and again. */
function remembering<Second extends string, Value>(
  make: (first: string, second: Second) => Value,
): (first: string, second: Second) => Value {
  const kept = new Map<string, Value>();
  return (first, second) => {
    const key = `${first.length}\0${first}\0${second}`;
    const known = kept.get(key);
    if (known !== undefined) return known;
    const value = make(first, second);
    kept.set(key, value);
    const [oldest] = kept.keys();
    if (kept.size > 24 && oldest !== undefined) kept.delete(oldest);
    return value;
  };
}

function rowsOf(nodes: readonly Markup[]): Row[] {
  const rows: Span[][] = [[]];
  const walk = (node: Markup, tone: Tone) => {
    if (node.type === 'text') {
      for (const [at, piece] of (node.value ?? '').split('\n').entries()) {
        if (at > 0) rows.push([]);
        if (piece !== '') rows.at(-1)?.push({ text: piece, tone });
      }
      return;
    }
    const inner = toneOf(node.properties?.className) ?? tone;
    for (const child of node.children ?? []) walk(child, inner);
  };
  for (const node of nodes) walk(node, 'plain');
  return rows;
}

function toneOf(classes: unknown): Tone | null {
  const name = Array.isArray(classes) ? String(classes[0]) : '';
  if (/keyword|literal|operator|selector-tag/.test(name)) return 'keyword';
  if (/string|regexp|char|subst/.test(name)) return name.includes('subst') ? 'plain' : 'string';
  if (/number/.test(name)) return 'number';
  if (/comment|doctag/.test(name)) return 'comment';
  if (/title|built_in|type|class|attr|variable.language|meta/.test(name)) return 'name';
  return null;
}
