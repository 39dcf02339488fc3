import type { Embedder } from '../../core/seams.ts';
import { findModel, type NoModel } from './model-files.ts';
import { type ModelProcess, startModel } from './model-process.ts';

export interface ModelEmbedder extends Embedder {
  /** Ends its process. What is asked afterwards starts another. */
  close(): Promise<void>;
}

export interface ModelChoice {
  /** `organisation/name`. */
  model: string;
  /** The folder of models, each in `organisation/name`. */
  directory: string;
}

/** Texts in one call of the model. */
const atOnce = 32;

/**
 * An embedder over an ONNX model on disk, run by transformers.js in a process of its own, which starts with the first text. Looks at the
 * disk only; when the model is not there it says so at once. `embed` throws when the model cannot be loaded or run.
 */
export function transformersEmbedder(
  choice: ModelChoice,
): { kind: 'ready'; embedder: ModelEmbedder } | NoModel {
  const found = findModel(choice.directory, choice.model);
  if (found.kind === 'missing') return found;
  const { model, directory, dimensions, quantized, id } = found;
  const waiting = new Map<
    number,
    { resolve: (vectors: Float32Array[]) => void; reject: (error: Error) => void }
  >();
  let child: ModelProcess | null = null;
  let asked = 0;

  const failed = (why: string) => new Error(`the embedder ${model} cannot be used: ${why}`);
  const failAll = (why: string) => {
    child = null;
    for (const { reject } of waiting.values()) reject(failed(why));
    waiting.clear();
  };
  const start = () => {
    const started: ModelProcess = startModel(
      { model, directory, quantized, remoteHost: null },
      (message) => {
        if (message.kind !== 'vectors' && message.kind !== 'failed') return;
        const asker = waiting.get(message.number);
        waiting.delete(message.number);
        if (waiting.size === 0) started.hold(false);
        if (message.kind === 'failed') asker?.reject(failed(message.why));
        else if (message.dimensions !== dimensions) {
          asker?.reject(
            failed(`its vectors have ${message.dimensions} dimensions, config.json says ${dimensions}`),
          );
        } else asker?.resolve(cut(message.vectors, dimensions));
      },
      (why) => {
        if (child === started) failAll(why);
      },
    );
    return started;
  };
  const ask = (texts: readonly string[]) =>
    new Promise<Float32Array[]>((resolve, reject) => {
      child ??= start();
      asked += 1;
      waiting.set(asked, { resolve, reject });
      child.hold(true);
      child.ask(asked, texts);
    });
  const embedder: ModelEmbedder = {
    id,
    dimensions,
    async embed(texts) {
      const vectors: Float32Array[] = [];
      for (let at = 0; at < texts.length; at += atOnce)
        vectors.push(...(await ask(texts.slice(at, at + atOnce))));
      return vectors;
    },
    async close() {
      const ending = child;
      failAll('it was closed');
      await ending?.end();
    },
  };
  return { kind: 'ready', embedder };
}

function cut(all: Float32Array, dimensions: number): Float32Array[] {
  return Array.from({ length: all.length / dimensions }, (_, row) =>
    all.slice(row * dimensions, (row + 1) * dimensions),
  );
}

/** The embedder of a setting: the model if one is named and on disk, else `fallback` with one line that says why; never waits. */
export function chooseEmbedder(
  choice: ModelChoice | null,
  fallback: Embedder,
): { embedder: Embedder; close(): Promise<void>; problem: string | null } {
  const none = async () => {};
  if (choice === null) return { embedder: fallback, close: none, problem: null };
  const made = transformersEmbedder(choice);
  if (made.kind === 'missing') return { embedder: fallback, close: none, problem: made.why };
  return { embedder: made.embedder, close: made.embedder.close, problem: null };
}
