import type { SandboxLevel } from '../../core/domain.ts';
import { type Candidate, candidates, type Lacking } from './candidates.ts';
import { missingWords } from './guarantees.ts';
import { type ProbeRow, probe } from './probe.ts';
import { cachedProbe, keepProbe, probeKey } from './probe-cache.ts';
import type { Sandbox } from './sandbox.ts';

/** `auto`: the highest level that holds. A level: that one and no other. An engine: a container a run. */
export type WantedSandbox = 'auto' | SandboxLevel | 'docker' | 'podman';

export interface ChooseOptions {
  minLevel: SandboxLevel;
  wanted: WantedSandbox;
  /** Where probes are remembered by kernel, tool and user; made when it is not there. */
  cacheDirectory: string;
  /** Search path for bwrap, setpriv, python3 and engines. */
  path?: string;
  /** For engines: an image with node, python3 and sh. */
  image?: string;
}

export type Choice =
  /** `lacking`: the stronger sandboxes that were tried before, each with what it lacks and what to do. */
  | { kind: 'chosen'; sandbox: Sandbox; probes: ProbeRow[]; lacking: { why: string; advice: string }[] }
  /** `missing`: guarantees of the minimum that no sandbox here gives, in words. `advice`: what to do, one sentence each. */
  | { kind: 'unavailable'; why: string; missing: string[]; advice: string[] };

const order: readonly SandboxLevel[] = ['L0', 'L1', 'L2', 'L3'];

/**
 * The best sandbox of this machine that was asked for and that its own probes found whole; never one below the minimum, and never one with a
 * guarantee that did not hold. Never rejects.
 */
export async function chooseSandbox(options: ChooseOptions): Promise<Choice> {
  const { minLevel, wanted } = options;
  const lacking: Lacking[] = [];
  let below: SandboxLevel | null = null;
  for (const candidate of candidates(options)) {
    const { level } = candidate;
    if (!isAsked(candidate, wanted)) continue;
    if (order.indexOf(level) < order.indexOf(minLevel) && below !== null) continue;
    const tried = await candidate.make();
    if (tried.kind === 'lacking') {
      lacking.push(tried);
      continue;
    }
    const probed = await proven(tried.sandbox, tried.tool, options.cacheDirectory);
    if (probed.why !== null) {
      lacking.push({ kind: 'lacking', why: `${level}: ${probed.why}`, advice: tried.advice });
      continue;
    }
    if (order.indexOf(level) >= order.indexOf(minLevel))
      return {
        kind: 'chosen',
        sandbox: tried.sandbox,
        probes: probed.rows,
        lacking: lacking.map(({ why, advice }) => ({ why, advice })),
      };
    below ??= level;
  }
  const what = wanted === 'auto' ? `level ${minLevel}` : wanted;
  const reasons = [...new Set(lacking.map(({ why }) => why))];
  const why =
    reasons.length > 0
      ? `No sandbox of ${what} here: ${reasons.join('; ')}.`
      : `${wanted} is below the minimum ${minLevel}.`;
  return {
    kind: 'unavailable',
    why,
    missing: missingWords(minLevel, below ?? 'L0'),
    advice: [...new Set([...lacking.map(({ advice }) => advice), ...lowering(below, minLevel)])],
  };
}

function isAsked({ level, engine }: Candidate, wanted: WantedSandbox): boolean {
  if (wanted === 'docker' || wanted === 'podman') return engine === wanted;
  return engine === null && (wanted === 'auto' || wanted === level);
}

function lowering(below: SandboxLevel | null, minLevel: SandboxLevel): string[] {
  return below === null ? [] : [`Or accept level ${below} instead of ${minLevel}, without what is missing.`];
}

/** Probes of now or of an earlier time; `why` names what did not hold. */
async function proven(
  sandbox: Sandbox,
  tool: string,
  cacheDirectory: string,
): Promise<{ rows: ProbeRow[]; why: string | null }> {
  if (sandbox.level === 'L0') return { rows: [], why: null };
  const key = probeKey(sandbox.level, tool);
  const known = cachedProbe(cacheDirectory, key);
  if (known !== null) return { rows: known, why: null };
  const { rows, failed } = await probe(sandbox);
  if (failed !== null) return { rows, why: failed.replace(/\.$/, '') };
  const broken = rows.filter((row) => !row.held);
  if (broken.length > 0) {
    const list = broken.map((row) => `${row.attempted} (${row.detail})`).join(', ');
    return { rows, why: `this succeeded from inside: ${list}` };
  }
  keepProbe(cacheDirectory, key, rows);
  return { rows, why: null };
}
