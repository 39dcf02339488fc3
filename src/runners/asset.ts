import { fileURLToPath } from 'node:url';

/** The place of a file of `assets/`: plain files that other processes load, copied beside the bundle by the build. */
export function assetPath(
  name:
    | 'isolate-child.cjs'
    | 'isolate-prelude.js'
    | 'landlock_launch.py'
    | 'node-guard.cjs'
    | 'node-reporter.mjs'
    | 'node-wait.cjs'
    | 'python-wait/sitecustomize.py'
    | 'python_guard.py'
    | 'python_tests.py'
    | 'sandbox-probe.cjs',
): string {
  return fileURLToPath(new URL(`./assets/${name}`, import.meta.url));
}
