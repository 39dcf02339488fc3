import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Language, Program } from '../../src/core/domain.ts';
import { makeScanner } from '../../src/scanner/scan.ts';

const corpora = fileURLToPath(new URL('../../../shared/corpora/', import.meta.url));

const sets: [name: string, language: Language, entry: string][] = [
  ['humanevalpack_js', 'javascript', 'solution.js'],
  ['humanevalpack_py', 'python', 'solution.py'],
  ['mbpp_py', 'python', 'solution.py'],
  ['mbxp_js', 'javascript', 'solution.js'],
  ['mbxp_ts', 'typescript', 'solution.ts'],
];

interface Row {
  id: string;
  fixed: string;
  buggy: string;
  exports?: string[];
}

function rowsOf(name: string): Row[] {
  const text = gunzipSync(readFileSync(`${corpora}${name}.jsonl.gz`)).toString('utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);
}

/** Programs that people wrote to solve a task, none of which is dangerous. They live beside the project, where they are there at all. */
describe.each(sets)('the corpus %s', { timeout: 300_000 }, (name, language, entry) => {
  const present = existsSync(`${corpora}${name}.jsonl.gz`);
  const title = present ? '' : ' (skipped: the corpora are not beside this checkout)';

  it.skipIf(!present)(`raises no false alarm on working programs${title}`, async () => {
    const scan = await makeScanner();
    const alarms = rowsOf(name).flatMap(({ id, fixed, exports = [] }) => {
      const suffix =
        language === 'javascript'
          ? `\nmodule.exports = { ${exports.join(', ')} };\n`
          : language === 'typescript'
            ? `\nexport { ${exports.join(', ')} };\n`
            : '';
      const program: Program = { language, entry, files: [{ path: entry, content: fixed + suffix }] };
      const report = scan(program);
      return report.decision === 'allow' ? [] : [{ id, findings: report.findings }];
    });
    expect(alarms).toEqual([]);
  });

  if (language !== 'python') {
    it.skipIf(!present)(
      `finds that working scripts of it need nothing but now and then a package${title}`,
      async () => {
        const scan = await makeScanner();
        const needy = rowsOf(name).flatMap(({ id, fixed, exports = [] }) => {
          const suffix =
            language === 'javascript'
              ? `\nmodule.exports = { ${exports.join(', ')} };\n`
              : `\nexport { ${exports.join(', ')} };\n`;
          const report = scan({ language, entry, files: [{ path: entry, content: fixed + suffix }] });
          return report.capabilities.every((capability) => capability === 'import.unknown')
            ? []
            : [{ id, needs: report.capabilities, findings: report.findings.map(({ message }) => message) }];
        });
        expect(needy).toEqual([]);
      },
    );
  }

  it.skipIf(!present)(`reads the broken programs too, and none of them stops it${title}`, async () => {
    const scan = await makeScanner();
    for (const { buggy } of rowsOf(name))
      expect(['allow', 'ask']).toContain(
        scan({ language, entry, files: [{ path: entry, content: buggy }] }).decision,
      );
  });
});
