import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { productVersion } from '../../src/version.ts';
import { jsonLines, kintsugi, makePlace, type Place } from '../support/kintsugi.ts';

let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(async () => await place.remove());

const commands = ['sessions', 'resume', 'replay', 'bench', 'doctor'];

describe('--version and --help', () => {
  it('answer whatever state the configuration is in, and touch nothing', async () => {
    writeFileSync(path.join(place.home, '.env'), 'this is not NAME=value\n"');
    place.file('kintsugi.json', '{ broken');
    const before = place.listing();
    const env = { KINTSUGI_MAX_ATTEMPTS: 'many' };
    const version = await kintsugi(place, ['--version'], { env });
    expect(version).toMatchObject({ code: 0, stdout: `${productVersion()}\n`, stderr: '' });
    const help = await kintsugi(place, ['--help'], { env });
    expect(help).toMatchObject({ code: 0, stderr: '' });
    for (const command of commands) expect(help.stdout).toContain(`\n  ${command} `);
    expect((await kintsugi(place, ['print 120'], { env })).code).toBe(52);
    expect(place.listing()).toEqual(before);
  });

  it('list no flag that does nothing yet', async () => {
    for (const args of [['--help'], ...commands.map((command) => [command, '--help'])]) {
      const { stdout } = await kintsugi(place, args);
      const flags = [...stdout.matchAll(/(?<=^ {2}(?:-\w, )?)--[\w-]+/gm)].map(([flag]) => flag);
      expect(new Set(flags).size, `${args}: a flag is listed twice`).toBe(flags.length);
      expect(flags).toContain('--help');
      const runs = ['resume', 'replay', 'bench', 'exec', '--help'].includes(args[0] ?? '');
      for (const flag of ['--sandbox', '--min-level', '--policy']) if (runs) expect(flags).toContain(flag);
    }
  });
});

describe('the surroundings', () => {
  it('are not written to: a session leaves its journal in the home and nothing elsewhere', async () => {
    place.file('notes.txt', 'mine\n');
    const before = place.listing();
    const ended = await kintsugi(place, ['print the factorial of 5', '-m', 'demo']);
    expect(ended).toMatchObject({ code: 0, stdout: '120\n' });
    const fresh = place.listing().filter((name) => !before.includes(name));
    expect(fresh.length).toBeGreaterThan(0);
    expect(fresh.filter((name) => !name.startsWith('home/logs/'))).toEqual([]);
  });

  it('need no key: the demo says what it is, and what to do about another goal', async () => {
    // Nothing listens on the port: no local model is there.
    const env = { OLLAMA_HOST: 'http://127.0.0.1:9', ANTHROPIC_API_KEY: '', OPENAI_API_KEY: '' };
    const ended = await kintsugi(place, ['-p', 'bake bread', '--model', 'demo'], { env });
    expect(ended).toMatchObject({ code: 41, stdout: '' });
    expect(ended.stderr).toContain('demo: recorded replies; no model is asked');
    expect(ended.stderr).toContain('knows only these goals:');
    expect(ended.stderr).toContain('ANTHROPIC_API_KEY');
    expect(ended.stderr).toContain('Ollama');
    expect(ended.stderr).toContain('OpenAI-compatible');
  });

  it('may forbid the network', async () => {
    const env = { ANTHROPIC_API_KEY: 'test-key' };
    const args = ['-p', 'print 120', '--offline', '-m', 'anthropic/claude-sonnet-5-5'];
    const ended = await kintsugi(place, args, { env });
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain('--offline: anthropic/claude-sonnet-5-5 is not on this machine');
  });
});

describe('sessions', () => {
  it('lists what was done, newest first, as text and as JSON', async () => {
    expect((await kintsugi(place, ['sessions'])).stdout).toContain('No sessions yet');
    await kintsugi(place, ['print the factorial of 5', '-m', 'demo', '--session-id', 'the-first']);
    await kintsugi(place, ['bake \u001b[2J bread', '-m', 'demo', '--session-id', 'the-second']);
    const text = (await kintsugi(place, ['sessions'])).stdout;
    expect(text).not.toContain('\u001b');
    expect(text).toContain('print the factorial of 5');
    const entries = jsonLines((await kintsugi(place, ['sessions', '--json'])).stdout);
    expect(entries).toHaveLength(2);
    expect(entries).toContainEqual(
      expect.objectContaining({ id: 'the-first', state: 'verified', attempts: 1 }),
    );
    expect(jsonLines((await kintsugi(place, ['sessions', '--json', '--limit', '1'])).stdout)).toHaveLength(1);
  });

  it('cannot be given an id that is a path, or one that is taken', async () => {
    const args = ['-p', 'print the factorial of 5', '-m', 'demo', '--session-id'];
    expect(await kintsugi(place, [...args, '../../escape'])).toMatchObject({ code: 2, stdout: '' });
    expect((await kintsugi(place, [...args, 'mine'])).code).toBe(0);
    const again = await kintsugi(place, [...args, 'mine']);
    expect(again).toMatchObject({ code: 2, stdout: '' });
    expect(again.stderr).toContain('there is a session mine already');
    expect(place.listing().filter((name) => name.includes('escape'))).toEqual([]);
  });

  it('are gone on with: -c and -r take the program of the last one as the start of a new goal', async () => {
    await kintsugi(place, ['print the factorial of 5', '-m', 'demo', '--session-id', 'first']);
    const model = place.script({ purpose: 'lesson', reply: '' });
    const plan = ['make it faster', '--permission-mode', 'plan', '-m', model, '--json'];
    for (const flags of [['-c'], ['-r', 'first']]) {
      const [, started] = jsonLines((await kintsugi(place, [...plan, ...flags])).stdout) as [
        unknown,
        { task: { files: { path: string }[]; language: string } },
      ];
      expect(started.task.language).toBe('javascript');
      expect(started.task.files.map((file) => file.path)).toContain('main.mjs');
    }
    const none = await kintsugi(place, ['go on', '-r', 'nothing', '-m', 'demo']);
    expect(none.code).not.toBe(0);
    expect(none.stderr).toContain('no session begins with nothing');
  });
});
