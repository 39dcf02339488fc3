import type { Check, RunLimits, TestReport } from '../../core/domain.ts';
import type { Execution } from '../execute.ts';
import { casesOfOutput, ranNothing } from './command-output.ts';
import { testimonyOf } from './proof.ts';
import { endingInWords, failedCase, reportOf, scriptMessage, shortened, type TestedFiles } from './report.ts';

/** A command passes when it ended with exit code 0, each of its guarded processes came to its end, and nothing was tampered with. */
export function commandReport(
  check: Extract<Check, { kind: 'command' }>,
  { run, episodes }: Execution,
  limits: RunLimits,
  tested: TestedFiles,
): TestReport {
  const name = shortened(check.command, 300);
  const program = tested.files.filter((file) => tested.program.has(file.path));
  const problems = episodes.flatMap(
    (episode) => testimonyOf(episode.proof, episode.report, episode.run, program).problems,
  );
  const ending = endingInWords(run, limits);
  if (ending === null && ranNothing(check.command, run)) {
    problems.push('The command ended with exit code 0 but ran no tests.');
  }
  if (problems.length > 0) {
    const said = ending === null ? [] : [scriptMessage(run, limits)];
    const message = [...problems, ...said].join('\n');
    return reportOf('command', [failedCase(name, message, tested, { ms: run.ms })], false, run.ms);
  }
  if (ending === null) return reportOf('command', [{ name, status: 'passed', ms: run.ms }], true, run.ms);
  const refined = casesOfOutput(run, tested);
  const whole = () => failedCase(name, scriptMessage(run, limits), tested, { ms: run.ms });
  const cases =
    refined === null || run.status !== 'exited'
      ? [whole()]
      : refined.some((one) => one.status === 'failed')
        ? refined
        : [...refined, whole()];
  return reportOf('command', cases, false, run.ms);
}
