import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { afterEach, describe, expect, it } from 'vitest';
import { parseLine } from '../../src/memory/entries.ts';
import { full } from '../support/full.ts';
import { lessonOf } from './plain.ts';
import { add, openIn, temporaryFolder } from './samples.ts';

const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

function bundled(folder: string): string {
  const outfile = path.join(folder, 'rememberer.mjs');
  buildSync({
    entryPoints: [path.join(import.meta.dirname, 'programs', 'rememberer.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    // Vectra is CommonJS and requires modules of Node.
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    logLevel: 'silent',
  });
  return outfile;
}

function start(program: string, ...args: string[]) {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  running.push(child);
  let text = '';
  const enough: { count: number; tell: () => void }[] = [];
  const lines = () => text.split('\n').slice(0, -1);
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
    for (const one of enough) if (lines().length >= one.count) one.tell();
  });
  const ended = once(child, 'close');
  const said = (count: number) =>
    Promise.race([new Promise<void>((tell) => enough.push({ count, tell })), ended.then(() => {})]);
  return { child, lines, ended, said };
}

describe('processes at once', () => {
  it('four that remember 250 each leave 1,000 in the log, and an index equal to a rebuild', {
    timeout: 300_000,
  }, async () => {
    const folder = temporaryFolder();
    const program = bundled(folder);
    const home = path.join(folder, 'memory');
    const all = ['a', 'b', 'c', 'd'].map((name) => start(program, home, name, '250'));
    await Promise.all(all.map(({ ended }) => ended));
    for (const { child, lines } of all) {
      expect(child.exitCode).toBe(0);
      expect(lines().filter((line) => line.startsWith('failed'))).toEqual([]);
    }
    const lines = readFileSync(path.join(home, 'log.jsonl'), 'utf8').split('\n').slice(0, -1);
    expect(lines).toHaveLength(1_000);
    expect(lines.map((line) => parseLine(line).kind)).not.toContain('damaged');
    const memory = openIn(home);
    expect(new Set(memory.all().map(({ id }) => id)).size).toBe(1_000);
    expect(memory.problems()).toEqual([]);
    const before = await memory.dump();
    expect(await memory.rebuild()).toBeNull();
    expect(await memory.dump()).toBe(before);
    expect(await openIn(home).dump()).toBe(before);
  });

  it('one that is killed at any moment loses nothing it had acknowledged', { timeout: 600_000 }, async () => {
    const folder = temporaryFolder();
    const program = bundled(folder);
    const home = path.join(folder, 'memory');
    const acknowledged = new Set<string>();
    const rounds = full ? 50 : 5;
    for (let round = 0; round < rounds; round += 1) {
      const one = start(program, home, `r${round}`, '400');
      await one.said(1 + Math.floor(Math.random() * 60));
      // Somewhere in the work on one lesson, or in a write of the index.
      const until = performance.now() + Math.random() * 4;
      while (performance.now() < until);
      one.child.kill('SIGKILL');
      await one.ended;
      for (const line of one.lines()) acknowledged.add(line);
      const memory = openIn(home);
      const there = new Set(memory.all().map(({ id }) => id));
      expect([...acknowledged].filter((id) => !there.has(id))).toEqual([]);
      expect(memory.problems()).toEqual([]);
    }
    const memory = openIn(home);
    await add(memory, lessonOf('after'));
    expect(memory.problems()).toEqual([]);
    const before = await memory.dump();
    expect(await memory.rebuild()).toBeNull();
    expect(await memory.dump()).toBe(before);
  });
});

describe('a log', () => {
  const entry = (id: string) =>
    JSON.stringify({ v: 1, op: 'add', at: '2026-11-21T10:00:00.000Z', memory: lessonOf(id) });

  function home(text: string | Buffer) {
    const folder = temporaryFolder();
    const file = path.join(folder, 'log.jsonl');
    writeFileSync(file, text);
    const memory = openIn(folder);
    const ids = () => memory.all().map(({ id }) => id);
    return { folder, file, memory, ids };
  }

  it('forgives a torn last line, and never glues the next one to it', async () => {
    const { file, memory, ids } = home(`${entry('a')}\n${entry('b').slice(0, 90)}`);
    expect(ids()).toEqual(['a']);
    expect(memory.problems()).toEqual([]);
    await add(memory, lessonOf('c'));
    expect(ids()).toEqual(['a', 'c']);
    expect(memory.problems()).toEqual([]);
    expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(3);
    expect(readFileSync(`${file}.torn`, 'utf8')).toBe(`${entry('b').slice(0, 90)}\n`);
  });

  it('keeps a last line that only lacks its end', async () => {
    const { file, memory, ids } = home(`${entry('a')}\n${entry('b')}`);
    expect(ids()).toEqual(['a', 'b']);
    await add(memory, lessonOf('c'));
    expect(ids()).toEqual(['a', 'b', 'c']);
    expect(openIn(path.dirname(file)).all()).toHaveLength(3);
    expect(existsSync(`${file}.torn`)).toBe(false);
  });

  it.each([
    ['no JSON', 'oops', 'it is not JSON'],
    ['NUL bytes', '\0\0\0\0', 'it holds NUL bytes'],
    ['a list', '[1]', 'it is not an object'],
    ['an object of another kind', '{"a":1}', 'it has no v and op'],
    [
      'a lesson without words',
      entry('x').replace('"when"', '"whence"'),
      'memory.when: Invalid input: expected string, received undefined',
    ],
    [
      'bytes that are no UTF-8',
      Buffer.from(entry('x').replace('cut', 'c\u00e9t'), 'latin1'),
      'it is not UTF-8',
    ],
    ['a later version', '{"v":2,"op":"add"}', 'it is of version 2, and this one reads version 1'],
    ['an unknown op', '{"v":1,"op":"merge"}', 'its op "merge" is of a later version'],
  ])('names the line that has %s, and passes it over', async (_name, line, why) => {
    const text = Buffer.concat([
      Buffer.from(`${entry('a')}\n`),
      Buffer.from(line),
      Buffer.from(`\n${entry('b')}\n`),
    ]);
    const { file, memory, ids } = home(text);
    expect(ids()).toEqual(['a', 'b']);
    expect(memory.problems()).toEqual([`${file}:2: this line is passed over: ${why}`]);
    await add(memory, lessonOf('c'));
    await memory.flush();
    expect(readFileSync(file).subarray(0, text.length).equals(text)).toBe(true);
    expect(openIn(path.dirname(file)).problems()).toEqual(memory.problems());
    const rebuilt = await memory.rebuild();
    expect(rebuilt === null).toBe(/later version|of version 2/.test(why));
  });

  it('reads over a byte order mark, Windows line ends and empty lines', () => {
    const { memory, ids } = home(`\ufeff${entry('a')}\r\n\r\n${entry('b')}\r\n`);
    expect(ids()).toEqual(['a', 'b']);
    expect(memory.problems()).toEqual([]);
  });

  it('passes over a line that is too long, and refuses to write one', async () => {
    const long = 'x'.repeat(16 * 1024 ** 2);
    const { file, memory, ids } = home(`${entry('a')}\n${long}x\n${entry('b')}\n`);
    expect(ids()).toEqual(['a', 'b']);
    expect(memory.problems()).toEqual([`${file}:2: this line is passed over: it is longer than 16 MiB`]);
    const done = await memory.append([{ op: 'add', memory: lessonOf('c', { why: long }) }]);
    expect(done).toMatchObject({ kind: 'failed', why: expect.stringContaining('holds at most 16777216') });
    expect(ids()).toEqual(['a', 'b']);
  });

  it('says which line has no effect', () => {
    const change = JSON.stringify({ v: 1, op: 'change', at: 'x', id: 'zz', rev: 1, set: {}, why: 'y' });
    const { file, memory } = home(`${entry('a')}\n${entry('a')}\n${change}\n`);
    expect(memory.problems()).toEqual([
      `${file}:2: this line has no effect: it adds a, which is there already`,
      `${file}:3: this line has no effect: it names zz, and there is no such memory`,
    ]);
  });

  it('that cannot be written says why, and what is there stays', async () => {
    const folder = temporaryFolder();
    const blocked = path.join(folder, 'file');
    writeFileSync(blocked, 'x');
    const failed = await openIn(blocked).append([{ op: 'forget', id: 'a', why: 'x' }]);
    expect(failed).toMatchObject({
      kind: 'failed',
      why: expect.stringMatching(/cannot make the folder of .*file/),
    });
    const asFolder = path.join(folder, 'other');
    mkdirSync(path.join(asFolder, 'log.jsonl'), { recursive: true });
    expect(await openIn(asFolder).append([{ op: 'forget', id: 'a', why: 'x' }])).toMatchObject({
      kind: 'failed',
      why: expect.stringContaining('EISDIR'),
    });
    expect(openIn(asFolder).problems()).toEqual([expect.stringContaining('it is not a file; move it away')]);
  });

  it.skipIf(process.getuid?.() === 0)('in a folder without the right to write says so', async () => {
    const { folder, memory, ids } = home(`${entry('a')}\n`);
    chmodSync(folder, 0o500);
    const done = await memory.append([{ op: 'add', memory: lessonOf('b') }]);
    chmodSync(folder, 0o700);
    expect(done).toMatchObject({ kind: 'failed', why: expect.stringContaining('permission denied') });
    expect(ids()).toEqual(['a']);
  });

  it('waits for a lock only so long as its owner lives', async () => {
    const { file, memory, ids } = home('');
    const owner = { pid: 2 ** 30, started: null, place: 'x', nonce: '0123456789abcdef' };
    appendFileSync(`${file}.lock`, '');
    await add(memory, lessonOf('a'));
    const { withLock } = await import('../../src/memory/lock.ts');
    const done = await withLock(`${file}.lock`, () => {
      const mine = JSON.parse(readFileSync(`${file}.lock`, 'utf8')) as typeof owner;
      writeFileSync(`${file}.lock`, JSON.stringify({ ...owner, place: mine.place }));
    });
    expect(done.kind).toBe('done');
    await add(memory, lessonOf('b'));
    expect(ids()).toEqual(['a', 'b']);
    const held = await withLock(`${file}.lock`, () => withLock(`${file}.lock`, () => 1, 50));
    expect(held).toMatchObject({
      kind: 'done',
      value: { kind: 'failed', why: expect.stringContaining(`process ${process.pid}`) },
    });
  });
});
