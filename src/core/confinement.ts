import type { SandboxLevel } from './domain.ts';

/** What a program may reach, least first. `localhost`: servers and clients among the run's own processes. */
export const profiles = ['none', 'workspace-read', 'workspace-write', 'localhost', 'network'] as const;
export type Profile = (typeof profiles)[number];

/** What confines the programs of a session. `missing`: guarantees of the wanted level that this machine does not give; `advice`: how to get them. */
export interface Confinement {
  level: SandboxLevel;
  guarantees: string[];
  missing: string[];
  advice: string[];
}
