import { profiles } from '../core/confinement.ts';
import {
  type Check,
  capabilities,
  type Decision,
  endings,
  type Finding,
  languages,
  type Origin,
  type PermissionMode,
  type Proof,
  type RecalledMemory,
  type RunResult,
  type SandboxLevel,
  type TestCase,
  type TestReport,
  type Verdict,
} from '../core/domain.ts';
import { type Arm, flipOutcomes, type Kept, memoryStates } from '../core/memory.ts';
import { failureKinds, type ModelReply, purposes } from '../core/seams.ts';

/** The closed words of events. The schema reads by them; redaction never replaces a value that is one of them. */

export const origins = ['user', 'model'] as const satisfies readonly Origin[];
export const checkKinds = ['tests', 'command', 'output'] as const satisfies readonly Check['kind'][];
export const decisions = ['allow', 'ask', 'deny'] as const satisfies readonly Decision[];
export const severities = ['note', 'ask', 'deny'] as const satisfies readonly Finding['severity'][];
export const sandboxLevels = ['L0', 'L1', 'L2', 'L3'] as const satisfies readonly SandboxLevel[];
export const limitStatuses = [
  'timed-out',
  'cpu-limit',
  'out-of-memory',
  'output-limit',
  'disk-limit',
  'process-limit',
  'cancelled',
] as const satisfies readonly RunResult['status'][];
export const refusedStatuses = [
  'refused',
  'sandbox-failed',
] as const satisfies readonly RunResult['status'][];
export const caseStatuses = ['passed', 'failed', 'skipped'] as const satisfies readonly TestCase['status'][];
export const frameworks = [
  'node:test',
  'unittest',
  'pytest',
  'script',
  'command',
  'output',
] as const satisfies readonly TestReport['framework'][];
export const proofs = ['user-checks', 'model-checks', 'ran-clean'] as const satisfies readonly Proof[];
export const verdictKinds = [
  'passed',
  'failed',
  'blocked',
  'malformed',
] as const satisfies readonly Verdict['kind'][];
export const permissionModes = [
  'default',
  'plan',
  'acceptEdits',
  'dontAsk',
  'bypassPermissions',
] as const satisfies readonly PermissionMode[];
export const memoryKinds = [
  'lesson',
  'solution',
  'fact',
] as const satisfies readonly RecalledMemory['kind'][];
export const stops = ['end', 'max-tokens'] as const satisfies readonly ModelReply['stop'][];
export const arms = ['inject', 'hold-out', 'none'] as const satisfies readonly Arm[];
export const operations = [
  'ADD',
  'STRENGTHEN',
  'EDIT',
  'SUPERSEDE',
  'NOOP',
] as const satisfies readonly Kept['operation'][];
export const moments = ['plan', 'reflect'] as const;
export const streams = ['stdout', 'stderr'] as const;

/** Every word above and of the core's lists. A new set; the caller may keep it. */
export function reservedWords(): Set<string> {
  return new Set<string>([
    ...languages,
    ...capabilities,
    ...endings,
    ...failureKinds,
    ...purposes,
    ...origins,
    ...checkKinds,
    ...decisions,
    ...severities,
    ...sandboxLevels,
    ...profiles,
    'allow-session',
    ...limitStatuses,
    ...refusedStatuses,
    'exited',
    'crashed',
    'reply',
    'failure',
    ...caseStatuses,
    ...frameworks,
    ...proofs,
    ...verdictKinds,
    ...permissionModes,
    ...memoryKinds,
    ...stops,
    ...moments,
    ...arms,
    ...operations,
    ...memoryStates,
    ...flipOutcomes,
    ...streams,
  ]);
}
