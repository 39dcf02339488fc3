import { type Capability, capabilities, type Decision } from '../core/domain.ts';
import type { ConfigProblem } from './files.ts';
import { type Layer, nearest } from './resolve.ts';

/** What somebody says of single capabilities, in one place. */
export interface PolicyLayer {
  layer: Layer;
  /** The flag, the variable or the file. */
  name: string;
  changes: Partial<Record<Capability, Decision>>;
}

export const policyName = 'policy';
export const policyVariable = 'KINTSUGI_POLICY';

const decisions = ['allow', 'ask', 'deny'] as const satisfies readonly Decision[];
const known: readonly string[] = capabilities;

/** `net.client=deny` texts of a flag, or the same with commas between them of a variable. */
export function policyFromText(
  layer: Layer,
  name: string,
  texts: readonly string[],
  problems: ConfigProblem[],
): PolicyLayer {
  const entries = texts
    .flatMap((text) => text.split(','))
    .map((text) => text.trim())
    .filter((text) => text !== '');
  const pairs = entries.map((entry): [string, unknown] => {
    const at = entry.indexOf('=');
    return at < 0 ? [entry, undefined] : [entry.slice(0, at).trim(), entry.slice(at + 1).trim()];
  });
  return layerOf(layer, name, name, pairs, problems);
}

/** The `policy` object of a settings file; an empty layer where the file has none. */
export function policyFromFile(
  layer: Layer,
  file: string,
  value: unknown,
  problems: ConfigProblem[],
): PolicyLayer {
  const where = `${file}: ${policyName}`;
  if (value === undefined) return { layer, name: file, changes: {} };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const fix = 'Write {"policy": {"net.client": "deny"}}.';
    problems.push({ where, what: 'is not an object of capabilities', fix, exitCode: 52 });
    return { layer, name: file, changes: {} };
  }
  return layerOf(layer, file, where, Object.entries(value), problems);
}

function layerOf(
  layer: Layer,
  name: string,
  where: string,
  pairs: readonly (readonly [string, unknown])[],
  problems: ConfigProblem[],
): PolicyLayer {
  const exitCode = layer === 'flag' ? 2 : 52;
  const changes: PolicyLayer['changes'] = {};
  for (const [written, value] of pairs) {
    const short = JSON.stringify(written.slice(0, 60));
    if (!isCapability(written)) {
      const near = nearest(written, known);
      const fix = near ? `Did you mean ${near}?` : `Capabilities are ${known.join(', ')}.`;
      problems.push({ where, what: `names ${short}, which is no capability`, fix, exitCode });
      continue;
    }
    const decision = decisions.find((one) => one === value);
    if (decision === undefined) {
      const said = value === undefined ? 'no decision' : JSON.stringify(String(value).slice(0, 60));
      const fix = `Write ${written}=allow, ${written}=ask or ${written}=deny${layer.endsWith('file') ? ', as JSON' : ''}.`;
      problems.push({ where, what: `gives ${written} ${said}`, fix, exitCode });
      continue;
    }
    changes[written] = decision;
  }
  return { layer, name, changes };
}

export function isCapability(word: string): word is Capability {
  return known.includes(word);
}
