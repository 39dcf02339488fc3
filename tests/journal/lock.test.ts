import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isJournalError } from '../../src/journal/error.ts';
import { lockJournal, lockPathOf, writerOf } from '../../src/journal/lock.ts';
import { failureOf, temporaryFolder } from './places.ts';

function lockedBy(change: (owner: Record<string, unknown>) => Record<string, unknown>): string {
  const file = join(temporaryFolder(), 'a.jsonl');
  const lock = lockJournal(file);
  const owner = JSON.parse(readFileSync(lockPathOf(file), 'utf8')) as Record<string, unknown>;
  lock.release();
  writeFileSync(lockPathOf(file), JSON.stringify(change(owner)));
  return file;
}

function age(file: string, seconds: number): void {
  const then = new Date(Date.now() - seconds * 1000);
  utimesSync(lockPathOf(file), then, then);
}

function expectTaken(file: string): void {
  expect(writerOf(file)).toBeNull();
  const lock = lockJournal(file);
  onTestFinished(() => lock.release());
  expect(writerOf(file)).toBe(process.pid);
}

describe('the lock of a journal', () => {
  it('is held until it is released, and leaves nothing behind', () => {
    const folder = temporaryFolder();
    const file = join(folder, 'a.jsonl');
    const lock = lockJournal(file);
    expect(writerOf(file)).toBe(process.pid);
    const error = failureOf(() => lockJournal(file));
    expect(isJournalError(error) && error.kind).toBe('locked');
    expect(String(error)).toContain(`process ${process.pid} is writing it`);
    lock.release();
    lock.release();
    expect(writerOf(file)).toBeNull();
    expect(readdirSync(folder)).toEqual([]);
  });

  it.skipIf(!existsSync('/proc/self/stat'))(
    'is taken over from another process that had the same id before',
    () => {
      expectTaken(lockedBy((owner) => ({ ...owner, started: '1' })));
    },
  );

  it('is taken over from a process that is gone', () => {
    // Beyond the largest process id there is.
    expectTaken(lockedBy((owner) => ({ ...owner, pid: 2 ** 30 })));
  });

  it('is left to a living process of another user', () => {
    const file = lockedBy((owner) => ({ ...owner, pid: 1, started: null }));
    expect(writerOf(file)).toBe(1);
  });

  it('goes by its heartbeat where the process cannot be seen', () => {
    const file = lockedBy((owner) => ({
      ...owner,
      place: 'elsewhere boot pid:[1]',
      nonce: '0123456789abcdef',
    }));
    expect(String(failureOf(() => lockJournal(file)))).toContain(
      'It runs on elsewhere or in another container',
    );
    age(file, 60);
    expectTaken(file);
  });

  it.skipIf(!existsSync('/proc/sys/kernel/random/boot_id'))(
    'does not outlive a restart of the machine',
    () => {
      expectTaken(
        lockedBy((owner) => ({
          ...owner,
          place: String(owner.place).replace(/ [0-9a-f-]{36} /, ' an-earlier-boot '),
        })),
      );
    },
  );

  it('is taken over when nobody can read it and it is not just being written', () => {
    for (const text of ['', '{"pid":', 'null', '{"pid":-1,"place":"","nonce":"x"}']) {
      const file = join(temporaryFolder(), 'a.jsonl');
      writeFileSync(lockPathOf(file), text);
      age(file, 10);
      expectTaken(file);
    }
  });

  it('does not remove the lock of a successor', () => {
    const file = join(temporaryFolder(), 'a.jsonl');
    const lock = lockJournal(file);
    writeFileSync(lockPathOf(file), 'of somebody else');
    lock.release();
    expect(readFileSync(lockPathOf(file), 'utf8')).toBe('of somebody else');
  });
});
