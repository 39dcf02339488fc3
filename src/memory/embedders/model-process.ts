import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';

/**
 * The process of a model, seen from outside. A thread would do to keep the event loop free, but onnxruntime-node 1.14 can be loaded only
 * once in a process, so a second model or a second start would fail; and a crash of native code ends only the child.
 */

const messageSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('loaded') }),
  z.object({ kind: z.literal('unloadable'), why: z.string() }),
  z.object({
    kind: z.literal('progress'),
    file: z.string(),
    loaded: z.number(),
    total: z.number().catch(0),
  }),
  z.object({
    kind: z.literal('vectors'),
    number: z.number(),
    vectors: z.instanceof(Float32Array),
    dimensions: z.number(),
  }),
  z.object({ kind: z.literal('failed'), number: z.number(), why: z.string() }),
]);
export type ModelMessage = z.infer<typeof messageSchema>;

export interface ModelJob {
  model: string;
  /** Where local models are, and where a download lands. */
  directory: string;
  quantized: boolean;
  /** Null: nothing is ever asked of the network. */
  remoteHost: string | null;
}

export interface ModelProcess {
  ask(number: number, texts: readonly string[]): void;
  /** Whether this process stays alive for the other's sake. */
  hold(alive: boolean): void;
  end(): Promise<void>;
}

/** Of our environment the child gets what a download needs and nothing else. */
function environment(job: ModelJob): NodeJS.ProcessEnv {
  const certificates = process.env.NODE_EXTRA_CA_CERTS;
  return job.remoteHost !== null && certificates ? { NODE_EXTRA_CA_CERTS: certificates } : {};
}

/** Starts the process; `heard` gets what it says, `gone` why it ended. What the library prints goes nowhere. */
export function startModel(
  job: ModelJob,
  heard: (message: ModelMessage) => void,
  gone: (why: string) => void,
): ModelProcess {
  const file = fileURLToPath(new URL('./assets/transformers-child.js', import.meta.url));
  const child = fork(file, [JSON.stringify(job)], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    execArgv: [],
    env: environment(job),
  });
  const closed = once(child, 'exit').catch(() => {});
  child.on('message', (message: unknown) => {
    const parsed = messageSchema.safeParse(message);
    if (parsed.success) heard(parsed.data);
  });
  child.on('error', (error) => gone(error.message));
  child.on('exit', (code, signal) => gone(`its process ended with ${signal ?? `code ${code}`}`));
  const hold = (alive: boolean) => {
    if (alive) {
      child.ref();
      child.channel?.ref();
    } else {
      child.unref();
      child.channel?.unref();
    }
  };
  hold(false);
  return {
    ask(number, texts) {
      // A child that is gone says so by itself.
      if (child.connected) child.send({ number, texts }, () => {});
    },
    hold,
    async end() {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
      child.ref();
      child.kill('SIGKILL');
      await closed;
    },
  };
}
