import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deliverTo } from '../../src/cli/delivery.ts';
import type { Program } from '../../src/core/domain.ts';
import { type Ended, kintsugi, makePlace, type Place, planToPrint, resultIn } from '../support/kintsugi.ts';

let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(async () => await place.remove());

const two =
  "```javascript path=main.js\nconsole.log(require('./lib/number.js'));\n```\n```javascript path=lib/number.js\nmodule.exports = 120;\n```\n";

async function deliver(...flags: string[]): Promise<Ended> {
  const model = place.script(planToPrint('120'), { purpose: 'code', reply: two });
  return await kintsugi(place, ['print 120', '-m', model, '--output-format', 'json', ...flags]);
}

const read = (name: string) => readFileSync(path.join(place.cwd, name), 'utf8');

describe('--out', () => {
  it('gets the finished program, folders and all', async () => {
    const ended = await deliver('--out', 'deep/er/out');
    expect(ended.code).toBe(0);
    expect(resultIn(ended)).toMatchObject({ files: ['lib/number.js', 'main.js'], out: 'deep/er/out' });
    expect(read('deep/er/out/main.js')).toBe("console.log(require('./lib/number.js'));\n");
    expect(read('deep/er/out/lib/number.js')).toBe('module.exports = 120;\n');
  });

  it('gets nothing when the program is not verified as far as it could be', async () => {
    const model = place.script(planToPrint('121'), { purpose: 'code', reply: two });
    const ended = await kintsugi(place, ['print 121', '-m', model, '--out', 'out', '--max-attempts', '1']);
    expect(ended.code).toBe(3);
    expect(existsSync(path.join(place.cwd, 'out'))).toBe(false);
  });

  it('keeps a file that is not ours, says what to do, and loses no program', async () => {
    place.file('out/lib/number.js', '// mine\n');
    const ended = await deliver('--out', 'out');
    expect(ended.code).toBe(1);
    expect(resultIn(ended)).toMatchObject({ subtype: 'error_during_execution', verified: false });
    expect(resultIn(ended).result).toMatch(/lib\/number\.js in out is not ours.*--force/);
    expect(read('out/lib/number.js')).toBe('// mine\n');
    expect(existsSync(path.join(place.cwd, 'out', 'main.js'))).toBe(false);
    const [, session = ''] = /to get the program: kintsugi resume (\S+) --out DIR/.exec(ended.stderr) ?? [];
    await kintsugi(place, ['resume', session, '--out', 'elsewhere']);
    expect(read('elsewhere/lib/number.js')).toBe('module.exports = 120;\n');
  });

  it('overwrites it with --force', async () => {
    place.file('out/main.js', '// mine\n');
    expect((await deliver('--out', 'out', '--force')).code).toBe(0);
    expect(read('out/main.js')).toContain('require');
  });

  it('that is a file is refused before anything is spent', async () => {
    place.file('out', 'a file\n');
    const ended = await deliver('--out', 'out/deeper');
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain(`--out: ${path.join(place.cwd, 'out')} is a file, not a folder.`);
    expect(place.journals()).toEqual([]);
  });

  it('alone is written, and the home: nothing else changes', async () => {
    place.file('data.txt', 'as it was\n');
    const before = place.listing();
    await deliver('--out', 'out');
    const fresh = place.listing().filter((name) => !before.includes(name));
    expect(fresh.filter((name) => !/^home\/(?:logs|memory)\//.test(name))).toEqual([
      'script-1.jsonl',
      'work/out/.kintsugi.json',
      'work/out/lib/number.js',
      'work/out/main.js',
    ]);
    expect(read('data.txt')).toBe('as it was\n');
  });
});

describe('a delivery', () => {
  const out = () => path.join(place.cwd, 'out');
  const program = (files: Record<string, string>): Program => ({
    language: 'javascript',
    entry: Object.keys(files)[0] ?? '',
    files: Object.entries(files).map(([name, content]) => ({ path: name, content })),
  });
  const give = (files: Record<string, string>, force = false) => deliverTo(out(), force)(program(files));

  it('replaces what an earlier one wrote', async () => {
    await give({ 'main.js': 'one\n', 'old.js': 'old\n' });
    expect(await give({ 'main.js': 'two\n' })).toEqual({ directory: out(), files: ['main.js'] });
    expect(await give({ 'old.js': 'new\n' })).toEqual({ directory: out(), files: ['old.js'] });
    expect(read('out/main.js')).toBe('two\n');
  });

  it('keeps what somebody changed since', async () => {
    await give({ 'main.js': 'one\n' });
    place.file('out/main.js', 'one, and mine\n');
    expect((await give({ 'main.js': 'two\n' })).refused).toContain('not ours, or changed since');
    expect(read('out/main.js')).toBe('one, and mine\n');
  });

  it('takes a foreign file that is the same already for its own', async () => {
    place.file('out/main.js', 'same\n');
    expect((await give({ 'main.js': 'same\n' })).refused).toBe(undefined);
  });

  it('does not believe a list of ours that is no list', async () => {
    place.file('out/main.js', 'mine\n');
    for (const list of ['', '[]', '{"files":7}', '{"files":{"main.js":true}}', '\0']) {
      place.file('out/.kintsugi.json', list);
      expect((await give({ 'main.js': 'two\n' })).refused).toContain('not ours');
    }
  });

  it('follows no link, forced or not', async () => {
    const victim = place.file('victim.txt', 'keep me\n');
    mkdirSync(path.join(place.root, 'far'));
    mkdirSync(out());
    symlinkSync(victim, path.join(out(), 'main.js'));
    symlinkSync(path.join(place.root, 'far'), path.join(out(), 'lib'));
    symlinkSync(path.join(place.root, 'nowhere'), path.join(out(), 'dangling.js'));
    for (const name of ['main.js', 'lib/number.js', 'dangling.js']) {
      expect((await give({ [name]: 'x\n' }, true)).refused).toContain('is a link');
    }
    expect(read('victim.txt')).toBe('keep me\n');
    expect(existsSync(path.join(place.root, 'far', 'number.js'))).toBe(false);
    expect(lstatSync(path.join(out(), 'main.js')).isSymbolicLink()).toBe(true);
  });

  it('says what is in the way, forced or not, and writes nothing then', async () => {
    place.file('out/lib', 'a file\n');
    mkdirSync(path.join(out(), 'main.js'));
    expect((await give({ 'a.js': 'x', 'main.js': 'x' }, true)).refused).toContain('main.js is in the way');
    expect((await give({ 'a.js': 'x', 'lib/b.js': 'x' }, true)).refused).toContain('lib is in the way');
    expect(existsSync(path.join(out(), 'a.js'))).toBe(false);
  });

  it('never takes the name of the list itself', async () => {
    expect((await give({ '.kintsugi.json': '{}', 'main.js': 'x' }, true)).refused).toContain(
      '.kintsugi.json',
    );
  });

  it('makes a script that can be started', async () => {
    await give({ 'run.sh': '#!/bin/sh\n', 'main.js': 'x\n' });
    expect(statSync(path.join(out(), 'run.sh')).mode & 0o111).toBe(0o111);
    expect(statSync(path.join(out(), 'main.js')).mode & 0o111).toBe(0);
  });

  it('into a folder that cannot be written is refused with the reason', async () => {
    // Where everything is allowed (root), a place that no process can write to stands for it.
    mkdirSync(out());
    chmodSync(out(), 0o500);
    let locked = out();
    try {
      writeFileSync(path.join(out(), 'probe'), '');
      locked = '/proc/kintsugi';
    } catch {
      // The mode holds.
    }
    const found = await deliverTo(locked, true)(program({ 'a.js': 'x' }));
    expect(found).toMatchObject({ files: [], refused: expect.stringContaining('cannot be written') });
    chmodSync(out(), 0o700);
  });
});
