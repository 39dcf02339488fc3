import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codeRule, kintsugi, makePlace, type Place, planToPrint } from '../support/kintsugi.ts';

/** What people are told when something does not go as they asked. */

let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(async () => await place.remove());

const run = (...args: string[]) => kintsugi(place, args);
const printing = (code: string) => place.script(planToPrint('1'), codeRule(code));

describe('a program that is refused', () => {
  it('by a read-only sandbox is told with the finding that decided, to the person and to the model', async () => {
    const model = printing(
      "import { writeFileSync } from 'node:fs';\nwriteFileSync('x.txt', '1');\nconsole.log(1);",
    );
    const ended = await run('write', '-m', model, '--sandbox', 'read-only', '--max-attempts', '2');
    expect(ended.code, ended.stderr).toBe(4);
    expect(ended.stderr).toMatch(
      /attempt 1: main\.js:2:\d+ deny: .*\[fs\.write\.workspace\]\nattempt 1: refused before it ran/,
    );
    const asked = place.events().filter((event) => event.type === 'model.asked');
    expect(JSON.stringify(asked)).toMatch(
      /refused the program before it ran.*main\.js:2:\d+ fs\.write\.workspace/,
    );
    const [journal = ''] = place.journals();
    const verified = await run('replay', journal, '--verify', '--sandbox', 'read-only');
    expect(verified, verified.stdout).toMatchObject({ code: 0 });
  });

  it('by a policy that asks names what is asked, and one that allows says nothing of it', async () => {
    const model = printing("import { readdirSync } from 'node:fs';\nreaddirSync('.');\nconsole.log(1);");
    const asked = await run('list', '-m', model, '-p', '--policy', 'fs.read.workspace=ask');
    expect(asked.code, asked.stderr).toBe(5);
    expect(asked.stderr).toMatch(/nobody can answer: .*main\.js:2/);
    const allowed = await run('list', '-m', model, '-p');
    expect(allowed.code, allowed.stderr).toBe(0);
    expect(allowed.stderr).not.toContain('[fs.read.workspace]');
  });
});

describe('replay without --from', () => {
  it.each([
    ['--model', 'demo'],
    ['--out', 'there'],
    ['--session-id', 'another'],
    ['--output-last-message', 'answer.txt'],
    ['--max-attempts', '2'],
  ])('refuses %s, which only a fork has a use for', async (flag, value) => {
    const ended = await run('replay', 'latest', flag, value);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain(`${flag} goes with --from`);
  });
});

describe('--output-last-message', () => {
  it('is checked before the session begins', async () => {
    const model = printing('console.log(1);');
    for (const [file, why] of [
      ['nowhere/answer.txt', 'there is no folder'],
      ['.', 'is a folder'],
      ['', 'is empty'],
    ] as const) {
      const ended = await run('print 1', '-m', model, '--output-last-message', file);
      expect(ended).toMatchObject({ code: 2, stdout: '' });
      expect(ended.stderr).toContain('--output-last-message');
      expect(ended.stderr).toContain(why);
    }
    expect(place.journals()).toEqual([]);
    const ended = await run('print 1', '-m', model, '--output-last-message', 'answer.txt');
    expect(ended.code, ended.stderr).toBe(0);
    expect(existsSync(path.join(place.cwd, 'answer.txt'))).toBe(true);
  });
});

describe('a model from a file', () => {
  it('that was recorded for another goal says for which, in one line', async () => {
    const model = printing('console.log(1);');
    expect((await run('print the\nfirst number', '-m', model, '--no-memory')).code).toBe(0);
    const [journal = ''] = place.journals();
    const other = await run('print something', '-m', `cassette:${journal}`, '--no-memory');
    expect(other.code, other.stderr).toBe(0);
    expect(other.stderr).toMatch(/^warning: .*recorded for another goal: print the first number$/m);
    const same = await run('print the\nfirst number', '-m', `cassette:${journal}`, '--no-memory');
    expect(same.code, same.stderr).toBe(0);
    expect(same.stderr).not.toContain('another goal');
  });

  it('that is not there, or is no suite, is named in plain words', async () => {
    place.file('bad.py', 'print(1)\n');
    const [gone, folder, suite] = await Promise.all([
      run('print 1', '-m', 'scripted:nope.jsonl'),
      run('print 1', '-m', 'scripted:.'),
      run('bench', 'bad.py'),
    ]);
    expect([gone.code, folder.code, suite.code]).toEqual([42, 42, 42]);
    expect(gone.stderr).toContain('scripted:nope.jsonl cannot be read: there is no such file.');
    expect(folder.stderr).toContain('scripted:. cannot be read: it is a folder.');
    expect(suite.stderr).toContain('bad.py:1: this line is not JSON. A suite has one JSON object a line');
  });
});
