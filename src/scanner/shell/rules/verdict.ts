import { nameSet } from '../../code.ts';
import { needs, type ShellRule, shows } from '../../rule.ts';
import { isCalled, namesOf, wordTexts } from '../words.ts';

/** What scripts judge themselves with. */
const judges = nameSet('[ [[ test exit return trap set command builtin diff cmp false');

/** A script must not decide by itself how its checks went. */
export const verdict: ShellRule = {
  name: 'verdict-tampering',
  about: 'Changes what judges the script: tests and exit, how it ends, where results go.',
  languages: ['shell'],
  cwe: 'CWE-693',
  bad: [
    'exit() { builtin exit 0; }\nexit 1',
    '[() { true; }',
    'test() { return 0; }',
    "alias exit='exit 0;'",
    "trap 'exit 0' EXIT\nfalse",
    'echo ok >&3',
    'echo ok > /proc/self/fd/5',
    'kill -9 $PPID &',
  ],
  good: [
    'exec 3> log.txt\necho x >&3',
    "trap 'rm -f x' EXIT",
    "trap 'exit 1' INT",
    'assert() { [ "$1" = "$2" ] || exit 1; }\nassert a a',
    'echo problem >&2',
    'exit 0',
  ],
  *check(facts) {
    for (const name of [...facts.functions, ...facts.aliases.keys()])
      if (judges.has(name)) {
        const at = facts.commands[0]?.at ?? { line: 1, column: 1 };
        yield shows('ask', at, `Gives ${name} another meaning, with which the script judges itself.`);
      }
    const opened = new Set(
      facts.commands
        .filter((command) => isCalled(command, nameSet('exec')))
        .flatMap(({ redirects }) =>
          redirects.flatMap(({ operator, descriptor }) => (operator.endsWith('&') ? [] : [descriptor])),
        ),
    );
    for (const command of facts.commands) {
      const [first, ...events] = command.args.flatMap(wordTexts);
      const always = events.some((event) => /^(EXIT|0|ERR)$/.test(event));
      if (namesOf(command).includes('trap') && always && /\bexit\s+0\b/.test(first ?? ''))
        yield shows('deny', command.at, 'Ends the script as if all were well, whatever happened before.');
      if (
        namesOf(command).includes('kill') &&
        command.args.some((word) => word.kind === 'name' && word.path === 'PPID')
      )
        yield needs('process.signal', command.at, 'Signals the process that started the script.');
      for (const { operator, target } of command.redirects)
        for (const word of wordTexts(target)) {
          const number = operator.endsWith('&')
            ? /^(\d+)-?$/.exec(word)?.[1]
            : /\/fd\/(\d+)$/.exec(word)?.[1];
          if (operator.startsWith('>') && number !== undefined && Number(number) >= 3 && !opened.has(number))
            yield needs(
              'introspection',
              command.at,
              `Writes to descriptor ${number}, which the script did not open.`,
            );
        }
    }
  },
};
