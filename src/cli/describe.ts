import type { Confinement } from '../core/confinement.ts';
import type { TestReport, Usage, Verdict } from '../core/domain.ts';
import type { SessionEvent } from '../core/events.ts';
import { tokensOf } from '../core/limits.ts';
import { confinementLine, count, findingText, runText, seconds } from '../words.ts';

export { count, findingText, runText, seconds };

/** Events in words: what progress on a terminal, plain logs and the text replay say. One place, so that live and replay agree. */

export type Tone = 'plain' | 'good' | 'bad' | 'warn' | 'quiet' | 'strong';
export interface Line {
  text: string;
  tone: Tone;
}

/** How much is said: `brief` is progress, `full` adds programs, output and requests. */
export type Detail = 'brief' | 'full';

/** The lines of one event; none for what is only of interest in full. */
export function describeEvent(event: SessionEvent, detail: Detail): Line[] {
  const full = detail === 'full';
  switch (event.type) {
    case 'session.started': {
      const fork = event.forkedFrom
        ? `, forked from ${event.forkedFrom.session} at event ${event.forkedFrom.seq}`
        : '';
      const lines = [line(`session ${event.session} · model ${event.model}${fork}`, 'strong')];
      lines.push(...confinementLines(event.sandbox, full));
      if (event.model === 'demo') lines.push(line('demo: recorded replies; no model is asked', 'warn'));
      return full ? [...lines, ...block(event.task.goal)] : lines;
    }
    case 'session.resumed':
      return [line(`goes on after event ${event.after}`, 'warn'), ...confinementLines(event.sandbox, full)];
    case 'memory.recalled': {
      const heldOut = (event.heldOut ?? []).map(({ id }) => id).join(', ');
      if (heldOut !== '')
        return [line(`left out on purpose for ${event.moment}, to measure memory: ${heldOut}`, 'quiet')];
      return event.memories.length > 0 || full
        ? [line(`recalled ${event.memories.length} for ${event.moment}`, 'quiet')]
        : [];
    }
    case 'solution.recalled':
      return event.solution
        ? [line(`this goal was met before (${event.solution.id}): its program is proven again`, 'strong')]
        : full
          ? [line('recalled no program for this goal', 'quiet')]
          : [];
    case 'memory.retired':
      return [line(`memory ${event.id} is out of use: ${event.why}`, 'warn')];
    case 'memory.credited':
      return event.changed.map(({ id, state, why }) =>
        line(`memory ${id} is ${state}: ${why}`, state === 'quarantined' ? 'warn' : 'quiet'),
      );
    case 'lesson.tested':
      return full || event.outcome === 'witnessed'
        ? [line(`the fix of attempt ${event.attempt} is ${event.outcome}: ${event.why}`, 'quiet')]
        : [];
    case 'memory.remembered':
      return rememberedLines(event, full);
    case 'model.asked': {
      const size = event.request.task.length + event.request.turn.length;
      return full
        ? [
            line(`asks for ${event.request.purpose} (${size} characters)`, 'quiet'),
            ...block(event.request.turn),
          ]
        : [];
    }
    case 'model.delta':
    case 'run.delta':
      return [];
    case 'model.retried':
      return [
        line(
          `model: ${event.failure.message} Trying again in ${seconds(event.waitMs)} (${event.retry})`,
          'warn',
        ),
      ];
    case 'model.replied':
      return full
        ? [line(`replied (${usageText(event.reply.usage)})`, 'quiet'), ...block(event.reply.text)]
        : [];
    case 'model.failed':
      return full ? [line(`model: ${event.failure.message}`, 'bad')] : [];
    case 'plan.made': {
      const steps = event.plan.steps.map((step) => step.title);
      const heading = line(`plan: ${count(steps.length, 'step')} in ${event.plan.language}`, 'strong');
      const body =
        full || steps.length > 1 ? steps.map((title, at) => line(`  ${at + 1}. ${title}`, 'plain')) : [];
      return full && event.plan.approach
        ? [heading, ...block(event.plan.approach), ...body]
        : [heading, ...body];
    }
    case 'checks.frozen':
      return full
        ? event.checks.checks.map((check) => line(`  check (${check.origin}): ${check.name}`, 'plain'))
        : [];
    case 'checks.tried': {
      if (event.vacuous.length === 0) {
        const all = event.red.length;
        return [
          line(
            `checks of step ${event.step}: ${all === 1 ? 'it fails' : `all ${all} fail`} against an empty program, as ${all === 1 ? 'it' : 'they'} must`,
            'quiet',
          ),
        ];
      }
      return [line(`checks of step ${event.step} that prove nothing: ${event.vacuous.join(', ')}`, 'warn')];
    }
    case 'checks.returned':
      return [line('these checks go back to the model once', 'warn')];
    case 'step.started':
      return [line(`step ${event.step}: ${event.title}`, 'strong')];
    case 'attempt.started':
      return full ? [line(`attempt ${event.attempt}`, 'strong')] : [];
    case 'program.written': {
      const files = event.program.files.map(
        (file) => `${file.path} (${count(lineCount(file.content), 'line')})`,
      );
      const heading = line(`attempt ${event.attempt}: wrote ${files.join(', ')}`, 'plain');
      if (!full) return [heading];
      return [
        heading,
        ...event.program.files.flatMap((file) => [line(`--- ${file.path}`, 'quiet'), ...block(file.content)]),
      ];
    }
    case 'program.scanned':
      return event.report.findings
        .filter((finding) => full || finding.severity !== 'note')
        .map((finding) =>
          line(
            `attempt ${event.attempt}: ${findingText(finding)}`,
            finding.severity === 'deny' ? 'bad' : 'warn',
          ),
        );
    case 'permission.answered':
      return [
        line(
          `permission: ${permissionText(event)}`,
          event.answer === 'allow' || event.answer === 'allow-session' ? 'plain' : 'warn',
        ),
      ];
    case 'run.started':
      return full
        ? [line(`runs ${event.check ?? 'the program'}${event.check ? '' : ` (${event.runner})`}`, 'quiet')]
        : [];
    case 'run.ended':
      return runLines(event, full);
    case 'tests.reported':
      return event.attempt === 0 && !full ? [] : reportLines(event.check, event.report, event.attempt, full);
    case 'verdict.reached':
      return verdictLines(event.verdict, event.attempt);
    case 'diagnosis.made':
      return [line(`attempt ${event.attempt}: why: ${event.diagnosis.text}`, 'plain')];
    case 'step.ended':
      return full
        ? [
            line(
              `step ${event.step} ${event.passed ? 'passed' : 'did not pass'}`,
              event.passed ? 'good' : 'bad',
            ),
          ]
        : [];
    case 'program.delivered': {
      const { delivery } = event;
      if (delivery.refused) return [line(`not written: ${delivery.refused}`, 'bad')];
      return delivery.directory
        ? [line(`wrote ${delivery.files.join(', ')} to ${delivery.directory}`, 'plain')]
        : [];
    }
    case 'session.ended':
      return endLines(event.outcome);
    default:
      return event satisfies never;
  }
}

function confinementLines(sandbox: Confinement | undefined, full: boolean): Line[] {
  if (sandbox === undefined) return [];
  const short = confinementLine(sandbox);
  if (short !== null) return [line(short, 'warn')];
  return full ? [line(`sandbox ${sandbox.level}: ${sandbox.guarantees.join('; ')}`, 'quiet')] : [];
}

function rememberedLines(event: Extract<SessionEvent, { type: 'memory.remembered' }>, full: boolean): Line[] {
  const { kept, kind, text, why } = event;
  // Without words there was nothing to keep; with them it was refused.
  if (!kept && text !== '') return [line(`the ${kind} was not kept: ${why}`, 'warn')];
  if (!kept) return full ? [line(`nothing was kept: ${why}`, 'quiet')] : [];
  if (kind !== 'lesson')
    return full ? [line(`keeps the program as ${kept.id} (${kept.operation})`, 'quiet')] : [];
  const note = why ? `: ${why}` : '';
  const heading = line(`learned ${kept.id} (${kept.operation}, ${kept.state}${note})`, 'good');
  return [heading, ...block(text)];
}

function runLines(event: Extract<SessionEvent, { type: 'run.ended' }>, full: boolean): Line[] {
  if (event.check !== null && !full) return [];
  const { result } = event;
  const ok = result.status === 'exited' && result.exitCode === 0;
  const what = event.check ?? 'the program';
  const heading = line(`attempt ${event.attempt}: ${what}: ${runText(result)}`, ok ? 'plain' : 'warn');
  if (!full) return [heading];
  return [heading, ...labelled('stdout', result.stdout), ...labelled('stderr', result.stderr)];
}

function permissionText({
  answer,
  feedback,
  remembered,
}: Extract<SessionEvent, { type: 'permission.answered' }>): string {
  if (remembered) return 'allowed for the session before';
  if (answer === null) return 'nobody can answer';
  const words = answer === 'allow-session' ? 'allow, for the session' : answer;
  return feedback === undefined ? words : `${words}: ${feedback}`;
}

function reportLines(check: string, report: TestReport, attempt: number, full: boolean): Line[] {
  const skipped = report.skipped > 0 ? `, ${report.skipped} skipped` : '';
  const counts = `${report.passed} passed, ${report.failed} failed${skipped}`;
  const lines = [line(`attempt ${attempt}: check ${check}: ${counts}`, report.ok ? 'good' : 'bad')];
  for (const one of report.cases) {
    if (one.status === 'failed') lines.push(line(`  ✗ ${one.name}`, 'bad'));
    else if (full) lines.push(line(`  ${one.status === 'passed' ? '✓' : '–'} ${one.name}`, 'quiet'));
    if (one.status === 'failed' && full && one.message) lines.push(...block(one.message));
  }
  return full ? lines : lines.slice(0, 8);
}

function verdictLines(verdict: Verdict, attempt: number): Line[] {
  switch (verdict.kind) {
    case 'passed':
      return [line(`attempt ${attempt}: passed (${verdict.proof})`, 'good')];
    case 'failed':
      return [line(`attempt ${attempt}: failed: ${verdict.signature.key}`, 'bad')];
    case 'blocked':
      return [line(`attempt ${attempt}: refused before it ran`, 'bad')];
    case 'malformed':
      return [line(`attempt ${attempt}: unreadable reply: ${verdict.why}`, 'bad')];
    default:
      return verdict satisfies never;
  }
}

function endLines(outcome: Extract<SessionEvent, { type: 'session.ended' }>['outcome']): Line[] {
  const cost = outcome.costUsd === null ? 'cost unknown' : `$${outcome.costUsd.toFixed(4)}`;
  const numbers = `${count(outcome.attempts, 'attempt')}, ${count(outcome.modelCalls, 'call')}, ${tokensOf(outcome.usage)} tokens, ${cost}`;
  const tone = outcome.ending === 'verified' ? 'good' : 'bad';
  const words = `${outcome.ending}: ${outcome.why}`.trimEnd().split('\n');
  return [...words.map((one) => line(one, tone)), line(numbers, 'quiet')];
}

function usageText(usage: Usage): string {
  return `${usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens} in, ${usage.outputTokens} out`;
}

function labelled(label: string, text: string): Line[] {
  return text ? [line(`${label}:`, 'quiet'), ...block(text)] : [];
}

function block(text: string): Line[] {
  return text
    .trimEnd()
    .split('\n')
    .map((one) => line(`  │ ${one}`, 'plain'));
}

function line(text: string, tone: Tone): Line {
  return { text, tone };
}

function lineCount(text: string): number {
  return text === '' ? 0 : text.trimEnd().split('\n').length;
}
