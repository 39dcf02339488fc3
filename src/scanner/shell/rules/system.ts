import { environmentMatch, nameSet } from '../../code.ts';
import { readClass } from '../../paths.ts';
import { type Match, needs, type ShellRule, shows } from '../../rule.ts';
import { textsOf } from '../../value.ts';
import { hasArgument, isCalled, namesOf, operands, wordTexts } from '../words.ts';

export const privileged = nameSet(
  'sudo su doas pkexec chroot mount umount useradd userdel usermod groupadd adduser deluser passwd chpasswd visudo setcap insmod modprobe rmmod iptables nft ufw sysctl systemctl service unshare nsenter capsh setenforce swapoff update-rc.d',
);

export const privilege: ShellRule = {
  name: 'privileges',
  about: 'Changes the system or whose rights a program has.',
  languages: ['shell'],
  cwe: 'CWE-250',
  bad: [
    'sudo ls',
    'su root',
    'chmod 777 /',
    'chmod u+s ./x',
    'chmod 4755 ./x',
    'mount /dev/sda1 mnt',
    'systemctl stop sshd',
    'chmod -R 777 /etc',
  ],
  good: ['chmod +x run.sh', 'chmod 644 a.txt', 'echo sudo', 'mount=1'],
  *check(facts): Iterable<Match> {
    for (const command of facts.commands) {
      if (isCalled(command, privileged))
        yield needs(
          'privilege',
          command.at,
          `${namesOf(command)[0]} changes the system or whose rights a program has. Programs run with the rights they were given.`,
        );
      if (!namesOf(command).includes('chmod')) continue;
      const [mode, ...targets] = operands(command);
      const setsId =
        mode !== undefined && wordTexts(mode).some((text) => /^[ugoa]*\+[rwx]*s|^0?[2467]\d{3}$/.test(text));
      const opens =
        mode !== undefined &&
        wordTexts(mode).some((text) => /^0?777$|^a\+rwx$/.test(text)) &&
        targets.some((target) =>
          wordTexts(target).some((text) => text.startsWith('/') && !text.startsWith('/tmp/')),
        );
      if (setsId || opens)
        yield needs(
          'privilege',
          command.at,
          'Gives rights away: a program that runs as somebody else, or system files that everybody may change.',
        );
    }
  },
};

export const destruction: ShellRule = {
  name: 'destruction',
  about: 'Destroys disks, stops the machine, or makes something run later.',
  languages: ['shell'],
  cwe: 'CWE-732',
  bad: [
    'mkfs.ext4 /dev/sda1',
    'shutdown -h now',
    'reboot',
    'kill -9 -1',
    'init 0',
    'crontab -r',
    "(crontab -l; echo '* * * * * x') | crontab -",
    'wipefs -a /dev/sda',
    'poweroff -f',
  ],
  good: ['echo reboot', 'kill -0 $$', 'init=0', 'crontab -l'],
  *check(facts): Iterable<Match> {
    for (const command of facts.commands) {
      for (const name of namesOf(command)) {
        if (/^(mkfs(\..+)?|mke2fs|wipefs|fdisk|sfdisk|parted|mkswap|blkdiscard|hdparm)$/.test(name))
          yield shows(
            'deny',
            command.at,
            `${name} destroys what is on a disk. No program of this kind needs that.`,
            ['fs.write.persist'],
          );
        else if (
          /^(shutdown|reboot|halt|poweroff)$/.test(name) ||
          (/^(init|telinit)$/.test(name) && hasArgument(command, /^[06]$/))
        )
          yield shows('deny', command.at, `${name} stops the machine. No program of this kind needs that.`, [
            'privilege',
          ]);
        else if (name === 'kill' && killsAll(command.args.flatMap(wordTexts)))
          yield shows(
            'deny',
            command.at,
            'Sends a signal to every process there is. A script may stop only what it started.',
            ['process.signal'],
          );
        else if (/^(crontab|at|batch)$/.test(name) && !hasArgument(command, /^-l$/))
          yield needs(
            'fs.write.persist',
            command.at,
            `${name} makes something run later, beyond this program. Run it now instead.`,
          );
      }
    }
  },
};

function killsAll(words: readonly string[]): boolean {
  const signal = /^-(\d+|[A-Z]{2,}\d?|s)$/.test(words[0] ?? '') && words.length > 1 ? 1 : 0;
  return words.slice(signal).includes('-1');
}

export const signals: ShellRule = {
  name: 'signals',
  about: 'Stops other processes.',
  languages: ['shell'],
  cwe: 'CWE-283',
  bad: [
    'kill -9 1234',
    'pkill sshd',
    'killall -9 nginx',
    "ps aux | awk '{print $2}' | xargs kill",
    'for p in $(pgrep x); do kill $p; done',
  ],
  good: [
    'sleep 5 &\nkill $!',
    'kill -0 "$$"',
    'kill %1',
    'trap "kill 0" EXIT',
    'sleep 1 & pid=$!\nkill "$pid"',
  ],
  *check(facts) {
    const startsOwn = facts.commands.some(({ background }) => background);
    for (const command of facts.commands) {
      if (isCalled(command, nameSet('pkill killall skill xkill')))
        yield needs(
          'process.signal',
          command.at,
          `${namesOf(command)[0]} stops processes by name. A script may stop only what it started.`,
        );
      if (!namesOf(command).includes('kill') || hasArgument(command, /^-(0|l|L)$/)) continue;
      const own =
        command.args.length > 0 &&
        operands(command).every((word) =>
          textsOf(word).length === 0 ? startsOwn : wordTexts(word).every((text) => /^(%.*|0)$/.test(text)),
        );
      if (!own)
        yield needs(
          'process.signal',
          command.at,
          'kill stops other processes. A script may stop only what it started, through $! or a job.',
        );
    }
  },
};

export const environment: ShellRule = {
  name: 'environment',
  about: 'Reads environment variables that look like secrets.',
  languages: ['shell'],
  cwe: 'CWE-526',
  bad: ['printenv AWS_SECRET_ACCESS_KEY', 'printenv OPENAI_API_KEY'],
  good: ['printenv LANG', 'env', 'API_KEY=1; echo "$API_KEY"'],
  *check(facts) {
    for (const command of facts.commands) {
      if (isCalled(command, nameSet('printenv')))
        yield environmentMatch(operands(command).flatMap(wordTexts)[0] ?? null, command.at);
      else if (namesOf(command).includes('env') && command.args.length === 0)
        yield environmentMatch(null, command.at);
    }
  },
};

export const input: ShellRule = {
  name: 'input',
  about: 'Waits for input, which there is none of.',
  languages: ['shell'],
  bad: [
    'read name',
    "read -p 'Name: ' name",
    'cat /dev/stdin',
    'select x in a b; do echo $x; done\nread -r y',
  ],
  good: [
    'while read -r line; do echo "$line"; done < data.txt',
    'echo a | while read x; do echo $x; done',
    'read a b <<< "1 2"',
    'echo "read name"',
  ],
  *check(facts) {
    const loops = facts.commands.some(
      ({ name, redirects }) =>
        name.kind === 'text' &&
        name.text === '' &&
        redirects.some(({ operator }) => operator.startsWith('<')),
    );
    const piped = new Set(facts.commands.map(({ pipedInto }) => pipedInto).filter((one) => one !== null));
    for (const command of facts.commands) {
      const feeds =
        command.input !== null ||
        piped.has(command) ||
        loops ||
        command.redirects.some(({ operator }) => operator.startsWith('<'));
      const reads =
        isCalled(command, nameSet('read select mapfile readarray')) ||
        command.args.some((argument) => textsOf(argument).some((known) => readClass(known) === 'stdin'));
      if (reads && !feeds)
        yield needs(
          'stdin',
          command.at,
          `${namesOf(command)[0]} waits for input, and there is none: a script runs with an empty standard input. Take values from arguments, files or constants.`,
        );
    }
  },
};

export const resource: ShellRule = {
  name: 'exhaustion',
  about: 'Fills the disk or the processors without an end.',
  languages: ['shell'],
  cwe: 'CWE-400',
  bad: [
    'yes > fill.txt',
    'stress --cpu 8',
    'fallocate -l 100G x',
    'cat /dev/zero > big',
    'dd if=/dev/urandom of=big',
  ],
  good: ['yes | head -n 3', 'dd if=/dev/zero of=small bs=1k count=4', 'head -c 16 /dev/urandom | xxd'],
  *check(facts) {
    for (const command of facts.commands) {
      const writes = command.redirects.some(
        ({ operator, target }) =>
          operator.startsWith('>') && !wordTexts(target).some((text) => text.startsWith('/dev/')),
      );
      const endless =
        (namesOf(command).includes('yes') && writes) ||
        (namesOf(command).includes('cat') && writes && hasArgument(command, /^\/dev\/(zero|u?random)$/));
      const copies =
        namesOf(command).includes('dd') &&
        hasArgument(command, /^if=\/dev\/(zero|u?random)$/) &&
        !hasArgument(command, /^count=/);
      if (endless || copies || isCalled(command, nameSet('stress stress-ng fallocate')))
        yield needs(
          'resource',
          command.at,
          'Fills the disk or the processors without an end. Give it a size.',
        );
    }
  },
};
