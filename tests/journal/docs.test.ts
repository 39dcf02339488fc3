import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { endings } from '../../src/core/domain.ts';
import { eventSchemas } from '../../src/journal/schema.ts';
import { temporaryFolder, written } from './places.ts';
import { sampleSession, samples } from './samples.ts';

const root = join(import.meta.dirname, '..', '..');
const text = readFileSync(join(root, 'docs', 'journal.md'), 'utf8');
const hasJq = spawnSync('jq', ['--version']).status === 0;

/** The text under each `### \`type\`` heading. */
const sections = new Map(
  [...text.matchAll(/^### `([^`]+)`\n([\s\S]*?)(?=^#|(?![\s\S]))/gm)].map((match) => [
    match[1] ?? '',
    match[2] ?? '',
  ]),
);

function jqLinesOf(part: string): string[] {
  return [...part.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => (match[1] ?? '').trim());
}

/** Names of all fields of plain data, at any depth. */
function fieldsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(fieldsOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => [name, ...fieldsOf(item)]);
}

/** The types as core/events.ts spells them. */
function typesOfCore(): string[] {
  const source = readFileSync(join(root, 'src', 'core', 'events.ts'), 'utf8');
  return [...source.matchAll(/type: '([a-z]+\.[a-z]+)'/g)].map((match) => match[1] ?? '');
}

describe('docs/journal.md', { timeout: 30_000 }, () => {
  it('documents every event type of the core, and no other', () => {
    expect(typesOfCore().length).toBeGreaterThan(20);
    expect([...sections.keys()].sort()).toEqual(typesOfCore().sort());
  });

  it.each(Object.entries(eventSchemas))('documents every field of %s, and no other', (type, schema) => {
    const documented = [...(sections.get(type) ?? '').matchAll(/^\| `(\w+)` \| \S/gm)].map(
      (match) => match[1],
    );
    const fields = Object.keys(schema.shape).filter((field) => !['type', 'seq', 'at'].includes(field));
    expect(documented.sort()).toEqual(fields.sort());
  });

  it('names every field inside of those, and every ending', () => {
    const { schema: _, ...request } = samples['model.asked'].request;
    const { data: __, ...reply } = samples['model.replied'].reply;
    const bodies = [
      ...sampleSession.filter((body) => !['model.asked', 'model.replied'].includes(body.type)),
      request,
      reply,
    ];
    const missing = [...fieldsOf(bodies), ...endings].filter((name) => !text.includes(`\`${name}\``));
    const loose = missing.filter((name) => !new RegExp(`\`\\{[^\`]*\\b${name}\\b[^\`]*\\}\``).test(text));
    expect(loose).toEqual([]);
  });

  it('links only to its own headings', () => {
    const headings = [...text.matchAll(/^#+ (.+)$/gm)].map((match) => match[1]);
    for (const [, target] of text.matchAll(/\]\(#([^)]+)\)/g)) expect(headings).toContain(target);
  });

  it('has one jq line for each event, and one for the whole', () => {
    for (const [type, part] of sections) {
      expect(jqLinesOf(part), type).toHaveLength(1);
      expect(part, type).toContain(`.type == "${type}"`);
    }
    expect(jqLinesOf(text)).toHaveLength(sections.size + 1);
  });

  it.skipIf(!hasJq)('has jq lines that work, each on a journal with every event (needs jq)', () => {
    const journal = written(temporaryFolder(), sampleSession);
    for (const line of jqLinesOf(text)) {
      const output = execFileSync('sh', ['-c', line], {
        env: { ...process.env, JOURNAL: journal },
        encoding: 'utf8',
      });
      expect(output.trim(), line).not.toBe('');
      expect(output, line).not.toMatch(/null: |^null$/);
    }
  });
});
