import { expect, it } from 'vitest';
import { guaranteeWords, wordsOf } from '../../../src/runners/sandbox/guarantees.ts';
import { limitsOnly } from '../../../src/runners/sandbox/limits-only.ts';
import {
  leastProfile,
  lesserProfile,
  opensNetwork,
  widerProfile,
} from '../../../src/runners/sandbox/profile.ts';
import type { Sandbox } from '../../../src/runners/sandbox/sandbox.ts';

it.each([
  [[], 'workspace-read'],
  [['fs.read.workspace', 'stdin', 'module.builtin'], 'workspace-read'],
  [['fs.write.workspace'], 'workspace-write'],
  [['fs.delete'], 'workspace-write'],
  [['process.spawn'], 'workspace-write'],
  [['import.unknown'], 'workspace-write'],
  [['eval.dynamic', 'fs.read.workspace'], 'workspace-write'],
  [['net.server', 'fs.write.workspace'], 'localhost'],
  [['net.client'], 'network'],
  [['net.client', 'net.server'], 'network'],
] as const)('%j needs %s', (granted, profile) => expect(leastProfile(granted)).toBe(profile));

it('profiles are ordered by what they let reach', () => {
  expect(lesserProfile('network', 'workspace-read')).toBe('workspace-read');
  expect(widerProfile('network', 'workspace-read')).toBe('network');
  expect(widerProfile('none', 'none')).toBe('none');
});

it('only a sandbox that promises no network with loopback can give loopback without the network', () => {
  const at = (level: 'L1' | 'L2'): Sandbox => ({
    ...limitsOnly(),
    guaranteesFor: (profile) => wordsOf(level, profile),
  });
  expect(wordsOf('L2', 'localhost')).toContain(guaranteeWords.network);
  expect(opensNetwork(at('L2'), 'localhost')).toBe(false);
  expect(opensNetwork(at('L2'), 'network')).toBe(true);
  expect(opensNetwork(at('L1'), 'localhost')).toBe(true);
  expect(opensNetwork(at('L1'), 'workspace-write')).toBe(false);
  expect(opensNetwork(limitsOnly(), 'workspace-write')).toBe(true);
});
