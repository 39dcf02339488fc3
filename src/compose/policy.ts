import type { Config } from '../config.ts';
import { type Capability, capabilities, type Decision } from '../core/domain.ts';
import type { Scanner, Toolkit } from '../core/seams.ts';
import { exitCodes, problem } from '../problem.ts';
import type { Sandbox } from '../runners/sandbox/sandbox.ts';
import type { Policy } from '../scanner/policy.ts';

/** What `--sandbox read-only` takes away, whatever the policy says. */
const readOnly: Partial<Record<Capability, Decision>> = {
  'fs.write.workspace': 'deny',
  'fs.write.outside': 'deny',
  'fs.delete': 'deny',
  'net.client': 'deny',
  'net.server': 'deny',
};

const strictestLast: readonly Decision[] = ['allow', 'ask', 'deny'];

/**
 * The policy of these settings: the defaults, the user's file, the project's file (which may only tighten), the environment, flags; `--sandbox
 * read-only` tightens all of that. Throws a Problem (52) for a project's file that loosens.
 */
export async function policyOf(config: Pick<Config, 'policy' | 'sandbox'>): Promise<Policy> {
  const { changedPolicy, defaultPolicy, tightenedPolicy } = await import('../scanner/policy.ts');
  let policy = defaultPolicy;
  for (const { layer, name, changes } of [...config.policy].reverse()) {
    if (layer === 'project file') {
      const before = policy;
      const looser = capabilities.find((one) => {
        const wanted = changes[one];
        return wanted !== undefined && strictestLast.indexOf(wanted) < strictestLast.indexOf(before[one]);
      });
      if (looser !== undefined) {
        throw problem(
          exitCodes.invalidConfig,
          `${name}: policy gives ${looser} "${changes[looser]}", looser than "${policy[looser]}"; a project may only tighten. Take it out of the project's file; if you want it, use --policy ${looser}=${changes[looser]}, or your own config.json.`,
        );
      }
      policy = tightenedPolicy(policy, changes);
    } else policy = changedPolicy(policy, changes);
  }
  return config.sandbox === 'read-only' ? tightenedPolicy(policy, readOnly) : policy;
}

/** The decisions of a policy, the scanner with its findings as grave as the policy makes them, and the least sandbox profile for what it grants. */
export async function decisionsOf(
  config: Pick<Config, 'policy' | 'sandbox' | 'permissionMode'>,
  needs: { sandbox: Sandbox; scan: Scanner },
): Promise<Required<Pick<Toolkit, 'scan' | 'decide' | 'profile'>>> {
  const [policy, { decide, granted, judged }, { leastProfile, lesserProfile, opensNetwork, widerProfile }] =
    await Promise.all([
      policyOf(config),
      import('../scanner/policy.ts'),
      import('../runners/sandbox/profile.ts'),
    ]);
  const { sandbox, scan } = needs;
  const grants = granted(policy, config.permissionMode);
  const seen = judged(policy);
  const unasked = granted(policy, 'default');
  // Where loopback cannot be had without the network, it takes the network's permission.
  const loopback = policy['net.client'] === 'allow' || !opensNetwork(sandbox, 'localhost');
  return {
    scan: (program) => seen(scan(program)),
    decide: decide(policy, config.permissionMode),
    profile: ({ report, approved, check }) => {
      let wanted = leastProfile(grants(report, approved));
      if (check !== null && check.check.kind !== 'output') {
        const own = new Set(check.files.map((file) => file.path));
        const files = [...check.program.files.filter((file) => !own.has(file.path)), ...check.files];
        // Checks may do what the policy allows everybody; nobody was asked about them.
        wanted = widerProfile(wanted, leastProfile(unasked(scan({ ...check.program, files }), false)));
        if (check.check.kind === 'command') wanted = widerProfile(wanted, 'workspace-write');
      }
      if (wanted === 'localhost' && !loopback) wanted = 'workspace-write';
      return config.sandbox === 'read-only' ? lesserProfile(wanted, 'workspace-read') : wanted;
    },
  };
}
