import { execFile } from 'node:child_process';
import { constants, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { Socket } from 'node:net';
import type { Proof } from './testing/proof.ts';

/** A report past this size is not read on: a program can write there too. */
const mostReportBytes = 4 * 1024 * 1024;

/** Where the records of one run arrive. */
export interface ReportInbox {
  /** All of them. To be called once, when no process of the run is left. */
  text(): Promise<string>;
  close(): void;
}

/**
 * Opens the report of `proof` before its processes start. One that only a nonce can be written with is a file, read at the end. One that any
 * process of a run may write to is a pipe where the system has them by name: what was said there cannot be taken back, as a file could be
 * emptied or replaced by the program.
 */
export async function openReport(proof: Proof | null): Promise<ReportInbox> {
  if (proof === null) return { text: () => Promise.resolve(''), close: () => {} };
  // Elsewhere a container may run behind a virtual machine, which a named pipe does not reach into.
  const piped = proof.kind === 'shared' && process.platform === 'linux' && (await makePipe(proof.report));
  return piped ? pipeInbox(proof.report) : { text: () => fileText(proof.report), close: () => {} };
}

function makePipe(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    execFile('mkfifo', ['-m', '600', path], { timeout: 10_000 }, (error) => resolve(error === null));
  });
}

function pipeInbox(path: string): ReportInbox {
  // Our own writing side: the pipe does not end with the first process that does.
  const descriptor = openSync(path, constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  const parts: Buffer[] = [];
  let bytes = 0;
  const take = (part: Buffer): void => {
    bytes += part.length;
    if (bytes <= mostReportBytes) parts.push(part);
  };
  const socket = new Socket({ fd: descriptor, readable: true, writable: false });
  socket.on('error', () => {});
  socket.on('data', take);
  return {
    text: async () => {
      const buffer = Buffer.alloc(64 * 1024);
      for (let got = readNow(descriptor, buffer); got > 0; got = readNow(descriptor, buffer)) {
        take(Buffer.from(buffer.subarray(0, got)));
      }
      // A line cut short is nobody's, which is a failure.
      return Buffer.concat(parts).toString('utf8') + (bytes > mostReportBytes ? '\n(too long)' : '');
    },
    close: () => socket.destroy(),
  };
}

/** 0 when there is nothing to read now. */
function readNow(descriptor: number, buffer: Buffer): number {
  try {
    return readSync(descriptor, buffer, 0, buffer.length, null);
  } catch {
    return 0;
  }
}

async function fileText(path: string): Promise<string> {
  // The program may have put anything in its place: a pipe nobody writes to, a link.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(path, flags).catch(() => null);
  if (handle === null) return '';
  try {
    const facts = await handle.stat();
    if (!facts.isFile()) return '';
    const buffer = Buffer.alloc(Math.min(facts.size, mostReportBytes));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}
