import type { Config } from '../config.ts';
import type { Decision, Language, Program, RunLimits, ScanReport, SourceFile } from '../core/domain.ts';
import type { Runner } from '../core/seams.ts';

/** What `kintsugi exec` runs one file with. */
export interface ExecBench {
  kind: 'ready';
  sandbox: { level: 'L0' | 'L1' | 'L2' | 'L3'; guarantees: string[] };
  runner: Runner;
  limits: RunLimits;
  /** The language that the file's ending or first line names; null when they name none. */
  languageOf: (file: SourceFile) => Language | null;
  scan: (program: Program) => ScanReport;
  /** Under the user's permission mode. */
  decide: (report: ScanReport) => Decision;
}

export interface NoSandbox {
  kind: 'unavailable';
  why: string;
  missing: string[];
  advice: string[];
}

/** Chooses the sandbox of this machine, never one below `config.minLevel`, and loads the scanner. */
export async function openExec(config: Config): Promise<ExecBench | NoSandbox> {
  const [{ chooseSandbox }, { subprocessRunner }, { programLimits }, scanner, { namedLanguage }, policy] =
    await Promise.all([
      import('../runners/sandbox/choose.ts'),
      import('../runners/subprocess.ts'),
      import('../runners/limits.ts'),
      import('../scanner/scan.ts'),
      import('../scanner/languages.ts'),
      import('../scanner/policy.ts'),
    ]);
  const { minLevel } = config;
  const choice = await chooseSandbox({
    wanted: 'auto',
    minLevel,
    cacheDirectory: config.logs,
  });
  if (choice.kind === 'unavailable') return choice;
  const { sandbox } = choice;
  return {
    kind: 'ready',
    sandbox: { level: sandbox.level, guarantees: [...sandbox.guarantees] },
    runner: subprocessRunner(sandbox),
    limits: programLimits,
    languageOf: namedLanguage,
    scan: await scanner.makeScanner(),
    decide: policy.decide(policy.defaultPolicy, config.permissionMode),
  };
}
