import { accessMatches } from '../../access.ts';
import { type FileOperation, fileOperations } from '../../code.ts';
import { type CodeRule, needs, scriptLanguages, type Use } from '../../rule.ts';
import { wholeText } from '../../value.ts';

const reading = new Set(
  'readFile read createReadStream ReadStream FileReadStream readdir opendir access exists stat lstat statfs realpath readlink watch watchFile openAsBlob glob cp copyFile'.split(
    ' ',
  ),
);
const writing = new Set(
  'writeFile appendFile createWriteStream mkdir mkdtemp rename truncate chmod chown lchown utimes lutimes symlink link'.split(
    ' ',
  ),
);
const second = new Set(['rename', 'copyFile', 'cp', 'symlink', 'link']);

function operationsOf(use: Use): readonly FileOperation[] {
  if (use.path === 'process.chdir') return [{ access: 'read', argument: 0 }];
  const method = /^fs\.(?:promises\.)?(\w+?)(?:Sync)?$/.exec(use.path)?.[1];
  if (method === undefined) return [];
  if (method === 'open') {
    const flags = wholeText(use.args[1]);
    return [{ access: flags === undefined || flags === 'r' ? 'read' : 'write', argument: 0 }];
  }
  if (method === 'unlink') return [{ access: 'delete', argument: 0 }];
  if (method === 'rm' || method === 'rmdir')
    return [{ access: isRecursive(use) ? 'delete-tree' : 'delete', argument: 0 }];
  const found: FileOperation[] = [];
  if (reading.has(method)) found.push({ access: 'read', argument: 0 });
  if (writing.has(method)) found.push({ access: 'write', argument: 0 });
  if (second.has(method)) found.push({ access: 'write', argument: 1 });
  return found;
}

function isRecursive(use: Use): boolean {
  const options = use.args[1];
  return options !== undefined && (options.kind !== 'record' || options.entries.has('recursive'));
}

export const files: CodeRule = {
  name: 'files',
  about: "Reads, writes or deletes files outside the program's folder.",
  languages: scriptLanguages,
  cwe: 'CWE-22',
  bad: [
    "const fs = require('fs');\nfs.readFileSync('/etc/hostname');",
    "import { readFile as r } from 'node:fs/promises';\nawait r('/etc/' + name);",
    "import os from 'os';\nimport path from 'path';\nimport fs from 'fs';\nfs.appendFileSync(path.join(os.homedir(), '.bashrc'), 'x');",
    "require('fs')['unlink' + 'Sync']('../../notes.txt');",
    "const { promises } = require('fs');\npromises.rm('/', { recursive: true, force: true });",
    "const f = require('fs');\nconst w = f.writeFileSync;\nw('/etc/crontab', 'x');",
    "function read(p) { return require('fs').readFileSync(p); }\nread('/var/log/syslog');",
    "process.mainModule.require('fs').readFileSync('/etc/passwd');",
    "module.constructor;\nprocess.getBuiltinModule('fs').rmSync(process.env.HOME + '/', { recursive: true });",
    "const fs = await import('fs');\nfs.default.readdirSync('/root');",
    "const name = String.fromCharCode(47, 101, 116, 99, 47, 120);\nrequire('fs').writeFileSync(name, '');",
  ],
  good: [
    "const fs = require('fs');\nfs.writeFileSync('out.json', '/etc/passwd');\nfs.readFileSync('out.json');",
    "import { readFileSync } from 'node:fs';\nimport { join } from 'node:path';\nreadFileSync(join(__dirname, 'data.txt'));",
    "// fs.readFileSync('/etc/passwd')\nconsole.log(\"require('fs').rmSync('/')\");",
    "const fs = { readFileSync(p) { return p; } };\nfs.readFileSync('/etc/passwd');",
    "const fs = require('fs');\nconst os = require('os');\nconst path = require('path');\nconst d = fs.mkdtempSync(path.join(os.tmpdir(), 'x-'));\nfs.rmSync(d, { recursive: true });",
    "import fs from 'fs';\nfs.readFileSync(new URL('./data.json', import.meta.url));",
  ],
  *check(facts) {
    yield* fileOperations(facts, operationsOf);
    for (const use of facts.uses) {
      if (use.form === 'reference' && /^fs(\.promises)?(\.\*)?$/.test(use.path)) {
        yield* accessMatches('read', undefined, use.at);
        yield* accessMatches('write', undefined, use.at);
      }
      const zero = use.args[0];
      if (
        use.form === 'call' &&
        /^fs\.(readFileSync|readSync|createReadStream|readFile|read)$/.test(use.path) &&
        zero?.kind === 'number' &&
        zero.number === 0
      )
        yield needs(
          'stdin',
          use.at,
          'Waits for input, and there is none: the standard input is empty or closed.',
        );
    }
  },
};
