import type { ConfigProblem } from './files.ts';
import { type Setting, type SettingName, type SettingValues, settingNames, settings } from './settings.ts';
import { showAddress } from './values.ts';

export type Layer = 'flag' | 'environment' | '.env' | 'project file' | 'user file' | 'default';

/** Where a value came from. `name` is the flag, the variable or the file; empty for a default. */
export interface Source {
  layer: Layer;
  name: string;
}

/** One place that values come from, already reduced to setting names. */
export interface LayerValues {
  layer: Layer;
  nameOf: (setting: SettingName) => string;
  values: Partial<Record<SettingName, unknown>>;
}

export interface Resolved {
  values: SettingValues;
  sources: Record<SettingName, Source>;
  problems: ConfigProblem[];
}

/** A value as an error may show it: short, and nothing that looks like a key. */
function quoteValue(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  const safe = showAddress(text).replace(/\b(sk|pk|ghp|hf|AIza)[-_]?[\w-]{12,}/g, '$1-***');
  return `"${safe.length > 60 ? `${safe.slice(0, 60)}…` : safe}"`;
}

function howToSet(name: SettingName, setting: Setting<unknown>): string {
  return setting.flag ? `${setting.flag} or ${setting.variable}` : setting.variable || name;
}

/**
 * The value of one setting from its layers, first one wins. The winner must fit the schema; a project file's value must also be one
 * that a project file may give.
 */
function resolveOne(
  name: SettingName,
  setting: Setting<unknown>,
  layers: readonly LayerValues[],
): { value: unknown; source: Source } | ConfigProblem {
  for (const [index, { layer, nameOf, values }] of layers.entries()) {
    const raw = values[name];
    if (raw === undefined) continue;
    const source: Source = { layer, name: nameOf(name) };
    const exitCode = layer === 'flag' ? 2 : 52;
    const parsed = setting.schema.safeParse(raw);
    const where = layer.endsWith('file') ? `${source.name}: ${name}` : source.name;
    if (!parsed.success) {
      return { where, what: `is ${quoteValue(raw)}`, fix: `It must be ${setting.expects}.`, exitCode };
    }
    if (layer !== 'project file') return { value: parsed.data, source };

    const { project } = setting;
    const setElsewhere = `Take it out of the project's file; if you want it, use ${howToSet(name, setting)}, or your own config.json.`;
    if (project.may === 'not') {
      return { where, what: 'may not be set by a project', fix: setElsewhere, exitCode };
    }
    if (project.may === 'set-if' && !project.fits(parsed.data)) {
      return { where, what: `is ${quoteValue(raw)}; ${project.why}`, fix: setElsewhere, exitCode };
    }
    if (project.may === 'tighten') {
      const own = resolveOne(name, setting, layers.slice(index + 1));
      if (!('source' in own)) return own;
      if (project.rank(parsed.data) > project.rank(own.value)) {
        const than =
          own.source.layer === 'default' ? 'the default' : `your own setting in ${own.source.name}`;
        return {
          where,
          what: `is ${quoteValue(raw)}, looser than ${than}; a project may only tighten`,
          fix: setElsewhere,
          exitCode,
        };
      }
    }
    return { value: parsed.data, source };
  }
  return { value: setting.fallback, source: { layer: 'default', name: '' } };
}

/** Every setting from its layers, strongest layer first. Where there are problems, the values of the settings they name are the defaults. */
export function resolveSettings(layers: readonly LayerValues[]): Resolved {
  const values: Partial<Record<SettingName, unknown>> = {};
  const sources: Partial<Record<SettingName, Source>> = {};
  const problems: ConfigProblem[] = [];
  for (const name of settingNames) {
    // Each entry checks its own values; the loop over them cannot name their types.
    const setting = settings[name] as unknown as Setting<unknown>;
    const resolved = resolveOne(name, setting, layers);
    if ('source' in resolved) {
      values[name] = resolved.value;
      sources[name] = resolved.source;
    } else {
      problems.push(resolved);
      values[name] = setting.fallback;
      sources[name] = { layer: 'default', name: '' };
    }
  }
  return { values: values as SettingValues, sources: sources as Record<SettingName, Source>, problems };
}

/** The candidate that is nearest to what was written, or null when none is near. For "did you mean". */
export function nearest(written: string, candidates: readonly string[]): string | null {
  let best: { candidate: string; distance: number } | null = null;
  for (const candidate of candidates) {
    const distance = editDistance(written.toLowerCase(), candidate.toLowerCase());
    if (distance <= Math.max(2, candidate.length / 5) && (!best || distance < best.distance)) {
      best = { candidate, distance };
    }
  }
  return best?.candidate ?? null;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
