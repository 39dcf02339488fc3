import { describe, expect, it } from 'vitest';
import { type Capability, capabilities, type Finding, type ScanReport } from '../../src/core/domain.ts';
import {
  changedPolicy,
  decide,
  defaultPolicy,
  isCapability,
  type Policy,
  tightenedPolicy,
} from '../../src/scanner/policy.ts';

function finding(rule: string, severity: Finding['severity']): Finding {
  return { rule, severity, message: 'why', file: 'main.py', line: 1, column: 1 };
}

function report(needed: Capability[], findings: Finding[]): ScanReport {
  return { decision: 'allow', capabilities: needed, findings };
}

const withPolicy = (changes: Partial<Policy>): Policy => ({ ...defaultPolicy, ...changes });
const network = report(['net.client'], [finding('net.client', 'ask')]);
const indicator = report(['net.client'], [finding('download-and-run', 'deny')]);

describe('the default policy', () => {
  it('says something of every capability, and grants what stays in the sandbox', () => {
    expect(Object.keys(defaultPolicy).sort()).toEqual([...capabilities].sort());
    for (const granted of ['fs.read.workspace', 'fs.write.workspace', 'stdin', 'module.builtin'] as const)
      expect(defaultPolicy[granted]).toBe('allow');
    for (const refused of ['privilege', 'fs.write.persist'] as const)
      expect(defaultPolicy[refused]).toBe('deny');
  });
});

describe('decide', () => {
  it('allows a program without findings', () => {
    expect(decide(defaultPolicy, 'default')(report([], []))).toBe('allow');
  });

  it('lets notes pass', () => {
    expect(decide(defaultPolicy, 'dontAsk')(report(['stdin'], [finding('stdin', 'note')]))).toBe('allow');
  });

  it('takes the gravest of several findings', () => {
    const mixed = report(
      ['net.client'],
      [finding('net.client', 'ask'), finding('fork-bomb', 'deny'), finding('stdin', 'note')],
    );
    expect(decide(defaultPolicy, 'default')(mixed)).toBe('deny');
  });

  it.each([
    ['default', 'ask', 'deny'],
    ['acceptEdits', 'ask', 'deny'],
    ['plan', 'ask', 'deny'],
    ['bypassPermissions', 'allow', 'deny'],
    ['dontAsk', 'deny', 'deny'],
  ] as const)('in the mode %s answers %s to a need and %s to an indicator', (mode, need, danger) => {
    expect(decide(defaultPolicy, mode)(network)).toBe(need);
    expect(decide(defaultPolicy, mode)(indicator)).toBe(danger);
  });

  it('lets the policy grant a capability, and nothing plainly dangerous with it', () => {
    const granted = withPolicy({ 'net.client': 'allow' });
    expect(decide(granted, 'default')(network)).toBe('allow');
    expect(decide(granted, 'default')(indicator)).toBe('deny');
  });

  it('lets the policy refuse what the default allows, findings or none', () => {
    const strict = withPolicy({ 'fs.write.workspace': 'deny', 'import.unknown': 'ask' });
    expect(
      decide(strict, 'default')(report(['fs.write.workspace'], [finding('fs.write.workspace', 'note')])),
    ).toBe('deny');
    expect(decide(strict, 'default')(report(['fs.write.workspace'], []))).toBe('deny');
    expect(decide(strict, 'default')(report(['import.unknown'], []))).toBe('ask');
  });

  it('lets the policy lower a denied capability to a question', () => {
    const lax = withPolicy({ privilege: 'ask' });
    expect(decide(lax, 'default')(report(['privilege'], [finding('privilege', 'deny')]))).toBe('ask');
  });
});

describe('isCapability', () => {
  it('knows capabilities from indicators', () => {
    expect(isCapability('net.client')).toBe(true);
    expect(isCapability('download-and-run')).toBe(false);
  });
});

describe('a policy', () => {
  it('is what the user says of single capabilities, the rest by default', () => {
    const policy = changedPolicy(defaultPolicy, { 'net.client': 'allow', 'fs.delete': 'deny' });
    expect(policy).toEqual({ ...defaultPolicy, 'net.client': 'allow', 'fs.delete': 'deny' });
  });

  it('is only ever made stricter by a file that came with a project', () => {
    const policy = tightenedPolicy(defaultPolicy, {
      'net.client': 'allow',
      privilege: 'ask',
      'fs.delete': 'ask',
      'eval.dynamic': 'deny',
    });
    expect(policy).toEqual({ ...defaultPolicy, 'fs.delete': 'ask', 'eval.dynamic': 'deny' });
  });
});
