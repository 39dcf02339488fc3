import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SourceFile } from '../../../src/core/domain.ts';
import { drain } from '../../../src/core/stream.ts';
import { type Choice, chooseSandbox } from '../../../src/runners/sandbox/choose.ts';
import { type CheckRunner, subprocessRunner } from '../../../src/runners/subprocess.ts';
import { full } from '../../support/full.ts';
import { entryJob, filesOf, never } from '../support.ts';

/** Working programs with their tests do inside level L2 what they do as plain processes. KINTSUGI_FULL=1 takes all of them, else five a corpus. */
const corpora = fileURLToPath(new URL('../../../../shared/corpora/', import.meta.url));
const most = full ? Number.POSITIVE_INFINITY : 5;

const sets: [name: string, language: 'python' | 'javascript'][] = [
  ['humaneval_py', 'python'],
  ['humanevalpack_py', 'python'],
  ['mbpp_py', 'python'],
  ['humanevalpack_js', 'javascript'],
  ['mbxp_js', 'javascript'],
];

interface Row {
  id: string;
  fixed: string;
  test_code: string;
  exports?: string[];
}

interface Seen {
  status: string;
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

let folder: string;
let chosen: Choice;
let inside: CheckRunner;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'kintsugi-transparency-'));
  chosen = await chooseSandbox({ minLevel: 'L2', wanted: 'L2', cacheDirectory: path.join(folder, 'cache') });
  if (chosen.kind === 'chosen') inside = subprocessRunner(chosen.sandbox);
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Evenly spread over the corpus, the same ones in every run. */
function rowsOf(name: string): Row[] {
  const lines = gunzipSync(readFileSync(`${corpora}${name}.jsonl.gz`))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
  const stride = Math.max(1, Math.ceil(lines.length / most));
  return lines.filter((_, index) => index % stride === 0).map((line) => JSON.parse(line) as Row);
}

/** The test first, because that is what is run. */
function programOf({ fixed, test_code, exports = [] }: Row, language: 'python' | 'javascript'): SourceFile[] {
  return language === 'python'
    ? filesOf({ 'test_solution.py': test_code, 'solution.py': fixed })
    : filesOf({
        'solution.test.js': test_code,
        'solution.js': `${fixed}\nmodule.exports = { ${exports.join(', ')} };\n`,
      });
}

async function plainly(files: SourceFile[], language: 'python' | 'javascript'): Promise<Seen> {
  const place = await mkdtemp(path.join(folder, 'plain-'));
  for (const file of files) {
    await mkdir(path.dirname(path.join(place, file.path)), { recursive: true });
    await writeFile(path.join(place, file.path), file.content);
  }
  const command = language === 'python' ? 'python3' : process.execPath;
  const child = spawn(command, [files[0]?.path ?? ''], { cwd: place, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const exitCode = await new Promise<number | null>((resolve, reject) =>
    child.once('error', reject).once('close', resolve),
  );
  return seen(exitCode === null ? 'crashed' : 'exited', exitCode, stdout, stderr, place);
}

async function confined(files: SourceFile[], language: 'python' | 'javascript'): Promise<Seen> {
  const result = await drain(inside.run(entryJob(language, files), never()));
  expect(result.sandbox.level, result.stderr).toBe('L2');
  const exitCode = result.status === 'exited' ? result.exitCode : null;
  return seen(result.status, exitCode, result.stdout, result.stderr, '/workspace');
}

function seen(status: string, exitCode: number | null, stdout: string, stderr: string, place: string): Seen {
  const without = (text: string) => text.replaceAll(`${place}/`, '').replace(/\b\d+(\.\d+)?\s?ms\b/g, '# ms');
  return { status, exitCode, stdout: without(stdout), stderr: without(stderr) };
}

describe.each(sets)('the working programs of %s', (name, language) => {
  it('give the same result inside L2 as outside', { timeout: 1_800_000 }, async (context) => {
    if (!existsSync(`${corpora}${name}.jsonl.gz`)) context.skip('the corpora are not beside this checkout');
    if (chosen.kind === 'unavailable') context.skip(`there is no L2 here: ${chosen.why}`);
    const rows = rowsOf(name);
    expect(rows.length).toBeGreaterThanOrEqual(5);
    for (const row of rows) {
      const files = programOf(row, language);
      const [outside, within] = await Promise.all([plainly(files, language), confined(files, language)]);
      expect(within, row.id).toEqual(outside);
      expect(within, row.id).toMatchObject({ status: 'exited', exitCode: 0 });
    }
  });
});
