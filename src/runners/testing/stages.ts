/** One interpreter started with plain words, as a shell would start it. */
export interface Stage {
  interpreter: 'node' | 'python3' | 'bash';
  /** All arguments, flags first. */
  words: string[];
  main: { kind: 'file'; path: string } | { kind: 'module'; name: string } | { kind: 'text' };
}

/**
 * A command of one or more interpreters joined by `&&`, in which a shell has nothing else to do: no variables, redirections, patterns.
 * Each can then be a process of its own. Null for any other command.
 */
export function stagesOf(command: string): Stage[] | null {
  const parts = wordsOf(command.trim());
  if (parts === null) return null;
  const stages = parts.map(stageOf);
  return stages.every((stage) => stage !== null) && stages.length > 0 ? stages : null;
}

const plain = /[\w./=:,@%+-]/;

/** The words of each part between `&&`; null when there is more to it. */
function wordsOf(command: string): string[][] | null {
  const parts: string[][] = [];
  let words: string[] = [];
  let word: string | null = null;
  for (let index = 0; index < command.length; index += 1) {
    const character = command.charAt(index);
    if (plain.test(character)) word = (word ?? '') + character;
    else if (character === ' ' || character === '\t') {
      if (word !== null) words.push(word);
      word = null;
    } else if (character === "'" || character === '"') {
      const end = command.indexOf(character, index + 1);
      const quoted = end === -1 ? null : command.slice(index + 1, end);
      if (quoted === null || (character === '"' && /[$`\\!]/.test(quoted))) return null;
      word = (word ?? '') + quoted;
      index = end;
    } else if (command.startsWith('&&', index) && word === null) {
      parts.push(words);
      words = [];
      index += 1;
    } else return null;
  }
  if (word !== null) words.push(word);
  parts.push(words);
  return parts.every((one) => one.length > 0) ? parts : null;
}

function stageOf([name, ...words]: string[]): Stage | null {
  if (name === 'node') return nodeStage(words);
  if (name === 'python3' || name === 'python') return pythonStage(words);
  const [path] = words;
  if (name !== 'bash' || path === undefined || path.startsWith('-')) return null;
  return { interpreter: 'bash', words, main: { kind: 'file', path } };
}

/** Flags that take no word after them. */
const nodeFlags =
  /^(--enable-source-maps|--no-warnings|--trace-warnings|--trace-uncaught|--use-strict|--expose-gc|--throw-deprecation|--[\w-]+=.*)$/;

function nodeStage(words: string[]): Stage | null {
  const first = words.findIndex((word) => !nodeFlags.test(word));
  const word = words[first];
  if (word === undefined) return null;
  if (/^(-e|--eval)$/.test(word)) {
    return words.length > first + 1 ? { interpreter: 'node', words, main: { kind: 'text' } } : null;
  }
  if (word.startsWith('-') || !/\.\w+$/.test(word)) return null;
  return { interpreter: 'node', words, main: { kind: 'file', path: word } };
}

function pythonStage(words: string[]): Stage | null {
  const first = words.findIndex((word) => !/^(-[uBOsEIbvqd]|-OO)$/.test(word));
  const [word, following] = words.slice(first === -1 ? words.length : first);
  if (word === undefined) return null;
  if (word === '-m' || word === '-c') {
    if (following === undefined) return null;
    const main = word === '-m' ? { kind: 'module' as const, name: following } : { kind: 'text' as const };
    return { interpreter: 'python3', words, main };
  }
  if (word.startsWith('-') || !word.endsWith('.py')) return null;
  return { interpreter: 'python3', words, main: { kind: 'file', path: word } };
}
