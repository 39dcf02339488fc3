import { tokensOf } from '../core/limits.ts';
import { type AttemptState, lastAttempt, type SessionState } from '../core/state.ts';
import { count, seconds } from '../words.ts';
import type { Approval } from './desk.ts';
import type { Row } from './style.ts';
import { clipRow, hangingText, harmlessText, oneLine, rowOf, tailLines, wrapText } from './text.ts';

/** What stays in the terminal of things that are over. */

/** A finished attempt: its verdict, and why it failed. */
export function attemptCard(attempt: AttemptState, width: number): Row[] {
  const why = attempt.diagnosis ? wrapText(oneLine(attempt.diagnosis.text), width - 4, 2) : [];
  return [
    verdictRow(attempt, width),
    ...why.map(
      (line, at): Row => [
        { text: at === 0 ? '  ↳ ' : '    ', tone: 'gold' },
        { text: line, tone: 'quiet' },
      ],
    ),
  ];
}

const shownOutput = 12;

/** What a session came to: the ending in at most so many rows, what was written, what it cost. */
export function endCard(state: SessionState, width: number, most = 24): Row[] {
  const { outcome, delivery } = state;
  if (!outcome) return [[{ text: '◌ cut off here; kintsugi resume goes on', tone: 'warn' }]];
  const good = outcome.ending === 'verified';
  const words = hangingText(`${outcome.ending}: ${outcome.why}`, width - 2, most);
  const rows: Row[] = words.map((line, at) => [
    { text: at > 0 ? '  ' : good ? '✓ ' : '■ ', tone: good ? 'good' : 'bad' },
    { text: line, tone: good ? 'good' : 'bad' },
  ]);
  if (delivery?.refused) rows.push([{ text: `  not written: ${oneLine(delivery.refused)}`, tone: 'bad' }]);
  else if (delivery?.directory)
    rows.push([
      {
        text: `  wrote ${oneLine(delivery.files.join(', '))} to ${oneLine(delivery.directory)}`,
        tone: 'plain',
      },
    ]);
  rows.push([{ text: `  ${numbers(state)}`, tone: 'quiet' }]);
  return rows;
}

/** What the program printed when it was run last, as it stays in the terminal. */
export function printedCard(state: SessionState): Row[] {
  const printed = lastAttempt(state)?.run?.stdout.trimEnd() ?? '';
  if (printed === '') return [];
  const lines = tailLines(printed, shownOutput);
  const all = harmlessText(printed).split('\n').length;
  const more: Row[] =
    all > lines.length ? [[{ text: `  … ${all - lines.length} lines before`, tone: 'quiet' }]] : [];
  return [
    ...more,
    ...lines.map(
      (line): Row => [
        { text: '  │ ', tone: 'quiet' },
        { text: line, tone: 'plain' },
      ],
    ),
  ];
}

function numbers(state: SessionState): string {
  const { outcome } = state;
  if (!outcome) return '';
  const cost = outcome.costUsd === null ? 'cost unknown' : `$${outcome.costUsd.toFixed(4)}`;
  const ms = state.startedAt && state.lastAt ? Date.parse(state.lastAt) - Date.parse(state.startedAt) : 0;
  return [
    count(outcome.attempts, 'attempt'),
    `${tokensOf(outcome.usage)} tokens`,
    cost,
    seconds(ms),
    state.session,
  ].join(' · ');
}

/** How an attempt ended, in a row. */
export function verdictRow(attempt: AttemptState, width: number): Row {
  const { verdict } = attempt;
  const name = `attempt ${attempt.attempt} `;
  switch (verdict?.kind) {
    case undefined:
      return [{ text: `◌ ${name}was cut off`, tone: 'warn' }];
    case 'passed':
      return [
        { text: `✓ ${name}passed`, tone: 'good' },
        { text: ` · ${proofText(verdict.proof)}`, tone: 'quiet' },
      ];
    case 'failed':
      return clipRow(
        [
          { text: `✗ ${name}failed`, tone: 'bad' },
          { text: ` · ${verdict.passed} passed, ${verdict.failed} failed`, tone: 'quiet' },
          { text: ` · ${oneLine(verdict.signature.key)}`, tone: 'plain' },
        ],
        width,
      );
    case 'blocked':
      return [
        {
          text: `■ ${name}was ${attempt.permission === 'deny' ? 'denied' : 'refused'} before it ran`,
          tone: 'bad',
        },
        { text: verdict.findings[0] ? ` · ${oneLine(verdict.findings[0].message)}` : '', tone: 'plain' },
      ];
    case 'malformed':
      return [
        { text: `✗ ${name}could not be read`, tone: 'bad' },
        { text: ` · ${oneLine(verdict.why)}`, tone: 'plain' },
      ];
    default:
      return verdict satisfies never;
  }
}

function proofText(proof: 'user-checks' | 'model-checks' | 'ran-clean'): string {
  return {
    'user-checks': 'your checks hold',
    'model-checks': "the model's checks hold",
    'ran-clean': 'it ran, nothing proves it',
  }[proof];
}

/** What a person said to a program that asked for more. */
export function approvalRows(approval: Approval, width: number): Row[] {
  const words = { allow: 'allowed once', 'allow-session': 'allowed for the session', deny: 'denied' }[
    approval.answer
  ];
  const why =
    approval.answer === 'deny' && approval.feedback !== null ? `: ${oneLine(approval.feedback)}` : '';
  const tone = approval.answer === 'deny' ? 'warn' : 'quiet';
  return wrapText(`${words}${why}`, width - 2, 6).map((line) => rowOf(`  ${line}`, tone));
}
