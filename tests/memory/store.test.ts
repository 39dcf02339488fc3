import { appendFileSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Lesson } from '../../src/core/memory.ts';
import type { Embedder } from '../../src/core/seams.ts';
import { openMemory } from '../../src/memory/store.ts';
import { hashedWords, lessonOf as lesson } from './plain.ts';
import { add, openIn, temporaryFolder } from './samples.ts';

const ids = (hits: readonly { id: string }[]) => hits.map(({ id }) => id);

describe('a memory', () => {
  it('gives back what was added, changed and forgotten, also to somebody who opens it later', async () => {
    const folder = temporaryFolder();
    const memory = openIn(folder);
    await add(memory, lesson('aa1'), lesson('ab2'), lesson('c3'));
    await memory.append([
      { op: 'change', id: 'ab2', rev: 1, set: { state: 'trusted', note: 'seen twice' }, why: 'replicated' },
      { op: 'forget', id: 'c3', why: 'asked to' },
    ]);
    await memory.append([{ op: 'change', id: 'ab2', rev: 2, set: {}, unset: ['note'], why: 'no note' }]);
    for (const one of [memory, openIn(folder)]) {
      expect(ids(one.all())).toEqual(['aa1', 'ab2']);
      const found = one.byId('ab');
      expect(found).toMatchObject({ kind: 'found', memory: { id: 'ab2', state: 'trusted', rev: 3 } });
      expect(found.kind === 'found' && 'note' in found.memory).toBe(false);
      expect(one.byId('a')).toEqual({ kind: 'ambiguous', ids: ['aa1', 'ab2'] });
      expect(one.byId('c3')).toEqual({ kind: 'none' });
      expect(one.history('c3').map(({ op }) => op)).toEqual(['add', 'forget']);
      expect(one.problems()).toEqual([]);
    }
  });

  it('finds by words, by vector and by signature what was just added, and no more what was forgotten', async () => {
    const memory = openIn(temporaryFolder());
    await add(memory, lesson('one', { key: 'the tide tables were read in feet' }), lesson('two'));
    const { candidates } = memory;
    const search = async () => [
      ids(candidates.lexical('key', 'tide in feet', 5)),
      ids(await candidates.vector('key', 'tide tables feet', 1)),
      candidates.withHash('hash-one'),
    ];
    expect(await search()).toEqual([['one'], ['one'], ['one']]);
    await memory.append([{ op: 'change', id: 'two', rev: 1, set: { key: 'tide over in feet' }, why: 'x' }]);
    expect(ids(candidates.lexical('key', 'tide in feet', 5)).sort()).toEqual(['one', 'two']);
    await memory.append([{ op: 'forget', id: 'one', why: 'x' }]);
    expect(await search()).toEqual([['two'], ['two'], []]);
  });

  it('sees at once what another opened memory of the same folder appended', async () => {
    const folder = temporaryFolder();
    const [one, other] = [openIn(folder), openIn(folder)];
    expect(other.all()).toEqual([]);
    await add(one, lesson('a'));
    expect(ids(other.all())).toEqual(['a']);
    await add(other, lesson('b'));
    expect(ids(one.candidates.lexical('about', 'number b', 1))).toEqual(['b']);
  });

  it('keeps what belongs to no project in the global store, and changes it there', async () => {
    const folder = temporaryFolder();
    const options = { globalDirectory: path.join(folder, 'global') };
    const memory = openIn(folder, options);
    const scope = { language: null, runtime: null, libraries: [], project: null };
    await add(memory, lesson('here'), lesson('everywhere', { scope }));
    await memory.append([{ op: 'change', id: 'everywhere', rev: 1, set: { state: 'retired' }, why: 'x' }]);
    const globalOnly = openIn(options.globalDirectory);
    expect(globalOnly.all()).toMatchObject([{ id: 'everywhere', state: 'retired' }]);
    expect(openIn(folder, options).all()).toHaveLength(2);
    expect(ids(memory.candidates.lexical('key', 'slice leaves out everywhere', 2))).toEqual([
      'everywhere',
      'here',
    ]);
  });

  it('makes nothing on disk by being asked', async () => {
    const folder = temporaryFolder();
    const memory = openIn(path.join(folder, 'none'));
    expect(memory.all()).toEqual([]);
    expect(await memory.candidates.vector('key', 'x', 3)).toEqual([]);
    await memory.close();
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('the index', () => {
  async function filled(folder: string, count: number, limit?: number) {
    const memory = openIn(folder, limit === undefined ? {} : { vectraLimit: limit });
    await add(memory, ...Array.from({ length: count }, (_, at) => lesson(`m${at}`)));
    return memory;
  }

  it.each([
    ['vectra', 100],
    ['a flat file', 10],
  ])('is equal to a rebuild, whatever way it came to be, with vectors in %s', async (_name, limit) => {
    const folder = temporaryFolder();
    const memory = await filled(folder, 40, limit);
    expect(await memory.flush()).toBeNull();
    const later = openIn(folder, { vectraLimit: limit });
    await later.append([
      { op: 'change', id: 'm3', rev: 1, set: { key: 'another key', signatures: [] }, why: 'x' },
      { op: 'change', id: 'm4', rev: 1, set: { state: 'trusted' }, why: 'x' },
      { op: 'forget', id: 'm5', why: 'x' },
    ]);
    await add(later, lesson('late'));
    const grown = await later.dump();
    const queries = async (one: typeof later) => [
      one.candidates.lexical('key', 'another slice of m7', 50),
      await one.candidates.vector('about', 'cuts lists number m9', 50),
      one.candidates.withHash('hash-m3'),
      one.candidates.withHash('hash-m4'),
      one.candidates.cards(),
    ];
    const answers = await queries(later);
    expect(await later.flush()).toBeNull();
    const fresh = openIn(folder, { vectraLimit: limit });
    expect(await fresh.dump()).toBe(grown);
    expect(await fresh.rebuild()).toBeNull();
    expect(await fresh.dump()).toBe(grown);
    expect(await openIn(folder, { vectraLimit: limit }).dump()).toBe(grown);
    expect(await queries(openIn(folder, { vectraLimit: limit }))).toEqual(answers);
    const files = readdirSync(path.join(folder, 'index')).map((name) => name.replace(/[0-9a-f]{12}/, '*'));
    const end = limit === 100 ? 'json' : 'pack';
    expect(files.sort()).toEqual([`about-*.${end}`, `key-*.${end}`, 'snapshot.pack', 'vectors.json']);
  });

  it('is read instead of the log, which is only looked at behind it', async () => {
    const folder = temporaryFolder();
    const memory = await filled(folder, 3);
    await memory.flush();
    const file = path.join(folder, 'index', 'snapshot.pack');
    // A word in the index that the log does not have shows where the answer came from.
    const reading = {
      id: 'other-1',
      texts: () => ({ key: 'gold', about: '' }),
      tokens: (text: string) => text.split(' '),
    };
    const other = openIn(folder, { reading });
    expect(other.candidates.lexical('key', 'gold', 5)).toHaveLength(3);
    await other.flush();
    const lying = { ...reading, texts: () => ({ key: 'silver', about: '' }) };
    expect(openIn(folder, { reading: lying }).candidates.lexical('key', 'gold', 5)).toHaveLength(3);
    expect(openIn(folder).candidates.lexical('key', 'gold', 5)).toEqual([]);
    expect(readFileSync(file).subarray(0, 8).toString()).toBe('KMEMPACK');
  });

  it('is not believed when the log was changed under it', async () => {
    const folder = temporaryFolder();
    const memory = await filled(folder, 3);
    await memory.flush();
    const log = path.join(folder, 'log.jsonl');
    writeFileSync(log, readFileSync(log, 'utf8').replaceAll('leaves out', 'forgets on'));
    expect(openIn(folder).candidates.lexical('key', 'forgets', 5)).toHaveLength(3);
    expect(memory.candidates.lexical('key', 'forgets', 5)).toHaveLength(3);
    renameSync(log, `${log}.old`);
    expect(memory.all()).toEqual([]);
  });

  it('is believed after what another session appended, and not after what somebody changed behind its back', async () => {
    const folder = temporaryFolder();
    await (await filled(folder, 3)).flush();
    const later = openIn(folder);
    expect(later.all()).toHaveLength(3);
    await add(later, lesson('m9'));
    await later.close();
    expect(readdirSync(path.join(folder, 'index'))).toContain('read.json');
    expect(openIn(folder).candidates.lexical('key', 'leaves', 5)).toHaveLength(4);
    const log = path.join(folder, 'log.jsonl');
    writeFileSync(log, readFileSync(log, 'utf8').replaceAll('leaves out', 'forgets on'));
    expect(openIn(folder).candidates.lexical('key', 'forgets', 5)).toHaveLength(4);
  });

  it('is not believed when somebody changed the log while a session was at it', async () => {
    const folder = temporaryFolder();
    await (await filled(folder, 40)).flush();
    const later = openIn(folder);
    expect(later.all()).toHaveLength(40);
    const log = path.join(folder, 'log.jsonl');
    writeFileSync(log, readFileSync(log, 'utf8').replace('leaves out', 'forgets on'));
    await add(later, lesson('late'));
    await later.close();
    expect(openIn(folder).candidates.lexical('key', 'forgets', 5)).toHaveLength(1);
  });

  it('stays readable when a line has names that are none', async () => {
    const folder = temporaryFolder();
    await add(await filled(folder, 2), lesson('odd', { names: 5 as unknown as string[] }));
    const memory = openIn(folder);
    expect(ids(memory.all())).toEqual(['m0', 'm1']);
    expect(memory.problems()).toMatchObject([expect.stringMatching(/log\.jsonl:3: /)]);
  });

  it.each(['cut short', 'with one byte changed', 'emptied'])(
    'is made again when a file of it is %s',
    async (way) => {
      const folder = temporaryFolder();
      await (await filled(folder, 12)).flush();
      const whole = await openIn(folder).dump();
      const index = path.join(folder, 'index');
      for (const name of readdirSync(index)) {
        const file = path.join(index, name);
        const before = readFileSync(file);
        for (const place of [0.1, 0.5, 0.9, 0.999]) {
          const at = Math.floor(before.length * place);
          const damaged = Buffer.from(
            way === 'emptied' ? '' : before.subarray(0, way === 'cut short' ? at : undefined),
          );
          if (way === 'with one byte changed') damaged[at] = (damaged[at] ?? 0) ^ 1;
          writeFileSync(file, damaged);
          const memory = openIn(folder);
          expect(await memory.dump(), `${name} at ${place}`).toBe(whole);
          memory.uses();
        }
        writeFileSync(file, before);
      }
    },
  );

  it('does not mix vectors of two embedders', async () => {
    const folder = temporaryFolder();
    await (await filled(folder, 5)).flush();
    const asked: string[] = [];
    const other: Embedder = {
      id: 'other/64',
      dimensions: 64,
      embed: async (texts) => {
        asked.push(...texts);
        return await hashedWords.embed(texts);
      },
    };
    const memory = openIn(folder, { embedder: other });
    expect(await memory.candidates.vector('key', 'slice', 9)).toHaveLength(5);
    expect(asked).toHaveLength(11);
    await memory.flush();
    const again = openIn(folder, { embedder: other });
    asked.length = 0;
    expect(await again.candidates.vector('key', 'slice', 9)).toHaveLength(5);
    expect(asked).toEqual(['slice']);
  });

  it('finds by words, and says so, when the embedder fails', async () => {
    const folder = temporaryFolder();
    const embedder: Embedder = {
      id: 'broken',
      dimensions: 4,
      embed: async () => {
        throw new Error('no such model');
      },
    };
    const memory = openMemory({ directory: folder, globalDirectory: null, project: null, embedder });
    await add(memory, lesson('a'));
    expect(await memory.candidates.vector('key', 'slice', 3)).toEqual([]);
    expect(memory.candidates.lexical('key', 'slice', 3)).toHaveLength(1);
    expect(memory.problems()).toEqual(['no vectors by broken: no such model']);
  });

  it('is not rebuilt over a damaged line, which is named', async () => {
    const folder = temporaryFolder();
    const memory = await filled(folder, 3);
    const log = path.join(folder, 'log.jsonl');
    appendFileSync(log, 'not json\n');
    await add(memory, lesson('last'));
    const fault = `${log}:4: this line is passed over: it is not JSON`;
    expect(memory.problems()).toEqual([fault]);
    expect(await memory.rebuild()).toEqual({ kind: 'failed', why: `cannot rebuild the index: ${fault}` });
    await memory.flush();
    expect(openIn(folder).problems()).toEqual([fault]);
    expect((memory.all() as Lesson[]).map(({ id }) => id)).toEqual(['m0', 'm1', 'm2', 'last']);
  });
});
