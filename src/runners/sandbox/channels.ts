import type { ChildProcess, IOType } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { Readable, Writable } from 'node:stream';
import type { ConfinedSpawn } from './sandbox.ts';

/** For `spawn`: input, output, error, the lifeline, then a pipe for each channel. `opened` is to be called once it has spawned or failed to. */
export function stdioFor(
  confined: ConfinedSpawn,
  stdin: 'ignore' | 'pipe',
): { stdio: (IOType | number)[]; opened: () => void } {
  const stdio: (IOType | number)[] = [
    stdin,
    'pipe',
    'pipe',
    'pipe',
    ...(confined.channels ?? []).map(() => 'pipe' as const),
  ];
  const inherited = (confined.inherited ?? []).filter((descriptor) => descriptor >= stdio.length);
  if (inherited.length === 0) return { stdio, opened: () => {} };
  const nothing = openSync('/dev/null', 'r+');
  // `ignore` leaves a descriptor above 2 as it is.
  const all = Array.from({ length: Math.max(...inherited) + 1 }, (_, descriptor) =>
    inherited.includes(descriptor) ? nothing : (stdio[descriptor] ?? 'ignore'),
  );
  return { stdio: all, opened: () => closeSync(nothing) };
}

const closeOnExec = 0o2000000;

/** Descriptors above 2 that whoever started us passed on and that our children would get too. Node opens its own so that they do not. */
export function inheritedDescriptors(): number[] {
  try {
    return readdirSync('/proc/self/fd')
      .map(Number)
      .filter((descriptor) => descriptor > 2 && isInherited(descriptor));
  } catch {
    return [];
  }
}

function isInherited(descriptor: number): boolean {
  try {
    const facts = readFileSync(`/proc/self/fdinfo/${descriptor}`, 'latin1');
    const flags = Number.parseInt(/^flags:\s*(\d+)/m.exec(facts)?.[1] ?? '', 8);
    return (flags & closeOnExec) === 0;
  } catch {
    return false; // It was the listing's own.
  }
}

/** Serves the channels of a process just spawned; resolves with what it wrote to the `take` ones once all have closed. Never rejects. */
export async function serveChannels(child: ChildProcess, confined: ConfinedSpawn): Promise<string[]> {
  const texts = (confined.channels ?? []).map((channel, index) => {
    const pipe = child.stdio[4 + index];
    // A process that ends early closes its side: no error of ours.
    pipe?.on('error', () => {});
    if (channel.kind === 'give') {
      if (pipe instanceof Writable) pipe.end(channel.bytes);
      return null;
    }
    return pipe instanceof Readable ? textOf(pipe, channel.mostBytes) : Promise.resolve('');
  });
  return Promise.all(texts.filter((text) => text !== null));
}

function textOf(pipe: Readable, mostBytes: number): Promise<string> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let left = mostBytes;
    pipe.on('data', (part: Buffer) => {
      if (left > 0) parts.push(part.subarray(0, left));
      left -= part.length;
    });
    pipe.once('close', () => resolve(Buffer.concat(parts).toString('utf8')));
  });
}
