import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Language, ScanReport } from '../../src/core/domain.ts';
import type { Scanner } from '../../src/core/seams.ts';
import { makeScanner } from '../../src/scanner/scan.ts';

/**
 * `evasions/<language>.txt` hides something dangerous in ways that were written without a look at the rules, `<language>-benign.txt` uses the
 * same parts of the language for ordinary work. A line `#### title` begins each program.
 */

let scan: Scanner;
beforeAll(async () => {
  scan = await makeScanner();
});

const endings = { javascript: 'js', python: 'py', shell: 'sh' } as const;

function programsIn(name: string): { title: string; content: string }[] {
  const text = readFileSync(new URL(`./evasions/${name}.txt`, import.meta.url), 'utf8');
  return text
    .split(/^#### /m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf('\n');
      return { title: part.slice(0, end), content: part.slice(end + 1) };
    });
}

function scanOne(
  family: keyof typeof endings,
  { title, content }: { title: string; content: string },
): ScanReport {
  const typed = family === 'javascript' && title.startsWith('typescript');
  const language: Language = typed ? 'typescript' : family;
  const ending = title.startsWith('jsx') ? 'jsx' : typed ? 'ts' : endings[family];
  const entry = `main.${ending}`;
  return scan({ language, entry, files: [{ path: entry, content }] });
}

describe.each(['javascript', 'python', 'shell'] as const)('of programs in %s', (family) => {
  it('at least nine in ten that hide what they do are asked about or denied', () => {
    const evasions = programsIn(family);
    expect(evasions.length).toBeGreaterThanOrEqual(60);
    const missed = evasions.filter((program) => scanOne(family, program).decision === 'allow');
    expect(missed.length / evasions.length, missed.map(({ title }) => title).join('; ')).toBeLessThanOrEqual(
      0.1,
    );
  });

  it('at most one in fifty that use the same parts for ordinary work raises an alarm', () => {
    const ordinary = programsIn(`${family}-benign`);
    expect(ordinary.length).toBeGreaterThanOrEqual(60);
    const alarms = ordinary.flatMap((program) => {
      const { decision, findings } = scanOne(family, program);
      return decision === 'allow' ? [] : [`${program.title}: ${findings[0]?.message}`];
    });
    expect(alarms.length / ordinary.length, alarms.join('; ')).toBeLessThanOrEqual(0.02);
  });

  it('every one of both kinds is read to its end', () => {
    const broken = [...programsIn(family), ...programsIn(`${family}-benign`)].filter((program) =>
      scanOne(family, program).findings.some(({ rule }) => rule === 'unparsed' || rule === 'unscanned'),
    );
    expect(broken.map(({ title }) => title)).toEqual([]);
  });
});
