import type { Command } from '../rule.ts';
import { text, type Value } from '../value.ts';
import { hasArgument, namesOf, operands, optionValue, wordTexts } from './words.ts';

/** A tool's option or text that names a command. */
export function embedded(command: Command): string | null {
  const has = (pattern: RegExp) => hasArgument(command, pattern);
  for (const name of namesOf(command)) {
    if (
      name === 'tar' &&
      has(
        /^--(checkpoint-action|to-command|use-compress-program|rsh-command|info-script|new-volume-script)|^-I$/,
      )
    )
      return name;
    if (name === 'git' && gitRuns(command)) return name;
    if (name === 'sort' && has(/^--compress-program/)) return name;
    if (name === 'split' && has(/^--filter/)) return name;
    if (name === 'zip' && has(/^-TT$|^--unzip-command/)) return name;
    if (name === 'make' && (has(/^(SHELL|MAKEFLAGS)=|^--eval/) || has(/^-$/))) return name;
    if (/^(mapfile|readarray|complete)$/.test(name) && has(/^-C$/)) return name;
    if (name === 'bind' && has(/^-x$/)) return name;
    if (name === 'enable' && has(/^-f$/)) return name;
    if (/^(flock|su|runuser)$/.test(name) && has(/^-c$/)) return name;
    if (/^(less|more)$/.test(name) && has(/^\+/)) return name;
    if (/^(gcc|g\+\+|cc|c\+\+|clang|clang\+\+)$/.test(name) && has(/^-(wrapper|B|fplugin)/)) return name;
    if (/^g?awk$/.test(name) && has(/^-[lE]|^--(load|exec)/)) return name;
    if (/^(dc|bc)$/.test(name) && has(/(^|\s)!/)) return name;
    if (name === 'hash' && has(/^-p$/)) return name;
    if (name === 'cmake' && has(/^-P$/)) return name;
    if (/^(bash|sh)$/.test(name) && has(/^--(rcfile|init-file)/)) return name;
    if (/^(npx|pnpx|bunx|uvx)$/.test(name)) return name;
    if (/^(npm|pip|pip3|git|yarn)$/.test(name) && has(/^config$/) && has(/^(set|--global|--system)$/))
      return name;
    if (name === 'make' && isForeignFile(optionValue(command, ['-f', '--file']))) return name;
    if (/^(node|nodejs)$/.test(name))
      for (const option of ['-r', '--require', '--import', '--loader'])
        if (isForeignFile(optionValue(command, [option]))) return name;
    const module = /^python[\d.]*$/.test(name)
      ? wordTexts(optionValue(command, ['-m']) ?? text(''))[0]
      : undefined;
    if (
      module !== undefined &&
      /^(http\.server|pip|ensurepip|pty|code|site|webbrowser|ftplib|telnetlib|smtpd|pdb|idlelib|venv|zipapp)$/.test(
        module,
      )
    )
      return name;
    if (/^[gmn]?awk$/.test(name) && programs(command).some((code) => awkRuns.test(code))) return name;
    if (name === 'sed' && programs(command).some(sedRuns)) return name;
    if (name === 'sqlite3' && has(/(^|[\s;])\.(shell|system|load)\b/)) return name;
  }
  return null;
}

/** A file outside the script's folder, or one behind a descriptor. */
function isForeignFile(file: Value | undefined): boolean {
  return file !== undefined && wordTexts(file).some((path) => /^([/~]|\.\.\/)/.test(path));
}

const awkRuns = /\bsystem\s*\(|\|\s*getline\b|\|&?\s*"|\|&?\s*[A-Za-z_]\w*\s*[;}]/;
const gitKeys =
  /^(alias\.|core\.(pager|editor|sshcommand|fsmonitor|hookspath|gitproxy|askpass)|diff\..*|filter\..*|pager\..*|sequence\.editor|credential\.helper|protocol\.ext\.allow|gpg\.program|include\.path|uploadpack\..*)/i;

function gitRuns(command: Command): boolean {
  const words = command.args.flatMap(wordTexts);
  return words.some(
    (word, index) =>
      (/^(-c|config|--global|--local|--add)$/.test(words[index - 1] ?? '') && gitKeys.test(word)) ||
      /^--(upload-pack|receive-pack|exec)\b|^ext::/.test(word) ||
      (word === 'run' && words[index - 1] === 'bisect') ||
      (word === 'foreach' && words[index - 1] === 'submodule') ||
      (word === '-x' && words.includes('rebase')) ||
      word === 'filter-branch',
  );
}

/** The texts of programs that awk and sed are given. */
export function programs(command: Command): string[] {
  const expressions = command.args.flatMap((argument, index) =>
    wordTexts(argument).some((word) => /^(-e|--expression)$/.test(word))
      ? wordTexts(command.args[index + 1] ?? argument)
      : [],
  );
  const inline = command.args
    .flatMap(wordTexts)
    .flatMap(
      (word) => /^--(?:expression|source)=(.*)$/s.exec(word)?.[1] ?? /^-e(.+)$/s.exec(word)?.[1] ?? [],
    );
  const [first] = operands({ ...command, args: withoutValues(command) });
  return [
    ...expressions,
    ...inline,
    ...(expressions.length === 0 && first !== undefined ? wordTexts(first) : []),
  ];
}

/** The arguments without those that are values of an option of awk. */
function withoutValues({ args }: Command): Value[] {
  return args.filter(
    (_, index) => !wordTexts(args[index - 1] ?? text('')).some((word) => /^-[vF]$/.test(word)),
  );
}

function sedRuns(code: string): boolean {
  const address = String.raw`(?:\d+|\$|/(?:[^/\\\n]|\\.)*/)?`;
  const executes = new RegExp(String.raw`(?:^|[;{}\n])\s*${address}(?:,${address})?\s*!?\s*e(?:\s|$)`);
  return executes.test(code) || /s([/|,#:@])(?:[^\\\n]|\\.)*?\1(?:[^\\\n]|\\.)*?\1[gpiImM\d]*e/.test(code);
}
