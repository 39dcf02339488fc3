import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { decisionsOf, policyOf } from '../../src/compose/policy.ts';
import { openSandbox } from '../../src/compose/sandbox.ts';
import type { Flags, Variables } from '../../src/config/layers.ts';
import { type Config, formatProblems, loadConfig } from '../../src/config.ts';
import type { Capability, Check, Finding, Program, ScanReport } from '../../src/core/domain.ts';
import { guaranteeWords, wordsOf } from '../../src/runners/sandbox/guarantees.ts';
import { limitsOnly } from '../../src/runners/sandbox/limits-only.ts';
import type { Sandbox } from '../../src/runners/sandbox/sandbox.ts';
import { makeScanner } from '../../src/scanner/scan.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kintsugi-compose-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function config(flags: Flags = {}, env: Variables = {}): Promise<Config> {
  const loaded = await loadConfig({ flags, env: { KINTSUGI_HOME: folder, ...env }, cwd: folder });
  if (loaded.kind === 'invalid') throw new Error(formatProblems(loaded.problems));
  return loaded.config;
}

/** A machine where neither bubblewrap nor Python works. */
function bareMachine(): { path: string } {
  for (const name of ['bwrap', 'python3'])
    writeFileSync(path.join(folder, name), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  return { path: folder };
}

it('without a minimum a bare machine gives what it has, and says what is missing and how to get it', async () => {
  const opened = await openSandbox(await config(), bareMachine());
  if (opened.kind !== 'ready') throw new Error(opened.why);
  expect(opened.confinement.level).toBe('L0');
  expect(opened.confinement.missing).toContain(guaranteeWords.network);
  expect(opened.confinement.advice.length).toBeGreaterThan(0);
});

it('a minimum that somebody set is kept, in a flag, a variable or a file, or nothing runs', async () => {
  const byFlag = await config({ minLevel: 'L2' });
  const byVariable = await config({}, { KINTSUGI_MIN_LEVEL: 'L1' });
  writeFileSync(path.join(folder, 'config.json'), '{"minLevel": "L3"}');
  for (const one of [byFlag, byVariable, await config()]) {
    const opened = await openSandbox(one, bareMachine());
    expect(opened).toMatchObject({
      kind: 'unavailable',
      missing: expect.arrayContaining([guaranteeWords.network]),
    });
  }
  expect((await openSandbox(await config({ minLevel: 'L0' }), bareMachine())).kind).toBe('ready');
});

it('danger-full-access needs its word, and no minimum above it', async () => {
  await expect(openSandbox(await config({ sandbox: 'danger-full-access' }))).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining('--accept-danger'),
  });
  const flags = { sandbox: 'danger-full-access', acceptDanger: true };
  const opened = await openSandbox(await config(flags));
  expect(opened).toMatchObject({ kind: 'ready', confinement: { level: 'L0' } });
  expect(opened.kind === 'ready' && opened.confinement.missing).toContain(guaranteeWords['files-write']);
  expect((await openSandbox(await config({ ...flags, minLevel: 'L2' }))).kind).toBe('unavailable');
});

it('an engine that was named is used or nothing is', async () => {
  const opened = await openSandbox(await config({ container: 'podman' }), { path: '/nowhere' });
  if (opened.kind === 'ready') return;
  expect(opened.why).toContain('podman');
});

it('policies come in order: user file, project file, environment, flag', async () => {
  const write = (name: string, policy: object) =>
    writeFileSync(path.join(folder, name), JSON.stringify({ policy }));
  write('config.json', { 'net.client': 'allow', 'process.spawn': 'deny', resource: 'allow' });
  write('kintsugi.json', { 'net.client': 'deny', 'fs.delete': 'ask' });
  const policy = await policyOf(await config());
  expect([policy['net.client'], policy['process.spawn'], policy['fs.delete'], policy.resource]).toEqual([
    ...['deny', 'deny', 'ask', 'allow'],
  ]);
  const own = await config(
    { policy: ['net.client=allow'] },
    { KINTSUGI_POLICY: 'net.client=ask, resource=deny' },
  );
  expect(await policyOf(own)).toMatchObject({ 'net.client': 'allow', resource: 'deny' });
  write('kintsugi.json', { privilege: 'ask' });
  await expect(policyOf(await config())).rejects.toMatchObject({
    exitCode: 52,
    message: expect.stringMatching(/kintsugi\.json: policy gives privilege "ask", looser than "deny"/),
  });
});

it.each([
  [{ policy: ['net.clinet=deny'] }, 2, 'Did you mean net.client?'],
  [{ policy: ['net.client'] }, 2, 'gives net.client no decision'],
  [{ policy: ['net.client=maybe'] }, 2, 'Write net.client=allow'],
] as const)('a flag %j is refused with what to do', async (flags, exitCode, text) => {
  const loaded = await loadConfig({ flags, env: { KINTSUGI_HOME: folder }, cwd: folder });
  if (loaded.kind !== 'invalid') throw new Error('it was taken');
  expect(loaded.exitCode).toBe(exitCode);
  expect(formatProblems(loaded.problems)).toContain(text);
});

it.each([['{"policy": []}'], ['{"policy": {"net": "deny"}}'], ['{"policy": {"resource": true}}']])(
  'a file with %s is refused (52)',
  async (text) => {
    writeFileSync(path.join(folder, 'kintsugi.json'), text);
    const loaded = await loadConfig({ flags: {}, env: { KINTSUGI_HOME: folder }, cwd: folder });
    expect(loaded).toMatchObject({ kind: 'invalid', exitCode: 52 });
  },
);

const like = (level: 'L1' | 'L2'): Sandbox => ({
  ...limitsOnly(),
  guaranteesFor: (profile) => wordsOf(level, profile),
});
const report = (capabilities: Capability[], severity: Finding['severity'] = 'ask'): ScanReport => ({
  ...{ decision: 'allow', capabilities },
  findings: capabilities.map((rule) => ({ rule, severity, message: '', file: 'a.py', line: 1, column: 1 })),
});
const program: Program = {
  language: 'python',
  entry: 'a.py',
  files: [{ path: 'a.py', content: 'print(1)\n' }],
};

async function profileWith(level: 'L1' | 'L2', flags: Flags = {}) {
  const scan = await makeScanner();
  const { profile } = await decisionsOf(await config(flags), { sandbox: like(level), scan });
  return profile;
}

it('the network is granted by the policy or by somebody who was asked about it, and never else', async () => {
  const standard = await profileWith('L2');
  const client = report(['net.client']);
  const ownServer = { ...report(['net.client', 'net.server'], 'note') };
  expect(standard({ report: client, approved: true, check: null })).toBe('network');
  expect(standard({ report: client, approved: false, check: null })).toBe('workspace-read');
  expect(standard({ report: ownServer, approved: false, check: null })).toBe('localhost');
  expect(standard({ report: ownServer, approved: true, check: null })).toBe('localhost');
  const allowed = await profileWith('L2', { policy: ['net.client=allow'] });
  expect(allowed({ report: client, approved: false, check: null })).toBe('network');
  const denied = await profileWith('L2', { policy: ['net.client=deny'], yolo: true });
  expect(denied({ report: client, approved: true, check: null })).not.toBe('network');
  const bypass = await profileWith('L2', { yolo: true });
  expect(bypass({ report: client, approved: false, check: null })).toBe('network');
});

it('where loopback opens the network it takes the permission of the network', async () => {
  const server = { report: report(['net.server'], 'note'), approved: false, check: null };
  expect((await profileWith('L1'))(server)).toBe('workspace-write');
  expect((await profileWith('L1', { policy: ['net.client=allow'] }))(server)).toBe('localhost');
  expect((await profileWith('L2'))(server)).toBe('localhost');
});

it('checks get what their own text needs of what everybody is allowed; read-only bounds all of it', async () => {
  const checkOf = (content: string) => ({
    check: { kind: 'tests', name: 't', origin: 'user', files: ['test_a.py'] } satisfies Check,
    files: [{ path: 'test_a.py', content }],
    program,
  });
  const standard = await profileWith('L2');
  const clean = { report: report([]), approved: false };
  expect(standard({ ...clean, check: checkOf('import unittest\n') })).toBe('workspace-read');
  expect(standard({ ...clean, check: checkOf("open('x', 'w').write('1')\n") })).toBe('workspace-write');
  const reaching = checkOf("import urllib.request\nurllib.request.urlopen('http://example.org')\n");
  expect(standard({ ...clean, check: reaching })).not.toBe('network');
  const command = { kind: 'command', name: 'c', origin: 'user', command: 'make' } as const;
  expect(standard({ ...clean, check: { check: command, files: [], program } })).toBe('workspace-write');
  const readOnly = await profileWith('L2', { sandbox: 'read-only' });
  expect(readOnly({ ...clean, check: { check: command, files: [], program } })).toBe('workspace-read');
  expect((await policyOf(await config({ sandbox: 'read-only' })))['fs.write.workspace']).toBe('deny');
});
