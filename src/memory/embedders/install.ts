import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { failure, type MemoryFailure } from '../failure.ts';
import { findModel } from './model-files.ts';
import { startModel } from './model-process.ts';
import type { ModelChoice } from './transformers.ts';

export interface InstallOptions extends ModelChoice {
  /** Bytes of one file so far; `total` is 0 when it is not known. */
  progress: (file: string, loaded: number, total: number) => void;
  signal: AbortSignal;
  /** The hub, with a `/` at its end. */
  remoteHost?: string;
  /** Given up when nothing came for so long; 60 seconds when absent. */
  idleMs?: number;
}

/**
 * Downloads a model from the hub, tries it, and puts it whole into the folder of models, in the place of one that was there. The one
 * function of memory that uses the network. Fails without a trace when the network, the hub, the disk or the model does not do; throws
 * the signal's reason when that aborts.
 */
export async function installModel(
  options: InstallOptions,
): Promise<{ kind: 'installed'; id: string } | MemoryFailure> {
  const { model, directory, progress, signal } = options;
  const { remoteHost = 'https://huggingface.co/', idleMs = 60_000 } = options;
  const named = findModel(directory, model);
  if (named.kind === 'missing' && named.why.includes('is no name')) return { kind: 'failed', why: named.why };
  signal.throwIfAborted();
  let own: string;
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    own = mkdtempSync(path.join(directory, '.install-'));
  } catch (error) {
    return failure('make the folder of models', directory, error);
  }
  try {
    const why = await download(
      { model, directory: own, quantized: true, remoteHost },
      progress,
      signal,
      idleMs,
    );
    signal.throwIfAborted();
    if (why !== null)
      return { kind: 'failed', why: `cannot get the model ${model} from ${remoteHost}: ${why}` };
    const found = findModel(own, model);
    if (found.kind === 'missing') return { kind: 'failed', why: found.why };
    const place = path.join(directory, model);
    mkdirSync(path.dirname(place), { recursive: true, mode: 0o700 });
    rmSync(place, { recursive: true, force: true });
    renameSync(path.join(own, model), place);
    return { kind: 'installed', id: found.id };
  } catch (error) {
    signal.throwIfAborted();
    return failure('put the model in', directory, error);
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

/** Has a process load the model, which downloads it. Null when it works, else why not. */
async function download(
  job: Parameters<typeof startModel>[0],
  progress: InstallOptions['progress'],
  signal: AbortSignal,
  idleMs: number,
): Promise<string | null> {
  const { promise, resolve } = withResolvers<string | null>();
  const idle = setTimeout(
    () => resolve(`nothing came for ${Math.round(idleMs / 1000)} s; check the network and try again`),
    idleMs,
  );
  const aborted = () => resolve('aborted');
  signal.addEventListener('abort', aborted);
  const child = startModel(
    job,
    (message) => {
      idle.refresh();
      if (message.kind === 'progress') progress(message.file, message.loaded, message.total);
      else if (message.kind === 'loaded') child.ask(1, ['a first text']);
      else if (message.kind === 'vectors') resolve(null);
      else resolve(message.why);
    },
    resolve,
  );
  child.hold(true);
  try {
    return await promise;
  } finally {
    clearTimeout(idle);
    signal.removeEventListener('abort', aborted);
    await child.end();
  }
}

/** A promise with its settler (Promise.withResolvers is not in Node 20). */
function withResolvers<Value>(): { promise: Promise<Value>; resolve: (value: Value) => void } {
  let resolve: (value: Value) => void = () => {};
  const promise = new Promise<Value>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
