import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isDelta } from '../../src/core/events.ts';
import { full } from '../support/full.ts';
import {
  builtEntry,
  codeRule,
  eventsOf,
  jsonLines,
  kintsugi,
  launch,
  makePlace,
  type Place,
  planToPrint,
  resultIn,
  start,
} from '../support/kintsugi.ts';

let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(async () => await place.remove());

const good = () => place.script(planToPrint('120'), codeRule('console.log(120);'));

describe('text', () => {
  it('puts the answer and nothing else on stdout and in the file that is asked for, and progress as plain lines on stderr', async () => {
    const ended = await kintsugi(place, ['print 120', '-m', good(), '--output-last-message', 'answer.txt']);
    expect(ended).toMatchObject({ code: 0, stdout: '120\n' });
    expect(readFileSync(path.join(place.cwd, 'answer.txt'), 'utf8')).toBe('120\n');
    expect(ended.stderr).toMatch(/^session \S+ · model scripted:/);
    expect(ended.stderr).toContain('attempt 1: passed (model-checks)');
    expect(ended.stderr).toContain(`journal: ${place.journals()[0]}`);
    expect(ended.stderr).not.toMatch(/[\u001b\r]/);
  });

  it('gives the source of a program that prints nothing', async () => {
    place.file('check.sh', 'test -f main.js\n');
    const model = place.script(codeRule('module.exports = (n) => n + 1;'));
    const ended = await kintsugi(place, ['add one', '-m', model, '--check', 'grep -q "n + 1" main.js']);
    expect(ended).toMatchObject({ code: 0, stdout: 'module.exports = (n) => n + 1;\n' });
  });

  it('leaves stdout empty when there is no answer', async () => {
    const model = place.script(planToPrint('120'), codeRule('console.log(24);'));
    const ended = await kintsugi(place, ['print 120', '-m', model, '--max-attempts', '1']);
    expect(ended).toMatchObject({ code: 3, stdout: '' });
    expect(ended.stderr).toContain('max-attempts: ');
  });

  it.skipIf(!full)('colours progress only when it is told to', async () => {
    const model = good();
    const always = await kintsugi(place, ['print 120', '-m', model, '--color', 'always']);
    expect(always.stderr).toContain('\u001b[32m');
    expect(always.stdout).toBe('120\n');
    const never = await kintsugi(place, ['print 120', '-m', model], { env: { NO_COLOR: '1' } });
    expect(never.stderr).not.toContain('\u001b');
  });

  it.skipIf(!existsSync('/dev/full'))(
    'is no success when the answer cannot be written where it was asked for',
    async () => {
      const args = ['print 120', '-m', good(), '--output-last-message', '/dev/full'];
      const ended = await kintsugi(place, args);
      expect(ended.code).toBe(1);
      expect(ended.stderr).toMatch(/kintsugi: --output-last-message: ENOSPC/);
    },
  );
});

describe('json', () => {
  it('is one object with the fields of the contract', async () => {
    const ended = await kintsugi(place, ['print 120', '-m', good(), '--output-format', 'json']);
    expect(ended.code).toBe(0);
    const result = resultIn(ended);
    expect(result).toEqual({
      type: 'result',
      subtype: 'success',
      is_error: false,
      result: '120',
      session_id: expect.stringMatching(/^[0-9a-z]{26}$/),
      num_turns: 2,
      duration_ms: expect.any(Number),
      total_cost_usd: 0,
      usage: {
        input_tokens: expect.any(Number),
        output_tokens: expect.any(Number),
        cache_read_input_tokens: 0,
        cache_creation_input_tokens: 0,
      },
      verified: true,
      proof: 'model-checks',
      ending: 'verified',
      attempts: 1,
      checks: [{ name: 'prints 120', exit_code: 0, passed: 1, failed: 0, duration_ms: expect.any(Number) }],
      memories_used: [],
      lessons_learned: [],
      files: ['main.js'],
      out: null,
      journal: place.journals()[0],
      permission_denials: [],
      sandbox: {
        level: expect.stringMatching(/^L[0-3]$/),
        missing: expect.any(Array),
        advice: expect.any(Array),
      },
    });
    expect(result.duration_ms).toBeGreaterThan(0);
    expect(result.usage.input_tokens).toBeGreaterThan(100);
  });

  it('names what was refused', async () => {
    const model = place.script(
      planToPrint('120', 'shell'),
      codeRule('rm -rf --no-preserve-root /', 'main.sh'),
    );
    const ended = await kintsugi(place, [
      'go',
      '-m',
      model,
      '--output-format',
      'json',
      '--max-attempts',
      '1',
    ]);
    const result = resultIn(ended);
    expect(result).toMatchObject({ subtype: 'error_unsafe_code', is_error: true, verified: false });
    expect(result.permission_denials[0]).toMatchObject({ file: 'main.sh', line: 1 });
  });
});

describe('stream-json', () => {
  it('begins with init, carries every event of the journal in its order, and ends with the result', async () => {
    const ended = await kintsugi(place, ['print 120', '-m', good(), '--output-format', 'stream-json']);
    const [init, ...rest] = jsonLines(ended.stdout) as { type: string }[];
    const result = rest.pop();
    expect(init).toMatchObject({
      type: 'system',
      subtype: 'init',
      cwd: place.cwd,
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      schema_version: 1,
    });
    expect(init).toHaveProperty('session_id', (result as unknown as { session_id: string }).session_id);
    expect(init).toHaveProperty('model');
    expect(result).toMatchObject({ type: 'result', subtype: 'success', verified: true });
    expect(rest).toEqual(place.events());
    expect(rest.some(isDelta)).toBe(true);
  });

  it('is refused by another name', async () => {
    const ended = await kintsugi(place, ['print 120', '-m', good(), '--output-format', 'xml']);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain('"xml" is not one of text, json, stream-json');
  });
});

describe('a reader that walks away', () => {
  it('ends the session quietly in its journal, and leaves no process', async () => {
    const model = place.script(planToPrint('120'), codeRule('setTimeout(() => console.log(120), 8_000);'));
    const running = start(place, ['print 120', '-m', model, '--json']);
    await running.until('"run.started"', 'stdout');
    running.closeOutput();
    const ended = await running.ended;
    expect(ended.stderr).not.toMatch(/EPIPE|internal error|\bat .*:\d+/);
    expect(place.events().at(-1)).toMatchObject({ type: 'session.ended', outcome: { ending: 'cancelled' } });
  });

  it('gets what it asked for: head -1 of the events', async () => {
    const command = `"$0" "$1" 'print 120' -m "$2" --json | head -1`;
    const running = launch(['sh', '-c', command, process.execPath, builtEntry(), good()], place);
    const ended = await running.ended;
    // --json is --output-format stream-json.
    expect(jsonLines(ended.stdout)).toMatchObject([{ type: 'system', subtype: 'init' }]);
    expect(ended.stderr).not.toMatch(/EPIPE|internal error/);
  });
});

describe('what a program prints', () => {
  it('cannot steer the terminal through stderr', async () => {
    const evil = '\\u001b]0;owned\\u0007\\u001b[2J\\u009b31m\\u202e';
    const model = place.script(
      planToPrint('120'),
      codeRule(`console.log('${evil}'); throw new Error('${evil}');`),
    );
    const ended = await kintsugi(place, ['print 120', '-m', model, '--max-attempts', '1', '--verbose']);
    expect(ended.code).toBe(3);
    expect(ended.stderr).toContain('owned');
    expect(ended.stderr).not.toMatch(/[\u0007\u001b\u0080-\u009f\u202e]/);
  });

  it('comes out on stdout without what would steer a terminal', async () => {
    const model = place.script(codeRule("console.log('\\u001b[32mgreen\\u001b[0m\\u001b]0;owned\\u0007');"));
    const ended = await kintsugi(place, ['print green', '-m', model]);
    expect(ended).toMatchObject({ code: 3, stdout: 'green\n' });
  });

  it('is bounded: a flood ends the run, not kintsugi', async () => {
    const model = place.script(
      planToPrint('120', 'python'),
      codeRule("while True: print('x' * 65_536)", 'main.py'),
    );
    const args = ['print 120', '-m', model, '--max-attempts', '1', '--output-format', 'json'];
    const ended = await kintsugi(place, args);
    expect(ended.code).toBe(3);
    expect(ended.stdout.length).toBeLessThan(10_000);
    const [journal = ''] = place.journals();
    expect(readFileSync(journal).length).toBeLessThan(3_000_000);
    const run = eventsOf(journal).find((event) => event.type === 'run.ended' && event.attempt === 1);
    expect(run).toMatchObject({ result: { status: 'output-limit', truncated: true } });
  });
});
