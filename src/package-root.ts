import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The folder that holds package.json, prompts/ and, in a checkout, src/. The same from `src/` and from `dist/`: the build keeps
 * `import.meta.url` of every module as if it stood in its own place under `dist/`.
 */
export function packageRoot(): string {
  return path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
}
