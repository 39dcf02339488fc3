import type { Check, Language, RunLimits } from '../../../src/core/domain.ts';
import type { CheckResult } from '../../../src/core/seams.ts';
import { drain } from '../../../src/core/stream.ts';
import { isolateRunner } from '../../../src/runners/isolate.ts';
import { programLimits } from '../../../src/runners/limits.ts';
import { subprocessRunner } from '../../../src/runners/subprocess.ts';
import { tester } from '../../../src/runners/testing/tester.ts';
import { filesOf, never, programOf } from '../support.ts';

const runners = [isolateRunner(), subprocessRunner()];

/** Runs one check on a program, as the loop does. */
export async function check(
  language: Language,
  program: Record<string, string>,
  checkFiles: Record<string, string>,
  wanted: { tests: string[] } | { command: string } | { stdout: string; args?: string[]; stdin?: string },
  limits: Partial<RunLimits> = {},
): Promise<CheckResult> {
  const files = filesOf(checkFiles);
  const one = { name: 'the check', origin: 'user' } as const;
  const asked: Check =
    'tests' in wanted
      ? { kind: 'tests', ...one, files: wanted.tests }
      : 'command' in wanted
        ? { kind: 'command', ...one, command: wanted.command }
        : { kind: 'output', ...one, ...wanted };
  const { test } = tester({ runners, limits: { ...programLimits, ...limits } });
  return drain(test(programOf(language, program), asked, { checks: [asked], files, hash: '' }, [], never()));
}
