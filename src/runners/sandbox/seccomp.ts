import {
  type Architecture,
  deniedCalls,
  judgedCalls,
  numbersOf,
  sharedMemoryCalls,
  signalCalls,
} from './syscalls.ts';

export interface SeccompPolicy {
  architecture: Architecture;
  /** Refuses memory that no limit of a process counts: memfd_create, shmget, anonymous shared mappings. */
  strictMemory: boolean;
  /** `families`: sockets of UNIX, INET and INET6. `none`: no socket at all but pairs, for where nothing else cuts the network. */
  sockets: 'families' | 'none';
  /** Refuses every call that signals by number, for where nothing else keeps signals inside. */
  noSignals: boolean;
}

/** Whether a program can be made for this machine. */
export function seccompArchitecture(architecture: string = process.arch): Architecture | null {
  return architecture === 'x64' || architecture === 'arm64' ? architecture : null;
}

const auditArchitecture: Record<Architecture, number> = { x64: 0xc000003e, arm64: 0xc00000b7 };
const x32Bit = 0x40000000;

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. */
const newNamespaceFlags = 0x7e020000;
const sharedAnonymous = 0x21; // MAP_SHARED (also a bit of MAP_SHARED_VALIDATE) and MAP_ANONYMOUS.
const terminalInputs = [0x5412, 0x541c]; // TIOCSTI, TIOCLINUX: typing into the user's terminal.
const families = { unix: 1, inet: 2, inet6: 10 };

const offset = {
  number: 0,
  architecture: 4,
  /** Low half of an argument; the kernel reads no more of the flags and commands that are judged here. */
  argument: (index: number): number => 16 + 8 * index,
};
const code = { load: 0x20, equal: 0x15, greaterOrEqual: 0x35, anyBit: 0x45, and: 0x54, give: 0x06 };
const allow = 0x7fff0000;
const killProcess = 0x80000000;
const errno = (number: number): number => 0x00050000 | number;
const notPermitted = errno(1);
const noAccess = errno(13);
const noSuchCall = errno(38);
const noSuchFamily = errno(97);

interface Instruction {
  code: number;
  /** Instructions to skip when the test holds, and when it does not. */
  yes: number;
  no: number;
  value: number;
}

/** A classic BPF program for the kernel's seccomp filter, as `struct sock_filter[]` in little-endian order. */
export function seccompProgram(policy: SeccompPolicy): Uint8Array {
  const { architecture } = policy;
  const number = (name: keyof typeof judgedCalls): number => judgedCalls[name][architecture];
  const denied = [
    ...numbersOf(deniedCalls, architecture),
    ...(policy.strictMemory ? numbersOf(sharedMemoryCalls, architecture) : []),
    ...(policy.noSignals ? numbersOf(signalCalls, architecture) : []),
  ];
  return assembled([
    load(offset.architecture),
    test(code.equal, auditArchitecture[architecture], 1, 0),
    give(killProcess),
    load(offset.number),
    ...(architecture === 'x64' ? when(code.greaterOrEqual, x32Bit, noSuchCall) : []),
    ...denied.flatMap((call) => when(code.equal, call, notPermitted)),
    // Its flags lie in memory that the filter cannot read: libraries fall back to clone.
    ...when(code.equal, number('clone3'), noSuchCall),
    ...forCall(number('clone'), [
      load(offset.argument(0)),
      ...when(code.anyBit, newNamespaceFlags, notPermitted),
    ]),
    ...forCall(number('socket'), socketRules(policy.sockets)),
    ...forCall(number('socketpair'), [load(offset.argument(0)), ...unlessFamily([families.unix])]),
    ...forCall(number('ioctl'), [
      load(offset.argument(1)),
      ...terminalInputs.flatMap((command) => when(code.equal, command, notPermitted)),
    ]),
    ...(policy.strictMemory
      ? forCall(number('mmap'), [
          load(offset.argument(3)),
          { code: code.and, yes: 0, no: 0, value: sharedAnonymous },
          ...when(code.equal, sharedAnonymous, notPermitted),
        ])
      : []),
    give(allow),
  ]);
}

function socketRules(sockets: SeccompPolicy['sockets']): Instruction[] {
  return [
    load(offset.argument(0)),
    ...unlessFamily(Object.values(families)),
    ...(sockets === 'none' ? [give(noAccess)] : []),
  ];
}

function unlessFamily(allowed: readonly number[]): Instruction[] {
  return [
    ...allowed.map((family, index) => test(code.equal, family, allowed.length - index, 0)),
    give(noSuchFamily),
  ];
}

/** `rules` for one call, then the verdict that nothing is wrong with it; they may change the accumulator. */
function forCall(number: number, rules: readonly Instruction[]): Instruction[] {
  return [test(code.equal, number, 0, rules.length + 1), ...rules, give(allow)];
}

function when(comparison: number, value: number, verdict: number): Instruction[] {
  return [test(comparison, value, 0, 1), give(verdict)];
}

function load(from: number): Instruction {
  return { code: code.load, yes: 0, no: 0, value: from };
}

function test(comparison: number, value: number, yes: number, no: number): Instruction {
  return { code: comparison, yes, no, value };
}

function give(verdict: number): Instruction {
  return { code: code.give, yes: 0, no: 0, value: verdict };
}

function assembled(instructions: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(instructions.length * 8);
  const view = new DataView(bytes.buffer);
  instructions.forEach((instruction, index) => {
    view.setUint16(index * 8, instruction.code, true);
    view.setUint8(index * 8 + 2, instruction.yes);
    view.setUint8(index * 8 + 3, instruction.no);
    view.setUint32(index * 8 + 4, instruction.value >>> 0, true);
  });
  return bytes;
}
