import { expect, vi } from 'vitest';
import type { Language } from '../../../src/core/domain.ts';
import type { CheckResult } from '../../../src/core/seams.ts';
import { full } from '../../support/full.ts';
import { check } from '../testing/support.ts';

// Each test starts several processes, one after the other.
vi.setConfig({ testTimeout: 300_000 });

/** How a check is run: the test file by the product, or a command that runs it. */
export type Way = { tests: string[] } | { command: string };

export interface Trial {
  program: Record<string, string>;
  checks: Record<string, string>;
  ways: Way[];
}

/** In full all ways of a trial, else one of them, by the length of its program. */
function waysOf({ program, ways }: Trial): Way[] {
  const at = Object.values(program).join('').length % ways.length;
  return full ? ways : ways.slice(at, at + 1);
}

/** The check must fail in each way that is tried, with a message that says why. */
export async function expectForged(language: Language, trial: Trial, reason: RegExp): Promise<void> {
  for (const way of waysOf(trial)) {
    const { report } = await check(language, trial.program, trial.checks, way, { wallMs: 30_000 });
    expect(report, JSON.stringify(way)).toMatchObject({ ok: false });
    expect(report.failed).toBeGreaterThan(0);
    expect(messagesOf({ report })).toMatch(reason);
  }
}

/** The check must pass in each way that is tried. */
export async function expectHonest(language: Language, trial: Trial): Promise<void> {
  for (const way of waysOf(trial)) {
    const result = await check(language, trial.program, trial.checks, way, { wallMs: 30_000 });
    expect(messagesOf(result), JSON.stringify(way)).toBe('');
    expect(result.report.ok).toBe(true);
  }
}

function messagesOf({ report }: Pick<CheckResult, 'report'>): string {
  return report.cases
    .filter((one) => one.status === 'failed')
    .map((one) => one.message ?? '')
    .join('\n');
}
