import type { Effect } from '../../compose/memory-care.ts';
import type { Memory } from '../../core/memory.ts';
import { aboutOf } from '../../core/memory-text.ts';
import { count } from '../../words.ts';
import { type Desk, put, putJson, sayEmpty } from './desk.ts';

type Rate = Effect['firstTry']['withMemory'];

/** `memory report`: what memory did, from the log and the journals. */
export async function reportMemory(desk: Desk): Promise<number> {
  const { care, invocation, config } = desk;
  const effect = care.effect();
  const memories = care.all();
  const { savedBy } = await import('./savings.ts');
  const saved = await savedBy(config.logs, memories, effect.answered);
  if (invocation.json) {
    putJson(desk, {
      memories: countsOf(memories),
      ...effect,
      tokensSaved: saved,
      enough: effect.firstTry.lift !== null || effect.afterFailure.lift !== null,
    });
    return 0;
  }
  if (memories.length === 0 && effect.uses === 0) {
    sayEmpty(desk);
    return 0;
  }
  for (const line of reportLines(memories, effect, saved)) put(desk, line);
  return 0;
}

function countsOf(memories: readonly Memory[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind, state } of memories) counts[`${kind} ${state}`] = (counts[`${kind} ${state}`] ?? 0) + 1;
  return Object.fromEntries(Object.entries(counts).sort());
}

/** Pure. */
export function reportLines(
  memories: readonly Memory[],
  effect: Effect,
  saved: { tokens: number; sessions: number; unknown: number },
): string[] {
  const counts = Object.entries(countsOf(memories)).map(([what, count]) => `${count} ${what}`);
  return [
    `Memories: ${counts.join(', ') || 'none'}`,
    `Attempts counted: ${effect.uses} in ${effect.sessions} sessions; memories given in ${effect.injections}, left out on purpose in ${effect.heldOut}`,
    '',
    'Pass rates, with their 95 % intervals',
    ...comparedLines('first try', effect.firstTry),
    ...comparedLines('after a failure', effect.afterFailure),
    '',
    'Passed within k attempts',
    ...effect.withinAttempts.map(
      ({ attempts, withMemory, without }) =>
        `  k = ${attempts}  memories given ${rateWords(withMemory)} · none given ${rateWords(without)}`,
    ),
    '',
    ...curveLines(effect.curve),
    '',
    `Tokens: ${effect.tokensSpent} spent on what was recalled; ${savedWords(saved)}`,
    ...lessonLines(memories, effect.lessons),
    ...scopeLines(effect.scopes),
  ];
}

function comparedLines(name: string, { withMemory, heldOut, without, lift }: Effect['firstTry']): string[] {
  const percent = (part: number) => `${part >= 0 ? '+' : '−'}${Math.abs(Math.round(part * 100))}`;
  const words =
    lift === null
      ? `not enough data to say whether memory helps (n = ${withMemory.total} with memories given, ${without.total} with none; 5 of each are the least)`
      : `${percent(lift.difference)} points (95 %: ${percent(lift.low)} to ${percent(lift.high)}): ${
          lift.low > 0 ? 'memory helps' : lift.high < 0 ? 'memory harms' : 'no difference can be told'
        }`;
  return [
    `  ${name.padEnd(15)}  memories given ${rateWords(withMemory)} · left out ${rateWords(heldOut)} · all with none given ${rateWords(without)}`,
    `  ${''.padEnd(15)}  ${words}`,
  ];
}

function rateWords({ passed, total, interval }: Rate): string {
  if (interval === null) return 'no data';
  const [low, high] = interval.map((part) => Math.round(part * 100));
  return `${Math.round((100 * passed) / total)} % (${passed}/${total}, ${low}–${high})`;
}

const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

function barOf({ passed, total }: Rate): string {
  return total === 0
    ? '·'
    : (bars[Math.min(bars.length - 1, Math.floor((passed / total) * bars.length))] ?? '·');
}

function curveLines(curve: Effect['curve']): string[] {
  if (curve.length < 2) return ['Learning curve: not enough data (2 sessions are the least)'];
  const each = curve[0]?.sessions ?? 1;
  return [
    `Learning curve: first tries that passed, ${each === 1 ? 'a session' : `${each} sessions`} a column, the oldest first (· no data)`,
    `  memories given  ${curve.map((group) => barOf(group.withMemory)).join('')}`,
    `  none given      ${curve.map((group) => barOf(group.without)).join('')}`,
  ];
}

function savedWords({
  tokens,
  sessions,
  unknown,
}: {
  tokens: number;
  sessions: number;
  unknown: number;
}): string {
  if (sessions === 0) return 'no goal was answered from memory yet';
  const more = unknown === 0 ? '' : `; what ${unknown} of them had cost is not known any more`;
  return `about ${tokens} saved by ${count(sessions, 'goal')} answered from memory, counted by what the first session of each had cost${more}`;
}

function lessonLines(memories: readonly Memory[], lessons: Effect['lessons']): string[] {
  const [best] = lessons;
  const worst = lessons.at(-1);
  if (!best || !worst) return ['Lessons: not enough data to judge any (3 injections of one are the least)'];
  const lines = (name: string, { id, injected, passed, advantage }: typeof best) => {
    const memory = memories.find((one) => one.id === id);
    const diff = memory?.kind === 'lesson' ? (memory.witness?.diff ?? 'no witness') : 'no witness';
    return [
      `${name}: ${id}  ${memory?.state ?? ''}  ${passed} of ${injected} passed, ${advantage >= 0 ? '+' : '−'}${Math.abs(Math.round(advantage * 100))} points`,
      ...(memory ? [`  ${aboutOf(memory).split('\n')[0]?.slice(0, 160)}`] : []),
      ...diff
        .trimEnd()
        .split('\n')
        .slice(0, 12)
        .map((line) => `    ${line}`),
    ];
  };
  return ['', ...lines('Best lesson', best), ...(worst === best ? [] : lines('Worst lesson', worst))];
}

function scopeLines(scopes: Effect['scopes']): string[] {
  if (scopes.length === 0) return [];
  return [
    '',
    'By language',
    ...scopes.map(({ language, withMemory, without, switchedOff }) => {
      const rates = `memories given ${rateWords(withMemory)} · none given ${rateWords(without)}`;
      return `  ${(language || 'not known').padEnd(11)} ${rates}${switchedOff === null ? '' : `; ${switchedOff}`}`;
    }),
  ];
}
