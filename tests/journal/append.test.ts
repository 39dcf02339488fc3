import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { appendJournal } from '../../src/journal/append.ts';
import { lockPathOf, writerOf } from '../../src/journal/lock.ts';
import { loadJournal } from '../../src/journal/read.ts';
import { newJournal, temporaryFolder, written } from './places.ts';
import { redactNothing, samples } from './samples.ts';

const options = { redact: redactNothing, sync: false };
const begun = [samples['session.started'], samples['step.started']];

describe('going on with a journal', () => {
  it('continues seq and gives back what was there', async () => {
    const path = written(temporaryFolder(), begun);
    const { journal, events, droppedBytes, keptIn } = await appendJournal(path, options);
    expect(events.map((event) => event.type)).toEqual(['session.started', 'step.started']);
    expect([droppedBytes, keptIn, journal.session]).toEqual([0, null, samples['session.started'].session]);
    expect(journal.write(samples['session.resumed']).seq).toBe(3);
    journal.close();
    expect((await loadJournal(path)).lastSeq).toBe(3);
  });

  it('cuts a torn last line off and keeps it beside', async () => {
    const path = written(temporaryFolder(), begun);
    const whole = readFileSync(path, 'utf8');
    for (const torn of ['{"seq":3,"at":"2026-', '{"seq":3,"ä']) {
      appendFileSync(path, torn);
      const { journal, droppedBytes, keptIn } = await appendJournal(path, options);
      expect([droppedBytes, keptIn]).toEqual([Buffer.byteLength(torn), `${path}.torn`]);
      journal.close();
      expect(readFileSync(path, 'utf8')).toBe(whole);
    }
    expect(readFileSync(`${path}.torn`, 'utf8')).toBe('{"seq":3,"at":"2026-\n{"seq":3,"ä\n');
  });

  it('completes a last line that lacks only its end', async () => {
    const path = written(temporaryFolder(), begun);
    writeFileSync(path, readFileSync(path, 'utf8').trimEnd());
    const { journal, droppedBytes } = await appendJournal(path, options);
    expect(droppedBytes).toBe(0);
    expect(journal.write(samples['step.ended']).seq).toBe(3);
    journal.close();
    expect((await loadJournal(path)).events).toHaveLength(3);
  });

  it('leaves a damaged journal as it is, with no lock', async () => {
    const path = written(temporaryFolder(), begun);
    appendFileSync(path, 'garbage\n{"seq":3}\n');
    const before = readFileSync(path);
    await expect(appendJournal(path, options)).rejects.toMatchObject({ kind: 'damaged', line: 3 });
    expect(readFileSync(path)).toEqual(before);
    expect(existsSync(lockPathOf(path))).toBe(false);
  });

  it('says that a file is missing before it makes a lock', async () => {
    const path = join(temporaryFolder(), 'none.jsonl');
    await expect(appendJournal(path, options)).rejects.toMatchObject({ kind: 'unreadable' });
    expect(existsSync(lockPathOf(path))).toBe(false);
  });

  it('refuses a second writer in the same process', async () => {
    const journal = newJournal(temporaryFolder());
    journal.write(samples['session.started']);
    await expect(appendJournal(journal.path, options)).rejects.toMatchObject({ kind: 'locked' });
    journal.close();
    expect(writerOf(journal.path)).toBeNull();
  });
});
