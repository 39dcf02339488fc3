import { fork } from 'node:child_process';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { writeTinyModel } from '../memory/embedders/tiny-model.ts';
import { temporaryFolder } from '../memory/samples.ts';

it('the bundle carries the process of a model, and it embeds', { timeout: 120_000 }, async () => {
  const directory = temporaryFolder();
  writeTinyModel(directory);
  const program = path.resolve(
    import.meta.dirname,
    '../../dist/memory/embedders/assets/transformers-child.js',
  );
  const job = { model: 'tests/tiny', directory, quantized: true, remoteHost: null };
  const child = fork(program, [JSON.stringify(job)], { serialization: 'advanced', execArgv: [], env: {} });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const heard = new Promise<unknown>((resolve, reject) => {
    child.on('exit', (code) => reject(new Error(`it ended with ${code}`)));
    child.on('message', (message: { kind: string }) => {
      if (message.kind !== 'loaded') resolve(message);
    });
  });
  child.send({ number: 7, texts: ['list', 'tide'] });
  expect(await heard).toMatchObject({ kind: 'vectors', number: 7, dimensions: 32, vectors: { length: 64 } });
});
