import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadJournal } from '../../src/journal/read.ts';
import { parseLine } from '../../src/memory/entries.ts';
import { full } from '../support/full.ts';
import {
  builtEntry,
  type Ended,
  kintsugi,
  launch,
  makePlace,
  type Place,
  start,
} from '../support/kintsugi.ts';
import {
  allGone,
  mendingGoal,
  mendingLesson,
  mendingRules,
  quickRules,
  randomFrom,
} from '../support/sessions.ts';

/** Memory on a disk that is full or read-only, under kills, and with hostile files; the commands as people run them. */

let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(async () => await place.remove());

const teaching = (latencyMs = 0) =>
  place.script({ purpose: 'lesson', reply: mendingLesson, latencyMs }, ...mendingRules(latencyMs));
const memory = (...args: string[]) => kintsugi(place, ['memory', ...args]);
const folder = () => path.join(place.home, 'memory');
const log = () => path.join(folder(), 'log.jsonl');

async function list(): Promise<{ id: string; kind: string; state: string }[]> {
  const { code, stdout, stderr } = await memory('list', '--json');
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

/** A mount of its own needs rights that not every machine gives. */
const canMount =
  spawnSync('unshare', [
    '-m',
    '--propagation',
    'private',
    'sh',
    '-c',
    'mount -t tmpfs -o size=64k tmpfs /mnt',
  ]).status === 0;

/** One session whose memory folder is mounted as `mount` says, in a mount namespace of its own. */
async function onMount(mount: string, args: readonly string[]): Promise<Ended> {
  mkdirSync(folder(), { recursive: true });
  const command = `cd "$MEMORY" && cd / && ${mount} && cd "$WORK" && exec "$@"`;
  const words = ['unshare', '-m', '--propagation', 'private', 'sh', '-c', command, 'sh'];
  const env = { MEMORY: folder(), WORK: place.cwd };
  return await launch([...words, process.execPath, builtEntry(), ...args], place, { env }).ended;
}

describe.skipIf(!canMount)('a memory that cannot be written', () => {
  const ways: [how: string, mount: string, said: RegExp][] = [
    [
      'on a full disk',
      'mount -t tmpfs -o size=64k tmpfs "$MEMORY" && { head -c 1000000 /dev/zero >"$MEMORY/fill" 2>/dev/null || true; }',
      /the lesson was not kept: cannot .* the disk is full; free some space \(ENOSPC\)/,
    ],
    [
      'with room for its lock alone',
      'mount -t tmpfs -o size=64k tmpfs "$MEMORY" && head -c 61440 /dev/zero >"$MEMORY/fill"',
      /the lesson was not kept: cannot .* the disk is full; free some space \(ENOSPC\)/,
    ],
    [
      'on a file system that is read-only',
      'mount -t tmpfs -o size=64k,ro tmpfs "$MEMORY"',
      /the lesson was not kept: cannot .* the file system is read-only; set KINTSUGI_HOME/,
    ],
  ];
  it.each(ways.filter((_, at) => full || at !== 1))(
    '%s is said, and the session ends with its verdict',
    async (_, mount, said) => {
      const ended = await onMount(mount, [
        '-p',
        mendingGoal,
        '-m',
        place.script(...quickRules()),
        '--no-hold-out',
      ]);
      expect(ended.code, ended.stderr).toBe(0);
      expect(ended.stderr).toMatch(said);
      const remembered = place.events().filter((event) => event.type === 'memory.remembered');
      expect(remembered.length).toBeGreaterThan(0);
      expect(remembered.every((event) => event.kept === null)).toBe(true);
      expect(place.events().at(-1)).toMatchObject({ outcome: { ending: 'verified' } });
      expect(existsSync(log())).toBe(false);
    },
  );

  it('fails an import with one line, and reads what is there', async () => {
    place.file('in.jsonl', `${JSON.stringify({ kind: 'lesson', about: 'KeyError: a', body: 'Use get.' })}\n`);
    expect((await memory('import', 'in.jsonl')).code).toBe(0);
    place.file(
      'more.jsonl',
      `${JSON.stringify({ kind: 'lesson', about: 'IndexError: b', body: 'Count.' })}\n`,
    );
    const readOnly = 'mount --bind "$MEMORY" "$MEMORY" && mount -o remount,ro,bind "$MEMORY"';
    const failed = await onMount(readOnly, ['memory', 'import', 'more.jsonl']);
    expect([failed.code, failed.stdout]).toEqual([1, '']);
    expect(failed.stderr).toMatch(/^.*the file system is read-only; set KINTSUGI_HOME.*\n$/);
    const listed = await onMount(readOnly, ['memory', 'list', '--json']);
    expect([listed.code, JSON.parse(listed.stdout).length], listed.stderr).toEqual([0, 1]);
  });
});

const kills = full ? 50 : 2;
it(`nothing that a session said it learned is lost when it is killed as soon as it said so, and while it learns, at ${kills} random moments`, {
  timeout: (kills + 1) * 60_000,
}, async () => {
  const random = randomFrom(Number(process.env.KINTSUGI_SEED ?? 20_261_121));
  const acknowledged = new Set<string>();
  const endings = { killed: 0, ended: 0 };
  for (let round = 0; round <= kills; round += 1) {
    const model = teaching(5);
    const goal = `${mendingGoal} (${round})`;
    const running = start(place, [
      '-p',
      goal,
      '-m',
      model,
      '--no-hold-out',
      '--output-format',
      'stream-json',
    ]);
    if (round === 0) {
      await running.until(/"type":"memory\.remembered".*"kept":\{.*\n/, 'stdout');
    } else {
      await running.until('"type":"program.delivered"', 'stdout');
      // Somewhere in the flip test, the call for the lesson, or the writing of it; or after its end, when it says less than that.
      const lines = running.stdout().split('\n').length + Math.floor(random() * 45);
      await running.until(new RegExp(`^(?:[^\\n]*\\n){${lines}}`), 'stdout').catch((error: Error) => {
        if (!error.message.startsWith('the process ended before ')) throw error;
      });
    }
    running.kill('SIGKILL');
    const ended = await running.ended;
    endings[ended.signal === 'SIGKILL' ? 'killed' : 'ended'] += 1;
    await allGone(place.root);
    for (const line of ended.stdout.split('\n').slice(0, -1)) {
      const event = JSON.parse(line);
      if (event.type === 'memory.remembered' && event.kept) acknowledged.add(event.kept.id);
    }
    const there = await memory('list', '--json');
    expect([there.code, there.stderr]).toEqual([0, '']);
    const ids = new Set((JSON.parse(there.stdout) as { id: string }[]).map(({ id }) => id));
    expect(acknowledged.size).toBeGreaterThan(0);
    expect([...acknowledged].filter((id) => !ids.has(id))).toEqual([]);
  }
  expect(endings.killed).toBeGreaterThan(0);
  const lines = existsSync(log()) ? readFileSync(log(), 'utf8').split('\n').slice(0, -1) : [];
  expect(lines.filter((line) => parseLine(line).kind !== 'entry')).toEqual([]);
  const rebuilt = await memory('rebuild', '--json');
  expect(JSON.parse(rebuilt.stdout)).toMatchObject({ equal: true, problems: [] });
  // The last one goes on where it was stopped, and what it learned is there once.
  const [last = ''] = place.journals().slice(-1);
  const resumed = await kintsugi(place, ['resume', last, '-m', teaching()]);
  expect(resumed.code, resumed.stderr).toBe(0);
  const { events } = await loadJournal(last);
  expect(events.at(-1)).toMatchObject({ type: 'session.ended', outcome: { ending: 'verified' } });
  const lessons = (await list()).filter(({ kind }) => kind === 'lesson');
  expect(lessons).toHaveLength(1);
});

describe('the commands', () => {
  it('two at once both count', async () => {
    const row = (at: string) =>
      `${JSON.stringify({ kind: 'fact', about: `the port of ${at} is taken`, citations: [at] })}\n`;
    for (const at of ['a', 'b', 'c', 'd']) place.file(`${at}.jsonl`, row(at));
    const done = await Promise.all(['a', 'b', 'c', 'd'].map((at) => memory('import', `${at}.jsonl`)));
    expect(done.map(({ code, stderr }) => [code, stderr])).toEqual([0, 1, 2, 3].map(() => [0, '']));
    const all = await list();
    expect(all).toHaveLength(4);
    const [one, two] = all;
    const [forgotten, disabled, rebuilt] = await Promise.all([
      memory('forget', one?.id ?? ''),
      memory('disable', two?.id ?? ''),
      memory('rebuild'),
    ]);
    expect([forgotten.code, disabled.code, rebuilt.code], rebuilt.stderr).toEqual([0, 0, 0]);
    expect((await list()).map(({ state }) => state).sort()).toEqual([
      'candidate',
      'candidate',
      'quarantined',
    ]);
    expect(JSON.parse((await memory('rebuild', '--json')).stdout)).toMatchObject({
      equal: true,
      problems: [],
    });
  });

  const rowCount = full ? 10_000 : 300;
  it(`import a file of ${rowCount} rows of 1 KB, and refuse a binary one, a folder and one of a single endless line by name`, async () => {
    const rows = Array.from(
      { length: rowCount },
      (_, at) =>
        `${JSON.stringify({ kind: 'lesson', about: `Error${at}: value ${at * 7919} of part ${at}`, body: `do: look at part ${at} of table ${at * 31}\nwhy: ${`reason${at} `.repeat(110)}` })}\n`,
    );
    const text = rows.join('');
    expect(text.length).toBeGreaterThan(rowCount * 1_000);
    place.file('large.jsonl', text);
    const large = await memory('import', 'large.jsonl', '--json');
    expect(large.code, large.stderr).toBe(0);
    expect(JSON.parse(large.stdout)).toMatchObject({ imported: rowCount, known: 0, bad: 0 });
    const found = await memory('search', '--json', '--limit', '1', 'Error171: value of part 171');
    expect(JSON.parse(found.stdout)).toMatchObject([{ about: expect.stringContaining('Error171:') }]);
    place.file('binary.bin', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 0xff, 0xfe, 10, 0, 0]));
    place.file('endless.jsonl', `{"kind":"lesson","about":"${'x'.repeat(2_000_000)}"}`);
    mkdirSync(path.join(place.cwd, 'folder'));
    for (const name of ['binary.bin', 'endless.jsonl', 'folder', 'absent.jsonl']) {
      const refused = await memory('import', name);
      expect([name, refused.code, refused.stdout], refused.stderr).toEqual([name, 42, '']);
      expect(refused.stderr).toContain(name);
      expect(refused.stderr.length).toBeLessThan(1_000);
    }
  });

  it('need no terminal, and ask nobody where there is none', async () => {
    place.file('in.jsonl', `${JSON.stringify({ kind: 'fact', about: 'a', citations: ['b'] })}\n`);
    await memory('import', 'in.jsonl');
    const env = { TERM: 'dumb', NO_COLOR: '1' };
    for (const [args, code] of [
      [['list'], 0],
      [['search', 'a'], 0],
      [['report'], 0],
      [['export'], 0],
      [['embedder'], 0],
      [['forget', '--all'], 2],
      [['forget', '--since', '1h'], 0],
    ] as const) {
      const ended = await kintsugi(place, ['memory', ...args], { env });
      expect([args, ended.code], ended.stderr).toEqual([args, code]);
      expect(ended.stdout + ended.stderr).not.toContain('\u001b');
    }
    expect(await list()).toEqual([]);
  });

  it('forget --since takes only what came since, by the time of adding', async () => {
    place.file('in.jsonl', `${JSON.stringify({ kind: 'fact', about: 'old', citations: ['x'] })}\n`);
    await memory('import', 'in.jsonl');
    writeFileSync(
      log(),
      readFileSync(log(), 'utf8').replace(/"validFrom":"[^"]+"/, '"validFrom":"2026-01-02T00:00:00.000Z"'),
    );
    place.file('in.jsonl', `${JSON.stringify({ kind: 'fact', about: 'new', citations: ['y'] })}\n`);
    await memory('import', 'in.jsonl');
    expect(await list()).toHaveLength(2);
    const forgotten = await memory('forget', '--since', '2026-01-03');
    expect(forgotten.stdout).toMatch(/is forgotten: new/);
    expect(await list()).toMatchObject([{ about: 'old' }]);
    expect((await memory('forget', '--since', '2026-01-01')).stdout).toMatch(/is forgotten: old/);
    expect(JSON.parse((await memory('rebuild', '--json')).stdout)).toMatchObject({
      memories: 0,
      equal: true,
    });
  });
});
