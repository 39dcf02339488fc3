import * as z from 'zod';
import type { TestCase } from '../../core/domain.ts';
import { stripPlaces } from '../paths.ts';
import { textCleaner } from '../terminal-text.ts';
import { failedCase, shortened, type TestedFiles } from './report.ts';

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined);

const record = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('start'), framework: z.enum(['node:test', 'unittest', 'pytest', 'script']) }),
  z.object({
    kind: z.literal('case'),
    name: z.string(),
    status: z.enum(['passed', 'failed', 'skipped']),
    message: text,
    reason: text,
    expected: text,
    actual: text,
    ms: z.number().nonnegative().optional(),
  }),
  z.object({ kind: z.literal('end') }),
]);

export interface Recorded {
  framework: 'node:test' | 'unittest' | 'pytest' | 'script' | null;
  cases: TestCase[];
  /** False when the process was ended before the framework was done. */
  complete: boolean;
}

const mostCases = 1_000;

/** Reads what a test framework recorded, one JSON object a line. What does not fit is left out. */
export function readRecords(lines: string, tested: TestedFiles): Recorded {
  const recorded: Recorded = { framework: null, cases: [], complete: false };
  for (const line of lines.split('\n')) {
    const parsed = record.safeParse(jsonOf(line));
    if (!parsed.success) continue;
    const { data } = parsed;
    recorded.complete = data.kind === 'end';
    if (data.kind === 'start') recorded.framework = data.framework;
    if (data.kind !== 'case') continue;
    if (recorded.cases.length < mostCases) recorded.cases.push(caseOf(data, tested));
    // No failure may be lost behind many passes.
    else if (data.status === 'failed') recorded.cases[mostCases - 1] = caseOf(data, tested);
  }
  return recorded;
}

function caseOf(data: Extract<z.infer<typeof record>, { kind: 'case' }>, tested: TestedFiles): TestCase {
  const { status, expected, actual, ms } = data;
  const name = shortened(clean(data.name), 300);
  const timing = ms === undefined ? {} : { ms: Math.round(ms * 1000) / 1000 };
  if (status !== 'failed')
    return { name, status, ...(data.message ? { message: clean(data.message) } : {}), ...timing };
  const reason = data.reason === undefined ? '' : `\ncaused by ${data.reason}`;
  const message = withoutForeignFrames(
    clean((data.message ?? 'The test failed without a message.') + reason),
  );
  return failedCase(name, message, tested, {
    expected: expected === undefined ? undefined : clean(expected),
    actual: actual === undefined ? undefined : clean(actual),
    ...timing,
  });
}

/** Frames of the runtime and of the test framework say nothing about the program. */
function withoutForeignFrames(message: string): string {
  return message
    .split('\n')
    .map(stripPlaces)
    .filter((line) => !/^\s+at .*(node:|<kintsugi>|<anonymous>\)$)/.test(line))
    .join('\n');
}

function clean(value: string): string {
  const cleaner = textCleaner();
  return cleaner.push(Buffer.from(value)) + cleaner.end();
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
