import { readFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from './package-root.ts';

declare const KINTSUGI_VERSION: string | undefined;

/** The version of this package. The build puts it in as text; run from source it is read from package.json. */
export function productVersion(): string {
  if (typeof KINTSUGI_VERSION === 'string') return KINTSUGI_VERSION;
  const manifest: unknown = JSON.parse(readFileSync(path.join(packageRoot(), 'package.json'), 'utf8'));
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest)
    return String(manifest.version);
  throw new Error(`${path.join(packageRoot(), 'package.json')} has no version`);
}
