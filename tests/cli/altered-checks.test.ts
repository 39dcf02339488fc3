import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { alteredText, userChecks } from '../../src/cli/user-checks.ts';
import { makeRedactor } from '../../src/journal/redact.ts';

const token = `ghp_${'abcdefghijklmnopqrstuvwxyz0123456789'}`;
const redactor = makeRedactor({ env: {}, dotenv: {}, salt: 'salt' });

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(path.join(tmpdir(), 'kintsugi-altered-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

function saidOf(tests: Record<string, string>, commands: string[]): string | null {
  for (const [name, content] of Object.entries(tests)) writeFileSync(path.join(cwd, name), content);
  const given = userChecks({ tests: Object.keys(tests), commands, cwd }, (text) => text);
  return alteredText(given, redactor.value(given));
}

describe('checks that secrets are taken out of', () => {
  it('are named, and no secret with them', () => {
    const said = saidOf({ 'a.test.js': `token('${token}')`, 'b.test.js': 'ok()' }, [`echo ${token}`, 'true']);
    expect(said).toContain('a.test.js');
    expect(said).toMatch(/--check 'echo <secret:/);
    expect(said).not.toContain('b.test.js');
    expect(said).not.toContain("'true'");
    expect(said).not.toContain(token);
  });

  it('are not spoken of when they run as they were written', () => {
    expect(saidOf({ 'b.test.js': 'ok()' }, ['true'])).toBeNull();
    expect(alteredText(null, null)).toBeNull();
  });
});
