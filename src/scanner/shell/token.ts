export type Part =
  | { kind: 'literal'; text: string; quoted: boolean }
  /** `change` is what `${name…}` does to it: `:1:2`, `#x`, `/a/b`, `^^`; `each`: every item of an array; `indirect`: `${!name}`. */
  | { kind: 'variable'; name: string; quoted: boolean; change?: string; each?: true; indirect?: true }
  /** `$( )`, backquotes, `<( )`, `>( )`: the script inside. */
  | { kind: 'substitution'; script: string; offset: number; process: boolean }
  | { kind: 'unknown' };

export interface Word {
  kind: 'word';
  parts: Part[];
  offset: number;
}

export interface Operator {
  kind: 'operator';
  text: string;
  offset: number;
}

export interface HereDocument {
  kind: 'here';
  body: string;
  /** Its mark was quoted, so that nothing in it is expanded. */
  quoted: boolean;
  offset: number;
}

export type ShellToken = Word | Operator | HereDocument;

export interface ShellTokens {
  tokens: ShellToken[];
  problem: { message: string; offset: number } | null;
}

/** The text of a word that needs no working out; null for any other. */
export function literalText(word: Word | undefined): string | null {
  if (word === undefined) return null;
  let content = '';
  for (const part of word.parts) {
    if (part.kind !== 'literal') return null;
    content += part.text;
  }
  return content;
}

/** Whether nothing of a word is quoted, as reserved words must be. */
export function isBare(word: Word): boolean {
  return word.parts.every((part) => part.kind === 'literal' && !part.quoted);
}

/** `name=value`, `name+=value`, `name[index]=value`. */
export function readAssignment(word: Word): { name: string; word: Word } | null {
  const first = word.parts[0];
  if (first?.kind !== 'literal' || first.quoted) return null;
  const found = /^([A-Za-z_]\w*)(?:\[[^\]]*\])?\+?=/.exec(first.text);
  if (found?.[1] === undefined) return null;
  const rest = first.text.slice(found[0].length);
  const parts = [...(rest === '' ? [] : [{ ...first, text: rest }]), ...word.parts.slice(1)];
  return { name: found[1], word: { kind: 'word', parts, offset: word.offset } };
}
