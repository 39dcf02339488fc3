import { arithmeticEnd, arrayItems, forHeader, isArithmetic, testEnd } from './compound.ts';
import { lexShell } from './lex.ts';
import { isBare, literalText, readAssignment, type ShellToken, type Word } from './token.ts';

/** A simple command as it is written, before its words are worked out. */
export interface RawCommand {
  words: Word[];
  assignments: { name: string; word: Word }[];
  redirects: { operator: string; word: Word }[];
  input: { kind: 'text'; text: string } | { kind: 'word'; word: Word } | null;
  pipedInto: RawCommand | null;
  background: boolean;
  within: string | null;
  substitutions: RawCommand[];
  offset: number;
}

export interface RawScript {
  /** Every command, those inside substitutions included. */
  commands: RawCommand[];
  functions: Set<string>;
  /** Words that a `for` gives its variable. */
  loops: { name: string; words: Word[]; within: string | null }[];
  problem: { message: string; offset: number } | null;
}

const deepest = 12;
const mostCommands = 10_000;
const skipped = new Set([
  'if',
  'then',
  'elif',
  'else',
  'fi',
  'while',
  'until',
  'do',
  'done',
  'esac',
  '!',
  'time',
  'coproc',
  '{',
  '}',
]);
const redirect = /^\d*(?:<<<|<<-?|<>|<&|<|>>|>&|>\||>|&>>|&>)$/;

/** Splits a script into simple commands. Never throws; what is not closed or nested too deep is named in `problem`. */
export function parseShell(script: string): RawScript {
  const result: RawScript = { commands: [], functions: new Set(), loops: [], problem: null };
  parseInto(result, script, 0, null, 0);
  return result;
}

function parseInto(
  result: RawScript,
  script: string,
  base: number,
  within: string | null,
  depth: number,
): RawCommand[] {
  if (depth > deepest) {
    result.problem ??= { message: 'substitutions are nested too deep', offset: base };
    return [];
  }
  const { tokens, problem } = lexShell(script, base);
  result.problem ??= problem;
  const own: RawCommand[] = [];
  const functions: { name: string; depth: number }[] = within === null ? [] : [{ name: within, depth: -1 }];
  let braces = 0;
  let current: RawCommand | null = null;
  let pipeFrom: RawCommand | null = null;
  let named: string | null = null;
  const cases: { pattern: boolean }[] = [];

  const begin = (offset: number): RawCommand => {
    current ??= {
      words: [],
      assignments: [],
      redirects: [],
      input: null,
      pipedInto: null,
      background: false,
      within: functions.at(-1)?.name ?? null,
      substitutions: [],
      offset,
    };
    return current;
  };

  const finish = (): RawCommand | null => {
    const done = current;
    current = null;
    if (done === null) return null;
    if (pipeFrom !== null) pipeFrom.pipedInto = done;
    pipeFrom = null;
    if (result.commands.length >= mostCommands) {
      result.problem ??= { message: `it has more than ${mostCommands} commands`, offset: done.offset };
      return null;
    }
    own.push(done);
    result.commands.push(done);
    const words = [
      ...done.words,
      ...done.assignments.map(({ word }) => word),
      ...done.redirects.map(({ word }) => word),
    ];
    if (done.input?.kind === 'word') words.push(done.input.word);
    for (const word of words) done.substitutions.push(...substitute(word, done.within));
    return done;
  };

  const substitute = (word: Word, function_: string | null): RawCommand[] =>
    word.parts.flatMap((part) =>
      part.kind === 'substitution' ? parseInto(result, part.script, part.offset, function_, depth + 1) : [],
    );

  const expandedIn = (body: string, offset: number, function_: string | null): RawCommand[] => {
    const [word] = lexShell(`"${body.replaceAll('"', '\\"')}"`, offset - 1).tokens;
    return word?.kind === 'word' ? substitute(word, function_) : [];
  };

  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index] as ShellToken;
    if (token.kind === 'here') {
      const owner = own.findLast(
        (command) =>
          command.redirects.some(({ operator }) => /^\d*<<-?$/.test(operator)) && command.input === null,
      );
      if (owner === undefined) continue;
      owner.input = { kind: 'text', text: token.body };
      // What `$( )` in it says is run before the text is handed on.
      if (!token.quoted && /\$\(|`/.test(token.body))
        owner.substitutions.push(...expandedIn(token.body, token.offset, owner.within));
      continue;
    }
    const top = cases.at(-1);
    if (token.kind === 'operator') {
      if (top?.pattern) {
        if (token.text === ')') top.pattern = false;
        continue;
      }
      if (redirect.test(token.text)) {
        const isHere = /^\d*<<-?$/.test(token.text);
        const next = isHere ? undefined : tokens[index + 1];
        const command: RawCommand = begin(token.offset);
        const word: Word = next?.kind === 'word' ? next : { kind: 'word', parts: [], offset: token.offset };
        if (token.text.endsWith('<<<')) command.input = { kind: 'word', word };
        else command.redirects.push({ operator: token.text, word });
        if (next?.kind === 'word') index += 1;
        continue;
      }
      const pending: RawCommand | null = current;
      if (token.text === '(' && pending !== null) {
        const open: RawCommand = pending;
        const after = tokens[index + 1];
        const name = literalText(open.words[0]);
        if (open.words.length === 1 && name !== null && after?.kind === 'operator' && after.text === ')') {
          named = name;
          result.functions.add(name);
          current = null;
          index += 1;
          continue;
        }
        const last = open.words.at(-1);
        if (open.words.length > 1 && last !== undefined && /^\w+\+?=$/.test(literalText(last) ?? '')) {
          const { words, end } = arrayItems(tokens, index);
          open.words.pop();
          const name = (literalText(last) ?? '').replace(/\+?=$/, '');
          for (const word of words) open.assignments.push({ name, word });
          index = end;
          continue;
        }
        if (open.words.length === 0 && open.assignments.length > 0) {
          const { words, end } = arrayItems(tokens, index);
          const name = open.assignments.pop()?.name ?? '';
          for (const word of words) open.assignments.push({ name, word });
          index = end;
          continue;
        }
      }
      if (token.text === '(' && isArithmetic(tokens, index)) {
        const end = arithmeticEnd(tokens, index);
        // An index is worked out, commands in it too.
        for (; index < end; index += 1) {
          const inner = tokens[index];
          if (inner?.kind === 'word') substitute(inner, functions.at(-1)?.name ?? null);
        }
        continue;
      }
      const done = finish();
      if (token.text === '|' || token.text === '|&') pipeFrom = done;
      else if (token.text === '&' && done !== null) done.background = true;
      if (token.text.startsWith(';;') && top !== undefined) top.pattern = true;
      continue;
    }
    if (top?.pattern) {
      if (literalText(token) === 'esac') cases.pop();
      continue;
    }
    const plain = literalText(token);
    if (current === null || (current as RawCommand).words.length === 0) {
      const command = current as RawCommand | null;
      if (command === null || command.assignments.length === 0) {
        if (plain === 'function') {
          const next = tokens[index + 1];
          named = next?.kind === 'word' ? literalText(next) : null;
          if (named !== null) result.functions.add(named);
          index += 1;
          const [open, close] = [tokens[index + 1], tokens[index + 2]];
          if (open?.kind === 'operator' && open.text === '(' && close?.kind === 'operator') index += 2;
          continue;
        }
        if (plain === 'for' || plain === 'select') {
          const header = forHeader(tokens, index);
          const place = functions.at(-1)?.name ?? null;
          if (header.name !== null)
            result.loops.push({ name: header.name, words: header.words, within: place });
          for (const word of header.words) substitute(word, place);
          index = header.end;
          continue;
        }
        if (plain === 'case') {
          const subject = tokens[index + 1];
          if (subject?.kind === 'word') substitute(subject, functions.at(-1)?.name ?? null);
          index += 2;
          cases.push({ pattern: true });
          continue;
        }
        if (plain === '[[') {
          const { words, end } = testEnd(tokens, index);
          for (const word of words) substitute(word, functions.at(-1)?.name ?? null);
          index = end;
          continue;
        }
        if (plain !== null && skipped.has(plain) && isBare(token)) {
          if (plain === '{') {
            braces += 1;
            if (named !== null) functions.push({ name: named, depth: braces });
            named = null;
          } else if (plain === '}') {
            if (functions.at(-1)?.depth === braces) functions.pop();
            braces -= 1;
          } else if (plain === 'esac') cases.pop();
          if (plain === '}' || plain === 'done' || plain === 'fi' || plain === 'esac') begin(token.offset);
          continue;
        }
      }
      const assignment = readAssignment(token);
      if (assignment !== null) {
        begin(token.offset).assignments.push(assignment);
        continue;
      }
    }
    begin(token.offset).words.push(token);
  }
  finish();

  return own;
}
