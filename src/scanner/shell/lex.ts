import { isBare, type Part, type ShellToken, type ShellTokens, type Word } from './token.ts';

const operators =
  /\d*(?:<<<|<<-|<<|<>|<&|>>|>&|>\||&>>|&>)|\d+[<>](?![(<>&])|\|\||&&|;;&?|;&|\|&|[|&;()<>\n]/y;

/** `name[…]=`, where white space may stand. */
const subscript = /[A-Za-z_]\w*\[[^\]\n$`'"]*\]\+?=/y;

/** Splits a shell script into words, operators and here-documents. Never throws: what is not closed is named in `problem`. */
export function lexShell(script: string, base = 0): ShellTokens {
  const tokens: ShellToken[] = [];
  const waiting: { mark: string; strip: boolean; quoted: boolean }[] = [];
  let problem: ShellTokens['problem'] = null;
  let position = 0;
  let wordStart = true;

  const complain = (message: string, offset: number) => {
    problem ??= { message, offset: base + offset };
  };

  while (position < script.length) {
    const character = script[position] ?? '';
    if (character === ' ' || character === '\t' || character === '\r') {
      position += 1;
      wordStart = true;
    } else if (character === '\\' && script[position + 1] === '\n') position += 2;
    else if (character === '#' && wordStart) {
      const end = script.indexOf('\n', position);
      position = end === -1 ? script.length : end;
    } else if (!readOperator(character)) {
      tokens.push(readWord());
      wordStart = false;
    }
  }

  function readOperator(character: string): boolean {
    if ((character === '<' || character === '>') && script[position + 1] === '(') return false;
    operators.lastIndex = position;
    const found = operators.exec(script);
    if (found === null || (/^\d/.test(found[0]) && !wordStart)) return false;
    const text = found[0];
    tokens.push({ kind: 'operator', text, offset: base + position });
    position += text.length;
    wordStart = true;
    if (/^\d*<<-?$/.test(text)) readMark(text.endsWith('-'));
    else if (text === '\n') readBodies();
    return true;
  }

  function readMark(strip: boolean) {
    while (script[position] === ' ' || script[position] === '\t') position += 1;
    const word = readWord();
    const mark = word.parts.map((part) => (part.kind === 'literal' ? part.text : '')).join('');
    waiting.push({ mark, strip, quoted: !isBare(word) });
  }

  function readBodies() {
    for (const { mark, strip, quoted } of waiting.splice(0)) {
      const start = position;
      const lines: string[] = [];
      for (;;) {
        if (position >= script.length) {
          complain(`the here-document that ends at ${mark} is not closed`, start);
          break;
        }
        const end = script.indexOf('\n', position);
        const line = script.slice(position, end === -1 ? script.length : end);
        position = end === -1 ? script.length : end + 1;
        const plain = strip ? line.replace(/^\t+/, '') : line;
        if (plain === mark) break;
        lines.push(plain);
      }
      tokens.push({ kind: 'here', body: lines.join('\n'), quoted, offset: base + start });
    }
  }

  function readWord(): Word {
    const start = position;
    const parts: Part[] = [];
    const literal = (text: string, quoted: boolean) => {
      const last = parts.at(-1);
      if (last?.kind === 'literal' && last.quoted === quoted) last.text += text;
      else parts.push({ kind: 'literal', text, quoted });
    };
    subscript.lastIndex = position;
    const indexed = subscript.exec(script);
    if (indexed !== null) {
      literal(indexed[0], false);
      position += indexed[0].length;
    }
    while (position < script.length) {
      const character = script[position] ?? '';
      if (/[\s|&;()]/.test(character)) break;
      if (character === '<' || character === '>') {
        if (script[position + 1] !== '(') break;
        position += 2;
        const offset = position;
        parts.push({ kind: 'substitution', script: readNested(), offset: base + offset, process: true });
      } else if (character === '\\') {
        if (script[position + 1] !== '\n') literal(script[position + 1] ?? '', true);
        position += 2;
      } else if (character === "'") {
        const end = script.indexOf("'", position + 1);
        if (end === -1) complain('a single quote is not closed', position);
        literal(script.slice(position + 1, end === -1 ? script.length : end), true);
        position = end === -1 ? script.length : end + 1;
      } else if (character === '"') readDouble(parts, literal);
      else if (character === '$' && script[position + 1] === "'") readAnsi(literal);
      else if (character === '$' && script[position + 1] === '"') position += 1;
      else if (character === '$') readDollar(parts, literal, false);
      else if (character === '`') readBackquote(parts);
      else {
        literal(character, false);
        position += 1;
      }
    }
    if (position === start) position += 1;
    return { kind: 'word', parts, offset: base + start };
  }

  function readDouble(parts: Part[], literal: (text: string, quoted: boolean) => void) {
    const start = position;
    position += 1;
    literal('', true);
    while (position < script.length && script[position] !== '"') {
      const character = script[position] ?? '';
      if (character === '\\') {
        const next = script[position + 1] ?? '';
        literal('$`"\\'.includes(next) ? next : next === '\n' ? '' : `\\${next}`, true);
        position += 2;
      } else if (character === '$') readDollar(parts, literal, true);
      else if (character === '`') readBackquote(parts);
      else {
        literal(character, true);
        position += 1;
      }
    }
    if (position >= script.length) complain('a double quote is not closed', start);
    position += 1;
  }

  function readAnsi(literal: (text: string, quoted: boolean) => void) {
    const start = position;
    position += 2;
    let content = '';
    while (position < script.length && script[position] !== "'") {
      const escaped = /^\\(?:x([\da-fA-F]{1,2})|u([\da-fA-F]{1,4})|([0-7]{1,3})|(.))/s.exec(
        script.slice(position, position + 8),
      );
      if (escaped === null) {
        content += script[position] ?? '';
        position += 1;
        continue;
      }
      const [whole, hex, unicode, octal, letter] = escaped;
      const code = hex ?? unicode;
      if (code !== undefined) content += String.fromCodePoint(Number.parseInt(code, 16));
      else if (octal !== undefined) content += String.fromCodePoint(Number.parseInt(octal, 8));
      else content += { n: '\n', t: '\t', r: '\r', e: '\x1b' }[letter ?? ''] ?? letter ?? '';
      position += whole.length;
    }
    if (position >= script.length) complain('a quote is not closed', start);
    position += 1;
    literal(content, true);
  }

  function readDollar(parts: Part[], literal: (text: string, quoted: boolean) => void, quoted: boolean) {
    const rest = script.slice(position, position + 200);
    if (rest.startsWith('$((')) {
      position += 3;
      readNested();
      if (script[position] === ')') position += 1;
      parts.push({ kind: 'unknown' });
    } else if (rest.startsWith('$(')) {
      position += 2;
      const offset = position;
      parts.push({ kind: 'substitution', script: readNested(), offset: base + offset, process: false });
    } else if (rest.startsWith('${')) {
      const start = position;
      position += 2;
      const content = readBraces(start);
      const name = /^[!#]?(\w+|[@*#?$!-])/.exec(content);
      const plain = name !== null && name[0] === content;
      if (plain && !/^[!#]./.test(content)) parts.push({ kind: 'variable', name: content, quoted });
      else readExpansion(parts, content, quoted);
    } else {
      const name = /^\$([A-Za-z_]\w*|[0-9@*#?$!-])/.exec(rest);
      if (name === null) {
        literal('$', quoted);
        position += 1;
      } else {
        parts.push({ kind: 'variable', name: name[1] ?? '', quoted });
        position += name[0].length;
      }
    }
  }

  /** `${name:-other}`: the name or the other; anything else that is done to a variable is not known, but what it substitutes is kept. */
  function readExpansion(parts: Part[], content: string, quoted: boolean) {
    const standard = /^(\w+):?[-=](.*)$/s.exec(content);
    const nested = /\$\(([^()]*)\)/.exec(content);
    if (nested?.[1] !== undefined)
      parts.push({ kind: 'substitution', script: nested[1], offset: base + position, process: false });
    else if (standard?.[2] !== undefined && !standard[2].includes('$'))
      parts.push({ kind: 'literal', text: standard[2], quoted });
    else {
      const found = /^(!?)(\w+)(\[[@*]\])?(.*)$/s.exec(content);
      const [, indirect, name, each, change = ''] = found ?? [];
      if (name === undefined) parts.push({ kind: 'unknown' });
      else
        parts.push({
          ...{ kind: 'variable', name, quoted },
          ...(change === '' ? {} : { change }),
          ...(each === undefined ? {} : { each: true }),
          ...(indirect === '!' ? { indirect: true } : {}),
        });
    }
  }

  function readBraces(start: number): string {
    const from = position;
    let depth = 1;
    while (position < script.length) {
      const character = script[position];
      if (character === '\\') position += 1;
      else if (character === '{') depth += 1;
      else if (character === '}') {
        depth -= 1;
        if (depth === 0) {
          position += 1;
          return script.slice(from, position - 1);
        }
      }
      position += 1;
    }
    complain('a brace is not closed', start);
    return script.slice(from);
  }

  function readBackquote(parts: Part[]) {
    const start = position;
    position += 1;
    let content = '';
    while (position < script.length && script[position] !== '`') {
      if (script[position] === '\\') position += 1;
      content += script[position] ?? '';
      position += 1;
    }
    if (position >= script.length) complain('a backquote is not closed', start);
    position += 1;
    parts.push({ kind: 'substitution', script: content, offset: base + start + 1, process: false });
  }

  /** From after `(` to its `)`, quotes respected; returns what stands between. */
  function readNested(): string {
    const from = position;
    let depth = 1;
    while (position < script.length) {
      const character = script[position];
      if (character === '\\') position += 1;
      else if (character === "'") {
        const end = script.indexOf("'", position + 1);
        position = end === -1 ? script.length : end;
      } else if (character === '"') {
        position += 1;
        while (position < script.length && script[position] !== '"') {
          if (script[position] === '\\') position += 1;
          position += 1;
        }
      } else if (character === '(') depth += 1;
      else if (character === ')') {
        depth -= 1;
        if (depth === 0) {
          position += 1;
          return script.slice(from, position - 1);
        }
      }
      position += 1;
    }
    complain('a parenthesis is not closed', from);
    return script.slice(from);
  }

  if (waiting.length > 0) complain('a here-document has no body', script.length);
  return { tokens, problem };
}
