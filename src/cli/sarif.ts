import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Decision, Finding, ScanReport } from '../core/domain.ts';
import { productVersion } from '../version.ts';

interface SarifRule {
  name: string;
  about: string;
  severity: Decision;
  cwe: string | null;
}

const levels = { allow: 'note', note: 'note', ask: 'warning', deny: 'error' } as const;

/** Findings as a SARIF 2.1.0 log with one run; files that could not be read are notifications of it. */
export function sarifLog(
  scanned: readonly { file: string; report: ScanReport }[],
  rules: readonly SarifRule[],
  unreadable: readonly { name: string; why: string }[],
): object {
  const order = new Map(rules.map(({ name }, index) => [name, index]));
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'kintsugi',
            semanticVersion: productVersion(),
            rules: rules.map(describedRule),
          },
        },
        columnKind: 'utf16CodeUnits',
        invocations: [
          {
            executionSuccessful: unreadable.length === 0,
            toolExecutionNotifications: unreadable.map(({ name, why }) => ({
              level: 'error',
              message: { text: `${name} was not scanned: ${why}.` },
              locations: [{ physicalLocation: { artifactLocation: artifact(name) } }],
            })),
          },
        ],
        artifacts: scanned.map(({ file }) => ({ location: artifact(file) })),
        results: scanned.flatMap(({ file, report }) =>
          report.findings.map((finding) => resultOf(finding, file, order.get(finding.rule))),
        ),
      },
    ],
  };
}

function describedRule({ name, about, severity, cwe }: SarifRule): object {
  return {
    id: name,
    shortDescription: { text: about },
    help: { text: `${about} By default this is ${helps[severity]}.` },
    defaultConfiguration: { level: levels[severity] },
    properties: {
      tags: ['security', ...(cwe === null ? [] : [`external/cwe/${cwe.toLowerCase()}`])],
    },
  };
}

const helps = {
  allow: 'allowed and noted',
  ask: 'asked about before a program runs',
  deny: 'refused, or asked about where the intent is not clear',
} as const;

function resultOf(
  { rule, severity, message, line, column, cwe }: Finding,
  file: string,
  index: number | undefined,
): object {
  return {
    ruleId: rule,
    ...(index === undefined ? {} : { ruleIndex: index }),
    level: levels[severity],
    message: { text: message },
    locations: [
      {
        physicalLocation: {
          artifactLocation: artifact(file),
          region: { startLine: line, startColumn: column },
        },
      },
    ],
    ...(cwe === undefined ? {} : { properties: { cwe } }),
  };
}

/** A relative name stays one, below the folder the scan was started in; an absolute one becomes a file URL. */
function artifact(name: string): object {
  if (path.isAbsolute(name)) return { uri: pathToFileURL(name).href };
  if (name === '-') return { uri: 'stdin' };
  const uri = name.split(path.sep).map(encodeURIComponent).join('/');
  return { uri, uriBaseId: '%SRCROOT%' };
}
