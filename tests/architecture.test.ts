import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseSync } from 'oxc-parser';
import { expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');

const adapters = ['models', 'scanner', 'runners', 'memory', 'journal'];
const surfaces = ['cli', 'tui', 'server'];

/** What each layer may import beside itself. `house` is config, prompts and the like at the top of src/. */
const mayImport: Record<string, readonly string[]> = {
  main: ['core', 'house', 'compose', ...surfaces],
  ...Object.fromEntries(surfaces.map((surface) => [surface, ['core', 'house', 'compose', 'journal']])),
  compose: ['core', 'house', ...adapters],
  house: ['core'],
  ...Object.fromEntries(adapters.map((adapter) => [adapter, ['core']])),
  core: [],
};

/** The layer of a path under src/, by its first name: `cli/run.ts` → cli, `compose/model.ts` and `compose.ts` → compose. */
function layerOf(file: string): string {
  const first = (file.split('/')[0] ?? '').replace(/\.tsx?$/, '');
  return first in mayImport ? first : 'house';
}

interface Node {
  type: string;
  [field: string]: unknown;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function* nodesOf(value: unknown): Generator<Node> {
  if (Array.isArray(value)) {
    for (const item of value) yield* nodesOf(item);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  if (isNode(value)) yield value;
  for (const field of Object.values(value)) if (typeof field === 'object') yield* nodesOf(field);
}

function nameOf(node: unknown): string {
  if (!isNode(node)) return '';
  if (node.type === 'Identifier') return String(node.name);
  if (node.type === 'MemberExpression') return `${nameOf(node.object)}.${nameOf(node.property)}`;
  return '';
}

function importFault(file: string, specifier: string): string | null {
  const layer = layerOf(file);
  if (!specifier.startsWith('.')) {
    return layer === 'core' && specifier !== 'zod' ? `core imports ${specifier}` : null;
  }
  if (!/\.tsx?$/.test(specifier)) return `imports ${specifier} without .ts`;
  const target = path.posix.join(path.posix.dirname(file), specifier);
  if (target.startsWith('..')) return `imports ${target}, outside of src`;
  const other = layerOf(target);
  if (other === layer || mayImport[layer]?.includes(other)) return null;
  return `${layer} imports ${other} (${target})`;
}

/** What a module breaks of the rules of docs and design; `file` is its path under src/, with `/`. */
function faultsOf(file: string, source: string): string[] {
  const faults: string[] = [];
  const lines = source.split('\n').length - (source.endsWith('\n') ? 1 : 0);
  if (lines > 300) faults.push(`has ${lines} lines`);
  if (/(^|\/)index\.tsx?$/.test(file)) faults.push('is an index');
  if (/(manager|service|handler|helper|util)s?\.tsx?$/i.test(file))
    faults.push('has a name that says nothing');
  if (!/\.tsx?$/.test(file)) return faults.map((fault) => `${file} ${fault}`);

  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) faults.push('does not parse');
  for (const statement of program.body) {
    if (statement.type === 'VariableDeclaration' && statement.kind !== 'const')
      faults.push('has module state');
    if (statement.type === 'ExpressionStatement' && file !== 'main.ts') faults.push('does work at import');
  }
  const layer = layerOf(file);
  for (const node of nodesOf(program)) {
    if (node.type === 'ExportDefaultDeclaration') faults.push('has a default export');
    if (node.type === 'ExportAllDeclaration') faults.push('re-exports everything of another module');
    if (node.type === 'ClassDeclaration' || node.type === 'ClassExpression') faults.push('has a class');
    if (
      /^(Import|ExportNamed|ExportAll)Declaration$|^ImportExpression$/.test(node.type) &&
      isNode(node.source)
    ) {
      const specifier = node.source.value;
      const fault = typeof specifier === 'string' ? importFault(file, specifier) : null;
      if (fault !== null) faults.push(fault);
    }
    const called = node.type === 'CallExpression' ? nameOf(node.callee) : '';
    if (called === 'process.exit' && file !== 'main.ts') faults.push('calls process.exit');
    if (called.startsWith('console.') && layer !== 'cli' && layer !== 'main') faults.push(`calls ${called}`);
    if (layer !== 'core') continue;
    if (/^(Date\.now|Math\.random|performance\.now|setTimeout|setInterval|fetch)$/.test(called)) {
      faults.push(`calls ${called}, which is not pure`);
    }
    if (node.type === 'NewExpression' && nameOf(node.callee) === 'Date' && Array.isArray(node.arguments)) {
      if (node.arguments.length === 0) faults.push('reads the clock');
    }
    if (node.type === 'MemberExpression' && nameOf(node.object) === 'process')
      faults.push('reads the process');
  }
  return faults.map((fault) => `${file} ${fault}`);
}

function sourceFiles(): string[] {
  return readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .map((file) => file.split(path.sep).join('/'))
    .filter((file) => /\.(tsx?|[cm]?js)$/.test(file))
    .sort();
}

it('keeps the layers and the rules of a module in every source file', () => {
  const files = sourceFiles();
  expect(files).toContain('core/stream.ts');
  const faults = files.flatMap((file) => faultsOf(file, readFileSync(path.join(root, 'src', file), 'utf8')));
  expect(faults).toEqual([]);
});

it.each([
  ['models/a.ts', "import { b } from '../runners/b.ts';", 'models imports runners (runners/b.ts)'],
  ['journal/a.ts', "import type { B } from '../cli/b.ts';", 'journal imports cli (cli/b.ts)'],
  ['core/a.ts', "export { b } from '../config.ts';", 'core imports house (config.ts)'],
  ['core/a.ts', "import path from 'node:path';", 'core imports node:path'],
  ['cli/a.ts', "const b = () => import('../models/b.ts');", 'cli imports models (models/b.ts)'],
  ['config/a.ts', "import { b } from '../compose.ts';", 'house imports compose (compose.ts)'],
  ['cli/a.ts', "import { b } from './b';", 'imports ./b without .ts'],
  ['cli/a.ts', "import { b } from '../../tests/b.ts';", 'imports ../tests/b.ts, outside of src'],
  ['cli/a.ts', 'export default 1;', 'has a default export'],
  ['cli/a.ts', "export * from './b.ts';", 're-exports everything of another module'],
  ['cli/a.ts', 'class A {}', 'has a class'],
  ['cli/a.ts', 'let count = 0;', 'has module state'],
  ['cli/a.ts', "console.log('x');", 'does work at import'],
  ['cli/a.ts', 'export const a = () => process.exit(1);', 'calls process.exit'],
  ['models/a.ts', "export const a = () => console.log('x');", 'calls console.log'],
  ['core/a.ts', 'export const a = () => Date.now();', 'calls Date.now, which is not pure'],
  ['core/a.ts', 'export const a = () => new Date();', 'reads the clock'],
  ['core/a.ts', 'export const a = () => process.env.HOME;', 'reads the process'],
  ['cli/index.ts', '', 'is an index'],
  ['cli/name-util.ts', '', 'has a name that says nothing'],
  ['cli/a.ts', '\n'.repeat(301), 'has 301 lines'],
])('finds the fault in %s: %s', (file, source, fault) => {
  expect(faultsOf(file, source)).toContain(`${file} ${fault}`);
});

it('lets main call process.exit, strings and comments say what they like, and an adapter use its own folder', () => {
  expect(faultsOf('main.ts', 'process.exit(1);')).toEqual([]);
  expect(faultsOf('scanner/a.ts', "// process.exit()\nexport const a = 'process.exit(1)';")).toEqual([]);
  expect(
    faultsOf('runners/sandbox/a.ts', "import { b } from '../b.ts';\nimport { c } from '../../core/c.ts';"),
  ).toEqual([]);
});
