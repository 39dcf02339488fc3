import { type Capability, capabilities, type Decision } from '../core/domain.ts';
import { scriptRules } from './javascript/rules.ts';
import { defaultPolicy } from './policy.ts';
import { pythonRules } from './python/rules.ts';
import type { Rule } from './rule.ts';
import { shellRules } from './shell/rules.ts';

/** What each capability means, as one sentence about a program. */
export const capabilityMeanings: Readonly<Record<Capability, string>> = {
  'fs.read.workspace': 'Reads files in its own folder or the temporary one.',
  'fs.read.outside': 'Reads files outside its own folder.',
  'fs.read.sensitive': 'Reads places where secrets or accounts are kept.',
  'fs.write.workspace': 'Writes files in its own folder or the temporary one.',
  'fs.write.outside': 'Writes or deletes files outside its own folder.',
  'fs.write.persist': 'Changes the system, or what runs again later.',
  'fs.delete': 'Deletes files in its own folder.',
  'net.client': 'Connects to other machines.',
  'net.server': 'Opens a server; only the program itself reaches it.',
  'process.spawn': 'Starts other programs.',
  'process.signal': 'Signals processes it did not start.',
  'eval.dynamic': 'Runs text as code.',
  deserialise: 'Reads data in a form that can hide code.',
  'native.ffi': 'Calls native code, which no rule can read.',
  'env.read': 'Reads environment variables.',
  'env.secret': 'Reads environment variables that look like secrets.',
  privilege: 'Changes whose rights it has.',
  introspection: 'Looks into the interpreter, the engine or the machine.',
  'escape.reflection': 'Reaches names that cannot be told before it runs.',
  obfuscation: 'Hides code behind an encoding.',
  resource: 'Takes disk, memory or processors without an end.',
  stdin: 'Waits for input; there is none.',
  'import.unknown': 'Imports what is neither of the standard library nor its own.',
  'module.builtin': 'Uses a harmless module of the runtime.',
};

export interface DescribedRule {
  /** As findings name it: a capability, or the name of a rule. */
  name: string;
  about: string;
  /** What a finding of it leads to when the user says nothing; single findings can be milder. */
  severity: Decision;
  cwe: string | null;
}

const ownFindings: readonly DescribedRule[] = [
  {
    name: 'secrets-and-network',
    about: 'Reads a place where secrets are kept and uses the network.',
    severity: 'deny',
    cwe: 'CWE-200',
  },
  {
    name: 'download-and-persist',
    about: 'Uses the network and writes where it would be run again later.',
    severity: 'deny',
    cwe: 'CWE-506',
  },
  { name: 'unparsed', about: 'Cannot be parsed.', severity: 'ask', cwe: null },
  { name: 'unscanned', about: 'Is too long or nested too deep to be read.', severity: 'ask', cwe: null },
];

/** The rules of every language, in the order of the languages. */
export function everyRule(): readonly Pick<
  Rule<never>,
  'name' | 'about' | 'languages' | 'cwe' | 'bad' | 'good'
>[] {
  return [...scriptRules, ...pythonRules, ...shellRules];
}

/** Everything a finding can name. */
export function describedRules(): DescribedRule[] {
  const indicators = new Map<string, DescribedRule>();
  for (const { name, about, cwe } of everyRule())
    if (!indicators.has(name)) indicators.set(name, { name, about, severity: 'deny', cwe: cwe ?? null });
  const needs = capabilities.map((name): DescribedRule => {
    return { name, about: capabilityMeanings[name], severity: defaultPolicy[name], cwe: null };
  });
  return [...needs, ...indicators.values(), ...ownFindings];
}
