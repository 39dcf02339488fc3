import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { EventBody, SessionEvent } from '../../src/core/events.ts';
import { isJournalError, type JournalError } from '../../src/journal/error.ts';
import { loadJournal, readJournal } from '../../src/journal/read.ts';
import { temporaryFolder, written } from './places.ts';
import { sampleSession, samples } from './samples.ts';

async function failing(path: string): Promise<JournalError> {
  try {
    await loadJournal(path);
  } catch (error) {
    if (isJournalError(error)) return error;
    throw error;
  }
  throw new Error('it was read');
}

/** A file with these lines, each ended by `\n`. */
function fileOf(...lines: string[]): string {
  const path = join(temporaryFolder(), 'a.jsonl');
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
  return path;
}

function linesOf(path: string): string[] {
  return readFileSync(path, 'utf8').split('\n').slice(0, -1);
}

const [first = '', second = '', third = ''] = sampleSession
  .slice(0, 3)
  .map((body, index) => JSON.stringify({ seq: index + 1, at: '2026-11-21T07:31:47.250Z', ...body }));

describe('reading a journal', { timeout: 30_000 }, () => {
  it('yields the events one by one and ends in how the file ended', async () => {
    const path = written(temporaryFolder(), sampleSession);
    const events: SessionEvent[] = [];
    const stream = readJournal(path);
    let step = await stream.next();
    for (; !step.done; step = await stream.next()) events.push(step.value);
    expect(events.map((event) => event.type)).toEqual(sampleSession.map((body) => body.type));
    expect(step.value).toEqual({
      lastSeq: sampleSession.length,
      wholeBytes: readFileSync(path).length,
      tornBytes: 0,
      missingNewline: false,
    });
  });

  it('reads up to the cut wherever the last three lines are cut', async () => {
    const bodies: EventBody[] = [
      samples['session.started'],
      { type: 'step.started', step: 1, title: 'naïve \u2028 日本語 🥣' },
      { type: 'run.delta', stream: 'stdout', text: 'é\u2029"\\\n' },
      { type: 'step.ended', step: 1, passed: true },
    ];
    const whole = written(temporaryFolder(), bodies);
    const bytes = readFileSync(whole);
    const ends = [...bytes.entries()].filter(([, byte]) => byte === 10).map(([index]) => index);
    const cutPath = join(temporaryFolder(), 'cut.jsonl');
    for (let length = (ends[0] ?? 0) + 1; length <= bytes.length; length += 1) {
      writeFileSync(cutPath, bytes.subarray(0, length));
      const { events, tornBytes, wholeBytes, missingNewline } = await loadJournal(cutPath);
      // A line is whole as soon as its closing brace is there.
      expect(events.length, `cut after ${length} bytes`).toBe(ends.filter((end) => end <= length).length);
      expect(wholeBytes + tornBytes).toBe(length);
      expect(missingNewline).toBe(ends.includes(length));
    }
  });

  it('says that a file cut within its first line is no journal', async () => {
    for (const length of [1, 10, first.length - 1]) {
      const path = join(temporaryFolder(), 'a.jsonl');
      writeFileSync(path, first.slice(0, length));
      const error = await failing(path);
      expect(error.kind).toBe('unreadable');
      expect(error.message).toContain('no whole event');
    }
  });

  it('forgives a last line of zeros or garbage, as a power cut leaves it', async () => {
    for (const tail of ['\0'.repeat(4096), '{"seq":3,"at"\n', 'garbage\n', '\xff\xfe', '\n', '   ']) {
      const path = fileOf(first, second);
      appendFileSync(path, Buffer.from(tail, 'latin1'));
      const { events, tornBytes } = await loadJournal(path);
      expect(events).toHaveLength(2);
      expect(tornBytes).toBe(tail.length);
    }
  });

  it.each([
    ['a line that is not JSON', [first, '{"seq":2', third], 2, 'not JSON'],
    ['an empty line', [first, '', second], 2, 'an empty line'],
    [
      'an unknown type',
      [first, '{"seq":2,"at":"2026-11-21T07:31:47.250Z","type":"cake.eaten"}'],
      2,
      'unknown event type "cake.eaten"',
    ],
    [
      'a missing field',
      [first, '{"seq":2,"at":"2026-11-21T07:31:47.250Z","type":"step.ended","step":1}'],
      2,
      'passed',
    ],
    ['a gap', [first, third], 2, 'seq is 3 and should be 2'],
    ['an event twice', [first, second, second], 3, 'seq is 2 and should be 3'],
    ['a number for a line', [first, '7', second], 2, 'not an object'],
    [
      'another first event',
      [JSON.stringify({ ...JSON.parse(second), seq: 1 })],
      1,
      'should be session.started',
    ],
  ])('names the file and the line of %s', async (_, lines, line, fault) => {
    const path = fileOf(...lines);
    const error = await failing(path);
    expect(error.kind).toBe('damaged');
    expect(error.line).toBe(line);
    expect(error.message).toContain(`${path}:${line}: `);
    expect(error.message).toContain(fault);
  });

  it('yields what comes before a bad line', async () => {
    const path = fileOf(first, second, 'garbage', third);
    const seen: number[] = [];
    await expect(async () => {
      for await (const event of readJournal(path)) seen.push(event.seq);
    }).rejects.toThrow(`${path}:3: not JSON`);
    expect(seen).toEqual([1, 2]);
  });

  it('names a line that is not UTF-8', async () => {
    const path = fileOf(first);
    appendFileSync(path, Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0x0a])]));
    appendFileSync(path, `${second}\n`);
    expect((await failing(path)).message).toContain(`${path}:2: not UTF-8 text`);
  });

  it('refuses a later schema and says to upgrade, whatever else the line holds', async () => {
    const path = fileOf('{"type":"session.begun","schema":2,"seq":1}', '{"type":"x"}');
    const error = await failing(path);
    expect(error.kind).toBe('newer');
    expect(error.message).toContain('schema 2; this one reads up to 1');
  });

  it('refuses what is no journal, each with its reason', async () => {
    const folder = temporaryFolder();
    const place = (name: string, content: string | Buffer) => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    };
    mkdirSync(join(folder, 'folder.jsonl'));
    symlinkSync(join(folder, 'loop.jsonl'), join(folder, 'loop.jsonl'));
    const cases: [string, string][] = [
      [join(folder, 'missing.jsonl'), 'no such file'],
      [join(folder, 'folder.jsonl'), 'it is a folder'],
      [join(folder, 'loop.jsonl'), 'symbolic links'],
      [place('empty.jsonl', ''), 'it is empty'],
      [
        place('binary.jsonl', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0, 1, 10, 0, 10])),
        'it is a binary file',
      ],
      [place('text.jsonl', 'hello\nworld\n'), 'not a JSON object'],
      [place('array.jsonl', '[1]\n'), 'not a JSON object'],
      ['/dev/null', 'not a regular file'],
    ];
    for (const [path, reason] of cases) {
      const error = await failing(path);
      expect(error.kind, path).toBe('unreadable');
      expect(error.message).toContain(path);
      expect(error.message).toContain(reason);
    }
  });

  it.skipIf(process.getuid?.() === 0)(
    'says permission denied for a file it may not read (root may read anything)',
    async () => {
      const path = fileOf(first);
      chmodSync(path, 0);
      expect((await failing(path)).message).toContain('permission denied');
    },
  );

  it('keeps every character, U+2028 and lone surrogates too', async () => {
    const title = '\u2028\u2029\u0000\u001b[31m\ud800 \r\n "\\ 🥣\ufeff';
    const path = written(temporaryFolder(), [
      samples['session.started'],
      { type: 'step.started', step: 1, title },
    ]);
    expect(linesOf(path)).toHaveLength(2);
    expect((await loadJournal(path)).events[1]).toMatchObject({ title });
  });

  it('reads lines of 10 MB', async () => {
    const text = 'ä line of a reply\n'.repeat(600_000);
    const reply = { ...samples['model.replied'].reply, text };
    const path = written(temporaryFolder(), [
      samples['session.started'],
      { type: 'model.replied', call: 1, reply },
      { type: 'model.replied', call: 2, reply },
    ]);
    const { events } = await loadJournal(path);
    expect(events).toHaveLength(3);
    expect(events[2]).toMatchObject({ reply: { text } });
  });

  it('holds one line at a time in memory', async () => {
    const folder = temporaryFolder();
    const text = 'x'.repeat(1024 * 1024);
    const path = written(folder, [samples['session.started']]);
    for (let seq = 2; seq <= 100; seq += 1) {
      appendFileSync(
        path,
        `${JSON.stringify({ seq, at: '2026-11-21T07:31:47.250Z', type: 'model.delta', call: 1, text })}\n`,
      );
    }
    const start = process.memoryUsage().rss;
    let most = 0;
    let count = 0;
    for await (const _ of readJournal(path)) {
      count += 1;
      most = Math.max(most, process.memoryUsage().rss - start);
    }
    expect(count).toBe(100);
    expect(most).toBeLessThan(80 * 1024 * 1024);
  });

  it.skipIf(!existsSync('/proc/self/fd'))('closes the file when the reader leaves early', async () => {
    const path = written(temporaryFolder(), sampleSession);
    const openFiles = () =>
      readdirSync('/proc/self/fd').filter((descriptor) => {
        try {
          return readlinkSync(`/proc/self/fd/${descriptor}`) === path;
        } catch {
          return false;
        }
      }).length;
    for await (const event of readJournal(path)) {
      expect(event.seq).toBe(1);
      expect(openFiles()).toBe(1);
      break;
    }
    expect(openFiles()).toBe(0);
  });
});
