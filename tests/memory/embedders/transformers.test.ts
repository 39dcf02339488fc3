import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { installModel } from '../../../src/memory/embedders/install.ts';
import { findModel } from '../../../src/memory/embedders/model-files.ts';
import { chooseEmbedder, transformersEmbedder } from '../../../src/memory/embedders/transformers.ts';
import { hashedWords, lessonOf } from '../plain.ts';
import { add, openIn, temporaryFolder } from '../samples.ts';
import { tinyModelFiles, writeTinyModel } from './tiny-model.ts';

const dot = (one: Float32Array | undefined, other: Float32Array | undefined) =>
  [...(one ?? [])].reduce((sum, value, at) => sum + value * (other?.[at] ?? 0), 0);

function tinyEmbedder(directory: string, model = 'tests/tiny') {
  const made = transformersEmbedder({ model, directory });
  if (made.kind === 'missing') throw new Error(made.why);
  onTestFinished(() => made.embedder.close());
  return made.embedder;
}

describe('a model on disk', { timeout: 120_000 }, () => {
  it('embeds texts in a process: length 1, the same each time, nearer when words are shared', async () => {
    const directory = temporaryFolder();
    writeTinyModel(directory);
    const embedder = tinyEmbedder(directory);
    expect(embedder).toMatchObject({
      dimensions: 32,
      id: expect.stringMatching(/^transformers:tests\/tiny:quantized:/),
    });
    const texts = [
      'the last element of the list',
      'the list slice: last element missing',
      'tide table file',
      '',
    ];
    const vectors = await embedder.embed(texts);
    expect(vectors).toHaveLength(4);
    for (const vector of vectors) expect(dot(vector, vector)).toBeCloseTo(1, 4);
    expect(dot(vectors[0], vectors[1])).toBeGreaterThan(dot(vectors[0], vectors[2]) + 0.1);
    const many = await embedder.embed(Array.from({ length: 70 }, (_, at) => `list number ${at}`));
    expect(many).toHaveLength(70);
    expect((await tinyEmbedder(directory).embed(texts.slice(0, 1)))[0]).toEqual(
      (await embedder.embed(texts.slice(0, 1)))[0],
    );
    await embedder.close();
    expect(await embedder.embed(['again'])).toHaveLength(1);
  });

  it('makes the vectors of a memory, which are kept', async () => {
    const directory = temporaryFolder();
    writeTinyModel(directory);
    const folder = temporaryFolder();
    const memory = openIn(folder, { embedder: tinyEmbedder(directory) });
    await add(
      memory,
      lessonOf('slice', { key: 'the slice leaves the last element out' }),
      lessonOf('tide', { key: 'a tide table is a file' }),
    );
    // The first search may answer before the model is loaded.
    await memory.flush();
    const search = (one: typeof memory) => one.candidates.vector('key', 'last element missing', 1);
    expect(await search(memory)).toMatchObject([{ id: 'slice' }]);
    const later = openIn(folder, { embedder: tinyEmbedder(directory) });
    expect(await search(later)).toEqual(await search(memory));
    expect(await openIn(folder).candidates.vector('key', 'last element missing', 2)).toHaveLength(2);
  });

  it('is told from another by its files', () => {
    const directory = temporaryFolder();
    writeTinyModel(directory);
    writeTinyModel(directory, 'tests/other');
    writeFileSync(path.join(directory, 'tests/other/tokenizer_config.json'), '{"model_max_length":64}');
    const [one, other] = ['tests/tiny', 'tests/other'].map((name) => findModel(directory, name));
    expect(
      one?.kind === 'found' && other?.kind === 'found' && one.id.slice(-12) !== other.id.slice(-12),
    ).toBe(true);
  });

  it.each([
    ['there is none', 'org/none', (_: string) => {}, /is not in .*memory embedder install/],
    [
      'its weights are gone',
      'tests/tiny',
      (folder: string) => rmSync(path.join(folder, 'onnx'), { recursive: true }),
      /has no onnx/,
    ],
    [
      'its tokeniser is gone',
      'tests/tiny',
      (folder: string) => rmSync(path.join(folder, 'tokenizer.json')),
      /has no tokenizer\.json/,
    ],
    [
      'its config is no JSON',
      'tests/tiny',
      (folder: string) => writeFileSync(path.join(folder, 'config.json'), '{'),
      /cannot be read/,
    ],
    ['its name leads elsewhere', '../tests/tiny', (_: string) => {}, /is no name of a model/],
  ])('gives way to the one that needs nothing, with one line, when %s', (_name, model, harm, line) => {
    const directory = temporaryFolder();
    writeTinyModel(directory);
    harm(path.join(directory, 'tests/tiny'));
    const chosen = chooseEmbedder({ model, directory }, hashedWords);
    expect(chosen.embedder).toBe(hashedWords);
    expect(chosen.problem).toMatch(line);
    expect(chosen.problem).not.toContain('\n');
  });

  it('that is damaged is an error of the first text, and a memory still finds by words', async () => {
    const directory = temporaryFolder();
    writeTinyModel(directory);
    writeFileSync(path.join(directory, 'tests/tiny/onnx/model_quantized.onnx'), 'no graph');
    const embedder = tinyEmbedder(directory);
    await expect(embedder.embed(['x'])).rejects.toThrow(/the embedder tests\/tiny cannot be used/);
    const memory = openIn(temporaryFolder(), { embedder });
    await add(memory, lessonOf('a'));
    await memory.flush();
    expect(await memory.candidates.vector('key', 'slice', 1)).toEqual([]);
    expect(memory.candidates.lexical('key', 'slice', 1)).toHaveLength(1);
    expect(memory.problems()).toEqual([expect.stringContaining('tests/tiny cannot be used')]);
  });
});

describe('the installation of a model', { timeout: 120_000 }, () => {
  async function hub(answer: (file: string) => Buffer | 'nothing' | undefined) {
    const server = createServer((request, response) => {
      const file = decodeURIComponent(request.url ?? '').replace('/tests/tiny/resolve/main/', '');
      const content = answer(file);
      if (content === 'nothing') return;
      response.writeHead(content ? 200 : 404, content ? { 'content-length': content.length } : {});
      response.end(content);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }
  const install = (
    remoteHost: string,
    directory: string,
    more: { idleMs?: number; signal?: AbortSignal } = {},
  ) => {
    const seen: string[] = [];
    const progress = (file: string) => seen.push(file);
    const signal = new AbortController().signal;
    const done = installModel({ model: 'tests/tiny', directory, remoteHost, progress, signal, ...more });
    return { seen, done };
  };

  it('downloads it whole, says how far it is, and leaves it ready', async () => {
    const directory = temporaryFolder();
    const files = tinyModelFiles();
    const { seen, done } = install(await hub((file) => files[file]), directory);
    expect(await done).toMatchObject({ kind: 'installed' });
    expect([...new Set(seen)].sort()).toEqual(Object.keys(files).sort());
    expect(await tinyEmbedder(directory).embed(['list'])).toHaveLength(1);
    expect(readdirSync(directory)).toEqual(['tests']);
  });

  it.each([
    ['does not have it', async () => await hub(() => undefined), /cannot get the model tests\/tiny/],
    [
      'has a broken one',
      async () => await hub((file) => (file.endsWith('.onnx') ? Buffer.from('x') : tinyModelFiles()[file])),
      /cannot get the model tests\/tiny/,
    ],
    ['is not there', async () => 'http://127.0.0.1:9/', /cannot get the model tests\/tiny/],
    ['stalls', async () => await hub(() => 'nothing'), /nothing came for/],
  ])('fails without a trace when the hub %s', async (_name, host, why) => {
    const directory = temporaryFolder();
    const { done } = install(await host(), directory, { idleMs: 8_000 });
    expect(await done).toMatchObject({ kind: 'failed', why: expect.stringMatching(why) });
    expect(readdirSync(directory)).toEqual([]);
  });

  it('stops when it is told to', async () => {
    const directory = temporaryFolder();
    const abort = new AbortController();
    const host = await hub(() => {
      abort.abort(new Error('enough'));
      return 'nothing';
    });
    await expect(install(host, directory, { signal: abort.signal }).done).rejects.toThrow('enough');
    expect(readdirSync(directory)).toEqual([]);
  });
});
