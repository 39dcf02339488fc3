import { createHash } from 'node:crypto';
import type { Workbench } from '../compose.ts';
import type { Config } from '../config.ts';
import type { Check, CheckSet, ErrorSignature, Program } from '../core/domain.ts';
import { groupOf, transientCause } from '../core/flip.ts';
import type { Fact, Lesson, Memory, Solution } from '../core/memory.ts';
import { defaultEntry } from '../core/reply.ts';
import type { CheckResult, Toolkit } from '../core/seams.ts';
import { firstFailure, signatureOf } from '../core/signature.ts';
import { stubFiles } from '../core/stubs.ts';
import { decisionsOf } from './policy.ts';

/** Proving memories again: their programs and checks run in the sandbox as those of a session do, and nobody is asked. */

/**
 * `holds`: shown again. `fails`: shown not to hold, twice. `unproven`: nothing here can show it (no witness, no permission, a tool that is
 * missing), and nothing is concluded. `unsafe-world`: the sandbox itself failed.
 */
export interface Proven {
  outcome: 'holds' | 'fails' | 'unproven' | 'sandbox-failed';
  why: string;
  runs: number;
}

type Shown =
  | { kind: 'passed' }
  | { kind: 'failed'; signature: ErrorSignature; by: string; slow: boolean }
  | { kind: 'stopped'; outcome: 'unproven' | 'sandbox-failed'; why: string };

/** One prover for many memories. Throws the signal's reason when that aborts. */
export async function openProver(
  config: Config,
  workbench: Workbench,
  signal: AbortSignal,
): Promise<(memory: Memory, now: Date) => Promise<Proven>> {
  const decisions = await decisionsOf(config, workbench);
  const bench: Bench = { workbench, ...decisions, signal, runs: 0 };
  return async (memory, now) => {
    const mine: Bench = { ...bench, runs: 0 };
    const proof = await proofOf(mine, memory, now);
    // What fails once may be flaky: only what fails twice is held against a memory.
    const again = proof.outcome === 'fails' && mine.runs > 0 ? await proofOf(mine, memory, now) : proof;
    if (proof.outcome === 'fails' && again.outcome === 'holds') {
      return { outcome: 'unproven', why: `it is flaky: ${proof.why}, and then it held`, runs: mine.runs };
    }
    return { ...again, runs: mine.runs };
  };
}

interface Bench extends Required<Pick<Toolkit, 'decide' | 'profile'>> {
  workbench: Workbench;
  signal: AbortSignal;
  runs: number;
}

type Proof = Omit<Proven, 'runs'>;

async function proofOf(bench: Bench, memory: Memory, now: Date): Promise<Proof> {
  const imported = memory.provenance.taint === 'imported';
  if (memory.kind === 'lesson') return await lessonHolds(bench, memory, imported);
  if (memory.kind === 'solution') return await solutionHolds(bench, memory, imported);
  return await factHolds(bench, memory, now);
}

const limited = 'a limit of time or memory ended it, which says nothing on another machine';

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function lessonHolds(bench: Bench, lesson: Lesson, imported: boolean): Promise<Proof> {
  const { witness } = lesson;
  if (!witness) return { outcome: 'unproven', why: 'it has no witness that could be run' };
  const failing = await show(bench, witness.failing, witness.checks, imported);
  if (failing.kind === 'stopped') return failing;
  if (failing.kind === 'passed')
    return { outcome: 'fails', why: 'the failing program of its witness passes' };
  const fixed = await show(bench, witness.fixed, witness.checks, imported);
  if (fixed.kind === 'stopped') return fixed;
  if (fixed.kind === 'failed') {
    const step = { title: '', instructions: '', checks: witness.checks };
    const cause = fixed.slow ? limited : transientCause(fixed.signature, witness.fixed, { step });
    if (cause) return { outcome: 'unproven', why: cause };
    return { outcome: 'fails', why: `the fix of its witness does not pass: ${clipped(fixed.signature.key)}` };
  }
  if (groupOf(failing.signature) !== groupOf(witness.signature)) {
    return {
      outcome: 'fails',
      why: `the failing program fails in another way now: ${clipped(failing.signature.key)}`,
    };
  }
  return { outcome: 'holds', why: 'the failing program fails the same way, and the fix passes' };
}

async function solutionHolds(bench: Bench, solution: Solution, imported: boolean): Promise<Proof> {
  const { program, checks } = solution;
  if (checks.checks.length === 0) return { outcome: 'unproven', why: 'it has no checks' };
  const stub: Program = {
    language: program.language,
    entry: defaultEntry(program.language),
    files: stubFiles(program.language, checks, []),
  };
  const shown = await show(bench, program, checks, imported);
  if (shown.kind === 'stopped') return shown;
  if (shown.kind === 'failed') {
    const step = { title: '', instructions: '', checks };
    const cause = shown.slow ? limited : transientCause(shown.signature, program, { step });
    if (cause) return { outcome: 'unproven', why: cause };
    return { outcome: 'fails', why: `its check ${shown.by} does not pass: ${clipped(shown.signature.key)}` };
  }
  const empty = await show(bench, stub, checks, imported);
  if (empty.kind === 'stopped') return empty;
  if (empty.kind === 'passed') {
    return { outcome: 'unproven', why: 'its checks pass against an empty program, and so prove nothing' };
  }
  return { outcome: 'holds', why: 'its checks pass' };
}

async function factHolds(bench: Bench, fact: Fact, now: Date): Promise<Proof> {
  const until = Date.parse(fact.lastVerified ?? fact.validFrom) + fact.ttlDays * 86_400_000;
  if (fact.check === undefined) {
    if (now.getTime() > until) {
      return { outcome: 'fails', why: `its ${fact.ttlDays} days are over, and it has no check` };
    }
    return { outcome: 'unproven', why: 'it has no check; its time is not over' };
  }
  const program: Program = { language: 'shell', entry: 'main.sh', files: [{ path: 'main.sh', content: '' }] };
  const check: Check = { kind: 'command', name: 'check', origin: 'model', command: fact.check };
  // Nobody wrote down where a fact's command comes from, so it is always looked at.
  const shown = await show(bench, program, { checks: [check], files: [], hash: '' }, true);
  if (shown.kind === 'stopped') return shown;
  if (shown.kind === 'passed') return { outcome: 'holds', why: 'its check exits with 0' };
  return { outcome: 'fails', why: `its check fails: ${clipped(shown.signature.key)}` };
}

/** Runs the checks until one fails. `imported`: its tests and commands have to pass the scanner too. */
async function show(bench: Bench, program: Program, checks: CheckSet, imported: boolean): Promise<Shown> {
  const { workbench, decide, profile, signal } = bench;
  const report = workbench.scan(program);
  if (decide(report) !== 'allow') return refused('a program of it', report);
  if (imported) {
    const commands = checks.checks.flatMap((one) => (one.kind === 'command' ? [one.command] : []));
    const content = commands.join('\n');
    const script: Program = { language: 'shell', entry: 'check.sh', files: [{ path: 'check.sh', content }] };
    const own = new Set(checks.files.map(({ path }) => path));
    const whole = [...program.files.filter(({ path }) => !own.has(path)), ...checks.files];
    for (const looked of [script, { ...program, files: whole }]) {
      const seen = workbench.scan(looked);
      if (decide(seen) !== 'allow') return refused('a check of it', seen);
    }
  }
  for (const check of checks.checks) {
    bench.runs += 1;
    const need = { report, approved: false, check: { check, files: checks.files, program } };
    const stream = workbench.tester.test(program, check, checks, report.capabilities, signal, profile(need));
    let step = await stream.next();
    while (!step.done) step = await stream.next();
    signal.throwIfAborted();
    const result: CheckResult = step.value;
    const { run } = result;
    if (run.status === 'sandbox-failed') return { kind: 'stopped', outcome: 'sandbox-failed', why: run.why };
    if (run.status === 'refused') return { kind: 'stopped', outcome: 'unproven', why: run.why };
    const failure = firstFailure([result]);
    if (failure) {
      const slow = run.status !== 'exited' && run.status !== 'crashed';
      return { kind: 'failed', signature: signatureOf(failure, digest), by: check.name, slow };
    }
  }
  return { kind: 'passed' };
}

function refused(what: string, report: ReturnType<Workbench['scan']>): Shown {
  const finding = report.findings.find(({ severity }) => severity !== 'note');
  const why = finding
    ? `${finding.file}:${finding.line}: ${finding.message}`
    : report.capabilities.join(', ');
  return {
    kind: 'stopped',
    outcome: 'unproven',
    why: `the scanner does not let ${what} run: ${clipped(why)}`,
  };
}

function clipped(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}
