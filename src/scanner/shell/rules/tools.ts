import { accessMatches } from '../../access.ts';
import { nameSet } from '../../code.ts';
import { readClass } from '../../paths.ts';
import { type Command, type Match, needs, type ScanContext, type ShellRule } from '../../rule.ts';
import { text, textsOf } from '../../value.ts';
import { isUnreadable } from '../commands.ts';
import { embedded, programs } from '../embedded.ts';
import { isCalled, namesOf, optionValue } from '../words.ts';
import { clients, installers } from './network.ts';
import { privileged } from './system.ts';

/** Commands that rules of their own name. */
const named = nameSet(
  'shutdown reboot halt poweroff init telinit mkswap fdisk sfdisk parted blkdiscard hdparm wipefs mke2fs crontab at batch pkill killall skill xkill stress-ng srm busybox toybox',
);

/** Commands that are not known, so that nobody can tell what they do. */
export const unknownCommands: ShellRule = {
  name: 'unknown-commands',
  about: 'Starts a command that the rules do not know, or one that can do anything.',
  languages: ['shell'],
  cwe: 'CWE-78',
  bad: [
    'docker run -v /:/host alpine sh',
    'vim -es -c ":!id" -c ":q!"',
    'frobnicate --all',
    'gdb -ex "shell id"',
    '/opt/tool/run',
    '../elsewhere.sh',
    "printf '!id\\n' | ed -s",
    '. ./lib.sh\ngdb -p 1',
  ],
  good: [
    'greet() { echo hi; }\ngreet',
    './build.sh && bin/tool x',
    '. ./lib.sh\ngreet world',
    'sort a.txt | uniq -c',
    "alias ll='ls -l'\nll",
    '/usr/bin/env python3 main.py',
    'if true; then echo; fi',
  ],
  *check(facts) {
    // The scripts of a package.json find the tools of its packages.
    const sourced =
      /(^|\/)package\.json$/.test(facts.file) ||
      facts.commands.some((command) => isCalled(command, nameSet('. source')));
    for (const command of facts.commands)
      for (const { text: called, whole } of textsOf(command.name)) {
        if (!whole || called === '') continue;
        if (called.includes('/') && !/^\/(usr\/(local\/)?)?s?bin\/[\w.+-]+$/.test(called)) {
          if (/^[/~]|^\.\.(\/|$)/.test(called))
            yield needs('process.spawn', command.at, `Starts ${called}, which is no file of the program.`);
          continue;
        }
        const name = called.replace(/^.*\//, '');
        if (facts.functions.has(name) || facts.aliases.has(name)) continue;
        if ([named, clients, installers, privileged].some((names) => names.has(name)) || /^mkfs/.test(name))
          continue;
        if (isUnreadable(name, sourced))
          yield needs(
            'process.spawn',
            command.at,
            `${name.slice(0, 60)} is a command that no rule can read. Use common tools, or the language itself.`,
          );
      }
  },
};

/** Paths that the programs of awk and sed write to or read from. */
function* programPaths(command: Command): Iterable<Match> {
  const isAwk = namesOf(command).some((name) => /^[gmn]?awk$/.test(name));
  const isSed = namesOf(command).includes('sed');
  if (!isAwk && !isSed) return;
  for (const code of programs(command)) {
    const pattern = isAwk
      ? /(>>?|getline\s+\w*\s*<)\s*"([^"]+)"/g
      : /(?:^|[;{}\n/])\s*[\d$,]*\s*([wWrR])\s+([^\n;]+)/g;
    for (const [, operation = '', path = ''] of code.matchAll(pattern))
      yield* accessMatches(/^[>wW]/.test(operation) ? 'write' : 'read', text(path.trim()), command.at);
  }
}

/** Variables that make programs run something. */
const startsOther =
  /^(LD_PRELOAD|LD_AUDIT|LD_LIBRARY_PATH|DYLD_INSERT_LIBRARIES|BASH_ENV|PROMPT_COMMAND|PYTHONSTARTUP|PERL5OPT|PERL5LIB|RUBYOPT|NODE_OPTIONS|JAVA_TOOL_OPTIONS|GIT_SSH(_COMMAND)?|GIT_PAGER|GIT_EDITOR|GIT_EXTERNAL_DIFF|GIT_PROXY_COMMAND|LESSOPEN|LESSCLOSE|PAGER|MANPAGER|EDITOR|VISUAL|BROWSER)$/;

/** `a[$(command)]`: the index of an array is worked out. */
const indexCommand = /\w\[[^\]]*\$\(([^()]*)\)/;

export const embeddedCommands: ShellRule = {
  name: 'embedded-commands',
  about: 'Has a tool or a variable start other commands.',
  languages: ['shell'],
  cwe: 'CWE-77',
  bad: [
    'awk \'BEGIN { system("id") }\'',
    'awk \'{ print | "sh" }\' a.txt',
    "sed '1e id' a.txt",
    "sed 's/a/id/e' a.txt",
    "sed 'w /etc/cron.d/x' a.txt",
    'tar cf x.tar a --checkpoint=1 --checkpoint-action=exec=id',
    "git -c core.pager='sh -c id' log",
    "git -c alias.x='!id' x",
    'LD_PRELOAD=./x.so ls',
    "PROMPT_COMMAND='id'",
    "PS4='$(id)'; set -x; true",
    'export BASH_ENV=x.sh',
    "mapfile -C 'id #' -c 1 a",
    "x='a[$(id)]'; (( x ))",
    "flock lock -c 'id'",
  ],
  good: [
    'awk \'{ sum += $1 } END { print sum > "out.txt" }\' a.txt',
    "awk -F'|' '{ print $2 }' a.txt",
    "sed -e 's/e/E/g' -e '/^e/d' a.txt",
    "sed 's|/etc|/usr|;s/one/two/' a.txt",
    'tar czf a.tgz src',
    'git -c user.name=x commit -m e',
    'PATH="$PWD/bin:$PATH" LANG=C sort a.txt',
    'flock lock sort a.txt',
  ],
  *check(facts, context): Iterable<Match> {
    for (const command of facts.commands) {
      const tool = embedded(command);
      if (tool !== null) {
        yield needs(
          'process.spawn',
          command.at,
          `${tool} is told to start another command. Write the command itself into the script.`,
        );
        yield* quotedCommands(command, context);
      }
      yield* programPaths(command);
      if (isCalled(command, nameSet('let printf read unset test [ [[ declare typeset local')))
        for (const { text: content } of command.args.flatMap(textsOf)) {
          const inner = indexCommand.exec(content)?.[1];
          if (inner === undefined) continue;
          yield needs('eval.dynamic', command.at, 'Hides a command in an index, which arithmetic would run.');
          yield* context.scanText('shell', inner, command.at);
        }
      for (const { name, value } of command.assignments) {
        const isPrompt =
          /^PS[0-4]$/.test(name) && textsOf(value).some(({ text: shown }) => /\$\(|`/.test(shown));
        if (startsOther.test(name) || isPrompt)
          yield needs(
            'process.spawn',
            command.at,
            `${name} makes other programs run something. Leave it as it is.`,
          );
        const isFolder = /^(\/tmp|\/var|\/dev|\/home|~)/;
        if (name === 'PATH' && textsOf(value).some(({ text: first }) => isFolder.test(first)))
          yield needs(
            'process.spawn',
            command.at,
            'Makes commands be taken from another folder. Start them by their paths.',
          );
        for (const { text: content } of textsOf(value)) {
          const inner = indexCommand.exec(content)?.[1];
          if (inner !== undefined) {
            yield needs(
              'eval.dynamic',
              command.at,
              'Hides a command in an index, which arithmetic would run.',
            );
            yield* context.scanText('shell', inner, command.at);
          }
        }
      }
    }
  },
};

/** What a tool is told to start, as far as it is known. */
function* quotedCommands(command: Command, context: ScanContext): Iterable<Match> {
  const code = optionValue(command, ['-c', '-C']);
  for (const { text: content } of textsOf(code))
    yield* context.scanText('shell', content.replace(/^[\w.]+=!?/, ''), command.at);
  for (const program of programs(command))
    for (const [, inner = ''] of program.matchAll(/(?:system\s*\(\s*|\|\s*)"((?:[^"\\]|\\.)*)"/g))
      yield* context.scanText('shell', inner.replace(/\\(.)/g, '$1'), command.at);
}

const silent = nameSet(
  'echo printf export local declare typeset readonly alias test [ [[ true false : grep egrep fgrep rg ag sed awk gawk mawk expr basename dirname trap set unset read sh bash python python3 node find xargs which type command git tr jq',
);

/** Files given to tools that no other rule reads. */
export const otherReaders: ShellRule = {
  name: 'other-readers',
  about: "Gives files outside the script's folder to tools that read them.",
  languages: ['shell'],
  cwe: 'CWE-22',
  bad: ['date -f /etc/shadow', 'gzip -c ~/.ssh/id_rsa', 'iconv -f latin1 ../../secrets.txt'],
  good: ['echo /etc/shadow', 'gzip data.txt', 'date -d 2024-01-01'],
  *check(facts) {
    for (const command of facts.commands) {
      if (namesOf(command).length === 0 || isCalled(command, silent)) continue;
      for (const word of command.args)
        for (const known of textsOf(word)) {
          const path = known.text.replace(/^(--?[\w-]+=|@)/, '');
          if (!/^([/~]|\.\.\/)/.test(path)) continue;
          if (readClass({ ...known, text: path }) === 'sensitive' || /^\.\.\//.test(path))
            yield* accessMatches('read', text(path, known.whole), command.at);
        }
    }
  },
};
