import { groupOf } from '../core/flip.ts';
import type { Arm, Lesson, MemoryStats, MemoryUse } from '../core/memory.ts';

/**
 * What use of memory is worth. A pass counts for what it is above the pass rate of the same kind of attempt without that memory, so that
 * easy and hard goals weigh alike. Everything is a function of the `used` entries; nothing is counted twice or kept apart.
 */

/** What a rate is taken for before there is data, and how many attempts that belief is worth. */
const priorRate = 0.4;
const priorWeight = 5;
/** How far the rate of one cluster is drawn to that of all clusters of its kind, in attempts. */
const clusterWeight = 4;
/** How far an advantage is drawn to nothing, in attempts. */
const shrinkage = 2;
/** Injections of a memory before anything is said of its effect. */
export const leastInjections = 3;
const vainInjections = 7;
/** The chance of a false alarm that is taken. */
const alarm = 0.05;

/** The uses of a session that count: of one attempt only the first entry, should it have been written twice. */
export function distinctUses(uses: readonly MemoryUse[]): MemoryUse[] {
  const seen = new Set<string>();
  return uses.filter((use) => {
    const key = `${use.session}/${use.step}/${use.attempt}/${use.cluster.startsWith('solution:')}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/**
 * The pass rate to expect without a memory in a cluster: of its attempts without it, drawn to the rate of all such attempts of its kind (first
 * tries, repairs), which is drawn to the prior.
 */
export function baselineOf(uses: readonly MemoryUse[], cluster: string, without: string): number {
  const kind = kindOf(cluster);
  const others = uses.filter(
    (use) => kindOf(use.cluster) === kind && !(use.arm === 'inject' && use.memories.includes(without)),
  );
  const all = (passes(others) + priorRate * priorWeight) / (others.length + priorWeight);
  const own = others.filter((use) => use.cluster === cluster);
  return (passes(own) + all * clusterWeight) / (own.length + clusterWeight);
}

/** What the uses of a memory show. `advantage` is the shrunk mean of what its injections passed above their baselines. */
export function statsOf(id: string, uses: readonly MemoryUse[]): MemoryStats {
  const { injected, baselines } = injectionsOf(id, uses);
  const held = uses.filter((use) => use.arm === 'hold-out' && use.memories.includes(id));
  const gain = injected.reduce((sum, use, at) => sum + Number(use.passed) - (baselines[at] ?? 0), 0);
  return {
    injected: injected.length,
    injectedPassed: passes(injected),
    heldOut: held.length,
    heldOutPassed: passes(held),
    advantage: injected.length < leastInjections ? null : gain / (injected.length + shrinkage),
  };
}

/**
 * Why a memory is to be taken out of use, or null: with 95 % its injections pass less often than attempts without it, or it never helped in
 * seven. `guilty` are memories that are out of use already: what happened beside one of them is not held against this one.
 */
export function harmOf(
  id: string,
  uses: readonly MemoryUse[],
  guilty: ReadonlySet<string> = new Set(),
): string | null {
  const fair = uses.filter(
    (use) => !use.memories.includes(id) || !use.memories.some((other) => other !== id && guilty.has(other)),
  );
  const { injected, baselines } = injectionsOf(id, fair);
  const total = injected.length;
  if (total < leastInjections) return null;
  const passed = passes(injected);
  const expected = baselines.reduce((sum, rate) => sum + rate, 0) / total;
  if (chanceAbove(expected, passed, total - passed) < alarm) {
    return `${passed} of ${total} attempts with it passed, where about ${Math.round(expected * 100)} % do without it`;
  }
  return passed === 0 && total >= vainInjections ? `it never helped in ${total} attempts` : null;
}

/** How sure it is that a memory helps: the chance that its true pass rate is above what is to be expected without it. */
export function confidenceOf(id: string, uses: readonly MemoryUse[]): number {
  const { injected, baselines } = injectionsOf(id, uses);
  if (injected.length === 0) return 0;
  const passed = passes(injected);
  const expected = baselines.reduce((sum, rate) => sum + rate, 0) / injected.length;
  return chanceAbove(expected, passed, injected.length - passed);
}

/** With memory against without, as rates with their numbers. */
export interface Contrast {
  withMemory: { passed: number; total: number };
  without: { passed: number; total: number };
  /** Difference of the pass rates and its 95 % interval (Newcombe's hybrid score interval); null: not enough data. */
  lift: { difference: number; low: number; high: number } | null;
}

const leastForLift = 5;

/** Attempts of these uses with memory against those without: where something fitted and was held out, and where nothing fitted. */
export function contrastOf(
  uses: readonly MemoryUse[],
  arms: readonly Arm[] = ['hold-out', 'none'],
): Contrast {
  const one = uses.filter((use) => use.arm === 'inject');
  const other = uses.filter((use) => use.arm !== 'inject' && arms.includes(use.arm));
  const withMemory = { passed: passes(one), total: one.length };
  const without = { passed: passes(other), total: other.length };
  const enough = withMemory.total >= leastForLift && without.total >= leastForLift;
  return { withMemory, without, lift: enough ? newcombe(withMemory, without) : null };
}

const leastForSwitch = 30;

/**
 * Why memory is off in a language, or null while it may help: its last 200 uses there, thirty and more with memory, show with 95 % that
 * attempts with it do no better than those held out.
 */
export function switchedOff(uses: readonly MemoryUse[], language: string | null): string | null {
  const scope = uses
    .filter((use) => (use.language ?? null) === language && !use.cluster.startsWith('solution:'))
    .slice(-200);
  const held = contrastOf(scope, ['hold-out']);
  const { withMemory, without, lift } = held.lift ? held : contrastOf(scope);
  if (!lift || withMemory.total < leastForSwitch || lift.high >= 0) return null;
  return `memory is switched off for ${language ?? 'any language'}: ${withMemory.passed} of ${withMemory.total} attempts passed with it, ${without.passed} of ${without.total} without`;
}

/** A number from 0 to 1 that is the same for the same seed and text (FNV-1a, mixed as murmur3 does). */
export function drawOf(seed: number, text: string): number {
  let state = (0x811c9dc5 ^ seed) >>> 0;
  for (let at = 0; at < text.length; at += 1)
    state = Math.imul(state ^ text.charCodeAt(at), 0x01000193) >>> 0;
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b) >>> 0;
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35) >>> 0;
  return ((state ^ (state >>> 16)) >>> 0) / 2 ** 32;
}

/**
 * Whether a use shows that a lesson holds: it was given, the attempt passed, and the model says that it applied it or, where the model says
 * nothing, it was given after a failure that the lesson is about. A first try that passes with it in the prompt shows nothing of the kind.
 */
export function showsItHolds(lesson: Lesson, use: MemoryUse): boolean {
  if (use.arm !== 'inject' || !use.passed || !use.memories.includes(lesson.id)) return false;
  if (use.applied !== null) return use.applied.includes(lesson.id);
  return (
    use.moment === 'reflect' &&
    lesson.signatures.some((signature) => use.cluster === `error:${groupOf(signature)}`)
  );
}

/** Sessions in which a use showed that a lesson holds. */
export function sessionsHelped(lesson: Lesson, uses: readonly MemoryUse[]): string[] {
  return [...new Set(uses.filter((use) => showsItHolds(lesson, use)).map((use) => use.session))];
}

function injectionsOf(id: string, uses: readonly MemoryUse[]) {
  const injected = uses.filter((use) => use.arm === 'inject' && use.memories.includes(id));
  const rates = new Map<string, number>();
  const baselines = injected.map(({ cluster }) => {
    const known = rates.get(cluster) ?? baselineOf(uses, cluster, id);
    rates.set(cluster, known);
    return known;
  });
  return { injected, baselines };
}

function kindOf(cluster: string): string {
  return cluster.slice(0, cluster.indexOf(':'));
}

function passes(uses: readonly MemoryUse[]): number {
  return uses.reduce((sum, use) => sum + Number(use.passed), 0);
}

/** P(rate > x) of a rate with a uniform prior after these passes and failures: the beta distribution as a binomial tail. */
function chanceAbove(x: number, passed: number, failed: number): number {
  const n = passed + failed + 1;
  let term = (1 - x) ** n;
  let sum = 0;
  for (let k = 0; k <= passed; k += 1) {
    sum += term;
    term *= ((n - k) / (k + 1)) * (x / (1 - x));
  }
  return Math.min(1, sum);
}

const z = 1.96;

/** The 95 % interval of a rate (E. B. Wilson, Probable inference, 1927); `total` above 0. */
export function wilson({ passed, total }: { passed: number; total: number }): [number, number] {
  const rate = passed / total;
  const middle = rate + (z * z) / (2 * total);
  const reach = z * Math.sqrt((rate * (1 - rate)) / total + (z * z) / (4 * total * total));
  const scale = 1 + (z * z) / total;
  return [(middle - reach) / scale, (middle + reach) / scale];
}

/** R. G. Newcombe, Interval estimation for the difference between independent proportions (1998), method 10. */
function newcombe(one: { passed: number; total: number }, other: { passed: number; total: number }) {
  const a = one.passed / one.total;
  const b = other.passed / other.total;
  const [lowA, highA] = wilson(one);
  const [lowB, highB] = wilson(other);
  return {
    difference: a - b,
    low: a - b - Math.hypot(a - lowA, highB - b),
    high: a - b + Math.hypot(highA - a, b - lowB),
  };
}
