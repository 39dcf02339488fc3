import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askCommand, firstLine } from '../src/cli/doctor/ask-command.ts';
import { diskRowOf, nodeRow, oldestNode, type Terminal, terminalRow } from '../src/cli/doctor/machine.ts';
import { modelRows } from '../src/cli/doctor/models.ts';
import type { Row } from '../src/cli/doctor/row.ts';
import { doctor, doctorExitCode, printDoctor } from '../src/cli/doctor.ts';
import { openSandbox } from '../src/compose/sandbox.ts';
import { describeConfig } from '../src/config/describe.ts';
import type { Flags, Variables } from '../src/config/layers.ts';
import { findLocalModels } from '../src/config/local-models.ts';
import { type Config, formatProblems, loadConfig } from '../src/config.ts';
import { packageRoot } from '../src/package-root.ts';

let home: string;
const closers: (() => void)[] = [];

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'kintsugi-doctor-'));
});
afterEach(() => {
  for (const close of closers.splice(0)) close();
  rmSync(home, { recursive: true, force: true });
});

const terminal: Terminal = { isTTY: true, columns: 120, colorDepth: 8, unicode: true };
/** A port of loopback where nobody listens. */
const nobody = { lmStudio: 'http://127.0.0.1:9/v1', timeoutMs: 300 };
const key = 'sk-ant-api03-0123456789abcdefWXYZ';

async function config(flags: Flags = {}, env: Variables = {}): Promise<Config> {
  const loaded = await loadConfig({
    flags,
    env: { KINTSUGI_HOME: home, OLLAMA_HOST: 'http://127.0.0.1:9', ...env },
    cwd: home,
  });
  if (loaded.kind === 'invalid') throw new Error(formatProblems(loaded.problems));
  return loaded.config;
}

function rowOf(rows: readonly Row[], name: string): Row {
  const row = rows.find((candidate) => candidate.name === name);
  if (!row) throw new Error(`there is no row ${name}`);
  return row;
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('the doctor', () => {
  it('looks at everything, changes nothing, tells what to do about each gap and shows no key', async () => {
    writeFileSync(path.join(home, '.env'), `ANTHROPIC_API_KEY=${key}\n`, { mode: 0o600 });
    const loaded = await config();
    const rows = await doctor(loaded, terminal, nobody);
    const names = rows.map(({ name }) => name);
    for (const name of [
      'Node',
      'kintsugi',
      'home',
      'disk',
      '.env',
      'prompts',
      'git',
      'terminal',
      'model',
      'Anthropic key',
      'OpenAI key',
      'Ollama',
      'LM Studio',
      'memories',
      'embedder',
      'bash',
      'Python',
      'isolate',
      'esbuild',
      'bubblewrap',
      'containers',
      'sandbox',
    ]) {
      expect(names).toContain(name);
    }
    expect(new Set(names).size).toBe(names.length);
    for (const { state, advice } of rows) expect(advice === null).toBe(state === 'ok');
    expect(rowOf(rows, 'model').value).toBe('anthropic/claude-sonnet-5-5: ANTHROPIC_API_KEY is set');
    expect(rowOf(rows, 'sandbox').value).toMatch(/^sessions run at L[0-3]\b/);
    const reached = rowOf(rows, 'sandbox').value.slice(
      'sessions run at '.length,
      'sessions run at L0'.length,
    );
    expect(rows.filter(({ group }) => group === 'probes').length > 0).toBe(reached !== 'L0');
    expect(rowOf(rows, 'esbuild').state).toBe('ok');
    expect(doctorExitCode(rows)).toBe(0);
    expect(readdirSync(home)).toEqual(['.env']);

    const settings = describeConfig(loaded);
    const plain = printDoctor(rows, settings, { json: false, color: false, unicode: true });
    const json = printDoctor(rows, settings, { json: true, color: true, unicode: true });
    expect(plain + json).not.toContain(key);
    expect(plain).not.toContain('\u001b');
    expect(plain).toMatch(/^Machine\n {2}ok {6} Node/);
    expect(json.split('\n')).toHaveLength(2);
    expect(JSON.parse(json)).toMatchObject({
      ok: true,
      rows: expect.any(Array),
      settings: expect.any(Array),
    });
  });

  it('fails when the home cannot be written, and says which folder', async () => {
    const loaded = await config();
    mkdirSync(path.join(home, 'logs'));
    // A file in place of a folder stops root as well as everybody else.
    const blocked = { ...loaded, memoryDirectory: path.join(home, 'file', 'memory') };
    writeFileSync(path.join(home, 'file'), '');
    const rows = await doctor(blocked, terminal, nobody);
    expect(rowOf(rows, 'home')).toMatchObject({ state: 'missing', required: true });
    expect(rowOf(rows, 'home').value).toContain(path.join(home, 'file'));
    expect(doctorExitCode(rows)).toBe(1);
    expect(printDoctor(rows, [], { json: false, color: false, unicode: false })).toMatch(
      /missing {2}home .*\(required\)\n +-> Make that folder/,
    );
  });

  it('fails when a prompt is broken, and when a sandbox is asked for that is not there', async () => {
    const broken = { ...(await config()), prompts: path.join(home, 'no-prompts') };
    const rows = await doctor(broken, terminal, nobody);
    expect(rowOf(rows, 'prompts').value).toContain('system.md cannot be read (ENOENT)');
    expect(doctorExitCode(rows)).toBe(1);
    const strict = await config({ minLevel: 'L3' });
    const row = rowOf(await doctor(strict, terminal, nobody), 'sandbox');
    const { kind } = await openSandbox({ ...strict, logs: home });
    if (kind === 'ready')
      expect(row).toMatchObject({
        state: 'ok',
        value: expect.stringMatching(/^sessions run at L3: \d+ attacks/),
      });
    else expect(row).toMatchObject({ state: 'missing', required: true });
  });

  it('tells of keys that others can read', async () => {
    writeFileSync(path.join(home, '.env'), 'A=1\n');
    chmodSync(path.join(home, '.env'), 0o644);
    const rows = await doctor(await config(), terminal, nobody);
    expect(rowOf(rows, '.env')).toMatchObject({
      state: 'gap',
      advice: `chmod 600 ${path.join(home, '.env')}`,
    });
  });

  it('judges versions of Node, free space and terminals', () => {
    expect(nodeRow('20.19.0').state).toBe('ok');
    expect(nodeRow('20.18.9')).toMatchObject({ state: 'missing', required: true });
    expect(nodeRow('24.0.0').state).toBe('ok');
    const manifest = JSON.parse(readFileSync(path.join(packageRoot(), 'package.json'), 'utf8'));
    expect(manifest.engines.node).toBe(`>=${oldestNode.join('.')}`);
    expect(diskRowOf(10 * 1024 ** 3)).toMatchObject({ state: 'ok', value: '10.0 GB free' });
    expect(diskRowOf(100 * 1024 ** 2)).toMatchObject({ state: 'gap', value: '100 MB free', required: false });
    expect(diskRowOf(1024 ** 2)).toMatchObject({ state: 'missing', required: true });
    expect(terminalRow({ ...terminal, columns: 40 }).state).toBe('gap');
    expect(terminalRow({ ...terminal, unicode: false }).state).toBe('gap');
    expect(terminalRow({ ...terminal, isTTY: false, columns: null }).value).toContain('plain lines');
  });
});

describe('local models', () => {
  it('are found where a server has them, without the ones that only embed', async () => {
    const asked: string[] = [];
    const server = await serve((request, response) => {
      asked.push(`${request.url} ${request.headers.authorization ?? '-'}`);
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          object: 'list',
          data: [
            { id: 'nomic-embed-text' },
            { id: 'qwen2.5-coder:7b' },
            { id: 3 },
            null,
            { id: '\u001b[31m' },
          ],
        }),
      );
    });
    const loaded = await config({}, { OLLAMA_HOST: server, ANTHROPIC_API_KEY: '', OPENAI_API_KEY: key });
    const rows = await modelRows(loaded, nobody);
    expect(rowOf(rows, 'model').value).toBe(`ollama/qwen2.5-coder:7b: Ollama at ${server}/v1 has it`);
    expect(rowOf(rows, 'Ollama').value).toBe(`at ${server}/v1: qwen2.5-coder:7b`);
    // The key is for OPENAI_BASE_URL and goes nowhere else.
    expect(asked).toEqual(['/v1/models -']);
  });

  it('are not waited for, whatever a server does', async () => {
    const silent = await serve(() => {});
    const slowBody = await serve((_, response) => {
      response.writeHead(200);
      response.write('{"data":[');
    });
    const loaded = await config({}, { OLLAMA_HOST: silent, OPENAI_BASE_URL: `${slowBody}/v1` });
    const started = performance.now();
    const found = await findLocalModels(loaded, { timeoutMs: 100, lmStudio: `${silent}/v1` });
    expect(performance.now() - started).toBeLessThan(2000);
    expect(found.map(({ name, models }) => [name, models])).toEqual([
      ['OPENAI_BASE_URL', null],
      ['Ollama', null],
      ['LM Studio', null],
    ]);
  });

  it.each([
    ['an error', 500, 'no'],
    ['no JSON', 200, '<html>'],
    ['another JSON', 200, '{"models":[]}'],
    ['a list', 200, '[]'],
  ])('are none where a server answers with %s', async (_, status, body) => {
    const server = await serve((_request, response) => {
      response.writeHead(status);
      response.end(body);
    });
    const found = await findLocalModels(await config({}, { OLLAMA_HOST: server }), nobody);
    expect(found[0]).toMatchObject({ name: 'Ollama', models: null });
  });

  it('are not looked for on another machine when offline', async () => {
    const loaded = await config(
      { offline: true },
      { OLLAMA_HOST: 'http://198.51.100.7:1', OPENAI_BASE_URL: 'http://198.51.100.7:1/v1' },
    );
    expect((await findLocalModels(loaded, nobody)).map(({ name }) => name)).toEqual(['LM Studio']);
  });
});

describe('a command that is asked', () => {
  it('is killed with its children when it does not answer, and is not waited for', async () => {
    const pidFile = path.join(home, 'pid');
    const answer = await askCommand('bash', ['-c', `sleep 300 & echo $! > ${pidFile}; wait`], 500);
    expect(answer).toMatchObject({ ok: false, why: 'no answer in 500 ms' });
    const pid = Number(readFileSync(pidFile, 'utf8'));
    await expect.poll(() => isGone(pid)).toBe(true);
  });

  it('gets no key, and its answer has no terminal escapes', async () => {
    process.env.KINTSUGI_DOCTOR_TEST_TOKEN = key;
    try {
      const answer = await askCommand('bash', ['-c', 'printf "\\033[31mred\\033[0m\\n"; env'], 5000);
      expect(answer.stdout).not.toContain(key);
      expect(firstLine(answer.stdout)).toBe('red');
    } finally {
      delete process.env.KINTSUGI_DOCTOR_TEST_TOKEN;
    }
  });

  it('is not found, or fails, without an exception', async () => {
    expect(await askCommand('kintsugi-no-such-command', [], 5000)).toMatchObject({
      ok: false,
      why: 'not found',
    });
    expect(await askCommand('bash', ['-c', 'exit 3'], 5000)).toMatchObject({
      ok: false,
      why: 'ended with exit code 3',
    });
    const flood = await askCommand('bash', ['-c', 'head -c 1000000 /dev/zero | tr "\\0" x'], 5000);
    expect([flood.ok, flood.stdout.length]).toEqual([true, 4000]);
  });
});

/** Gone, or dead and only waiting to be collected. */
function isGone(pid: number): boolean {
  if (existsSync('/proc/self/stat')) {
    if (!existsSync(`/proc/${pid}/stat`)) return true;
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.startsWith('Z') ?? true;
  }
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}
