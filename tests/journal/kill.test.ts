import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { appendJournal } from '../../src/journal/append.ts';
import { lockPathOf, writerOf } from '../../src/journal/lock.ts';
import { loadJournal } from '../../src/journal/read.ts';
import { bundled, temporaryFolder } from './places.ts';
import { redactNothing, samples } from './samples.ts';

interface Writer {
  child: ChildProcess;
  lines: string[];
  /** Resolves when stdout holds that many lines, or has ended. */
  said(count: number): Promise<void>;
  ended: Promise<unknown>;
}

const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

function start(program: string, ...args: string[]): Writer {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  running.push(child);
  const lines: string[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  let rest = '';
  const wake = (all: boolean) => {
    for (const wait of waiting) if (all || lines.length >= wait.count) wait.resolve();
  };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
    wake(false);
  });
  const ended = once(child, 'close').then(() => wake(true));
  return {
    child,
    lines,
    ended,
    said: (count) =>
      new Promise((resolve) => {
        waiting.push({ count, resolve });
        wake(false);
      }),
  };
}

const pathOf = (writer: Writer) => (writer.lines[0] ?? '').replace('path ', '');
const lastShown = (writer: Writer) => Number(writer.lines.at(-1));

describe('a writer that is killed', { timeout: 30_000 }, () => {
  it('has every event on disk that it had shown, and is followed by another at once', async () => {
    const folder = temporaryFolder();
    const program = bundled(folder, 'writer');
    let writer = start(program, 'open', folder, '3000');
    await writer.said(20);
    let path = '';
    for (let round = 1; round <= 3; round += 1) {
      path ||= pathOf(writer);
      await writer.said(10 + round * 7);
      writer.child.kill('SIGKILL');
      await writer.ended;
      const shown = lastShown(writer);
      expect(shown).toBeGreaterThan(5);
      const { lastSeq } = await loadJournal(path);
      expect(lastSeq).toBeGreaterThanOrEqual(shown);
      expect(existsSync(lockPathOf(path))).toBe(true);
      expect(writerOf(path)).toBeNull();
      writer = start(program, 'append', path, '3000');
      await writer.said(3);
      expect(writer.lines[1]).toBe(String(lastSeq));
    }
  });

  it('keeps others out while it lives, by naming its process, and lets one in when it is dead', async () => {
    const folder = temporaryFolder();
    const program = bundled(folder, 'writer');
    const writer = start(program, 'open', folder, '100');
    await writer.said(2);
    const path = pathOf(writer);
    const pid = writer.child.pid;
    expect(writerOf(path)).toBe(pid);
    await expect(appendJournal(path, { redact: redactNothing })).rejects.toMatchObject({
      kind: 'locked',
      message: expect.stringContaining(`process ${pid} is writing it`),
    });
    const second = start(program, 'append', path, '100');
    await second.ended;
    expect(second.lines).toEqual([expect.stringMatching(new RegExp(`^failed locked .*process ${pid} `))]);
    writer.child.kill('SIGKILL');
    await writer.ended;
    const { journal, events } = await appendJournal(path, { redact: redactNothing });
    expect(journal.write(samples['session.ended']).seq).toBe(events.length + 1);
    journal.close();
    expect(existsSync(lockPathOf(path))).toBe(false);
    expect((await loadJournal(path)).lastSeq).toBe(events.length + 1);
  });

  it('is followed by exactly one of many who find it dead at the same time', async () => {
    const folder = temporaryFolder();
    const program = bundled(folder, 'writer');
    const writer = start(program, 'open', folder, '100');
    await writer.said(3);
    const path = pathOf(writer);
    writer.child.kill('SIGKILL');
    await writer.ended;
    const crowd = Array.from({ length: 6 }, () => start(program, 'append', path, '100'));
    await Promise.all(crowd.map((one) => one.said(1)));
    const winners = crowd.filter((one) => one.lines[0]?.startsWith('path '));
    expect(winners).toHaveLength(1);
    await winners[0]?.said(20);
    for (const one of crowd) one.child.kill('SIGKILL');
    await Promise.all(crowd.map((one) => one.ended));
    for (const one of crowd) {
      if (!winners.includes(one)) expect(one.lines[0]).toMatch(/^failed locked /);
    }
    const { lastSeq } = await loadJournal(path);
    expect(lastSeq).toBeGreaterThanOrEqual(lastShown(winners[0] as Writer));
  });

  it('is never followed by two at once, however often it is taken over', async () => {
    const folder = temporaryFolder();
    const program = bundled(folder, 'taker');
    const file = join(folder, 'a.jsonl');
    const crowd = Array.from({ length: 4 }, () => start(program, file, '30'));
    await Promise.all(crowd.map((one) => one.ended));
    const counts = crowd.map((one) => (one.lines[0] ?? '').split(' ').map(Number));
    expect(counts.reduce((sum, [taken = 0]) => sum + taken, 0)).toBeGreaterThan(30);
    expect(counts.map(([, together]) => together)).toEqual([0, 0, 0, 0]);
  });
});
