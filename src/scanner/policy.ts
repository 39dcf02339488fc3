import {
  type Capability,
  capabilities,
  type Decision,
  type Finding,
  type PermissionMode,
  type ScanReport,
} from '../core/domain.ts';

/** What each capability is granted. */
export type Policy = Readonly<Record<Capability, Decision>>;

/** What holds when the user says nothing. */
export const defaultPolicy: Policy = {
  'fs.read.workspace': 'allow',
  'fs.read.outside': 'ask',
  'fs.read.sensitive': 'ask',
  'fs.write.workspace': 'allow',
  'fs.write.outside': 'ask',
  'fs.write.persist': 'deny',
  'fs.delete': 'allow',
  'net.client': 'ask',
  'net.server': 'allow',
  'process.spawn': 'ask',
  'process.signal': 'ask',
  'eval.dynamic': 'ask',
  deserialise: 'ask',
  'native.ffi': 'ask',
  'env.read': 'allow',
  'env.secret': 'ask',
  privilege: 'deny',
  introspection: 'ask',
  'escape.reflection': 'ask',
  obfuscation: 'ask',
  resource: 'ask',
  stdin: 'allow',
  'import.unknown': 'allow',
  'module.builtin': 'allow',
};

const order: readonly Decision[] = ['allow', 'ask', 'deny'];

export function worst(decisions: Iterable<Decision>): Decision {
  let found: Decision = 'allow';
  for (const decision of decisions) if (order.indexOf(decision) > order.indexOf(found)) found = decision;
  return found;
}

/** What the user says of single capabilities. */
export type PolicyChanges = Readonly<Partial<Record<Capability, Decision>>>;

/** A policy changed by somebody who may decide: the user's own file, a flag. */
export function changedPolicy(policy: Policy, changes: PolicyChanges): Policy {
  return { ...policy, ...changes };
}

/** A policy changed by a file that came with a project: of both, the stricter decision holds for each capability. */
export function tightenedPolicy(policy: Policy, changes: PolicyChanges): Policy {
  const stricter = capabilities.map((capability): [Capability, Decision] => [
    capability,
    worst([policy[capability], changes[capability] ?? 'allow']),
  ]);
  return Object.fromEntries(stricter) as Record<Capability, Decision>;
}

export function isCapability(word: string): word is Capability {
  return (capabilities as readonly string[]).includes(word);
}

function gradeOf(policy: Policy, { rule, severity }: Finding): Decision {
  if (isCapability(rule) && policy[rule] !== defaultPolicy[rule]) return policy[rule];
  return severity === 'note' ? 'allow' : severity;
}

/**
 * Turns reports into decisions. A finding named after a capability follows the policy where that differs from the default, and its own
 * severity elsewhere; a finding with a name of its own (an indicator) cannot be granted away by a capability. Then the permission mode:
 * bypassPermissions turns ask into allow, dontAsk turns ask into deny; deny stays deny.
 */
export function decide(policy: Policy, mode: PermissionMode): (report: ScanReport) => Decision {
  return (report) => {
    const changed = (capability: Capability) => policy[capability] !== defaultPolicy[capability];
    const found = report.findings.map((finding) => gradeOf(policy, finding));
    const needed = report.capabilities.filter(changed).map((capability) => policy[capability]);
    const decision = worst([...found, ...needed]);
    if (decision !== 'ask') return decision;
    if (mode === 'bypassPermissions') return 'allow';
    return mode === 'dontAsk' ? 'deny' : 'ask';
  };
}

/**
 * The report as a policy sees it: a finding named after a capability is as grave as the policy makes that, the gravest first. The decision
 * is that of the policy where somebody can be asked. `decide` and `granted` say of it what they say of the report.
 */
export function judged(policy: Policy): (report: ScanReport) => ScanReport {
  const decision = decide(policy, 'default');
  const graded = (finding: Finding): Finding => {
    const grade = gradeOf(policy, finding);
    return { ...finding, severity: grade === 'allow' ? 'note' : grade };
  };
  return (report) => {
    const findings = report.findings.map(graded).sort((left, right) => gravity(right) - gravity(left));
    return { ...report, decision: decision(report), findings };
  };
}

function gravity({ severity }: Finding): number {
  return severity === 'note' ? 0 : order.indexOf(severity);
}

/**
 * What a program may really have of what it needs: what the policy allows, and what it asks about where somebody said yes (`approved`, or
 * bypassPermissions). A network is granted only where the question named it: a client of the program's own server asks nobody.
 */
export function granted(
  policy: Policy,
  mode: PermissionMode,
): (report: ScanReport, approved: boolean) => Capability[] {
  return ({ capabilities: needed, findings }, approved) => {
    const clients = findings.filter(({ rule }) => rule === 'net.client');
    const ownOnly = clients.length > 0 && clients.every(({ severity }) => severity === 'note');
    const yes = approved || mode === 'bypassPermissions';
    return needed.filter((one) => {
      if (policy[one] !== 'ask') return policy[one] === 'allow';
      return yes && !(one === 'net.client' && ownOnly);
    });
  };
}
