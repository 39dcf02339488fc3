import { lastAttempt, type SessionState } from '../core/state.ts';
import type { Row } from './style.ts';
import { cells, clipText, oneLine } from './text.ts';

export interface FooterFacts {
  cwd: string;
  home: string | undefined;
  model: string;
  mode: string;
}

/** `cwd · session · model · ↑in ↓out · cache · $cost · attempt i/N · verdict`; on a narrow screen the least telling parts go first. A sandbox below the level that is wanted is always named. */
export function footerRow(state: SessionState, facts: FooterFacts, width: number): Row {
  const { usage } = state;
  const attempts = state.steps.flatMap((step) => step.attempts);
  const limit = state.task?.budgets.attempts ?? 0;
  const parts: { text: string; weight: number }[] = [
    { text: shortPath(facts.cwd, facts.home), weight: 2 },
    { text: state.session === '' ? '' : state.session.slice(-8), weight: 1 },
    { text: oneLine(state.model || facts.model), weight: 6 },
    {
      text: `↑${amount(usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens)} ↓${amount(usage.outputTokens)}`,
      weight: 5,
    },
    { text: cacheText(usage), weight: 0 },
    { text: state.costUsd === null ? '$?' : `$${state.costUsd.toFixed(4)}`, weight: 7 },
    { text: attempts.length > 0 ? `attempt ${attempts.length}/${limit}` : '', weight: 8 },
    { text: verdictText(state), weight: 9 },
    {
      text: state.sandbox && state.sandbox.missing.length > 0 ? `sandbox ${state.sandbox.level}` : '',
      weight: 11,
    },
    { text: facts.mode === 'default' ? '' : facts.mode, weight: 10 },
  ];
  let kept = parts.filter((part) => part.text !== '');
  const length = () => cells(kept.map(({ text }) => text).join(' · '));
  while (kept.length > 1 && length() > width) {
    const least = Math.min(...kept.map(({ weight }) => weight));
    kept = kept.filter(({ weight }) => weight !== least);
  }
  return [{ text: clipText(kept.map(({ text }) => text).join(' · '), width), tone: 'quiet' }];
}

function cacheText(usage: SessionState['usage']): string {
  const read = usage.cacheReadTokens;
  const all = usage.inputTokens + read + usage.cacheWriteTokens;
  return all === 0 || read === 0 ? '' : `cache ${Math.round((100 * read) / all)}%`;
}

function verdictText(state: SessionState): string {
  if (state.outcome) return state.outcome.ending;
  const last = lastAttempt(state);
  if (!last) return '';
  const isAsking = last.scan?.decision === 'ask' && last.permission === null && state.phase === 'writing';
  return last.verdict?.kind ?? (isAsking ? 'asks' : state.phase);
}

/** 812, 3.1k, 2.4M. */
function amount(tokens: number): string {
  if (tokens < 1_000) return String(tokens);
  return tokens < 1_000_000 ? `${(tokens / 1_000).toFixed(1)}k` : `${(tokens / 1_000_000).toFixed(1)}M`;
}

function shortPath(path: string, home: string | undefined): string {
  const inHome = home !== undefined && home !== '/' && (path === home || path.startsWith(`${home}/`));
  return oneLine(inHome ? `~${path.slice(home.length)}` : path);
}
