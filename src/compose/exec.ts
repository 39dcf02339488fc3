import type { Config } from '../config.ts';
import type { Confinement } from '../core/confinement.ts';
import type { Language, Program, RunLimits, ScanReport, SourceFile } from '../core/domain.ts';
import type { Runner, Toolkit } from '../core/seams.ts';
import { decisionsOf } from './policy.ts';
import { type NoSandbox, openSandbox } from './sandbox.ts';

/** What `kintsugi exec` runs one file with. */
export interface ExecBench extends Required<Pick<Toolkit, 'decide' | 'profile'>> {
  kind: 'ready';
  confinement: Confinement;
  runner: Runner;
  limits: RunLimits;
  /** The language that the file's ending or first line names; null when they name none. */
  languageOf: (file: SourceFile) => Language | null;
  scan: (program: Program) => ScanReport;
}

/** Chooses the sandbox as for a session, and loads the scanner. Throws as `openSandbox` and `policyOf` do. */
export async function openExec(config: Config): Promise<ExecBench | NoSandbox> {
  const [opened, { subprocessRunner }, { programLimits }, scanner, { namedLanguage }] = await Promise.all([
    openSandbox(config),
    import('../runners/subprocess.ts'),
    import('../runners/limits.ts'),
    import('../scanner/scan.ts'),
    import('../scanner/languages.ts'),
  ]);
  if (opened.kind === 'unavailable') return opened;
  const { sandbox, confinement } = opened;
  const scan = await scanner.makeScanner();
  return {
    kind: 'ready',
    ...{ confinement, limits: programLimits },
    runner: subprocessRunner(sandbox),
    languageOf: namedLanguage,
    ...(await decisionsOf(config, { sandbox, scan })),
  };
}
