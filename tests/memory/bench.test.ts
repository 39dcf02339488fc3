import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { full } from '../support/full.ts';

const root = path.resolve(import.meta.dirname, '..', '..');
const found = path.resolve(root, '..', 'shared', 'corpora', 'retrieval');
/** The set of diagnoses takes longer than the others together. */
const chosen = full ? /^(?:b1|b2|d1|e1)_/ : /^(?:b1|b2|d1)_/;
/** Absent where the corpora are not at hand. */
const sets = existsSync(found) ? found : undefined;

it.skipIf(sets === undefined)(
  'recall is better than plain BM25 on real failures, and silent where nothing fits',
  { timeout: 300_000 },
  async () => {
    if (sets === undefined) return;
    const folder = await mkdtemp(path.join(tmpdir(), 'kintsugi-retrieval-'));
    try {
      for (const file of await readdir(sets))
        if (chosen.test(file)) await symlink(path.join(sets, file), path.join(folder, file));
      const out = path.join(folder, 'out.json');
      await promisify(execFile)(process.execPath, [
        path.join(root, '.ci', 'bench-recall.mjs'),
        folder,
        '--json',
        out,
      ]);
      const { sets: measured, abstain } = JSON.parse(await readFile(out, 'utf8'));
      const first = (name: string) => [measured[name].ours[0], measured[name].bm25[0]];
      const [same = 0, samePlain = 1] = first('b1_same_problem_py');
      expect(same).toBeGreaterThanOrEqual(samePlain);
      const [kind = 0, kindPlain = 1] = first('b2_same_kind_py');
      expect(kind).toBeGreaterThanOrEqual(kindPlain + 0.04);
      if (full) expect(measured.e1_diagnosis_to_lesson.ours[3]).toBeGreaterThanOrEqual(0.6);
      expect(abstain.wrong).toBeLessThanOrEqual(0.05);
      expect(abstain.right).toBeGreaterThanOrEqual(0.9);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);
