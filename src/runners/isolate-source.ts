import { compileFunction } from 'node:vm';
import type { RunJob } from '../core/seams.ts';
import { compile } from './compile.ts';
import type { IsolateEngine, IsolateJob } from './isolate-process.ts';

export type IsolateSource = { kind: 'ready'; job: IsolateJob } | { kind: 'failed'; stderr: string };

/** Makes one script of a job's files. `folder` is where the program believes to be. */
export async function isolateSource(
  job: RunJob,
  folder: string,
  engine: IsolateEngine,
): Promise<IsolateSource> {
  const entry = job.action.kind === 'entry' ? job.action.entry : '';
  const plain = engine === 'isolated-vm' ? plainScript(job, entry) : null;
  if (plain !== null)
    return { kind: 'ready', job: { code: plain, path: entry, modular: false, plain: true } };
  const compiled = await compile({ folder, files: job.files, entry, target: 'isolate' });
  if (compiled.kind === 'failed') return compiled;
  const { content, path } = compiled.file;
  const script = compiled.format === 'esm' ? withoutExports(content) : content;
  const code = engine === 'quickjs' ? await withoutAsync(script) : script;
  return { kind: 'ready', job: { code, path, modular: compiled.modular } };
}

/** Words that only a bundle can make sense of in a world without modules. */
const moduleWords = /\b(?:import|export|require|module|exports|__dirname|__filename)\b|^#!/;

/** A script that runs as it stands, which saves the bundler; null for any other, one that does not parse included. */
function plainScript({ files, language }: RunJob, entry: string): string | null {
  const content = files.find((file) => file.path === entry)?.content;
  if (language !== 'javascript' || content === undefined || !/\.c?js$/.test(entry)) return null;
  if (moduleWords.test(content)) return null;
  try {
    compileFunction(content, ['require', 'module', 'exports']);
    return content;
  } catch {
    return null;
  }
}

/**
 * Async functions as generators over `Promise`: QuickJS tells nobody of a rejection that nobody looks after, our own `Promise` does. What has a
 * top-level await stays as it is; that one is looked after.
 */
async function withoutAsync(code: string): Promise<string> {
  const { transform } = await import('esbuild');
  const supported = { 'async-await': false, 'async-generator': false, 'for-await': false };
  try {
    const options = {
      target: 'esnext',
      supported,
      sourcemap: 'inline',
      keepNames: true,
      charset: 'utf8',
    } as const;
    return (await transform(code, { ...options, logLevel: 'silent', sourcefile: '' })).code;
  } catch {
    return code;
  }
}

/** The last statement of a bundle in module format names what the entry exports; a script has no place for it. */
function withoutExports(code: string): string {
  return code.replace(/\nexport \{[^}]*\};(?=\s*\n\/\/# sourceMappingURL=[^\n]*\s*$)/, '');
}
