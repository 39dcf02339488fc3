import { spawned } from '../../code.ts';
import { type CodeRule, needs, shows, type Use } from '../../rule.ts';
import { textsOf } from '../../value.ts';

const shells =
  /^(os\.(system|popen)|asyncio\.\w+\(\)\.subprocess_shell|subprocess\.(getoutput|getstatusoutput)|commands\.getoutput|(asyncio|subprocess)\.create_subprocess_shell|pty\.spawn)$/;
const lists =
  /^(subprocess\.(run|call|check_call|check_output|Popen)|(asyncio|subprocess)\.create_subprocess_exec)$/;
const executions = /^os\.((exec|spawn)[lv]p?e?|posix_spawnp?|startfile)$/;
/** Other ways to start a process; what they are given is not read. */
const others =
  /^(asyncio\.\w+\(\)\.subprocess_exec|multiprocessing\.(util\.spawnv_passfds|(popen|forkserver|spawn|resource_tracker)\w*\.\w+.*))$/;

function argumentsOf(use: Use) {
  if (/^os\.(spawn|posix)/.test(use.path))
    return use.path.startsWith('os.posix') ? [use.args[0]] : [use.args[1]];
  return [use.named.get('args') ?? use.named.get('command') ?? use.args[0]];
}

export const processes: CodeRule = {
  name: 'processes',
  about: 'Starts other programs, or signals other processes.',
  languages: ['python'],
  cwe: 'CWE-78',
  bad: [
    "import os\nos.system('ls')",
    "from subprocess import run as go\ngo(['ls', '-l'])",
    'import subprocess\nsubprocess.Popen(command, shell=True)',
    "import os as o\nf = o.popen\nf('id')",
    "__import__('os').system('id')",
    "import os\ngetattr(os, 'sys' + 'tem')('id')",
    "import sys\nsys.modules['os'].system('id')",
    "from os import *\nsystem('id')",
    'import os\nlist(map(os.system, commands))',
    "import os\nos.execvp('sh', ['sh'])",
    'import os, signal\nos.kill(pid, signal.SIGKILL)',
    'import psutil\nfor process in psutil.process_iter():\n    process.kill()',
    'import multiprocessing.popen_fork\nimport os\nos.kill(-1, 9)',
  ],
  good: [
    "import subprocess, sys\nsubprocess.run([sys.executable, 'main.py', '--flag'], capture_output=True)",
    'import os\nprint(os.name, os.sep)',
    "# os.system('ls')\nprint('subprocess.run')",
    "def system(command):\n    return command\nsystem('ls')",
    'from multiprocessing import Pool\nwith Pool(2) as pool:\n    pool.map(abs, [1])',
    'import subprocess\ntry:\n    pass\nexcept subprocess.CalledProcessError:\n    pass',
  ],
  *check(facts, context) {
    for (const use of facts.uses) {
      if (use.form === 'import') continue;
      const { path, at } = use;
      if (shells.test(path)) yield* spawned(path, argumentsOf(use)[0], undefined, true, at, context);
      else if (lists.test(path)) {
        const shell = use.named.get('shell');
        const isShell = shell !== undefined || argumentsOf(use)[0]?.kind !== 'list';
        const rest = path.endsWith('.create_subprocess_exec')
          ? { kind: 'list' as const, items: use.args.slice(1) }
          : undefined;
        yield* spawned(path, argumentsOf(use)[0], rest, isShell, at, context);
      } else if (executions.test(path))
        yield* spawned(
          path,
          argumentsOf(use)[0],
          use.args.find((argument) => argument.kind === 'list'),
          false,
          at,
          context,
        );
      else if (others.test(path)) yield* spawned(path, undefined, undefined, false, at, context);
      else if (
        /^(os\.(kill|killpg)|signal\.pthread_kill)$|^psutil\.(Process|process_iter)\(\)(\.\*)?\.(kill|terminate|suspend|send_signal)$/.test(
          path,
        )
      )
        yield* signalled(use);
    }
  },
};

function* signalled(use: Use) {
  const target = use.args[0];
  if (use.path === 'os.kill' && target?.kind === 'number' && target.number === -1) {
    yield shows(
      'deny',
      use.at,
      'Sends a signal to every process there is. A program may stop only what it started.',
      ['process.signal'],
    );
    return;
  }
  const own = target?.kind === 'name' && target.path === 'os.getpid()';
  const probe = use.args[1]?.kind === 'number' && use.args[1].number === 0;
  yield needs(
    'process.signal',
    use.at,
    own || probe
      ? 'Sends a signal to itself.'
      : `${use.path} signals other processes. A program may stop only what it started, through the object that started it.`,
    ...(own || probe ? (['note'] as const) : []),
  );
}

export const forkBomb: CodeRule = {
  name: 'fork-bomb',
  about: 'Starts processes in a loop without an end, or itself once more.',
  languages: ['python'],
  cwe: 'CWE-400',
  bad: [
    'import os\nwhile True:\n    os.fork()',
    'from os import fork as f\nwhile 1: f()',
    'import subprocess, sys\nwhile True:\n    subprocess.Popen([sys.executable, __file__])',
    'import subprocess, sys\nfor _ in range(2):\n    subprocess.Popen([sys.executable, __file__])',
    'from multiprocessing import Process\nwhile True:\n    Process(target=work).start()',
    "import multiprocessing as mp\ncontext = mp.get_context('fork')\nwhile 1:\n    context.Process(target=work).start()",
  ],
  good: [
    'from multiprocessing import Process\nfor number in range(4):\n    Process(target=work, args=(number,)).start()',
    "import subprocess, sys\nif '--child' not in sys.argv:\n    subprocess.run([sys.executable, __file__, '--child'])",
    'import os\nif os.fork() == 0:\n    print(1)',
    'while True:\n    break',
  ],
  *check(facts) {
    for (const use of facts.uses) {
      if (use.form !== 'call') continue;
      const started = use.path === 'subprocess.Popen' ? use.args[0] : undefined;
      const again =
        started?.kind === 'list' &&
        started.items.some((item) => textsOf(item).some(({ text }) => text === facts.file));
      const forks = /^os\.(fork|forkpty)$/.test(use.path);
      if ((forks || again) && use.endless)
        yield shows(
          'deny',
          use.at,
          'Starts processes in a loop without an end: a fork bomb. Start a fixed number of them.',
          ['process.spawn', 'resource'],
        );
      else if (use.endless && /^multiprocessing\.(\w+\(\)\.|\w+\.)?Process$/.test(use.path))
        yield shows(
          'ask',
          use.at,
          'Starts processes in a loop without an end. Start a fixed number of them.',
          ['process.spawn', 'resource'],
        );
      else if (again && started.items.length === 2)
        yield shows('ask', use.at, 'Starts itself once more, and so would each of its copies.', [
          'process.spawn',
          'resource',
        ]);
      else if (forks) yield needs('process.spawn', use.at, `${use.path} starts another process.`, 'note');
    }
  },
};
