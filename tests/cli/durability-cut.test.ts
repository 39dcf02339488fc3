import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { initialState, reduce } from '../../src/core/state.ts';
import { loadJournal } from '../../src/journal/read.ts';
import { full } from '../support/full.ts';
import { eventsOf, kintsugi, makePlace, type Place } from '../support/kintsugi.ts';
import { goldenJournals, severalAtOnce } from '../support/sessions.ts';

let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(() => place.remove());

/** A golden journal among the sessions of the place, with words of two, three and four bytes in its end. */
function whole(): { file: string; bytes: Buffer } {
  const golden = goldenJournals().find((one) => one.name === 'two-steps')?.file ?? '';
  const text = readFileSync(golden, 'utf8').replace('"why":"Proven', '"why":"Éprouvé · 金継ぎ · 🏺 · Proven');
  expect(text).toContain('🏺');
  const file = place.file(path.join(place.home, 'logs', path.basename(golden)), text);
  return { file, bytes: readFileSync(file) };
}

/** Where each line begins, and the end of the last. */
function lineStarts(bytes: Buffer): number[] {
  const starts = [0];
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) starts.push(at + 1);
  return starts;
}

it('plays up to the cut, wherever a journal is cut in its last three lines', async () => {
  const { file, bytes } = whole();
  const events = eventsOf(file);
  const starts = lineStarts(bytes);
  const from = starts.at(-4) ?? 0;
  expect(bytes.length - from).toBeGreaterThan(400);
  for (let end = bytes.length; end >= from; end -= 1) {
    truncateSync(file, end);
    const loaded = await loadJournal(file);
    // A last line is whole when only its end of line is missing.
    const lines = starts.filter((start) => start > 0 && start <= end + 1).length;
    expect(loaded.events.length, `cut at byte ${end}`).toBe(lines);
    expect(loaded.tornBytes, `cut at byte ${end}`).toBe(Math.max(0, end - (starts[lines] ?? 0)));
    expect(loaded.events).toEqual(events.slice(0, lines));
  }
}, 300_000);

it('names the line of any other fault, wherever it is', async () => {
  const { file, bytes } = whole();
  const starts = lineStarts(bytes);
  const faults: [what: string, change: (line: Buffer) => Buffer][] = [
    ['half of it', (line) => line.subarray(0, line.length / 2)],
    ['nothing', () => Buffer.alloc(0)],
    ['zero bytes', (line) => Buffer.alloc(line.length)],
    [
      'a byte that is no UTF-8',
      (line) => Buffer.concat([line.subarray(0, -3), Buffer.from([0xff]), line.subarray(-3)]),
    ],
    ['no event', () => Buffer.from('{"seq":1,"at":"now","type":"nothing.happened"}')],
  ];
  for (let number = 1; number < starts.length - 1; number += full ? 1 : 8) {
    for (const [what, change] of faults) {
      const [start = 0, next = 0] = [starts[number - 1], starts[number]];
      const line = change(bytes.subarray(start, next - 1));
      writeFileSync(file, Buffer.concat([bytes.subarray(0, start), line, bytes.subarray(next - 1)]));
      const fault: unknown = await loadJournal(file).then(
        () => 'it was read',
        (error: unknown) => (error instanceof Error ? error.message : error),
      );
      // A first line without a JSON object makes the file no journal at all.
      const named =
        number === 1 ? new RegExp(`${file}(:1:| as a journal)`) : new RegExp(`${file}:${number}: `);
      expect(fault, `line ${number}: ${what}`).toMatch(named);
    }
  }
}, 300_000);

it('is replayed, verified and gone on with from such cuts by the command line as well', async () => {
  const { file, bytes } = whole();
  const starts = lineStarts(bytes);
  const from = starts.at(-4) ?? 0;
  const golden = goldenJournals().find((one) => one.name === 'two-steps')?.file ?? '';
  const cuts = [0.05, 0.35, 0.6, 0.98].map((part) => Math.floor(from + part * (bytes.length - from)));
  const early = [starts[12] ?? 0, (starts[30] ?? 0) + 9];
  const some = full ? [...early, ...cuts] : [early[1] ?? 0, cuts[2] ?? 0];
  await severalAtOnce(some, 2, async (end) => {
    const cut = file.replace('two-steps', `cut-${end}`);
    writeFileSync(cut, bytes.subarray(0, end));
    const replayed = await kintsugi(place, ['replay', cut]);
    expect(replayed.code, replayed.stderr).toBe(0);
    expect(replayed.stdout).toMatch(/kintsugi resume goes on\n$/);
    const resumed = await kintsugi(place, ['resume', cut, '-m', `cassette:${golden}`]);
    expect(resumed, `${end}: ${resumed.stderr}`).toMatchObject({ code: 0 });
    const loaded = await loadJournal(cut);
    expect(loaded.tornBytes).toBe(0);
    expect(loaded.events.reduce(reduce, initialState).outcome).toMatchObject({
      ending: 'verified',
      attempts: 3,
    });
    expect(
      readFileSync(cut)
        .subarray(0, starts.findLast((start) => start <= end) ?? 0)
        .equals(
          bytes.subarray(
            0,
            starts.findLast((start) => start <= end),
          ),
        ),
    ).toBe(true);
  });
}, 300_000);
