import path from 'node:path';
import type { ExecBench } from '../compose/exec.ts';
import { withoutSandbox } from '../compose/sandbox.ts';
import type { Flags } from '../config/layers.ts';
import { isCapability } from '../config/policy.ts';
import { parseDuration } from '../config/values.ts';
import {
  type Finding,
  languages,
  type Program,
  type RunLimits,
  type RunResult,
  type ScanReport,
} from '../core/domain.ts';
import { exitCodes, problem } from '../problem.ts';
import { confinementLine } from '../words.ts';
import { configFor, type Io } from './context.ts';
import { findingText } from './describe.ts';
import { readText } from './goal.ts';
import { listenForInterrupts } from './interrupts.ts';
import { languageFlag } from './language.ts';
import { askLine } from './line.ts';
import { paint, printable, type Screen, screenOf } from './terminal.ts';

export interface ExecInvocation {
  config: Flags;
  file: string;
  /** For the program. */
  args: string[];
  language: string | null;
  timeout: string | null;
  memory: string | null;
  /** Give our own standard input to the program. */
  stdin: boolean;
  json: boolean;
  /** Never ask. */
  print: boolean;
}

const largestBytes = 4_000_000;
const megabyte = 1024 ** 2;
const refusedCode = 4;
const unansweredCode = 5;

/**
 * `kintsugi exec FILE [-- ARGS]`: one file alone in a fresh folder of the sandbox, after the scanner. Gives the program's own exit code when it
 * ended by itself, 1 when a limit or a signal ended it, 4 or 5 when the scanner stands in the way, 44 when there is no sandbox of the asked
 * level or it failed, 130 or 143 when we were told to stop. Throws a Problem for arguments (2) and for a file that cannot be read (42).
 */
export async function execFile(io: Io, invocation: ExecInvocation): Promise<number> {
  const asked = languageFlag(invocation.language);
  const bounds = limitsOf(invocation);
  const config = await configFor(io, invocation.config);
  const content = readText(path.resolve(io.cwd, invocation.file), invocation.file, largestBytes);
  const stdin = invocation.stdin ? await inputText(io) : '';
  const { openExec } = await import('../compose/exec.ts');
  const bench = await openExec(config);
  if (bench.kind === 'unavailable') throw problem(exitCodes.sandbox, withoutSandbox(bench));

  const file = { path: path.basename(invocation.file), content };
  const language = asked ?? bench.languageOf(file);
  if (language === null)
    throw problem(
      exitCodes.usage,
      `${invocation.file}: its language is not known by its ending or first line: say --language ${languages.join('|')}.`,
    );
  const program: Program = { language, entry: file.path, files: [file] };
  const report = bench.scan(program);
  const findings = report.findings.filter(({ severity }) => severity !== 'note');
  const errors = screenOf(io.stderr, config.color, io.env);
  const warning = confinementLine(bench.confinement);
  if (warning !== null) say(errors, warning, 'warn');
  const decision = bench.decide(report);
  const answer =
    decision === 'ask' && !invocation.print && io.stdin.isTTY === true && !invocation.stdin
      ? await answerOf(io, findings)
      : decision;
  if (answer !== 'allow') return refuse(io, invocation, { errors, bench, report, answer });

  const interrupts = listenForInterrupts(null, io.exit);
  try {
    const limits = { ...bench.limits, ...bounds };
    const action = { kind: 'entry' as const, entry: file.path, args: invocation.args, stdin };
    const job = { language, files: [file], checkFiles: [], action, limits };
    const profile = bench.profile({ report, approved: decision === 'ask', check: null });
    const stream = bench.runner.run(
      { ...job, capabilities: report.capabilities, profile },
      interrupts.signal,
    );
    let step = await stream.next();
    for (; !step.done; step = await stream.next())
      if (!invocation.json) io[step.value.stream].write(step.value.text);
    const run = step.value;
    if (invocation.json) io.stdout.write(`${JSON.stringify(resultOf(run))}\n`);
    say(errors, summary(run, limits), run.status === 'exited' && run.exitCode === 0 ? 'quiet' : 'warn');
    const { reason } = interrupts.signal;
    if (run.status === 'cancelled')
      return (reason as { ending?: string })?.ending === 'cancelled' ? 130 : 143;
    return exitCodeOf(run);
  } finally {
    interrupts.dispose();
  }
}

function exitCodeOf(run: RunResult): number {
  if (run.status === 'exited') return run.exitCode;
  return run.status === 'sandbox-failed' ? exitCodes.sandbox : 1;
}

/** The published form: nothing but this, in this order. */
function resultOf(run: RunResult): object {
  const { status, stdout, stderr, ms, cpuMs, peakBytes, sandbox } = run;
  return {
    status,
    exitCode: run.status === 'exited' ? run.exitCode : null,
    signal: run.status === 'crashed' ? run.signal : null,
    ...{
      stdout,
      stderr,
      ms: Math.round(ms),
      cpuMs: cpuMs === null ? null : Math.round(cpuMs),
      peakBytes,
      sandbox,
    },
  };
}

function refuse(
  io: Io,
  invocation: ExecInvocation,
  refusal: { errors: Screen; bench: ExecBench; report: ScanReport; answer: 'deny' | 'ask' | 'no' },
): number {
  const { errors, bench, report, answer } = refusal;
  const findings = report.findings.filter(({ severity }) => severity !== 'note');
  if (invocation.json) {
    const { level, guarantees } = bench.confinement;
    const nothing = {
      exitCode: null,
      signal: null,
      stdout: '',
      stderr: '',
      ms: 0,
      cpuMs: null,
      peakBytes: null,
    };
    io.stdout.write(`${JSON.stringify({ status: 'refused', ...nothing, sandbox: { level, guarantees } })}\n`);
  }
  for (const finding of findings)
    say(errors, findingText(finding), finding.severity === 'deny' ? 'bad' : 'warn');
  if (findings.length === 0) say(errors, `It needs ${report.capabilities.join(', ')}.`, 'warn');
  const narrow = narrowGrant(findings);
  const why = {
    deny: 'The scanner refuses this file; nothing was run.',
    ask: `This file asks for more than the policy grants and nobody can answer; nothing was run. ${narrow === null ? '--yolo grants it.' : `${narrow} grants just this, --yolo all that is asked about.`}`,
    no: 'Nothing was run.',
  };
  say(errors, why[answer], 'bad');
  return answer === 'ask' ? unansweredCode : refusedCode;
}

/** The flags that grant what these findings ask for; null where one of them is of the kind that no capability grants. */
function narrowGrant(findings: readonly Finding[]): string | null {
  const rules = [...new Set(findings.map(({ rule }) => rule))];
  if (rules.length === 0 || !rules.every(isCapability)) return null;
  return rules.map((rule) => `--policy ${rule}=allow`).join(' ');
}

async function answerOf(io: Io, findings: Finding[]): Promise<'allow' | 'ask' | 'no'> {
  io.stderr.write('The file asks for more than the policy grants:\n');
  for (const finding of findings) io.stderr.write(`  ${printable(findingText(finding))}\n`);
  const answer = (await askLine(io, 'Run it? [y/N] '))?.trim().toLowerCase();
  if (answer === undefined) return 'ask';
  return answer === 'y' || answer === 'yes' ? 'allow' : 'no';
}

function summary(run: RunResult, limits: RunLimits): string {
  const how: Record<RunResult['status'], string> = {
    exited: run.status === 'exited' ? `exit code ${run.exitCode}` : '',
    crashed: run.status === 'crashed' ? `ended by ${run.signal}` : '',
    refused: run.status === 'refused' ? run.why : '',
    'sandbox-failed': run.status === 'sandbox-failed' ? run.why : '',
    'timed-out': `ended after ${limits.wallMs / 1000} s: the time limit (--timeout)`,
    'cpu-limit': `ended: more than ${limits.cpuMs / 1000} s of CPU time (--timeout)`,
    'out-of-memory': `ended: more memory than ${Math.round(limits.memoryBytes / megabyte)} MB (--memory)`,
    'output-limit': `ended: more output than ${Math.round(limits.outputBytes / 1024)} KB`,
    'disk-limit': `ended: a file of more than ${limits.fileBytes / megabyte} MB, or ${limits.diskBytes / megabyte} MB in all`,
    'process-limit': `ended: more than ${limits.processes} processes`,
    cancelled: 'stopped',
  };
  const peak = run.peakBytes === null ? '' : `, ${Math.ceil(run.peakBytes / megabyte)} MB`;
  return `${how[run.status]} (${Math.round(run.ms)} ms${peak}, sandbox ${run.sandbox.level})`;
}

function limitsOf({ timeout, memory }: ExecInvocation): Partial<RunLimits> {
  const wallMs = timeout === null ? null : parseDuration(timeout);
  if (timeout !== null && wallMs === null)
    throw problem(exitCodes.usage, `--timeout: "${timeout}" is not a duration such as 90s, 5m or 1h30m.`);
  const bytes = memory === null ? null : parseBytes(memory);
  if (memory !== null && bytes === null)
    throw problem(
      exitCodes.usage,
      `--memory: "${memory}" is not a size from 16M to 64G, such as 256M or 2G.`,
    );
  return {
    ...(wallMs === null ? {} : { wallMs, cpuMs: wallMs }),
    // As much more in all as by default.
    ...(bytes === null ? {} : { memoryBytes: bytes, totalMemoryBytes: Math.round(bytes * 1.5) }),
  };
}

function parseBytes(text: string): number | null {
  const [, amount = '', unit = ''] = /^(\d{1,5})([MG])B?$/i.exec(text.trim()) ?? [];
  const bytes = Number(amount) * (unit.toUpperCase() === 'G' ? 1024 * megabyte : megabyte);
  return bytes >= 16 * megabyte && bytes <= 64 * 1024 * megabyte ? bytes : null;
}

async function inputText(io: Io): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of io.stdin) {
    const bytes = Buffer.from(piece as Buffer);
    size += bytes.length;
    if (size > largestBytes)
      throw problem(exitCodes.unreadable, `--stdin: standard input is larger than ${largestBytes} bytes.`);
    pieces.push(bytes);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function say(screen: Screen, text: string, tone: 'quiet' | 'warn' | 'bad'): void {
  screen.write(`${paint(screen, { text, tone })}\n`);
}
