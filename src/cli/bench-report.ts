import { count, seconds } from './describe.ts';

/** One goal of a bench, as `--json` prints it. Milliseconds; `cpu_ms` is that of the programs and their checks. */
export interface BenchRow {
  type: 'goal';
  id: string;
  verified: boolean;
  proof: string | null;
  ending: string;
  why: string;
  attempts: number;
  model_calls: number;
  input_tokens: number;
  output_tokens: number;
  cost_usd: number | null;
  wall_ms: number;
  cpu_ms: number;
  /** One an attempt: passed, failed with its error, blocked or malformed. */
  verdicts: string[];
  /** Ids of memories that were put before the model, or that answered the goal. */
  memories_used: string[];
  lessons_learned: string[];
  journal: string;
}

export interface BenchTotal {
  type: 'total';
  goals: number;
  /** Goals that ran to an end; fewer than `goals` when the bench was stopped. */
  finished: number;
  verified: number;
  /** pass_at[k]: the share of all goals that were verified within k attempts. */
  pass_at: Record<string, number>;
  verified_at_attempt: Record<string, number>;
  endings: Record<string, number>;
  attempts: number;
  model_calls: number;
  input_tokens: number;
  output_tokens: number;
  cost_usd: number | null;
  wall_ms: number;
  cpu_ms: number;
  /** CPU of this process itself. */
  own_cpu_ms: number;
}

export function benchTotal(
  rows: readonly BenchRow[],
  goals: number,
  clock: { wallMs: number; ownCpuMs: number },
): BenchTotal {
  const sum = (key: 'attempts' | 'model_calls' | 'input_tokens' | 'output_tokens' | 'cpu_ms') =>
    rows.reduce((total, row) => total + row[key], 0);
  const verifiedAt = tally(rows.filter((row) => row.verified).map((row) => String(row.attempts)));
  const most = Math.max(1, ...rows.map((row) => row.attempts));
  const passAt: Record<string, number> = {};
  for (let k = 1, within = 0; k <= most; k += 1) {
    within += verifiedAt[k] ?? 0;
    passAt[k] = goals === 0 ? 0 : Math.round((within / goals) * 10_000) / 10_000;
  }
  return {
    type: 'total',
    goals,
    finished: rows.length,
    verified: rows.filter((row) => row.verified).length,
    pass_at: passAt,
    verified_at_attempt: verifiedAt,
    endings: tally(rows.map((row) => row.ending)),
    attempts: sum('attempts'),
    model_calls: sum('model_calls'),
    input_tokens: sum('input_tokens'),
    output_tokens: sum('output_tokens'),
    cost_usd: rows.some((row) => row.cost_usd === null)
      ? null
      : rows.reduce((total, row) => total + (row.cost_usd ?? 0), 0),
    wall_ms: clock.wallMs,
    cpu_ms: sum('cpu_ms'),
    own_cpu_ms: clock.ownCpuMs,
  };
}

export function rowText(row: BenchRow): string {
  const tokens = `${row.input_tokens}↑ ${row.output_tokens}↓`;
  const mark = row.verified ? '✓' : '✗';
  const line = `${mark} ${row.id}: ${row.ending}, ${count(row.attempts, 'attempt')}, ${count(row.model_calls, 'call')}, ${tokens}, ${seconds(row.wall_ms)} (CPU ${seconds(row.cpu_ms)})`;
  return row.verified ? line : `${line}: ${row.why.split('\n')[0]}`;
}

export function totalText(total: BenchTotal): string {
  const passes = Object.entries(total.pass_at).map(([k, share]) => `pass@${k} ${(share * 100).toFixed(1)} %`);
  const endings = Object.entries(total.endings).map(([ending, number]) => `${number} ${ending}`);
  const cost = total.cost_usd === null ? 'cost unknown' : `$${total.cost_usd.toFixed(4)}`;
  return [
    `${total.verified} of ${total.goals} verified${total.finished < total.goals ? ` (${total.finished} finished)` : ''}: ${endings.join(', ')}`,
    passes.join(', '),
    `${count(total.attempts, 'attempt')}, ${count(total.model_calls, 'model call')}, ${total.input_tokens} tokens in, ${total.output_tokens} out, ${cost}`,
    `${seconds(total.wall_ms)}, CPU ${seconds(total.cpu_ms)} in programs, ${seconds(total.own_cpu_ms)} in kintsugi`,
    '',
  ].join('\n');
}

function tally(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
