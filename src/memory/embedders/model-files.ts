import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';

export const defaultModel = 'Xenova/all-MiniLM-L6-v2';

/** A model on disk, as the Hugging Face hub lays one out. */
export interface ModelFiles {
  kind: 'found';
  model: string;
  directory: string;
  dimensions: number;
  /** Whether the small (8-bit) weights are there; they are preferred. */
  quantized: boolean;
  /** Other files of a model, another id. */
  id: string;
}

export interface NoModel {
  kind: 'missing';
  /** One line, with what to do. */
  why: string;
}

const configSchema = z.looseObject({
  hidden_size: z.number().int().positive().max(16_384).optional(),
  dim: z.number().int().positive().max(16_384).optional(),
  d_model: z.number().int().positive().max(16_384).optional(),
});

/** Whether a name is `organisation/model`, which cannot lead out of the folder of models. */
export function isModelName(model: string): boolean {
  return /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/.test(model) && !model.includes('..');
}

function sizeOf(file: string): number | null {
  try {
    const found = statSync(file);
    return found.isFile() && found.size > 0 ? found.size : null;
  } catch {
    return null;
  }
}

/** Looks for a model under `directory`/organisation/name: config.json, tokenizer.json, tokenizer_config.json and onnx/model[_quantized].onnx. */
export function findModel(directory: string, model: string): ModelFiles | NoModel {
  if (!isModelName(model)) {
    return {
      kind: 'missing',
      why: `the embedder ${JSON.stringify(model)} is no name of a model; write organisation/name, like ${defaultModel}`,
    };
  }
  const folder = path.join(directory, model);
  const missing = (what: string): NoModel => ({
    kind: 'missing',
    why: `the embedder ${model} is not used: ${what}; \`kintsugi memory embedder install\` gets it`,
  });
  const sizes = ['config.json', 'tokenizer.json', 'tokenizer_config.json'].map((name) => {
    return { name, size: sizeOf(path.join(folder, name)) };
  });
  const small = sizeOf(path.join(folder, 'onnx', 'model_quantized.onnx'));
  const weights = small ?? sizeOf(path.join(folder, 'onnx', 'model.onnx'));
  if (sizes.every(({ size }) => size === null) && weights === null)
    return missing(`it is not in ${directory}`);
  const absent = sizes.find(({ size }) => size === null);
  if (absent !== undefined) return missing(`${folder} has no ${absent.name}`);
  if (weights === null) return missing(`${folder} has no onnx/model_quantized.onnx and no onnx/model.onnx`);
  const texts: string[] = [];
  let dimensions: number | undefined;
  try {
    for (const { name } of sizes) texts.push(readFileSync(path.join(folder, name), 'utf8'));
    const config = configSchema.parse(JSON.parse(texts[0] ?? ''));
    dimensions = config.hidden_size ?? config.dim ?? config.d_model;
  } catch {
    return missing(`${path.join(folder, 'config.json')} cannot be read`);
  }
  if (dimensions === undefined)
    return missing(`${path.join(folder, 'config.json')} does not say its hidden_size`);
  const digest = createHash('sha256')
    .update(JSON.stringify([texts, weights]))
    .digest('hex')
    .slice(0, 12);
  const kind = small === null ? 'full' : 'quantized';
  return {
    kind: 'found',
    model,
    directory,
    dimensions,
    quantized: small !== null,
    id: `transformers:${model}:${kind}:${digest}`,
  };
}
