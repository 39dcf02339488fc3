/** The slash commands: the one table of their names and what they do. */
export const commands = [
  { name: 'help', says: 'keys and commands' },
  { name: 'status', says: 'where this session stands' },
  { name: 'stats', says: 'attempts to pass, errors, tokens and cost over all sessions' },
  { name: 'cost', says: 'tokens and dollars of this session and of all since the start' },
  { name: 'memory', says: 'what was learned: on, off, or browse' },
  { name: 'replay', says: 'watch a session again, or two side by side: /replay [A] [B]' },
  { name: 'resume', says: 'go on with a session that was cut off: /resume [ID]' },
  { name: 'fork', says: 'go on from a session in a new one: /fork [ID] [EVENT]' },
  { name: 'diff', says: 'the program against the one of the attempt before' },
  { name: 'model', says: 'the model of the next goal: /model NAME' },
  { name: 'config', says: 'every setting and where it comes from' },
  { name: 'doctor', says: 'what this machine has' },
  { name: 'clear', says: 'start afresh: the next goal begins a new session' },
  { name: 'quit', says: 'leave' },
] as const;

export type CommandName = (typeof commands)[number]['name'];

export interface SlashCommand {
  name: CommandName;
  argument: string;
}

/** A line that begins with a slash, as a command; what it is not, in words; null for a goal. */
export function readCommand(line: string): SlashCommand | { unknown: string } | null {
  const found = /^\/([a-z]+)(?:\s+(.*))?$/s.exec(line.trim());
  // A path is a goal that begins with a slash; a word alone is a command that was misspelt.
  if (!found) return null;
  const [, word = '', argument = ''] = found;
  const exact =
    commands.find(({ name }) => name === word) ?? only(commands.filter(({ name }) => name.startsWith(word)));
  if (!exact) return { unknown: `/${word} is no command. /help lists them.` };
  return { name: exact.name, argument: argument.trim() };
}

function only<Value>(values: readonly Value[]): Value | undefined {
  return values.length === 1 ? values[0] : undefined;
}

/** The commands a line may become, while it is only a slash and letters. */
export function completions(line: string): { name: CommandName; says: string }[] {
  const found = /^\/([a-z]*)$/.exec(line);
  return found ? commands.filter(({ name }) => name.startsWith(found[1] ?? '')) : [];
}
