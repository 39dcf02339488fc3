import type { Outcome, Program } from '../core/domain.ts';
import type { SessionEvent } from '../core/events.ts';
import { lastAttempt, type SessionState } from '../core/state.ts';
import { exits } from './exit-codes.ts';

/** What stdout carries: the answer (text), one object (json), or every event (stream-json). The version of the JSON forms is the journal's. */
export type OutputFormat = 'text' | 'json' | 'stream-json';
export const outputFormats = ['text', 'json', 'stream-json'] as const;

/** The last object of `json` and `stream-json`. */
export interface ResultObject {
  type: 'result';
  subtype: string;
  is_error: boolean;
  result: string;
  session_id: string;
  num_turns: number;
  duration_ms: number;
  total_cost_usd: number | null;
  usage: {
    input_tokens: number;
    output_tokens: number;
    cache_read_input_tokens: number;
    cache_creation_input_tokens: number;
  };
  verified: boolean;
  proof: string | null;
  ending: string;
  attempts: number;
  checks: { name: string; exit_code: number | null; passed: number; failed: number; duration_ms: number }[];
  memories_used: string[];
  lessons_learned: string[];
  files: string[];
  out: string | null;
  journal: string;
  sandbox: { level: string; missing: string[]; advice: string[] } | null;
  permission_denials: { rule: string; file: string; line: number; message: string }[];
}

export function initObject(event: Extract<SessionEvent, { type: 'session.started' }>, cwd: string) {
  return {
    type: 'system',
    subtype: 'init',
    session_id: event.session,
    cwd,
    model: event.model,
    version: event.version,
    schema_version: event.schema,
    permission_mode: event.task.permissionMode,
    memory: event.memory,
    sandbox: event.sandbox?.level ?? null,
  };
}

export function resultObject(state: SessionState, outcome: Outcome, journal: string): ResultObject {
  const attempts = state.steps.flatMap((step) => step.attempts);
  const last = lastAttempt(state);
  const { code, subtype } = exits[outcome.ending];
  return {
    type: 'result',
    subtype,
    is_error: code !== 0,
    result: answerOf(state, outcome),
    session_id: state.session,
    num_turns: outcome.modelCalls,
    duration_ms: state.startedAt && state.lastAt ? Date.parse(state.lastAt) - Date.parse(state.startedAt) : 0,
    total_cost_usd: outcome.costUsd,
    usage: {
      input_tokens: outcome.usage.inputTokens,
      output_tokens: outcome.usage.outputTokens,
      cache_read_input_tokens: outcome.usage.cacheReadTokens,
      cache_creation_input_tokens: outcome.usage.cacheWriteTokens,
    },
    verified: outcome.ending === 'verified',
    proof: outcome.proof,
    ending: outcome.ending,
    attempts: outcome.attempts,
    checks: (last?.reports ?? []).map(({ check, run, report }) => ({
      name: check,
      exit_code: run?.status === 'exited' ? run.exitCode : null,
      passed: report?.passed ?? 0,
      failed: report?.failed ?? 0,
      duration_ms: Math.round(run?.ms ?? 0),
    })),
    memories_used: memoriesUsed(state),
    lessons_learned: lessonsLearned(state),
    files: last?.program?.files.map((file) => file.path) ?? [],
    out: state.delivery?.directory ?? null,
    journal,
    sandbox: state.sandbox && {
      level: state.sandbox.level,
      missing: state.sandbox.missing,
      advice: state.sandbox.advice,
    },
    permission_denials: attempts
      .filter(
        (attempt) =>
          attempt.verdict?.kind === 'blocked' ||
          attempt.permission === 'deny' ||
          attempt.permission === 'nobody',
      )
      .flatMap((attempt) => attempt.scan?.findings ?? [])
      .filter((finding) => finding.severity !== 'note')
      .map(({ rule, file, line, message }) => ({ rule, file, line, message })),
  };
}

/** Ids of the memories that were put before the model, or that answered the goal. */
export function memoriesUsed(state: SessionState): string[] {
  const attempts = state.steps.flatMap((step) => step.attempts);
  const recalled = [...state.recalled, ...attempts.flatMap((attempt) => attempt.recalled)];
  const ids = recalled.map((memory) => memory.id);
  return [...new Set(state.solution ? [state.solution, ...ids] : ids)];
}

/** Ids of the lessons that a session left in memory, new or strengthened. */
export function lessonsLearned(state: SessionState): string[] {
  const lessons = state.learned.filter((one) => one.kind === 'lesson' && one.operation !== 'NOOP');
  return [...new Set(lessons.map((one) => one.id))];
}

/** What a person asked to see: the program's output, or its source when it prints nothing; why it ended when it did not work. */
export function answerOf(state: SessionState, outcome: Outcome): string {
  const last = lastAttempt(state);
  if (outcome.ending === 'planned') return planText(state);
  if (outcome.ending !== 'verified' && outcome.ending !== 'not-verified') return outcome.why;
  const printed = last?.run?.stdout.trimEnd() ?? '';
  return printed !== '' ? printed : sourceText(last?.program ?? null);
}

function sourceText(program: Program | null): string {
  if (!program) return '';
  if (program.files.length === 1) return program.files[0]?.content.trimEnd() ?? '';
  return program.files.map((file) => `--- ${file.path}\n${file.content.trimEnd()}`).join('\n');
}

function planText(state: SessionState): string {
  const { plan } = state;
  if (!plan) return '';
  const steps = plan.steps.flatMap((step, at) => [
    `${at + 1}. ${step.title}`,
    ...(step.instructions ? [`   ${step.instructions}`] : []),
    ...step.checks.checks.map((check) => `   check: ${check.name}`),
  ]);
  return [`${plan.approach || 'Plan'} (${plan.language})`, ...steps].join('\n');
}
