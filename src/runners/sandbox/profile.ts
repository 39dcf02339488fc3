import { type Profile, profiles } from '../../core/confinement.ts';
import type { Capability } from '../../core/domain.ts';
import { guaranteeWords } from './guarantees.ts';
import type { Sandbox } from './sandbox.ts';

/** Needs that reading the run's own folder satisfies. With any other one, what the code will do is not known well enough to take writing away. */
const readersNeeds: readonly Capability[] = ['fs.read.workspace', 'env.read', 'stdin', 'module.builtin'];

/**
 * The least profile in which code with these capabilities can do its work: its own files are readable always (an interpreter reads them), a
 * network there is only for `net.client`, and loopback only for `net.server`.
 */
export function leastProfile(granted: readonly Capability[]): Profile {
  if (granted.includes('net.client')) return 'network';
  if (granted.includes('net.server')) return 'localhost';
  return granted.every((one) => readersNeeds.includes(one)) ? 'workspace-read' : 'workspace-write';
}

/** The one of the two that lets reach less. */
export function lesserProfile(one: Profile, other: Profile): Profile {
  return profiles.indexOf(one) <= profiles.indexOf(other) ? one : other;
}

/** The one of the two that lets reach more. */
export function widerProfile(one: Profile, other: Profile): Profile {
  return lesserProfile(one, other) === one ? other : one;
}

/** Where the run's own loopback cannot be told from the machine's, `localhost` opens the network. */
export function opensNetwork(sandbox: Sandbox, profile: Profile): boolean {
  return !(sandbox.guaranteesFor?.(profile) ?? []).includes(guaranteeWords.network);
}
