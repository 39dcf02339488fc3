import type { Capability, Language } from '../core/domain.ts';
import type { Call, Value } from './value.ts';

/** Both 1-based. */
export interface Place {
  line: number;
  column: number;
}

/** One use of a name that is not the program's own: `os.system`, `fs.rmSync`, `open`. */
export interface Use {
  /**
   * A reference is any mention that is not called: a dangerous function can be handed on and called elsewhere. An assignment replaces
   * what the path names; its first argument is the new value.
   */
  form: 'import' | 'reference' | 'call' | 'assignment';
  path: string;
  args: Value[];
  named: ReadonlyMap<string, Value>;
  /** The call whose result this is reached through: `Path('x')` in `Path('x').unlink()`. */
  receiver: Call | null;
  at: Place;
  /** Inside a loop that has no end. */
  endless: boolean;
  /** Given to a call, a container or a caller as a value, to be used where nothing tells what it is. */
  handedOn: boolean;
}

/** What the rules for JavaScript, TypeScript and Python read. */
export interface CodeFacts {
  file: string;
  uses: Use[];
}

export interface Redirect {
  operator: string;
  /** The number before it: `3` in `3>log`. */
  descriptor: string | null;
  target: Value;
}

/** A simple command of a shell script. */
export interface Command {
  name: Value;
  args: Value[];
  /** `NAME=value` before it, or by itself. */
  assignments: { name: string; value: Value }[];
  redirects: Redirect[];
  /** The text of a here-document or here-string. */
  input: Value | null;
  /** The command this one's output is piped into. */
  pipedInto: Command | null;
  /** The command whose output this one reads. */
  fedBy: Command | null;
  background: boolean;
  /** Commands inside `$( )`, backquotes and `<( )` of its words. */
  substitutions: Command[];
  /** The function whose body it stands in. */
  within: string | null;
  at: Place;
}

/** What the rules for shell read. */
export interface ShellFacts {
  file: string;
  commands: Command[];
  functions: ReadonlySet<string>;
  /** What `alias` makes names stand for. */
  aliases: ReadonlyMap<string, Value>;
}

export type Match =
  /** The program needs something from the world; how grave that is says the policy, unless `severity` lowers it. */
  | {
      kind: 'needs';
      capability: Capability;
      severity?: 'note' | 'ask';
      /** A note only, where the program needs this too: connecting to its own server. */
      unless?: Capability;
      message: string;
      at: Place;
    }
  /** What the program does is plainly dangerous, whatever the policy grants. The finding carries the rule's name. */
  | {
      kind: 'shows';
      severity: 'note' | 'ask' | 'deny';
      capabilities: Capability[];
      message: string;
      at: Place;
    }
  /** A match of another rule on code inside a string, at the string's place. */
  | { kind: 'inner'; rule: string; cwe: string | null; match: Exclude<Match, { kind: 'inner' }> };

export interface ScanContext {
  /** Names of modules that are files of the program. */
  ownModules: ReadonlySet<string>;
  /** What the rules say of code that stands in a string; every match is placed at `at`. Nothing when nested too deep. */
  scanText(language: 'javascript' | 'python' | 'shell', content: string, at: Place): Match[];
}

/** One danger. Its examples are its tests: each of `bad` must match, none of `good` may ask or deny. */
export interface Rule<Facts> {
  name: string;
  /** What a program does that the rule is about, as one sentence. */
  about: string;
  languages: readonly Language[];
  cwe?: string;
  bad: readonly string[];
  good: readonly string[];
  check(facts: Facts, context: ScanContext): Iterable<Match>;
}

export type CodeRule = Rule<CodeFacts>;
export type ShellRule = Rule<ShellFacts>;

export const scriptLanguages: readonly Language[] = ['javascript', 'typescript'];

export function needs(capability: Capability, at: Place, message: string, severity?: 'note' | 'ask'): Match {
  return severity === undefined
    ? { kind: 'needs', capability, message, at }
    : { kind: 'needs', capability, severity, message, at };
}

export function shows(
  severity: 'note' | 'ask' | 'deny',
  at: Place,
  message: string,
  capabilities: Capability[] = [],
): Match {
  return { kind: 'shows', severity, capabilities, message, at };
}

/** Finds 1-based places by offset, in logarithmic time. */
export function places(content: string): (offset: number) => Place {
  const starts = [0];
  for (let index = content.indexOf('\n'); index !== -1; index = content.indexOf('\n', index + 1))
    starts.push(index + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}
