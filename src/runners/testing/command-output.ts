import type { RunResult, TestCase } from '../../core/domain.ts';
import { failedCase, shortened, type TestedFiles } from './report.ts';

/** What the output of a test command tells of single tests; null when it is not the output of a framework we know. */
export function casesOfOutput(run: RunResult, tested: TestedFiles): TestCase[] | null {
  return tapCases(run.stdout, tested) ?? unittestCases(run.stderr, tested) ?? pytestCases(run.stdout, tested);
}

/** Whether a test command ended well without having run a test: exit code 0 then proves nothing. */
export function ranNothing(command: string, run: RunResult): boolean {
  if (/\bunittest\b/.test(command)) return /^Ran 0 tests in /m.test(run.stderr);
  return /--test\b/.test(command) && /^(# |ℹ )tests 0$/m.test(run.stdout);
}

/** TAP as `node --test` writes it: the innermost points are the tests, with a block of details below the failed ones. */
function tapCases(stdout: string, tested: TestedFiles): TestCase[] | null {
  if (!/^TAP version 1[34]$/m.test(stdout)) return null;
  const lines = stdout.split('\n');
  const cases: TestCase[] = [];
  for (const [index, line] of lines.entries()) {
    const point = /^(?<indent> *)(?<not>not )?ok \d+ - (?<name>.*?)(?<skip> # (?:SKIP|TODO).*)?$/.exec(
      line,
    )?.groups;
    if (!point) continue;
    const { fields, message } = detailsBelow(lines, index);
    if (fields.get('type') === 'suite' || fields.get('failureType') === 'subtestsFailed') continue;
    const name = shortened(point.name ?? '', 300);
    if (point.skip) cases.push({ name, status: 'skipped' });
    else if (point.not) cases.push(failedCase(name, message, tested, details(fields)));
    else cases.push({ name, status: 'passed' });
  }
  return cases.length > 0 ? cases : null;
}

function details(fields: Map<string, string>): {
  expected?: string | undefined;
  actual?: string | undefined;
} {
  return { expected: fields.get('expected'), actual: fields.get('actual') };
}

/** The block below a point: what the test threw as one message, and how it was run. */
function detailsBelow(lines: string[], index: number): { fields: Map<string, string>; message: string } {
  const fields = new Map<string, string>();
  if (lines[index + 1]?.trim() === '---') {
    const margin = lines[index + 1]?.search(/\S/) ?? 0;
    let key = '';
    for (const line of lines.slice(index + 2)) {
      if (line.trim() === '...' && line.search(/\S/) === margin) break;
      const field = line.search(/\S/) === margin ? /^(\w+): ?(.*)$/.exec(line.trim()) : null;
      if (field?.[1]) {
        key = field[1];
        fields.set(key, /^\|-?$/.test(field[2] ?? '') ? '' : (field[2] ?? '').replace(/^'(.*)'$/, '$1'));
      } else if (key) {
        fields.set(key, `${fields.get(key) ?? ''}\n${line.slice(margin + 2)}`.replace(/^\n/, ''));
      }
    }
  }
  const stack = (fields.get('stack') ?? '')
    .split('\n')
    .filter((line) => line && !/\bnode:/.test(line))
    .map((line) => `    at ${line.trim()}`);
  const name = fields.get('name') ?? 'Error';
  return { fields, message: [`${name}: ${fields.get('error') ?? 'failed'}`, ...stack].join('\n') };
}

/** The summary of `python3 -m unittest`: blocks of failures, then how many tests ran. */
function unittestCases(stderr: string, tested: TestedFiles): TestCase[] | null {
  const ran = Number(/^Ran (\d+) tests? in /m.exec(stderr)?.[1] ?? Number.NaN);
  if (Number.isNaN(ran)) return null;
  const blocks = stderr.split(/^={20,}$/m).slice(1);
  const failures = blocks.flatMap((block) => {
    const name = /^(?:FAIL|ERROR): (\S+)/m.exec(block)?.[1];
    const trace = block.split(/^-{20,}$/m)[1]?.trim();
    return name && trace ? [failedCase(name, trace, tested)] : [];
  });
  return failures.length > 0 ? [...failures, ...unnamed(ran - failures.length)] : null;
}

/** The summary of pytest: a line a failure, then the counts. */
function pytestCases(stdout: string, tested: TestedFiles): TestCase[] | null {
  if (!/^=* ?.*\b\d+ (passed|failed|errors?)\b.* in [\d.]+s/m.test(stdout)) return null;
  const sections = stdout.split(/^_{3,} (?=.* _{3,}$)/m).slice(1);
  const failures = [...stdout.matchAll(/^(?:FAILED|ERROR) (\S+?)(?:::(\S+))?(?: - (.*))?$/gm)].map(
    (match) => {
      const name = (match[2] ?? match[1] ?? '').replaceAll('::', '.');
      const section = sections.find((one) => one.startsWith(`${name} `)) ?? match[3] ?? match[0];
      return failedCase(name, section.split(/^={3,} /m)[0] ?? section, tested);
    },
  );
  const passed = Number(/\b(\d+) passed\b/.exec(stdout)?.[1] ?? 0);
  return failures.length > 0 ? [...failures, ...unnamed(passed)] : null;
}

/** Tests of which only the number is known. */
function unnamed(count: number): TestCase[] {
  return Array.from({ length: Math.min(1_000, Math.max(0, count)) }, (_, index) => ({
    name: `passed test ${index + 1}`,
    status: 'passed' as const,
  }));
}
