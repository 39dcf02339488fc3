import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../src/package-root.ts';

/** A small project with the real bootstrap and build, and an npm that only does what a line in its script says. */
let folder: string;
let project: string;
const started: ChildProcess[] = [];

const lock = { name: 'mini', lockfileVersion: 3, packages: { '': { name: 'mini' } } };
const locked = (packages: Record<string, unknown>) =>
  JSON.stringify({ ...lock, packages: { '': { name: 'mini' }, ...packages } });
const one = { 'node_modules/one': { version: '1.0.0', integrity: 'sha512-x' } };

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kintsugi-bootstrap-'));
  project = path.join(folder, 'a project');
  mkdirSync(path.join(project, 'src'), { recursive: true });
  mkdirSync(path.join(project, '.ci'));
  cpSync(path.join(packageRoot(), 'src', 'bootstrap.mjs'), path.join(project, 'src', 'bootstrap.mjs'));
  for (const file of ['build.mjs', 'lock.mjs']) {
    cpSync(path.join(packageRoot(), '.ci', file), path.join(project, '.ci', file));
  }
  write(
    'package.json',
    JSON.stringify({ name: 'mini', version: '3.2.1', type: 'module', engines: { node: '>=20.19' } }),
  );
  write('package-lock.json', locked(one));
  write('.env.example', 'KEY=\n');
  write('src/main.ts', "console.log('hello');\n");
  fakeNpm(installing);
});
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function write(file: string, content: string): void {
  mkdirSync(path.dirname(path.join(project, file)), { recursive: true });
  writeFileSync(path.join(project, file), content);
}

const read = (file: string) => readFileSync(path.join(project, file), 'utf8');

/** Installs what package-lock.json says, as far as the bootstrap looks, with the real esbuild; counts its calls. */
const installing = `
  echo "$@" >> "$CALLS"
  echo "noise on stdout"
  rm -rf node_modules; mkdir node_modules
  for package in esbuild @esbuild oxc-parser @oxc-parser; do ln -s "$REAL_MODULES/$package" "node_modules/$package"; done
  cp package-lock.json node_modules/.package-lock.json`;

function fakeNpm(script: string): void {
  mkdirSync(path.join(folder, 'bin'), { recursive: true });
  const file = path.join(folder, 'bin', 'npm');
  writeFileSync(file, `#!/usr/bin/env bash\nset -e\n${script}\n`);
  chmodSync(file, 0o755);
}

interface Ended {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

function start(...args: string[]): { child: ChildProcess; ended: Promise<Ended>; stderr: () => string } {
  const { npm_execpath: _, ...env } = process.env;
  const child = spawn(process.execPath, [path.join(project, 'src', 'bootstrap.mjs'), ...args], {
    cwd: folder,
    env: {
      ...env,
      PATH: `${path.join(folder, 'bin')}${path.delimiter}${env.PATH}`,
      CALLS: path.join(folder, 'calls'),
      REAL_MODULES: path.join(packageRoot(), 'node_modules'),
      GATE: path.join(folder, 'gate'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
  return { child, ended, stderr: () => stderr };
}

const bootstrap = (...args: string[]) => start(...args).ended;

function npmCalls(): string[] {
  const file = path.join(folder, 'calls');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
}

function runDist(...args: string[]): Promise<Ended> {
  const child = spawn(path.join(project, 'dist', 'main.js'), args, { stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve) => child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr })));
}

describe('the bootstrap', () => {
  it('installs, makes .env and builds on a fresh checkout, then has nothing to do nor to say', async () => {
    const first = await bootstrap();
    expect(first).toMatchObject({ exitCode: 0, stdout: '' });
    expect(first.stderr).toMatch(
      /^kintsugi: nothing is installed yet; running npm ci, which takes a minute or a few\nkintsugi: made \.env from \.env\.example; keys go there\nkintsugi: built dist\/ in [\d.]+ s\n$/,
    );
    expect(npmCalls()).toEqual(['ci --include=dev --no-audit --no-fund']);
    expect(read('.env')).toBe('KEY=\n');
    expect(statSync(path.join(project, '.env')).mode & 0o777).toBe(0o600);
    expect((await runDist()).stdout).toBe('hello\n');
    expect(readdirSync(path.join(project, 'logs'))).toEqual([]);

    expect(await bootstrap()).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect(npmCalls()).toHaveLength(1);
  });

  it('leaves a .env that is there as it is', async () => {
    write('.env', 'KEY=mine\n');
    await bootstrap();
    expect(read('.env')).toBe('KEY=mine\n');
  });

  it('installs again when the lock file changes, when a package is gone, and after an install that was cut off', async () => {
    await bootstrap();
    const changes: [string, string][] = [
      ['package-lock.json', locked({ 'node_modules/one': { version: '1.0.1', integrity: 'sha512-y' } })],
      ['package-lock.json', locked({})],
      ['node_modules/.package-lock.json', locked(one)],
      ['node_modules/.package-lock.json', '{"packages": {'],
    ];
    for (const [index, [file, content]] of changes.entries()) {
      write(file, content);
      const { stderr } = await bootstrap();
      expect(stderr).toContain('running npm ci');
      expect(npmCalls()).toHaveLength(index + 2);
    }
    expect((await bootstrap()).stderr).toBe('');
  });

  it('does not install again for an optional package that could not be built here', async () => {
    await bootstrap();
    const before = read('package-lock.json');
    write(
      'package-lock.json',
      locked({ ...one, 'node_modules/native': { version: '2.0.0', optional: true } }),
    );
    expect((await bootstrap()).stderr).not.toContain('npm ci');
    write('package-lock.json', before);
  });

  it('builds again when a source changes, is added or is removed, and only then', async () => {
    await bootstrap();
    write('src/main.ts', "import { word } from './word.ts';\nconsole.log(word);\n");
    write('src/word.ts', "export const word = 'changed';\n");
    expect((await bootstrap()).stderr).toMatch(/^kintsugi: built dist\/ in [\d.]+ s\n$/);
    expect((await runDist()).stdout).toBe('changed\n');
    write('src/unused.ts', 'export const unused = 1;\n');
    expect((await bootstrap()).stderr).toContain('built');
    rmSync(path.join(project, 'src', 'unused.ts'));
    expect((await bootstrap()).stderr).toContain('built');
    write('src/main.ts', read('src/main.ts'));
    expect((await bootstrap()).stderr).toBe('');
    expect((await bootstrap('build')).stderr).toContain('built');
    rmSync(path.join(project, 'dist', 'main.js'));
    expect((await bootstrap()).stderr).toContain('built');
  });

  it('shows the end of what npm said, with what to do, when it fails; and tries again the next time', async () => {
    fakeNpm(
      'seq 1 100; echo "npm error code ENOTFOUND" >&2; echo "npm error request to the registry failed" >&2; exit 7',
    );
    const failed = await bootstrap();
    expect(failed).toMatchObject({ exitCode: 1, stdout: '' });
    expect(failed.stderr).toContain('npm ci failed (exit code 7)');
    expect(failed.stderr).toContain('npm error request to the registry failed');
    expect(failed.stderr).toContain('check the network');
    expect(failed.stderr).not.toContain('  50\n');
    fakeNpm('for i in {1..100}; do echo "npm error line $i" >&2; done; exit 1');
    expect((await bootstrap()).stderr).toMatch(
      /line 1\n(.*\n){7} {2}…\n {2}npm error line 93\n(.*\n)* {2}npm error line 100\n/,
    );
    expect(existsSync(path.join(project, 'dist'))).toBe(false);
    fakeNpm(installing);
    expect((await bootstrap()).exitCode).toBe(0);
  });

  it.each([
    ['echo "npm error code EUSAGE" >&2', 'run `npm install`'],
    ['echo "npm error ENOSPC: no space left" >&2', 'The disk is full'],
    ['echo "npm error EACCES: permission denied" >&2', 'not writable'],
    ['echo "something else"', '`npm ci` by itself shows more'],
  ])('says what to do about npm that prints %s', async (script, advice) => {
    fakeNpm(`${script}; exit 1`);
    expect((await bootstrap()).stderr).toContain(advice);
  });

  it('names the file and the line of a source that does not build, and keeps the dist/ before it', async () => {
    await bootstrap();
    write('src/main.ts', 'const a = 1;\nconst = 2;\n');
    const { exitCode, stderr } = await bootstrap();
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/the build failed\.\n {2}src\/main\.ts:2:7: Expected identifier/);
    expect((await runDist()).stdout).toBe('hello\n');
  });

  it('says so when Node is too old, and when package-lock.json is missing', async () => {
    write('package.json', JSON.stringify({ name: 'mini', engines: { node: '>=99.1' } }));
    const old = await bootstrap();
    expect(old.exitCode).toBe(1);
    expect(old.stderr).toContain(
      `Node ${process.versions.node} is too old: version 99.1 or newer is needed.`,
    );
    write('package.json', JSON.stringify({ name: 'mini' }));
    rmSync(path.join(project, 'package-lock.json'));
    expect((await bootstrap()).stderr).toContain('package-lock.json is missing');
    expect(npmCalls()).toEqual([]);
  });

  it('does the work once when several start at the same time', async () => {
    fakeNpm(
      `while [ -e "$CALLS.open" ] && [ ! -e "$GATE" ]; do read -t 0.05 <> <(:) || true; done\n${installing}`,
    );
    writeFileSync(path.join(folder, 'calls.open'), '');
    const runs = [start(), start(), start()];
    await expect.poll(() => runs.filter(({ stderr }) => stderr().includes('waiting for it')).length).toBe(2);
    writeFileSync(path.join(folder, 'gate'), '');
    const ended = await Promise.all(runs.map((run) => run.ended));
    expect(ended.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    expect(npmCalls()).toHaveLength(1);
    expect(ended.filter(({ stderr }) => stderr.includes('built dist/'))).toHaveLength(1);
    expect(readdirSync(path.join(project, 'logs'))).toEqual([]);
  });

  it('takes over from a start that was killed, and ends npm when it is itself told to end', async () => {
    fakeNpm('echo $$ >> "$CALLS"; exec sleep 300');
    const killed = start();
    await expect.poll(npmCalls).toHaveLength(1);
    killed.child.kill('SIGKILL');
    await killed.ended.catch(() => {});
    process.kill(Number(npmCalls()[0]), 'SIGKILL');

    const stopped = start();
    await expect.poll(npmCalls).toHaveLength(2);
    stopped.child.kill('SIGTERM');
    expect((await stopped.ended).exitCode).toBe(143);
    await expect.poll(() => isRunning(Number(npmCalls()[1]))).toBe(false);

    fakeNpm(installing);
    expect(await bootstrap()).toMatchObject({ exitCode: 0 });
    expect(readdirSync(path.join(project, 'logs'))).toEqual([]);
  });
});

describe('the build', () => {
  it('keeps the place of every module and asset, the version, lazy chunks and packages in CommonJS', async () => {
    write(
      'src/main.ts',
      `declare const KINTSUGI_VERSION: string;
       if (process.argv[2] === '--version') console.log(KINTSUGI_VERSION, process.env.NODE_ENV);
       else console.log(await (await import('./deep/reader.ts')).read());`,
    );
    write(
      'src/deep/reader.ts',
      `import { readFileSync } from 'node:fs';
       import old from 'old';
       export const read = () => readFileSync(new URL('./assets/note.txt', import.meta.url), 'utf8') + old.separator + import.meta.url + ' import.meta.url';`,
    );
    write('src/deep/assets/note.txt', 'a note');
    fakeNpm(
      `${installing}\nmkdir node_modules/old; echo '{}' > node_modules/old/package.json\necho 'exports.separator = require("node:path").sep' > node_modules/old/index.js`,
    );
    expect((await bootstrap()).stderr).toContain('built');
    expect((await runDist('--version')).stdout).toBe('3.2.1 production\n');
    const ended = await runDist();
    expect(ended.stdout).toMatch(/^a note[/\\]file:\/\/.*\/dist\/deep\/reader\.js import\.meta\.url\n$/);
    expect(read('dist/main.js')).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect(read('dist/main.js')).not.toContain('separator');
    expect(existsSync(path.join(project, 'dist', 'bootstrap.mjs'))).toBe(false);
  });

  it('does not break a program that is running: chunks that it has not loaded yet stay for a day', async () => {
    write('src/main.ts', "console.log((await import('./late.ts')).late);\n");
    write('src/late.ts', "export const late = 'first';\n");
    await bootstrap();
    const chunks = () => readdirSync(path.join(project, 'dist')).filter((name) => name.startsWith('chunk-'));
    const before = chunks();
    expect(before).toHaveLength(1);
    write('src/late.ts', "export const late = 'second';\n");
    await bootstrap();
    expect(chunks()).toEqual(expect.arrayContaining(before));
    expect((await runDist()).stdout).toBe('second\n');

    const stamp = JSON.parse(read('dist/.build.json'));
    write(
      'dist/.build.json',
      JSON.stringify({ ...stamp, retired: { [before[0] ?? '']: Date.now() - 25 * 3_600_000 } }),
    );
    await bootstrap('build');
    expect(chunks()).not.toContain(before[0]);
    expect((await runDist()).stdout).toBe('second\n');

    write('src/late.ts', "export const late = 'third';\n");
    await bootstrap('pack');
    expect(chunks()).toHaveLength(1);
    expect((await runDist()).stdout).toBe('third\n');
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = `/proc/${pid}/stat`;
  return !existsSync(stat) || !readFileSync(stat, 'utf8').includes(') Z ');
}
