import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { seccompArchitecture, seccompProgram } from '../../../src/runners/sandbox/seccomp.ts';
import {
  deniedCalls,
  judgedCalls,
  numbersOf,
  sharedMemoryCalls,
  signalCalls,
} from '../../../src/runners/sandbox/syscalls.ts';
import { runFilter } from './bpf.ts';

const machine = { x64: 0xc000003e, arm64: 0xc00000b7, i386: 0x40000003, arm: 0x40000028 } as const;
const verdict = {
  allow: 0x7fff0000,
  kill: 0x80000000,
  notPermitted: 0x00050001,
  noAccess: 0x0005000d,
  noSuchCall: 0x00050026,
  noSuchFamily: 0x00050061,
} as const;

describe.each(['x64', 'arm64'] as const)('the filter for %s', (architecture) => {
  const strict = seccompProgram({ architecture, strictMemory: true, sockets: 'families', noSignals: false });
  const loose = seccompProgram({ architecture, strictMemory: false, sockets: 'families', noSignals: false });
  const closed = seccompProgram({ architecture, strictMemory: true, sockets: 'none', noSignals: true });
  const judge = (program: Uint8Array, number: number, ...args: number[]): number =>
    runFilter(program, { architecture: machine[architecture], number, arguments: args });
  const call = (name: keyof typeof judgedCalls): number => judgedCalls[name][architecture];

  it('kills what calls by the table of another architecture', () => {
    for (const [name, number] of Object.entries(machine)) {
      const end = runFilter(strict, { architecture: number, number: 0 });
      expect([name, end]).toEqual([name, name === architecture ? verdict.allow : verdict.kill]);
    }
  });

  it('refuses each call of the list and no other', () => {
    const denied = new Set(numbersOf(deniedCalls, architecture));
    const memory = new Set(numbersOf(sharedMemoryCalls, architecture));
    for (let number = 0; number < 512; number += 1) {
      if (Object.values(judgedCalls).some((one) => one[architecture] === number)) continue;
      const shut = denied.has(number) ? verdict.notPermitted : verdict.allow;
      expect([number, judge(loose, number)]).toEqual([number, shut]);
      expect([number, judge(strict, number)]).toEqual([
        number,
        memory.has(number) ? verdict.notPermitted : shut,
      ]);
    }
  });

  it('answers clone3 as if the kernel were older, and x32 likewise', () => {
    expect(judge(strict, call('clone3'))).toBe(verdict.noSuchCall);
    const x32 = judge(strict, 0x40000000 + 41);
    expect(x32).toBe(architecture === 'x64' ? verdict.noSuchCall : verdict.allow);
  });

  it('lets threads and children be made, but not with a new namespace', () => {
    expect(judge(strict, call('clone'), 0x003d0f00)).toBe(verdict.allow);
    expect(judge(strict, call('clone'), 0x01200011)).toBe(verdict.allow);
    for (const bit of [17, 25, 26, 27, 28, 29, 30]) {
      expect([bit, judge(strict, call('clone'), (1 << bit) | 17)]).toEqual([bit, verdict.notPermitted]);
    }
  });

  it('knows sockets of three families only, or none at all', () => {
    for (let family = 0; family < 50; family += 1) {
      const known = [1, 2, 10].includes(family);
      const open = known ? verdict.allow : verdict.noSuchFamily;
      expect([family, judge(strict, call('socket'), family, 1)]).toEqual([family, open]);
      const shut = known ? verdict.noAccess : verdict.noSuchFamily;
      expect([family, judge(closed, call('socket'), family, 1)]).toEqual([family, shut]);
      const pair = family === 1 ? verdict.allow : verdict.noSuchFamily;
      expect([family, judge(closed, call('socketpair'), family, 1)]).toEqual([family, pair]);
    }
  });

  it('lets nobody type into the terminal', () => {
    expect(judge(strict, call('ioctl'), 0, 0x5412)).toBe(verdict.notPermitted);
    expect(judge(strict, call('ioctl'), 0, 0x541c)).toBe(verdict.notPermitted);
    expect(judge(strict, call('ioctl'), 0, 0x5401)).toBe(verdict.allow);
  });

  it('refuses anonymous shared memory only when it is strict', () => {
    const map = (program: Uint8Array, flags: number) => judge(program, call('mmap'), 0, 4096, 3, flags);
    for (const flags of [0x21, 0x23, 0x4021]) {
      expect(map(strict, flags)).toBe(verdict.notPermitted);
      expect(map(loose, flags)).toBe(verdict.allow);
    }
    for (const flags of [0x22, 0x01, 0x02, 0x03, 0x20022]) expect(map(strict, flags)).toBe(verdict.allow);
  });

  it('refuses signals by number where nothing else keeps them inside', () => {
    for (const number of numbersOf(signalCalls, architecture)) {
      expect(judge(closed, number)).toBe(verdict.notPermitted);
      expect(judge(strict, number)).toBe(verdict.allow);
    }
  });
});

it('has a filter for two machines', () => {
  expect(['x64', 'arm64', 'ia32', 'riscv64'].map(seccompArchitecture)).toEqual(['x64', 'arm64', null, null]);
});

const headers = {
  x64: '/usr/include/x86_64-linux-gnu/asm/unistd_64.h',
  arm64: '/usr/include/asm-generic/unistd.h',
} as const;

it.skipIf(!Object.values(headers).every(existsSync)).each(['x64', 'arm64'] as const)(
  'has the numbers of the kernel’s own headers for %s (skipped without headers)',
  (architecture) => {
    const text = readFileSync(headers[architecture], 'utf8');
    const known = new Map(
      [...text.matchAll(/^#define __NR(?:3264)?_(\w+) (\d+)$/gm)].map(([, name = '', number]) => [
        name,
        Number(number),
      ]),
    );
    const rows = [...deniedCalls, ...sharedMemoryCalls, ...signalCalls].map(
      ([name, x64, arm64]) => [name, architecture === 'x64' ? x64 : arm64] as const,
    );
    const judged = Object.entries(judgedCalls).map(
      ([name, numbers]) => [name, numbers[architecture]] as const,
    );
    const compared = [...rows, ...judged].filter(([name, number]) => number !== null && known.has(name));
    expect(compared.length).toBeGreaterThan(60);
    for (const [name, number] of compared) expect([name, number]).toEqual([name, known.get(name)]);
  },
);
