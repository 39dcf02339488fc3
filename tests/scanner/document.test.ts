import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { capabilities, type Language } from '../../src/core/domain.ts';
import { capabilityMeanings, describedRules, everyRule } from '../../src/scanner/catalogue.ts';
import { defaultPolicy } from '../../src/scanner/policy.ts';

const document = new URL('../../docs/scanner-rules.md', import.meta.url);
const names: Record<Language, string> = {
  javascript: 'JavaScript, TypeScript',
  typescript: '',
  python: 'Python',
  shell: 'shell',
};

function code(text: string): string {
  const line = text.replaceAll('\n', ' ⏎ ').replaceAll('|', '\\|');
  const fence = line.includes('`') ? '``' : '`';
  return `${fence}${line}${fence}`;
}

function rulesOf(language: Language): string[] {
  const own = everyRule().filter((rule) => rule.languages.includes(language));
  return [
    `## ${names[language]}`,
    '',
    '| rule | what it is about | CWE | reported | fine |',
    '|---|---|---|---|---|',
    ...own.map(
      ({ name, about, cwe, bad, good }) =>
        `| ${name} | ${about} | ${cwe ?? '–'} | ${code(bad[0] ?? '')} | ${code(good[0] ?? '')} |`,
    ),
    '',
  ];
}

function table(): string {
  const own = describedRules().filter(({ name }) => !everyRule().some((rule) => rule.name === name));
  const beside = own.filter(({ name }) => !(capabilities as readonly string[]).includes(name));
  return [
    '# What the scanner looks for',
    '',
    'Made from the rules by `UPDATE_DOCS=1 npx vitest run --config .ci/vitest.config.ts tests/scanner/document.test.ts`; the test compares.',
    '',
    'A finding names a **capability**, something that a program needs from the world and that the policy allows, asks about or denies; or a',
    '**rule**, where what the program does is dangerous whatever the policy grants. `kintsugi scan FILE…` shows both. The scanner reads; the',
    'sandbox confines. What the scanner misses is confined all the same.',
    '',
    '## Capabilities',
    '',
    '| capability | a program that needs it | by default |',
    '|---|---|---|',
    ...capabilities.map((name) => `| \`${name}\` | ${capabilityMeanings[name]} | ${defaultPolicy[name]} |`),
    '',
    ...(['javascript', 'python', 'shell'] as const).flatMap(rulesOf),
    '## For every language',
    '',
    '| rule | what it is about | CWE |',
    '|---|---|---|',
    ...beside.map(({ name, about, cwe }) => `| ${name} | ${about} | ${cwe ?? '–'} |`),
    '',
  ].join('\n');
}

it('docs/scanner-rules.md says what the rules say', () => {
  if (process.env.UPDATE_DOCS === '1') writeFileSync(document, table());
  expect(
    readFileSync(document, 'utf8'),
    'docs/scanner-rules.md is not what the rules say: UPDATE_DOCS=1',
  ).toBe(table());
});
