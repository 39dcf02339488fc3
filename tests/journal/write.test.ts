import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isJournalError } from '../../src/journal/error.ts';
import { lockPathOf } from '../../src/journal/lock.ts';
import { loadJournal } from '../../src/journal/read.ts';
import { makeRedactor } from '../../src/journal/redact.ts';
import { journalName, openJournal } from '../../src/journal/write.ts';
import { begin, failureOf, newJournal, temporaryFolder } from './places.ts';
import { redactNothing, salt, sampleSession, samples } from './samples.ts';

describe('a journal being written', () => {
  it('is named by time and id, is readable by its owner only, and makes its folder', () => {
    const directory = join(temporaryFolder(), 'deep', 'logs');
    const journal = newJournal(directory, { session: 'abc' });
    expect(journal.path).toBe(join(directory, '2026-11-21T07-31-47Z-abc.jsonl'));
    expect(statSync(journal.path).mode & 0o777).toBe(0o600);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(journalName(new Date('2026-01-02T03:04:05.999Z'), 'x')).toBe('2026-01-02T03-04-05Z-x.jsonl');
  });

  it('holds each event before write returns, stamped from 1 without gaps', () => {
    const journal = newJournal(temporaryFolder());
    for (const [index, body] of sampleSession.entries()) {
      const event = journal.write(body);
      expect(event).toEqual({ seq: index + 1, at: begin.toISOString(), ...body });
      const lines = readFileSync(journal.path, 'utf8').split('\n');
      expect(lines).toHaveLength(index + 2);
      expect(JSON.parse(lines[index] ?? '')).toEqual(event);
      expect(journal.lastSeq()).toBe(index + 1);
    }
  });

  it('reads back exactly what write returned', async () => {
    const journal = newJournal(temporaryFolder());
    const shown = sampleSession.map((body) => journal.write(body));
    journal.close();
    const { events, tornBytes } = await loadJournal(journal.path);
    expect(events).toEqual(shown);
    expect(tornBytes).toBe(0);
  });

  it('returns the redacted event, and leaves out undefined fields as the file does', () => {
    const directory = temporaryFolder();
    const redact = makeRedactor({ env: { MY_API_KEY: 'correct-horse' }, dotenv: {}, salt });
    const journal = openJournal({ directory, session: 'a', at: begin, redact, sync: false });
    const body = {
      ...samples['program.delivered'],
      delivery: { directory: '/srv/correct-horse', files: [], refused: undefined as unknown as string },
    };
    const event = journal.write(body);
    journal.close();
    expect(JSON.stringify(event)).not.toContain('correct-horse');
    expect(readFileSync(journal.path, 'utf8')).toBe(`${JSON.stringify(event)}\n`);
    expect(event.type === 'program.delivered' && Object.keys(event.delivery)).toEqual(['directory', 'files']);
  });

  it('keeps the session id and the words of the schema even when a secret is called the same', async () => {
    const directory = temporaryFolder();
    const redact = makeRedactor({
      env: { A_TOKEN: 'session1', B_PASSWORD: 'python', C_SECRET: 'verified', D_KEY: 'session.started' },
      dotenv: {},
      salt,
    });
    const journal = openJournal({ directory, session: 'session1', at: begin, redact, sync: false });
    journal.write({ ...samples['session.started'], session: 'session1' });
    journal.write(samples['session.ended']);
    journal.close();
    const { events } = await loadJournal(journal.path);
    expect(events[0]).toMatchObject({ session: 'session1', task: { language: 'python' } });
    expect(events[1]).toMatchObject({ outcome: { ending: 'verified' } });
  });

  it('refuses a number that JSON cannot hold, and goes on after it', async () => {
    const journal = newJournal(temporaryFolder());
    journal.write(samples['session.started']);
    const broken = { ...samples['model.retried'], waitMs: Number.NaN };
    expect(() => journal.write(broken)).toThrow('waitMs is NaN');
    journal.write(samples['step.started']);
    journal.close();
    expect((await loadJournal(journal.path)).events).toHaveLength(2);
  });

  it('refuses a second journal of the same name, and leaves the first alone', () => {
    const directory = temporaryFolder();
    const journal = newJournal(directory);
    journal.write(samples['session.started']);
    journal.close();
    const error = failureOf(() => newJournal(directory));
    expect(isJournalError(error) && error.kind).toBe('unwritable');
    expect(String(error)).toContain('start a session with another id');
    expect(readFileSync(journal.path, 'utf8').split('\n')).toHaveLength(2);
    expect(existsSync(lockPathOf(journal.path))).toBe(false);
  });

  it.each(['', '../up', 'a/b', '-rf', 'a b', 'a\0b', 'x'.repeat(65)])(
    'refuses %j as a session id',
    (session) => {
      const directory = temporaryFolder();
      expect(() => newJournal(directory, { session })).toThrow('a session id is');
    },
  );

  it('says what to do when its folder is a file', () => {
    const file = join(temporaryFolder(), 'logs');
    writeFileSync(file, '');
    for (const directory of [file, join(file, 'deeper')]) {
      const error = failureOf(() => newJournal(directory));
      expect(isJournalError(error) && error.kind).toBe('unwritable');
      expect(String(error)).toContain(file);
    }
  });

  it('leaves neither an empty file nor a lock behind when nothing was written', () => {
    const journal = newJournal(temporaryFolder());
    journal.close();
    journal.close();
    expect(existsSync(journal.path)).toBe(false);
    expect(existsSync(lockPathOf(journal.path))).toBe(false);
    expect(() => journal.write(samples['session.started'])).toThrow('is closed');
  });

  it.skipIf(process.getuid?.() === 0)(
    'says permission denied for a folder it may not write (root may write anything)',
    () => {
      const directory = join(temporaryFolder(), 'logs');
      mkdirSync(directory, { mode: 0o500 });
      const error = failureOf(() => newJournal(directory));
      expect(isJournalError(error) && error.kind).toBe('unwritable');
      expect(String(error)).toContain('permission denied');
    },
  );

  it('flushes facts to the device by default', () => {
    const journal = openJournal({
      directory: temporaryFolder(),
      session: 'a',
      at: begin,
      redact: redactNothing,
    });
    expect(journal.write(samples['session.started']).seq).toBe(1);
    journal.close();
  });
});
