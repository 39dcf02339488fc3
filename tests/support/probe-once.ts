import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chooseSandbox } from '../../src/runners/sandbox/choose.ts';

/** The machine is probed once for all tests that start the program itself; those that are about probing make their own folders. */

const folder = mkdtempSync(path.join(tmpdir(), 'kintsugi-probes-'));

export async function setup(): Promise<void> {
  await chooseSandbox({ minLevel: 'L0', wanted: 'auto', cacheDirectory: folder });
  process.env.KINTSUGI_TEST_PROBES = path.join(folder, 'sandbox-probes.json');
}

export function teardown(): void {
  rmSync(folder, { recursive: true, force: true });
}
