import type { Capability, Finding, ScanReport } from '../core/domain.ts';
import { combinations } from './combinations.ts';
import { defaultPolicy, worst } from './policy.ts';
import type { Match } from './rule.ts';

/** A match and the rule that made it. */
export interface Made {
  rule: string;
  cwe: string | null;
  match: Exclude<Match, { kind: 'inner' }>;
}

const mostFindings = 500;
const grades = ['note', 'ask', 'deny'];

/** All matches of a program as one report, the gravest first, each said once. */
export function makeReport(all: readonly { file: string; made: Made }[]): ScanReport {
  return reportOf(all, capabilitiesIn(all));
}

/** The matches of each file as a report of its own; what one file of a program needs may lower what another one asks. */
export function makeReports(files: readonly { file: string; made: Made }[][]): ScanReport[] {
  const capabilities = capabilitiesIn(files.flat());
  return files.map((all) => reportOf(all, capabilities));
}

function reportOf(
  all: readonly { file: string; made: Made }[],
  capabilities: ReadonlySet<Capability>,
): ScanReport {
  const own = capabilitiesIn(all);
  const found = all.map(({ file, made }) => toFinding(made, file, capabilities));
  const findings = withoutRepeats([...found, ...combinations(found, own)]).sort(compare);
  const decision = worst(findings.map(({ severity }) => (severity === 'note' ? 'allow' : severity)));
  return { decision, capabilities: [...own].sort(), findings: findings.slice(0, mostFindings) };
}

function capabilitiesIn(all: readonly { made: Made }[]): Set<Capability> {
  return new Set(all.flatMap(({ made }) => capabilitiesOf(made)));
}

function capabilitiesOf({ match }: Made): readonly Capability[] {
  return match.kind === 'needs' ? [match.capability] : match.capabilities;
}

function toFinding({ rule, cwe, match }: Made, file: string, capabilities: ReadonlySet<Capability>): Finding {
  const severity = severityOf(match, capabilities);
  return {
    rule: match.kind === 'needs' ? match.capability : rule,
    severity,
    message: match.message,
    file,
    line: match.at.line,
    column: match.at.column,
    ...(cwe === null || severity === 'note' ? {} : { cwe }),
  };
}

function severityOf(match: Made['match'], capabilities: ReadonlySet<Capability>): Finding['severity'] {
  if (match.kind === 'shows') return match.severity;
  if (match.unless !== undefined && capabilities.has(match.unless)) return 'note';
  const standard = defaultPolicy[match.capability];
  return match.severity ?? (standard === 'allow' ? 'note' : standard);
}

function withoutRepeats(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>();
  return findings.filter((finding) => {
    const key = JSON.stringify([finding.file, finding.line, finding.column, finding.rule, finding.message]);
    return !seen.has(key) && seen.add(key);
  });
}

function compare(left: Finding, right: Finding): number {
  const grade = grades.indexOf(right.severity) - grades.indexOf(left.severity);
  if (grade !== 0) return grade;
  if (left.file !== right.file) return left.file < right.file ? -1 : 1;
  return left.line - right.line || left.column - right.column;
}
