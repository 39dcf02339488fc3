import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import stringWidth from 'string-width';
import { expect, it } from 'vitest';
import { packageRoot } from '../src/package-root.ts';

/** What the build makes of string-width, against string-width. */

const at = (...parts: string[]) => path.join(packageRoot(), ...parts);

it('the build measures every character, alone and with what changes it, as string-width does', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kintsugi-widths-'));
  try {
    const { lateWidths } = (await import(pathToFileURL(at('.ci', 'build.mjs')).href)) as {
      lateWidths: Plugin;
    };
    const outfile = path.join(folder, 'width.mjs');
    await build({
      ...{ entryPoints: [at('node_modules', 'string-width', 'index.js')], outfile, plugins: [lateWidths] },
      ...{ bundle: true, format: 'esm', platform: 'node', target: 'node20.19', logLevel: 'silent' },
    });
    const { default: built } = (await import(pathToFileURL(outfile).href)) as {
      default: (text: string) => number;
    };
    const wrong: string[] = [];
    const compare = (text: string) => {
      if (built(text) !== stringWidth(text)) wrong.push(JSON.stringify(text));
    };
    for (let code = 0; code < 0x2800; code += 1) {
      compare(String.fromCodePoint(code));
      if (code < 0x300 || code > 0x2000) compare(`${String.fromCodePoint(code)}\ufe0f`);
    }
    for (let code = 0x1f000; code < 0x1fb00; code += 1) compare(String.fromCodePoint(code));
    for (const text of [
      '1️⃣',
      '👩‍👩‍👧‍👦',
      '🇩🇪',
      '❤️‍🔥',
      '한글',
      'e\u0301',
      '·',
      'a │ b',
      '✓ 日本',
      '\u001b[1mé\u001b[0m',
      '',
    ])
      compare(text);
    expect(wrong).toEqual([]);
    expect([built('✓ ─ ·'), built('日本'), built('👩‍👩‍👧‍👦')]).toEqual([5, 4, 2]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
