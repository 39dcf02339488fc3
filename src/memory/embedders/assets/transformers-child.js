// The process that holds a model: it loads transformers.js once, then answers each list of texts with one vector a text.
import { env, pipeline } from '@xenova/transformers';

const { model, directory, quantized, remoteHost } = JSON.parse(process.argv[2] ?? '{}');
env.allowRemoteModels = remoteHost !== null;
if (remoteHost !== null) env.remoteHost = remoteHost;
env.localModelPath = directory;
// What is downloaded lands where local models are looked for.
env.cacheDir = directory;
env.useBrowserCache = false;

const tell = (message) => {
  if (process.connected) process.send(message);
};
const reason = (error) => (error instanceof Error ? error.message : String(error));
const loading = pipeline('feature-extraction', model, {
  quantized,
  progress_callback: ({ status, file, loaded, total }) => {
    if (status === 'progress' && remoteHost !== null) tell({ kind: 'progress', file, loaded, total });
  },
});
loading.then(
  () => tell({ kind: 'loaded' }),
  (error) => tell({ kind: 'unloadable', why: reason(error) }),
);

process.on('disconnect', () => process.exit());
process.on('message', async ({ number, texts }) => {
  try {
    const extract = await loading;
    const { data, dims } = await extract(texts, { pooling: 'mean', normalize: true });
    tell({ kind: 'vectors', number, vectors: Float32Array.from(data), dimensions: dims[1] });
  } catch (error) {
    tell({ kind: 'failed', number, why: reason(error) });
  }
});
