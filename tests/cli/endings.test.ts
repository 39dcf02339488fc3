import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { exits } from '../../src/cli/exit-codes.ts';
import { endings } from '../../src/core/domain.ts';
import { packageRoot } from '../../src/package-root.ts';
import { kintsugi, makePlace, type Place, resultIn, start } from '../support/kintsugi.ts';
import { type Drive, drives, refusals } from './endings.ts';

/** One row of docs/exit-codes.md, as the run gave it. */
interface Row {
  ending: string;
  code: number | null;
  subtype: string;
  verified: boolean;
  how: string;
}

const rows = new Map<string, Row>();
const document = path.join(packageRoot(), 'docs', 'exit-codes.md');

async function inPlace<Value>(work: (place: Place) => Promise<Value>): Promise<Value> {
  const place = makePlace();
  try {
    return await work(place);
  } finally {
    await place.remove();
  }
}

async function drive(one: Drive): Promise<Row> {
  return await inPlace(async (place) => {
    const { args, options, signal, close } = await one.prepare(place);
    const running = start(place, ['-p', '--output-format', 'json', '--verbose', ...args], options);
    if (signal) {
      await running.until('asks for plan');
      running.kill(signal);
    }
    const ended = await running.ended;
    await close?.();
    const result = resultIn(ended);
    const last = place.events().at(-1);
    expect(last?.type, ended.stderr).toBe('session.ended');
    if (last?.type === 'session.ended') expect(last.outcome.ending).toBe(result.ending);
    expect(result.is_error).toBe(ended.code !== 0);
    expect(result.verified, 'exit 0 is a proof').toBe(ended.code === 0);
    expect(ended.signal).toBe(null);
    expect(place.listing().filter((name) => name.startsWith('tmp/'))).toEqual([]);
    return {
      ending: result.ending,
      code: ended.code,
      subtype: result.subtype,
      verified: result.verified,
      how: one.how,
    };
  });
}

describe('every way a session can end', () => {
  for (const one of drives) {
    it(`${one.ending}: ${one.how}`, async () => {
      const row = await drive(one);
      rows.set(row.how, row);
      expect(row).toEqual({
        ending: one.ending,
        code: exits[one.ending].code,
        subtype: exits[one.ending].subtype,
        verified: one.ending === 'verified',
        how: one.how,
      });
    });
  }

  it('is driven by a real process, but for a bug of our own', () => {
    const driven = new Set(drives.map((one) => one.ending));
    expect(endings.filter((ending) => !driven.has(ending))).toEqual(['internal-error']);
  });

  it('gives exit 0 for one ending only', () => {
    expect(endings.filter((ending) => exits[ending].code === 0)).toEqual(['verified']);
  });
});

describe('what is refused before there is a session', () => {
  for (const { code, how, args, options } of refusals) {
    it(`${code}: ${how}`, async () => {
      const ended = await inPlace(async (place) => {
        const found = await kintsugi(place, args, options);
        expect(place.journals()).toEqual([]);
        return found;
      });
      expect(ended).toMatchObject({ code, stdout: '' });
      expect(ended.stderr).toMatch(/^kintsugi: /);
      rows.set(how, { ending: '—', code: ended.code, subtype: '—', verified: false, how });
    });
  }
});

function table(): string {
  const lines = [...drives, ...refusals].flatMap(({ how }) => {
    const row = rows.get(how);
    if (!row) return [];
    const subtype = row.subtype === '—' ? '—' : `\`${row.subtype}\``;
    return [`| ${row.ending} | ${row.code} | ${subtype} | ${row.verified} | ${how} |`];
  });
  const { code, subtype } = exits['internal-error'];
  return [
    '# How a session ends',
    '',
    'One word for every ending, the exit code a script sees, and the `subtype` of the last object of `--output-format json`. Exit 0 is a',
    'proof: the checks ran and passed in this session. Every row but the last was produced by a real process in',
    '`tests/cli/endings.test.ts`, which compares this file with what it saw (`UPDATE_DOCS=1` writes it again). `—` stands for a command',
    'that was refused before there was a session: nothing is journalled, and nothing is printed on standard output.',
    '',
    '| ending | exit | subtype | verified | produced by |',
    '|---|---|---|---|---|',
    ...lines,
    `| internal-error | ${code} | \`${subtype}\` | false | a bug in kintsugi; no input is known that gives it |`,
    '',
  ].join('\n');
}

afterAll(() => {
  // A run of some of the tests (-t) has no whole table to compare.
  if (rows.size < drives.length + refusals.length) return;
  if (process.env.UPDATE_DOCS === '1') writeFileSync(document, table());
  expect(readFileSync(document, 'utf8'), 'docs/exit-codes.md is not what the run gave: UPDATE_DOCS=1').toBe(
    table(),
  );
});
