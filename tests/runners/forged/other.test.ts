import { describe, expect, test } from 'vitest';
import { check } from '../testing/support.ts';
import { expectForged, expectHonest, type Way } from './support.ts';

const sourced = '. ./add.sh\n[ "$(add 1 2)" = 3 ] || exit 1\necho ok\n';
const started = 'out=$(bash ./add.sh 1 2)\n[ "$out" = 3 ] || exit 1\n';
const compared = '. ./add.sh\nadd 1 2 > out.txt\necho 3 | diff - out.txt || exit 1\necho ok\n';
const file: Way = { tests: ['check.sh'] };
const command: Way = { command: 'bash check.sh' };

describe('a shell check is not passed by', () => {
  test.each<[string, string, RegExp, string?]>([
    ['an exit while it is sourced', 'exit 0', /ended the check early with exit 0/],
    ['an exit around ours', 'builtin exit 0', /did not run to its end/],
    ['another program in its place', 'exec true', /did not run to its end/],
    [
      'a trap that changes the exit code',
      'trap "builtin exit 0" EXIT\nadd() { echo 0; }',
      /did not run to its end/,
    ],
    [
      'a test command of its own',
      'add() { echo 0; }\n[() { return 0; }',
      /the command \[ was replaced \(add\.sh\)/,
    ],
    ['an exit of its own', 'exit() { :; }\nadd() { echo 0; }', /exit code 1|did not run/],
    [
      'an alias for what it compares with',
      'add() { echo 0; }\nshopt -s expand_aliases\nalias [=: exit=:',
      /the meaning of a word \(alias\) was replaced/,
    ],
    [
      'another place for a command',
      'add() { echo 0; }\nhash -p /bin/true diff',
      /the command diff was replaced/,
      compared,
    ],
    [
      'commands of its own',
      'add() { echo 0; }\nmkdir -p b; printf "#!/bin/sh\\nexit 0\\n" > b/diff; chmod +x b/diff; PATH=$PWD/b:$PATH',
      /the command diff was replaced/,
      compared,
    ],
    [
      'a function of the check that it defines anew',
      'add() { echo 0; }\nfail() { :; }',
      /the function fail of the check was replaced \(add\.sh\)/,
      'fail() { echo no; exit 1; }\n. ./add.sh\n[ "$(add 1 2)" = 3 ] || fail\necho ok\n',
    ],
    ['a wrong answer of a process', 'echo 0', /exit code 1/, started],
  ])('%s', async (_how, program, reason, text = sourced) => {
    await expectForged(
      'shell',
      { program: { 'add.sh': program }, checks: { 'check.sh': text }, ways: [file, command] },
      reason,
    );
  });
});

describe('honest shell checks pass', () => {
  test.each<[string, string, string]>([
    ['that source the program', 'add() { echo $(($1 + $2)); }', sourced],
    ['that start the program', 'echo $(($1 + $2)); exit 0', started],
    [
      'that exit themselves, in strict mode, with a trap',
      'add() { echo $(($1 + $2)); }',
      `set -euo pipefail\ntrap 'rm -f x' EXIT\n${sourced}( exit 0 )\nexit 0\n`,
    ],
    [
      'that know their own place and have functions of their own',
      'add() { echo $(($1 + $2)); }',
      `fail() { echo "$1" >&2; exit 1; }\ncd "$(dirname "$0")"\n${sourced}[[ "\${BASH_SOURCE[0]}" == "$0" ]] || fail place\n[ -z "$(cat)" ] || fail input\n`,
    ],
    ['that end with a test', 'add() { echo $(($1 + $2)); }', '. ./add.sh\n[ "$(add 2 2)" = 4 ]\n'],
    [
      'that use functions, arrays and loops',
      'add() { local sum=0; for one; do sum=$((sum + one)); done; echo "$sum"; }',
      'source add.sh\nnumbers=(1 2 3)\n[[ $(add "${numbers[@]}") == 6 ]] || exit 1\nfor n in 1 2; do [[ $(add "$n" 1) == $((n + 1)) ]] || exit 1; done\n',
    ],
    [
      'that compare files and outputs',
      'echo "$1"; echo no >&2; exit 4',
      'bash add.sh yes > out.txt 2> err.txt\n[ $? = 4 ] || exit 1\nprintf "yes\\n" | diff - out.txt || exit 1\ngrep -q no err.txt || exit 1\nexit 0\n',
    ],
    [
      'of programs that exit in a shell of their own',
      'die() { echo "$1"; exit 3; }',
      '. ./add.sh\nout=$(die gone)\n[ $? = 3 ] && [ "$out" = gone ] || exit 1\n( die x >/dev/null ); [ $? = 3 ]\n',
    ],
    [
      'that give arguments on',
      'add() { echo $(($1 + $2)); }\necho "$# $0" >/dev/null',
      `set -- 1 2\n${sourced}`,
    ],
    [
      'that start other interpreters',
      'echo $(($1 + $2))',
      '[ "$(node -e "console.log(3)")" = "$(bash add.sh 1 2)" ] || exit 1\n[ "$(python3 -c "print(3)")" = 3 ] || exit 1\n',
    ],
  ])('%s', async (_how, program, text) => {
    await expectHonest('shell', {
      program: { 'add.sh': program },
      checks: { 'check.sh': text },
      ways: [file, command],
    });
  });
});

describe('an expected output is not met by', () => {
  test.each<[string, 'python' | 'javascript', string]>([
    ['an error after it', 'python', 'print("42")\nraise ValueError'],
    ['a signal after it', 'python', 'import os\nprint("42", flush=True)\nos.kill(os.getpid(), 9)'],
    ['an exit code after it', 'javascript', 'console.log("42"); process.exitCode = 3;'],
    ['hiding what came before it', 'python', 'print("41\\r\\x1b[2K42")'],
    ['an end before it', 'javascript', 'process.exit(0); console.log("42");'],
    [
      'an error that it swallows',
      'javascript',
      'process.on("uncaughtException", () => {}); throw new Error("42");',
    ],
  ])('%s', async (_how, language, program) => {
    const name = language === 'python' ? 'a.py' : 'a.js';
    const { report } = await check(language, { [name]: program }, {}, { stdout: '42\n' });
    expect(report).toMatchObject({ ok: false, failed: 1 });
    expect(report.cases[0]?.message).not.toBe('');
  });
});

describe('an expected output is met by', () => {
  test.each<[string, 'python' | 'javascript', string]>([
    ['printing it', 'python', 'print(42)'],
    ['printing it and an end of its own', 'python', 'import sys\nprint(42)\nsys.exit(0)\nprint("no")'],
    ['printing it at the exit', 'python', 'import atexit\natexit.register(lambda: print(42))'],
    ['printing it from a process', 'python', 'import subprocess\nsubprocess.run(["echo", "42"], check=True)'],
    ['printing it later', 'javascript', 'setTimeout(() => console.log("42"), 5);'],
    [
      'errors that are its own to catch',
      'javascript',
      'try { throw new Error(); } catch { console.log(42); }',
    ],
  ])('%s', async (_how, language, program) => {
    const name = language === 'python' ? 'a.py' : 'a.js';
    const { report } = await check(language, { [name]: program }, {}, { stdout: '42\n' });
    expect(report).toMatchObject({ ok: true, failed: 0 });
  });
});

describe('a command of several processes', () => {
  const program = { 'add.py': 'import posix\nposix._exit(0)\n', 'add.js': 'exports.add = 1;' };
  const checks = { 'check.py': 'import add\nassert False\n', 'check.js': "require('./add.js');\n" };

  test.each([
    'node check.js && python3 check.py',
    'python3 check.py && node check.js',
    'node check.js; python3 check.py',
    'for one in check.py; do python3 $one; done',
    'python3 - < check.py',
    'python3 -c "import add; assert False"',
    'python3 -m check',
  ])('fails when one of them did not come to its end: %s', async (command) => {
    await expectForged('python', { program, checks, ways: [{ command }] }, /did not run to its end/);
  });

  test.each([
    ['replaces', 'os.remove(path)'],
    ['empties', 'os.truncate(path, 0)'],
    ['moves away', 'os.rename(path, path + ".old")'],
    ['only adds to', 'None'],
  ])('fails when the program %s its report', async (_how, first) => {
    const forging = `import hashlib, os, posix, subprocess
path = os.environ["KINTSUGI_REPORT"]
try: ${first}
except OSError: pass
nonce = "a" * 64
commit = hashlib.sha256(nonce.encode()).hexdigest()
text = '- {"kind": "begin", "commit": "%s", "main": "check.py"}\\n%s {"kind": "complete"}\\n' % (commit, nonce)
subprocess.run(["/bin/sh", "-c", 'printf %s "$1" >> "$2"', "sh", text, path])
posix._exit(0)
`;
    const ways: Way[] = [{ command: 'python3 check.py 2>&1' }];
    await expectForged('python', { program: { 'add.py': forging }, checks, ways }, /did not run to its end/);
  });

  test('goes by the exit codes of those that did', async () => {
    const honest = { 'add.py': 'add = 1\n', 'add.js': 'exports.add = 1;' };
    const files = { ...checks, 'check.py': 'import add, sys\nsys.exit(3)\n', 'good.py': 'import add\n' };
    const ways: Way[] = [
      { command: 'python3 good.py && node check.js' },
      { command: '! python3 check.py' },
      { command: 'python3 check.py || python3 good.py' },
      { command: 'python3 add.py && python3 -m good' },
      { command: 'timeout 5 python3 good.py; node check.js' },
    ];
    await expectHonest('python', { program: honest, checks: files, ways });
    await expectForged(
      'python',
      { program: honest, checks: files, ways: [{ command: 'python3 check.py && node check.js' }] },
      /exit code 3/,
    );
  });
});
