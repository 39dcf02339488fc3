export type TokenKind =
  | 'name'
  | 'number'
  | 'string'
  | 'operator'
  | 'newline'
  | 'indent'
  | 'dedent'
  /** A formatted string is `format-start`, then strings and `f{ … f}` groups, then `format-end`. */
  | 'format-start'
  | 'format-end';

export interface Token {
  kind: TokenKind;
  /** A name in NFKC, an operator, or the decoded content of a string. */
  text: string;
  offset: number;
}

export interface Tokens {
  tokens: Token[];
  /** For every opening and closing bracket the index of its partner, else -1. */
  partner: Int32Array;
  /** What keeps the file from being Python at all, if anything. */
  problem: { message: string; offset: number } | null;
}

const namePattern =
  /[\p{L}\p{Nl}_\u00b7\u0387\u1369-\u1371\u19da\p{Mn}\p{Mc}][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}\u00b7]*/uy;
const numberPattern =
  /0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?[jJ]?/y;
const operatorPattern =
  /\*\*=|\/\/=|>>=|<<=|\.\.\.|:=|->|==|!=|<=|>=|\+=|-=|\*=|\/=|%=|&=|\|=|\^=|@=|\*\*|\/\/|<<|>>|[-+*/%@&|^~<>=()[\]{},:;.!]/y;
const stringStart = /(?:[rRbBuUfFtT]{1,2})?("""|'''|"|')/y;
const deepestFormat = 6;

/** Splits Python source into tokens with its indentation. Never throws: what is not Python is passed over and named in `problem`. */
export function tokenise(content: string): Tokens {
  const tokens: Token[] = [];
  const indents = [0];
  let problem: Tokens['problem'] = null;
  let position = content.startsWith('\ufeff') ? 1 : 0;
  let depth = 0;
  let lineStart = true;

  const push = (kind: TokenKind, text: string, offset: number) => tokens.push({ kind, text, offset });
  const complain = (message: string, offset: number) => {
    problem ??= { message, offset };
  };
  const matchAt = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = position;
    return pattern.exec(content);
  };

  const indentation = () => {
    let width = 0;
    while (position < content.length) {
      const character = content[position];
      if (character === ' ') width += 1;
      else if (character === '\t') width = (Math.floor(width / 8) + 1) * 8;
      else if (character === '\f') width = 0;
      else break;
      position += 1;
    }
    const next = content[position];
    if (next === undefined || next === '\n' || next === '\r' || next === '#') return;
    lineStart = false;
    if (width > (indents.at(-1) ?? 0)) {
      indents.push(width);
      push('indent', '', position);
    }
    while (width < (indents.at(-1) ?? 0)) {
      indents.pop();
      push('dedent', '', position);
    }
    if (width !== (indents.at(-1) ?? 0)) complain('the indentation fits no outer level', position);
  };

  const readString = (prefix: string, quote: string, start: number, formatDepth: number) => {
    const raw = /r/i.test(prefix);
    const formatted = /[ft]/i.test(prefix) && formatDepth < deepestFormat;
    if (formatted) push('format-start', '', start);
    let literal = '';
    let literalStart = start;
    for (;;) {
      if (position >= content.length || (quote.length === 1 && content[position] === '\n')) {
        complain('a string is not closed', start);
        break;
      }
      if (content.startsWith(quote, position)) {
        position += quote.length;
        break;
      }
      const character = content[position] ?? '';
      if (character === '\\') {
        if (raw) {
          literal += content.slice(position, position + 2);
          position += 2;
        } else literal += readEscape(/b/i.test(prefix));
      } else if (formatted && (character === '{' || character === '}')) {
        if (content[position + 1] === character) {
          literal += character;
          position += 2;
        } else if (character === '}') position += 1;
        else {
          if (literal !== '') push('string', literal, literalStart);
          literal = '';
          readFormatField(quote, formatDepth);
          literalStart = position;
        }
      } else {
        literal += character;
        position += 1;
      }
    }
    if (!formatted) push('string', literal, start);
    else {
      if (literal !== '') push('string', literal, literalStart);
      push('format-end', '', position);
    }
  };

  const readEscape = (bytes: boolean): string => {
    const rest = content.slice(position + 1, position + 80);
    const take = (length: number, result: string): string => {
      position += 1 + length;
      return result;
    };
    const hex =
      /^x([\da-fA-F]{2})/.exec(rest) ??
      (bytes ? null : (/^u([\da-fA-F]{4})/.exec(rest) ?? /^U([\da-fA-F]{8})/.exec(rest)));
    if (hex !== null) {
      const code = Number.parseInt(hex[1] ?? '0', 16);
      return take(hex[0].length, code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd');
    }
    // The names of characters are not kept here.
    const called = bytes ? null : /^N\{[^}]*\}/.exec(rest);
    if (called !== null) return take(called[0].length, '\ufffd');
    const octal = /^[0-7]{1,3}/.exec(rest);
    if (octal !== null) return take(octal[0].length, String.fromCodePoint(Number.parseInt(octal[0], 8)));
    const named = bytes ? null : /^N\{[^}]*\}/.exec(rest);
    if (named !== null) return take(named[0].length, '\ufffd');
    const simple: Record<string, string> = {
      n: '\n',
      t: '\t',
      r: '\r',
      a: '\x07',
      b: '\b',
      f: '\f',
      v: '\v',
      '\\': '\\',
      "'": "'",
      '"': '"',
      '\n': '',
    };
    const letter = rest[0] ?? '';
    return take(letter.length, Object.hasOwn(simple, letter) ? (simple[letter] ?? '') : `\\${letter}`);
  };

  const readFormatField = (quote: string, formatDepth: number) => {
    push('operator', 'f{', position);
    position += 1;
    const outer = depth;
    depth = outer + 1;
    readTokens(() => {
      if (depth !== outer + 1) return false;
      const character = content[position];
      if (character === '}' || character === ':') return true;
      if (character === '!' && content[position + 1] !== '=') return true;
      return (
        content.startsWith(quote, position) && (quote.length === 3 || content.indexOf('}', position) === -1)
      );
    }, formatDepth + 1);
    depth = outer;
    if (content[position] === '!') while (/[!\w]/.test(content[position] ?? '')) position += 1;
    if (content[position] === ':') {
      while (
        position < content.length &&
        content[position] !== '}' &&
        content[position] !== '\n' &&
        !content.startsWith(quote, position)
      ) {
        if (content[position] === '{' && formatDepth < deepestFormat) readFormatField(quote, formatDepth + 1);
        else position += 1;
      }
    }
    push('operator', 'f}', position);
    if (content[position] === '}') position += 1;
  };

  const readTokens = (ends: () => boolean, formatDepth: number) => {
    while (position < content.length) {
      if (lineStart && depth === 0) {
        indentation();
        if (position >= content.length) break;
      }
      if (ends()) return;
      const character = content[position] ?? '';
      if (character === '\n') {
        if (depth === 0 && !lineStart) push('newline', '', position);
        if (depth === 0) lineStart = true;
        position += 1;
      } else if (/\s/.test(character)) position += 1;
      else if (character === '#') {
        const end = content.indexOf('\n', position);
        position = end === -1 ? content.length : end;
      } else if (character === '\\' && /^\r?\n/.test(content.slice(position + 1, position + 3)))
        position = content.indexOf('\n', position) + 1;
      else readToken(character, formatDepth);
    }
  };

  const readToken = (character: string, formatDepth: number) => {
    const start = position;
    const opening = matchAt(stringStart);
    if (opening !== null) {
      const quote = opening[1] ?? '"';
      position += opening[0].length;
      readString(opening[0].slice(0, -quote.length), quote, start, formatDepth);
      return;
    }
    for (const [kind, pattern] of [
      ['name', namePattern],
      ['number', numberPattern],
      ['operator', operatorPattern],
    ] as const) {
      const found = matchAt(pattern);
      if (found === null) continue;
      position += found[0].length;
      push(kind, kind === 'name' ? found[0].normalize('NFKC') : found[0], start);
      if (kind !== 'operator') return;
      if ('([{'.includes(found[0])) depth += 1;
      else if (')]}'.includes(found[0])) depth = Math.max(0, depth - 1);
      return;
    }
    complain(`${JSON.stringify(character)} cannot stand here`, start);
    position += 1;
  };

  readTokens(() => false, 0);
  push('newline', '', content.length);
  for (let level = indents.length; level > 1; level -= 1) push('dedent', '', content.length);
  const { partner, unmatched } = pairBrackets(tokens);
  if (unmatched !== null) complain('a bracket has no partner', unmatched.offset);
  return { tokens, partner, problem };
}

const closers: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}', 'f{': 'f}' };

function pairBrackets(tokens: Token[]): { partner: Int32Array; unmatched: Token | null } {
  const partner = new Int32Array(tokens.length).fill(-1);
  const open: number[] = [];
  let unmatched: Token | null = null;
  tokens.forEach((token, index) => {
    if (token.kind === 'format-start') open.push(index);
    else if (token.kind !== 'operator' && token.kind !== 'format-end') return;
    else if (Object.hasOwn(closers, token.text)) open.push(index);
    else if (token.kind === 'format-end' || /^(f?\}|[)\]])$/.test(token.text)) {
      const at = open.at(-1);
      const opener = at === undefined ? undefined : tokens[at];
      const fits =
        opener !== undefined &&
        (token.kind === 'format-end' ? opener.kind === 'format-start' : closers[opener.text] === token.text);
      if (at === undefined || !fits) unmatched ??= token;
      else {
        partner[at] = index;
        partner[index] = at;
        open.pop();
      }
    }
  });
  const left = open[0];
  if (left !== undefined) unmatched ??= tokens[left] ?? null;
  return { partner, unmatched };
}
