import { chmodSync, existsSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  codeRule,
  eventsOf,
  jsonLines,
  kintsugi,
  makePlace,
  type Place,
  planToPrint,
  resultIn,
} from '../support/kintsugi.ts';

let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(async () => await place.remove());

/** A machine where neither bubblewrap nor Python works. */
function bareMachine(): Record<string, string> {
  const bin = path.join(place.root, 'bare');
  for (const name of ['bwrap', 'python3']) place.file(path.join(bin, name), '#!/bin/sh\nexit 1\n');
  for (const name of ['bwrap', 'python3']) chmodSync(path.join(bin, name), 0o755);
  return { PATH: `${bin}:${place.env.PATH}` };
}

const simple = () => place.script(planToPrint('120'), codeRule('console.log(120);'));

describe('without a minimum', () => {
  it('a session on a bare machine works, and says in all places what is missing', async () => {
    const ended = await kintsugi(place, ['print 120', '-m', simple(), '--output-format', 'json'], {
      env: bareMachine(),
    });
    expect(ended.code, ended.stderr).toBe(0);
    const lines = ended.stderr.split('\n').filter((line) => line.includes('less than L2'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/sandbox L0 .*no network.*--min-level L2/);
    expect(resultIn(ended).sandbox).toMatchObject({ level: 'L0', missing: expect.any(Array) });
    expect(place.events()[0]).toMatchObject({ sandbox: { level: 'L0' } });
    const [journal = ''] = place.journals();
    const verified = await kintsugi(place, ['replay', journal, '--verify'], { env: bareMachine() });
    expect(verified).toMatchObject({ code: 0, stderr: expect.stringContaining('less than L2') });
  });

  it('a session takes the best level there is, and the same as exec', async () => {
    const ended = await kintsugi(place, ['print 120', '-m', simple(), '--output-format', 'json']);
    expect(ended.code, ended.stderr).toBe(0);
    place.file('one.js', 'console.log(1);\n');
    const run = await kintsugi(place, ['exec', 'one.js', '--json']);
    const { level } = resultIn(ended).sandbox ?? {};
    expect(jsonLines(run.stdout)[0]).toMatchObject({ sandbox: { level } });
    if (level === 'L2' || level === 'L3') expect(ended.stderr).not.toContain('less than L2');
  });
});

describe('with a minimum', () => {
  it.each([['print 120'], ['bench', 'suite.jsonl'], ['exec', 'one.js']])(
    '%s runs nothing on a bare machine (44)',
    async (...args) => {
      place.file('one.js', "require('node:fs').writeFileSync('/tmp/never', '');\n");
      place.file(
        'suite.jsonl',
        '{"id": "a", "goal": "print 120", "language": "javascript", "check": ["true"]}\n',
      );
      const model = args[0] === 'exec' ? [] : ['-m', simple()];
      const flagged = await kintsugi(place, [...args, ...model, '--min-level', 'L2'], { env: bareMachine() });
      const env = { ...bareMachine(), KINTSUGI_MIN_LEVEL: 'L1' };
      const set = await kintsugi(place, [...args, ...model], { env });
      for (const ended of [flagged, set]) {
        expect(ended, ended.stderr).toMatchObject({ code: 44, stdout: '' });
        expect(ended.stderr).toContain('no network');
      }
      expect(place.journals()).toEqual([]);
    },
  );
});

describe('--sandbox', () => {
  it('read-only refuses a program that writes', async () => {
    place.file('write.py', "open('x.txt', 'w').write('1')\n");
    expect((await kintsugi(place, ['exec', 'write.py', '--sandbox', 'read-only'])).code).toBe(4);
    expect((await kintsugi(place, ['exec', 'write.py'])).code).toBe(0);
  });

  it('danger-full-access wants its word and says what it means', async () => {
    const args = ['print 120', '-m', simple(), '--sandbox', 'danger-full-access'];
    const without = await kintsugi(place, args);
    expect(without).toMatchObject({ code: 2, stdout: '' });
    expect(without.stderr).toMatch(/your rights.*--accept-danger/s);
    const ended = await kintsugi(place, [...args, '--accept-danger', '--output-format', 'json']);
    expect(ended.code, ended.stderr).toBe(0);
    expect(resultIn(ended).sandbox?.level).toBe('L0');
    expect(ended.stderr).toContain('less than L2');
  });
});

describe('--policy', () => {
  it('decides in a session, in exec and in scan', async () => {
    place.file('spawn.py', "import subprocess\nsubprocess.run(['true'])\n");
    const codes = async (...args: string[]) => (await kintsugi(place, args)).code;
    expect(await codes('scan', 'spawn.py')).toBe(0);
    expect(await codes('scan', 'spawn.py', '--policy', 'process.spawn=deny')).toBe(4);
    expect(await codes('exec', 'spawn.py', '-p')).toBe(5);
    expect(await codes('exec', 'spawn.py', '-p', '--policy', 'process.spawn=allow')).toBe(0);
    place.file('kintsugi.json', '{"policy": {"fs.read.workspace": "deny", "process.spawn": "allow"}}');
    expect(await codes('scan', 'spawn.py')).toBe(52);
  });

  it('a program gets the least profile, in its run and in the journal', async () => {
    const model = place.script(
      planToPrint('120'),
      codeRule("const fs = require('node:fs');\nfs.writeFileSync('a.txt', '1');\nconsole.log(120);"),
    );
    const ended = await kintsugi(place, ['print 120', '-m', model]);
    expect(ended.code, ended.stderr).toBe(0);
    const [journal = ''] = place.journals();
    const runs = eventsOf(journal).filter((event) => event.type === 'run.ended' && event.attempt > 0);
    for (const run of runs) {
      if (run.type !== 'run.ended' || run.result.sandbox.level === 'L0') continue;
      expect(run.result.sandbox.profile).toBe('workspace-write');
    }
    expect(existsSync(path.join(place.cwd, 'a.txt'))).toBe(false);
  });
});
