import type { Flags } from '../config/layers.ts';
import {
  type Decision,
  type Finding,
  type Language,
  languages,
  type ScanReport,
  type SourceFile,
} from '../core/domain.ts';
import { exitCodes, problem } from '../problem.ts';
import { configFor, type Io } from './context.ts';
import { languageFlag } from './language.ts';
import { sarifLog } from './sarif.ts';
import { readInputs } from './scan-input.ts';
import { paint, type Screen, screenOf } from './terminal.ts';

export interface ScanInvocation {
  config: Flags;
  files: string[];
  language: string | null;
  json: boolean;
  sarif: boolean;
  verbose: boolean;
}

/** What one file showed. */
export interface Scanned {
  /** As the user named it. */
  file: string;
  language: Language;
  decision: Decision;
  report: ScanReport;
}

const refused = 4;

/**
 * `kintsugi scan FILE…`: reads files, folders or the standard input (`-`) as one program, so that imports among them are its own, and
 * says what each file needs and what is wrong with it; nothing is run. Exit 4 when a file is denied, else 42 when one that was named
 * cannot be read, else 0. Throws a usage Problem (2) when there is nothing to scan.
 */
export async function scanFiles(io: Io, invocation: ScanInvocation): Promise<number> {
  if (invocation.json && invocation.sarif)
    throw problem(exitCodes.usage, '--json and --sarif exclude each other: one of them.');
  const asked = languageFlag(invocation.language);
  const config = await configFor(io, invocation.config);
  const { openFileScans } = await import('../compose/scan.ts');
  const [scans, { files, unreadable }] = await Promise.all([
    openFileScans(config),
    readInputs(io, invocation.files),
  ]);

  const readable: { name: string; file: SourceFile; language: Language | null }[] = [];
  for (const { name, file, named } of files) {
    const language = (named ? asked : null) ?? scans.languageOf(file);
    if (language !== null || /(^|\/)package\.json$/.test(file.path)) readable.push({ name, file, language });
    else if (named)
      unreadable.push({ name, why: `its language is not known: say --language ${languages.join('|')}` });
  }
  if (readable.length === 0 && unreadable.length === 0)
    throw problem(exitCodes.usage, `${invocation.files.join(', ')}: there is no source file to scan there.`);

  const scanned = scans.scan(readable).map((report, index): Scanned => {
    const { name = '', language = null } = readable[index] ?? {};
    // What a package.json holds of interest is commands.
    return { file: name, language: language ?? 'shell', decision: scans.decide(report), report };
  });
  if (invocation.json) for (const one of scanned) io.stdout.write(`${JSON.stringify(jsonOf(one))}\n`);
  else if (invocation.sarif)
    io.stdout.write(`${JSON.stringify(sarifLog(scanned, scans.rules, unreadable), null, 2)}\n`);
  else {
    const judged = scanned.map((one) => ({ ...one, report: scans.judged(one.report) }));
    printText(screenOf(io.stdout, config.color, io.env), judged, invocation.verbose);
  }
  const errors = screenOf(io.stderr, config.color, io.env);
  for (const { name, why } of unreadable)
    errors.write(`${paint(errors, { text: `kintsugi: ${name} was not scanned: ${why}.`, tone: 'bad' })}\n`);
  if (scanned.some(({ decision }) => decision === 'deny')) return refused;
  return unreadable.length > 0 ? exitCodes.unreadable : 0;
}

function jsonOf({ file, language, decision, report }: Scanned): object {
  const findings = report.findings.map(({ rule, severity, line, column, message, cwe }) => {
    return { rule, severity, line, column, message, ...(cwe === undefined ? {} : { cwe }) };
  });
  return { file, language, decision, capabilities: report.capabilities, findings };
}

const tones = { allow: 'good', note: 'quiet', ask: 'warn', deny: 'bad' } as const;
const words = { allow: 'allowed', ask: 'to be asked about', deny: 'denied' } as const;

function printText(screen: Screen, scanned: readonly Scanned[], verbose: boolean): void {
  for (const { file, decision, report } of scanned) {
    const shown = report.findings.filter(({ severity }) => verbose || severity !== 'note');
    if (shown.length === 0 && !verbose && decision === 'allow' && scanned.length > 1) continue;
    screen.write(`${paint(screen, { text: `${file}: ${words[decision]}`, tone: tones[decision] })}\n`);
    for (const finding of shown) screen.write(`${findingLine(screen, finding)}\n`);
    const needs = report.capabilities.join(', ') || 'nothing';
    screen.write(`${paint(screen, { text: `  needs ${needs}`, tone: 'quiet' })}\n`);
  }
  const counts = (['allow', 'ask', 'deny'] as const).flatMap((decision) => {
    const count = scanned.filter((one) => one.decision === decision).length;
    return count === 0 ? [] : [`${count} ${words[decision]}`];
  });
  const files = scanned.length === 1 ? '1 file' : `${scanned.length} files`;
  screen.write(`${paint(screen, { text: [files, ...counts].join(', '), tone: 'strong' })}\n`);
}

function findingLine(screen: Screen, { line, column, severity, rule, message, cwe }: Finding): string {
  const tone = tones[severity];
  const grade = paint(screen, { text: severity.padEnd(4), tone });
  const end = cwe === undefined ? rule : `${rule}, ${cwe}`;
  return `  ${line}:${column}  ${grade}  ${paint(screen, { text: `${message} (${end})`, tone: 'plain' })}`;
}
