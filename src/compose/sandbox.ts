import type { Config } from '../config.ts';
import type { Confinement } from '../core/confinement.ts';
import { exitCodes, problem } from '../problem.ts';
import type { ChooseOptions } from '../runners/sandbox/choose.ts';
import type { ProbeRow } from '../runners/sandbox/probe.ts';
import type { Sandbox } from '../runners/sandbox/sandbox.ts';

/** What confines every program of one start. */
export interface OpenedSandbox {
  kind: 'ready';
  sandbox: Sandbox;
  confinement: Confinement;
  probes: ProbeRow[];
}

export interface NoSandbox {
  kind: 'unavailable';
  why: string;
  missing: string[];
  advice: string[];
}

/** The level that programs are meant to run at. */
const wantedLevel = 'L2';

const danger =
  'With --sandbox danger-full-access nothing isolates the programs a model wrote: they run with your rights, read and change every file you can, and reach the network.';

/**
 * The best sandbox of this machine. A minimum that somebody set, an engine that somebody named: that or nothing. Without one, a machine that falls
 * short of L2 gives what it has, and `confinement` says what is missing. Throws a usage Problem (2) for danger-full-access without its word.
 */
export async function openSandbox(
  config: Pick<Config, 'sandbox' | 'minLevel' | 'sources' | 'container' | 'acceptDanger' | 'logs'>,
  search: Pick<ChooseOptions, 'path'> = {},
): Promise<OpenedSandbox | NoSandbox> {
  const [{ chooseSandbox }, { missingWords }, { limitsOnly }] = await Promise.all([
    import('../runners/sandbox/choose.ts'),
    import('../runners/sandbox/guarantees.ts'),
    import('../runners/sandbox/limits-only.ts'),
  ]);
  const isSet = config.sources.minLevel.layer !== 'default';
  if (config.sandbox === 'danger-full-access') {
    if (!config.acceptDanger)
      throw problem(exitCodes.usage, `${danger} If that is what you want, add --accept-danger.`);
    const missing = missingWords(wantedLevel, 'L0');
    const advice = ['Leave danger-full-access out.'];
    if (isSet && config.minLevel !== 'L0') {
      const why = `danger-full-access is level L0, below the minimum ${config.minLevel}.`;
      return { kind: 'unavailable', why, missing, advice };
    }
    const sandbox = limitsOnly();
    const guarantees = [...sandbox.guarantees];
    return { kind: 'ready', sandbox, confinement: { level: 'L0', guarantees, missing, advice }, probes: [] };
  }
  const choice = await chooseSandbox({
    wanted: config.container ?? 'auto',
    minLevel: isSet ? config.minLevel : 'L0',
    cacheDirectory: config.logs,
    ...search,
  });
  if (choice.kind === 'unavailable') return choice;
  const { sandbox, probes, lacking } = choice;
  const { level } = sandbox;
  const short = level === 'L0' || level === 'L1';
  const confinement: Confinement = {
    level,
    guarantees: [...sandbox.guarantees],
    missing: short ? missingWords(wantedLevel, level) : [],
    advice: short ? [...new Set(lacking.map(({ advice }) => advice))].filter((one) => one !== '') : [],
  };
  return { kind: 'ready', sandbox, confinement, probes };
}

/** Why nothing is run, what would not be guaranteed, and what to do. */
export function withoutSandbox({ why, missing, advice }: NoSandbox): string {
  return [
    why,
    ...(missing.length > 0
      ? ['What would not be guaranteed:', ...missing.map((words) => `  - ${words}`)]
      : []),
    ...(advice.length > 0 ? ['What to do:', ...advice.map((words) => `  - ${words}`)] : []),
  ].join('\n');
}
