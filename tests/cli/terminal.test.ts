import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { full } from '../support/full.ts';
import {
  builtEntry,
  codeRule,
  launch,
  makePlace,
  type Place,
  planToPrint,
  type Running,
} from '../support/kintsugi.ts';

/** In a real pseudo-terminal, which Python opens. */

const hasTerminal =
  spawnSync('python3', ['-c', 'import pty'], { stdio: 'ignore' }).status === 0 ? '' : 'no python3 with pty';

let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(async () => await place.remove());

const size = { columns: 70, rows: 30 };
const helper = path.join(import.meta.dirname, 'programs', 'terminal.py');

function inTerminal(args: readonly string[], env: Record<string, string> = {}): Running {
  const command = [process.execPath, builtEntry(), ...args];
  return launch(['python3', helper, `${size.columns}`, `${size.rows}`, ...command], place, {
    stdin: null,
    env: { TERM: 'xterm-256color', ...env },
  });
}

/** What a person sees when all of it has been written. Knows the few sequences that are used here, and fails at any other. */
function seen(raw: string): string[] {
  const lines: string[] = [''];
  let column = 0;
  const put = (change: (line: string) => string) => {
    lines.push(change(lines.pop() ?? ''));
  };
  for (const [token] of raw.matchAll(/\u001b\[[\d;?]*[A-Za-z]|[\s\S]/gu)) {
    if (token === '\r') column = 0;
    else if (token === '\n') lines.push(' '.repeat(column));
    else if (token === '\u001b[2K') put(() => ' '.repeat(column));
    else if (/^\u001b\[0?[JK]$/.test(token)) put((line) => line.slice(0, column));
    else if (/^\u001b\[\d+G$/.test(token)) column = Number.parseInt(token.slice(2), 10) - 1;
    else if (/^\u001b\[[\d;]*m$/.test(token)) continue;
    else if (/^[\u0000-\u0008\u000b-\u001f]/.test(token))
      throw new Error(`unknown: ${JSON.stringify(token)}`);
    else {
      const at = column;
      put((line) => line.padEnd(at).slice(0, at) + token + line.slice(at + 1));
      column += 1;
    }
  }
  return lines.map((line) => line.trimEnd());
}

const spinner = /[◐◓◑◒]/;
const slowPlan = { purpose: 'plan', latencyMs: 600, reply: planToPrint('120').reply ?? '' } as const;
const asking = codeRule("fetch('http://127.0.0.1:9/').catch(() => console.log(120));");

describe.skipIf(hasTerminal !== '')(`in a terminal ${hasTerminal}`, () => {
  it('one line tells live what goes on, and is gone at the end', async () => {
    const model = place.script(slowPlan, codeRule('console.log(120);'));
    const running = inTerminal(['print 120', '-m', model]);
    await running.until(/planning · [\d.]+ m?s/, 'stdout');
    const ended = await running.ended;
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain('\u001b[32m');
    const screen = seen(ended.stdout);
    expect(screen.join('\n')).not.toMatch(spinner);
    expect(screen).toContain('attempt 1: passed (model-checks)');
    expect(screen).toContain('120');
    expect(place.events().at(-1)).toMatchObject({ outcome: { ending: 'verified' } });
  });

  it.skipIf(!full)('keeps the live line in one line, whatever a check is called', async () => {
    const name = `\u001b[2J${'一'.repeat(60)}\n\u0007`;
    const checks = [{ kind: 'command', name, command: 'sleep 0.5; node main.js | grep -qx 120' }];
    const steps = [{ title: 'Print it', instructions: '', checks }];
    const plan = { purpose: 'plan', reply: { approach: '', language: 'javascript', steps } } as const;
    const running = inTerminal(['print 120', '-m', place.script(plan, codeRule('console.log(120);'))]);
    await running.until(/running ␛\[2J一/, 'stdout');
    const ended = await running.ended;
    expect(ended.code, ended.stdout).toBe(0);
    expect(ended.stdout).not.toContain('\u001b[2J');
    expect(ended.stdout).not.toContain('\u0007');
    const screen = seen(ended.stdout);
    expect(screen.join('\n')).not.toMatch(spinner);
  });

  it('has no live line and no colour where the terminal is dumb or NO_COLOR is set', async () => {
    const model = place.script(slowPlan, codeRule('console.log(120);'));
    const dumb = await inTerminal(['print 120', '-m', model], { TERM: 'dumb' }).ended;
    expect(dumb.stdout).not.toMatch(/\u001b|[◐◓◑◒]/);
    const plain = await inTerminal(['print 120', '-m', model], { NO_COLOR: '1' }).ended;
    expect(plain.stdout).not.toMatch(/\u001b\[\d*m/);
    expect(plain.stdout).toMatch(spinner);
  });

  it('bare, for a screen reader, asks for the goal in one line', async () => {
    const running = inTerminal(['-m', 'demo', '--screen-reader']);
    await running.until('goal> ', 'stdout');
    running.type('factorial of 5\r');
    const ended = await running.ended;
    expect(ended.code, ended.stdout).toBe(0);
    expect(place.events()[0]).toMatchObject({ task: { goal: 'factorial of 5' } });
  });

  it('bare, for a screen reader, an empty line, Ctrl+D and Ctrl+C end without a session', async () => {
    for (const [typed, code] of [
      ['\r', 2],
      ['\u0004', 2],
      ['\u0003', 130],
    ] as const) {
      const running = inTerminal(['-m', 'demo', '--screen-reader']);
      await running.until('goal> ', 'stdout');
      running.type(typed);
      expect((await running.ended).code).toBe(code);
    }
    expect(place.journals()).toEqual([]);
  });

  it('with -p nothing is asked: not for a goal, not for permission', async () => {
    expect((await inTerminal(['-p', '-m', 'demo']).ended).code).toBe(2);
    const ended = await inTerminal(['-p', 'go', '-m', place.script(planToPrint('120'), asking)]).ended;
    expect(ended.code).toBe(5);
    expect(ended.stdout).not.toContain('Run it?');
  });

  it('a program that wants more is run after yes; nothing is drawn over the question', async () => {
    const running = inTerminal(['print 120', '-m', place.script(planToPrint('120'), asking)]);
    // The question is whole when the cursor was put behind it.
    await running.until(/Run it\? \[y\/a\/N\] \u001b\[17G/, 'stdout');
    expect(seen(running.stdout()).findLast((line) => line !== '')).toBe('Run it? [y/a/N]');
    running.type('y');
    await running.until(/Run it\?[^\n]*y$/, 'stdout');
    expect(running.stdout()).toMatch(/Run it\? \[y\/a\/N\] \u001b\[17Gy$/);
    running.type('\r');
    const ended = await running.ended;
    expect(place.events().find((event) => event.type === 'permission.answered')).toMatchObject({
      answer: 'allow',
    });
    expect(ended.stdout).toContain('attempt 1: wrote main.js');
  });

  it('no is no, the end of input is nobody, Ctrl+C and the clock end the session', async () => {
    const wrote = place.script(planToPrint('120'), asking);
    const ways = [
      ['n\r', 4, 'unsafe', ['--max-attempts', '1']],
      ['\u0004', 5, 'permission-denied', []],
      ['\u0003', 130, 'cancelled', []],
    ] as const;
    const clock = ['', 56, 'timeout', ['--timeout', '8s']] as const;
    const drive = async ([typed, code, ending, flags]: (typeof ways)[number] | typeof clock) => {
      const other = makePlace();
      try {
        const command = [process.execPath, builtEntry(), 'print 120', '-m', wrote, ...flags];
        const running = launch(['python3', helper, '70', '30', ...command], other, { stdin: null });
        await running.until('Run it? [', 'stdout');
        running.type(typed);
        const ended = await running.ended;
        expect(ended.code, ended.stdout).toBe(code);
        expect(other.events().at(-1)).toMatchObject({ type: 'session.ended', outcome: { ending } });
      } finally {
        await other.remove();
      }
    };
    await Promise.all(ways.map(drive));
    // By itself: its question must be there within its time.
    await drive(clock);
  });

  it('a bench shows how far it is', async () => {
    const goal = (id: string) =>
      `${JSON.stringify({ id, goal: `${id}: print 120`, check: ['node main.js | grep -qx 120'] })}\n`;
    place.file('suite.jsonl', goal('one\u001b[2J') + goal('two'));
    const model = place.script(codeRule('console.log(120);'));
    const ended = await inTerminal(['bench', 'suite.jsonl', '-m', model]).ended;
    expect(ended.code, ended.stdout).toBe(0);
    expect(ended.stdout).toMatch(/░.* 0\/2 · 0 verified/);
    expect(ended.stdout).toMatch(/█.*░.* 1\/2 · 1 verified/);
    expect(ended.stdout).not.toContain('\u001b[2J');
    const screen = seen(ended.stdout).join('\n');
    expect(screen).not.toMatch(/[█░]/);
    expect(screen).toContain('2 of 2 verified: 2 verified');
  });

  it('a yes for the session is not asked again', async () => {
    const failing = codeRule("fetch('http://127.0.0.1:9/').catch(() => console.log(121));");
    const model = place.script(
      planToPrint('120'),
      { purpose: 'diagnose', reply: { text: 'It prints 121.' } },
      { ...failing, times: 1 },
      { ...codeRule("fetch('http://127.0.0.1:9/x').catch(() => console.log(122));"), times: 1 },
      asking,
    );
    const running = inTerminal(['print 120', '-m', model]);
    await running.until('Run it? [', 'stdout');
    running.type('a\r');
    const ended = await running.ended;
    expect(ended.code, ended.stdout).toBe(0);
    expect(ended.stdout.match(/Run it\?/g)).toHaveLength(1);
    const answers = place.events().filter((event) => event.type === 'permission.answered');
    expect(answers.map(({ answer, remembered }) => [answer, remembered ?? false])).toEqual([
      ['allow-session', false],
      ['allow-session', true],
      ['allow-session', true],
    ]);
  });

  it('what stands behind a no is told the model', async () => {
    const model = place.script(
      planToPrint('120'),
      { ...codeRule('console.log(120);'), when: ['no network please'] },
      asking,
    );
    const running = inTerminal(['print 120', '-m', model]);
    await running.until('Run it? [', 'stdout');
    running.type('n no network please\r');
    const ended = await running.ended;
    expect(ended.code, ended.stdout).toBe(0);
    expect(place.events().find((event) => event.type === 'permission.answered')).toMatchObject({
      answer: 'deny',
      feedback: 'no network please',
    });
  });
});
