/** What the kernel would look at: the architecture, the call's number and its arguments. */
export interface CallData {
  architecture: number;
  number: number;
  /** The low halves. */
  arguments?: number[];
}

/** Runs a classic BPF program as the kernel's filter does; throws on anything the kernel would refuse to load. Gives the verdict. */
export function runFilter(program: Uint8Array, call: CallData): number {
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength);
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, call.number >>> 0, true);
  data.setUint32(4, call.architecture >>> 0, true);
  call.arguments?.forEach((value, index) => {
    data.setUint32(16 + 8 * index, value >>> 0, true);
    // Garbage above: the kernel ignores it for these calls, so the filter must too.
    data.setUint32(20 + 8 * index, 0xdead, true);
  });
  const length = program.byteLength / 8;
  if (!Number.isInteger(length) || length > 4096) throw new Error(`${length} instructions`);
  let accumulator = 0;
  for (let at = 0; at < length; at += 1) {
    const value = view.getUint32(at * 8 + 4, true);
    const yes = view.getUint8(at * 8 + 2);
    const no = view.getUint8(at * 8 + 3);
    const jump = (holds: boolean): void => {
      at += holds ? yes : no;
      if (at + 1 >= length) throw new Error('It jumps out of the program.');
    };
    switch (view.getUint16(at * 8, true)) {
      case 0x20:
        if (value % 4 !== 0 || value >= 64) throw new Error(`It loads from ${value}.`);
        accumulator = data.getUint32(value, true);
        break;
      case 0x54:
        accumulator = (accumulator & value) >>> 0;
        break;
      case 0x15:
        jump(accumulator === value);
        break;
      case 0x35:
        jump(accumulator >= value);
        break;
      case 0x45:
        jump((accumulator & value) !== 0);
        break;
      case 0x06:
        return value;
      default:
        throw new Error(`Unknown instruction ${view.getUint16(at * 8, true)}`);
    }
  }
  throw new Error('It ends without a verdict.');
}
