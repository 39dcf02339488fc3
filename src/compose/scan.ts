import type { Config } from '../config.ts';
import type { Decision, Language, ScanReport, SourceFile } from '../core/domain.ts';
import { policyOf } from './policy.ts';

/** The scanner for `kintsugi scan`, which reads files that belong to no session. */
export interface FileScans {
  /** The language that a file's ending or first line names; null when they name none. */
  languageOf: (file: SourceFile) => Language | null;
  /** One report a file. The files are one program: they may import each other. Null is data, of which only package.json scripts are read. */
  scan: (files: readonly { file: SourceFile; language: Language | null }[]) => ScanReport[];
  /** Under the user's policy, where a person is asked. */
  decide: (report: ScanReport) => Decision;
  /** The report with its findings as grave as that policy makes them. */
  judged: (report: ScanReport) => ScanReport;
  /** Every rule a finding can name. */
  rules: readonly { name: string; about: string; severity: Decision; cwe: string | null }[];
}

/** In a session the interpreter refuses what does not parse; here nothing is run, so it must not be called safe. */
function strict(report: ScanReport): ScanReport {
  const findings = report.findings.map((finding) =>
    finding.rule === 'unparsed' && finding.severity === 'note'
      ? { ...finding, severity: 'ask' as const }
      : finding,
  );
  const asks = report.decision === 'allow' && findings.some(({ severity }) => severity === 'ask');
  return { ...report, findings, decision: asks ? 'ask' : report.decision };
}

/** Loads the parsers and the rules. */
export async function openFileScans(config: Config): Promise<FileScans> {
  const [{ makeFileScanner }, { namedLanguage }, { decide, judged }, { describedRules }] = await Promise.all([
    import('../scanner/scan.ts'),
    import('../scanner/languages.ts'),
    import('../scanner/policy.ts'),
    import('../scanner/catalogue.ts'),
  ]);
  const scan = await makeFileScanner();
  const policy = await policyOf(config);
  return {
    languageOf: namedLanguage,
    scan: (files) => scan(files).map(strict),
    decide: decide(policy, 'default'),
    judged: judged(policy),
    rules: describedRules(),
  };
}
