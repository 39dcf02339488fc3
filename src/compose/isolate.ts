import type { IsolateAvailability } from '../runners/isolate-process.ts';
import type { Sandbox } from '../runners/sandbox/sandbox.ts';

/** Which isolate pure JavaScript runs in under `sandbox` (limits alone when absent), tried in a process. */
export async function isolateEngine(sandbox?: Sandbox): Promise<IsolateAvailability> {
  const { isolateAvailable } = await import('../runners/isolate-process.ts');
  return await isolateAvailable(sandbox);
}
