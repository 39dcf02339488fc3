import { appendFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { EventBody } from '../../src/core/events.ts';
import { findSession, listSessions } from '../../src/journal/list.ts';
import { newJournal, temporaryFolder, written } from './places.ts';
import { samples } from './samples.ts';

const second = (count: number) => new Date(Date.UTC(2026, 10, 21, 7, 0, count));
const started = (goal: string): EventBody => ({
  ...samples['session.started'],
  task: { ...samples['session.started'].task, goal },
});
const replied = (costUsd: number | null): EventBody => ({
  ...samples['model.replied'],
  reply: { ...samples['model.replied'].reply, costUsd },
});

describe('the list of sessions', () => {
  it('is empty where there is no folder, and says why it cannot read one', async () => {
    const folder = temporaryFolder();
    expect(await listSessions(join(folder, 'none'))).toEqual([]);
    writeFileSync(join(folder, 'file'), '');
    await expect(listSessions(join(folder, 'file'))).rejects.toMatchObject({ kind: 'unreadable' });
  });

  it('tells of each session, newest first', async () => {
    const folder = temporaryFolder();
    written(folder, [started('\n  first\x1b[2J goal \nmore'), samples['session.ended']], {
      session: 'one',
      at: second(1),
    });
    written(
      folder,
      [
        started('second goal'),
        samples['attempt.started'],
        replied(0.25),
        samples['attempt.started'],
        replied(0.5),
      ],
      {
        session: 'two',
        at: second(2),
      },
    );
    const running = newJournal(folder, { session: 'three', at: second(3) });
    running.write({ ...samples['session.started'], session: 'three' });
    running.write(replied(null));
    expect(await listSessions(folder)).toEqual([
      {
        kind: 'session',
        id: 'three',
        path: running.path,
        at: '2026-11-21T07:00:03.000Z',
        model: 'demo',
        state: 'running',
        goal: 'write a function that calculates the factorial of a number',
        attempts: 0,
        costUsd: null,
        verified: false,
      },
      expect.objectContaining({
        id: 'two',
        goal: 'second goal',
        state: 'cut off',
        attempts: 2,
        costUsd: 0.75,
        verified: false,
      }),
      expect.objectContaining({
        id: 'one',
        goal: 'first[2J goal',
        state: 'verified',
        attempts: 2,
        costUsd: 0.0125,
        verified: true,
      }),
    ]);
  });

  it('lists what it cannot read with the reason, and does not mind other files', async () => {
    const folder = temporaryFolder();
    const good = written(folder, [started('good'), samples['session.ended']], {
      session: 'good',
      at: second(9),
    });
    const damaged = written(folder, [started('damaged'), samples['step.started']], {
      session: 'damaged',
      at: second(8),
    });
    appendFileSync(damaged, 'garbage\ngarbage\n');
    writeFileSync(join(folder, '2026-11-21T07-00-07Z-empty.jsonl'), '');
    writeFileSync(join(folder, 'notes.jsonl'), Buffer.from([0, 1, 2, 10]));
    mkdirSync(join(folder, '2026-11-21T07-00-06Z-folder.jsonl'));
    writeFileSync(join(folder, `${basename(good)}.lock`), '');
    writeFileSync(join(folder, '.gitkeep'), '');
    const list = await listSessions(folder);
    expect(list.map((entry) => [entry.id, entry.kind])).toEqual([
      ['good', 'session'],
      ['damaged', 'unreadable'],
      ['empty', 'unreadable'],
      ['folder', 'unreadable'],
      ['notes', 'unreadable'],
    ]);
    const reasons = list.map((entry) => (entry.kind === 'unreadable' ? entry.why : ''));
    expect(reasons[1]).toContain(`${damaged}:3: not JSON`);
    expect(reasons[2]).toContain('it is empty');
    expect(reasons[3]).toContain('it is a folder');
    expect(reasons[4]).toContain('it is a binary file');
    expect(list[2]?.at).toBe('2026-11-21T07:00:07.000Z');
  });

  it('sees the end of a session that was resumed, and the lack of one after it', async () => {
    const folder = temporaryFolder();
    const bodies = [
      started('resumed'),
      {
        ...samples['session.ended'],
        outcome: { ...samples['session.ended'].outcome, ending: 'cancelled' as const },
      },
      samples['session.resumed'],
    ];
    written(folder, bodies, { session: 'again', at: second(1) });
    written(folder, [...bodies, samples['attempt.started'], samples['session.ended']], {
      session: 'ended',
      at: second(0),
    });
    const list = await listSessions(folder);
    expect(list.map((entry) => entry.kind === 'session' && entry.state)).toEqual(['cut off', 'verified']);
  });

  it('finds an end behind a torn line and before a last line longer than what it reads first', async () => {
    const folder = temporaryFolder();
    const why = 'x'.repeat(100_000);
    const ended = { ...samples['session.ended'], outcome: { ...samples['session.ended'].outcome, why } };
    const path = written(folder, [started('long'), ended], { session: 'long', at: second(1) });
    appendFileSync(path, '{"seq":3,"at":"20');
    const bare = written(folder, [started('bare'), samples['session.ended']], {
      session: 'bare',
      at: second(0),
    });
    writeFileSync(bare, readFileSync(bare, 'utf8').trimEnd());
    expect((await listSessions(folder)).map((entry) => entry.kind === 'session' && entry.state)).toEqual([
      'verified',
      'verified',
    ]);
  });
});

describe('finding a session', () => {
  async function three(): Promise<{ folder: string; paths: string[] }> {
    const folder = temporaryFolder();
    const paths = ['01jda1', '01jda2', '01jdb3'].map((session, index) =>
      written(folder, [started(session)], { session, at: second(index) }),
    );
    return { folder, paths };
  }

  it('knows latest, a whole id, the beginning of one in any case, a file name and a path', async () => {
    const { folder, paths } = await three();
    expect(await findSession(folder, 'latest')).toBe(paths[2]);
    expect(await findSession(folder, '01jda1')).toBe(paths[0]);
    expect(await findSession(folder, '01JDB')).toBe(paths[2]);
    expect(await findSession(folder, basename(paths[1] ?? ''))).toBe(paths[1]);
    const elsewhere = join(temporaryFolder(), 'kept.jsonl');
    symlinkSync(paths[0] ?? '', elsewhere);
    expect(await findSession(folder, elsewhere)).toBe(elsewhere);
  });

  it('prefers a whole id to the beginning of others', async () => {
    const { folder } = await three();
    const exact = written(folder, [started('exact')], { session: '01jda', at: second(30) });
    expect(await findSession(folder, '01jda')).toBe(exact);
  });

  it('names the sessions it could be, and those there are', async () => {
    const { folder, paths } = await three();
    await expect(findSession(folder, '01jda')).rejects.toMatchObject({
      kind: 'ambiguous',
      message: expect.stringMatching(/2 sessions: 01jda2 \(2026-11-21T07:00Z\), 01jda1 /),
    });
    await expect(findSession(folder, 'zzz')).rejects.toMatchObject({
      kind: 'not-found',
      message: expect.stringMatching(/no session begins with zzz .*newest are 01jdb3/),
    });
    await expect(findSession(folder, './no/such.jsonl')).rejects.toMatchObject({ kind: 'not-found' });
    for (const path of paths) rmSync(path);
    await expect(findSession(folder, 'latest')).rejects.toThrow('there is no session yet');
    await expect(findSession(join(folder, 'none'), 'x')).rejects.toThrow('there is none yet');
  });
});
