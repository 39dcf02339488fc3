import { type Access, accessMatches } from '../../access.ts';
import { nameSet } from '../../code.ts';
import type { Command, Match, ShellRule } from '../../rule.ts';
import type { Value } from '../../value.ts';
import { hasArgument, namesOf, operands, optionValue, wordTexts } from '../words.ts';

const readers = nameSet(
  'cat tac head tail less more nl wc sort uniq cut od xxd hexdump strings file stat ls dir tree du find source . diff cmp comm md5sum sha1sum sha256sum base64 base32 readlink realpath cd pushd zcat zgrep gunzip bzcat paste rev fold column jq xmllint lsattr getfacl locate vdir',
);
const patternReaders = nameSet('grep egrep fgrep rg ag awk gawk mawk');
const writers = nameSet(
  'tee touch mkdir truncate chmod chown chgrp mkfifo mknod chattr setfacl split csplit',
);
const copiers = nameSet('cp mv ln install rsync scp');

/** Where each argument of a command leads. */
function accesses(command: Command): [Access, Value | undefined][] {
  const found: [Access, Value | undefined][] = [];
  const words = namesOf(command).includes('find') ? foldersOfFind(command) : operands(command);
  for (const name of namesOf(command)) {
    if (readers.has(name)) found.push(...words.map((word): [Access, Value] => ['read', word]));
    else if (patternReaders.has(name))
      found.push(...words.slice(1).map((word): [Access, Value] => ['read', word]));
    else if (name === 'sed')
      found.push(
        ...filesOfSed(command).map((word): [Access, Value] => [
          hasArgument(command, /^-\w*i|^--in-place/) ? 'write' : 'read',
          word,
        ]),
      );
    else if (writers.has(name))
      found.push(...words.slice(/^ch/.test(name) ? 1 : 0).map((word): [Access, Value] => ['write', word]));
    else if (copiers.has(name)) {
      const target = optionValue(command, ['-t', '--target-directory']) ?? words.at(-1);
      found.push(
        ...words.slice(0, -1).map((word): [Access, Value] => [name === 'mv' ? 'write' : 'read', word]),
        ['write', target],
      );
    } else if (name === 'rm' || name === 'rmdir' || name === 'unlink' || name === 'shred' || name === 'srm') {
      const recursive = hasArgument(command, /^-\w*[rR]|^--recursive/);
      found.push(...words.map((word): [Access, Value] => [recursive ? 'delete-tree' : 'delete', word]));
    } else if (name === 'tar' || name === 'zip')
      found.push(...words.slice(1).map((word): [Access, Value] => ['read', word]));
    else if (name === 'unzip') found.push(['write', optionValue(command, ['-d'])]);
    else if (name === 'dd') found.push(...dataCopy(command));
    if (name === 'find' && hasArgument(command, /^-delete$/))
      found.push(...words.slice(0, 1).map((word): [Access, Value] => ['delete-tree', word]));
    if (/^(curl|wget)$/.test(name)) {
      const output = optionValue(command, [
        '-o',
        '-O',
        '--output',
        '--output-document',
        '-P',
        '--directory-prefix',
      ]);
      if (output !== undefined) found.push(['write', output]);
    }
  }
  for (const { operator, target } of command.redirects)
    if (!/^<</.test(operator) && !(operator.endsWith('&') && isDescriptor(target)))
      found.push([operator === '<' ? 'read' : 'write', target]);
  return found;
}

/** What `sed` reads: its words but for the program, which is the first word where no option gives it. */
function filesOfSed(command: Command): Value[] {
  const gives = (argument: Value | undefined) =>
    argument !== undefined &&
    wordTexts(argument).some((text) => /^(-[nEsruz]*[ef]|--expression|--file)$/.test(text));
  const given = command.args.some(
    (argument) => gives(argument) || wordTexts(argument).some((text) => /^--(expression|file)=/.test(text)),
  );
  const args = command.args.filter((_, index) => !gives(command.args[index - 1]));
  return operands({ ...command, args }).slice(given ? 0 : 1);
}

/** What `find` searches: its words before the first test. */
function foldersOfFind(command: Command): Value[] {
  const end = command.args.findIndex((argument) =>
    wordTexts(argument).some((text) => /^[-(!]./.test(text) || text === '(' || text === '!'),
  );
  return end === -1 ? command.args : command.args.slice(0, end);
}

/** `2>&1`, `>&-`, `<&3`: another descriptor, no file. */
function isDescriptor(target: Value): boolean {
  return wordTexts(target).every((text) => /^(\d*-?|)$/.test(text));
}

function* dataCopy(command: Command): Iterable<[Access, Value]> {
  for (const argument of command.args) {
    if (argument.kind !== 'text') continue;
    const [, key, path] = /^(if|of)=(.*)$/.exec(argument.text) ?? [];
    if (path !== undefined) yield [key === 'of' ? 'write' : 'read', { ...argument, text: path }];
  }
}

export const files: ShellRule = {
  name: 'files',
  about: "Reads, writes or deletes files outside the script's folder.",
  languages: ['shell'],
  cwe: 'CWE-22',
  bad: [
    'cat /etc/shadow',
    '((a[$(rm -rf /home)0]))',
    'rm -rf /',
    'rm -rf "$HOME"',
    'rm -r -f ~/*',
    'd=/; rm -rf $d',
    'r""m -rf /',
    '\\rm --recursive --force /home',
    'rm$IFS-rf$IFS/',
    "echo 'alias ls=rm' >> ~/.bashrc",
    'cp notes.txt /usr/notes.txt',
    'head -n 1 < /etc/hostname',
    'dd if=/dev/zero of=/dev/sda bs=1M',
    'find / -name "*.txt" -delete',
    'find / -name x -exec rm -rf {} \\;',
    'echo x >& /etc/motd',
    'cat <<EOF\n$(rm -rf /)\nEOF',
    'remove() { rm -rf "$1"; }\nremove /etc',
    'x=$(cat /proc/cpuinfo)',
    'sudo rm -rf /var',
    'env -i /bin/rm -rf /usr',
    'ls /root',
    'echo x | tee -a /etc/hosts',
  ],
  good: [
    'cat data.txt | sort > sorted.txt',
    'rm -rf build dist/*',
    'mkdir -p out && cp a.txt out/',
    'echo "rm -rf /" # rm -rf /',
    "cat <<'EOF'\nrm -rf /\nEOF",
    'ls -la > /dev/null 2>&1',
    'dir=$(mktemp -d)\nrm -rf "$dir"',
    "grep -r '/etc/passwd' .",
    'cd "$(dirname "$0")"',
    'rm -rf /tmp/work',
    'find . -name "*.pyc" -exec rm -f {} +',
    'cd "$(dirname "$0")" && ls 2>&1',
  ],
  *check(facts): Iterable<Match> {
    for (const command of facts.commands)
      for (const [access, path] of accesses(command)) yield* accessMatches(access, path, command.at);
  },
};
