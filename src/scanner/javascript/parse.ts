import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { Node, Program } from 'oxc-parser';

export type { Node, Program } from 'oxc-parser';

export type ParsedScript =
  | { kind: 'parsed'; program: Program }
  | { kind: 'broken'; message: string; offset: number; program: Program | null }
  | { kind: 'too-deep' };

/** Parses one file. `path` chooses between JavaScript, TypeScript and JSX by its ending. */
export type ParseScript = (path: string, content: string) => ParsedScript;

/**
 * The native parser recurses on the stack: source nested deeply enough ends this very process with a signal that cannot be caught.
 * Measured on a 4 MB stack, the dearest level that needs an opening bracket takes 1.6 KB, the dearest other token 0.4 KB; what could
 * pass 3.2 MB is tried first in a process that may die.
 */
const stackBytes = 3_200_000;
const bytesPerBracket = 1_600;
const bytesPerToken = 400;

/** Parses standard input in a worker, whose stack is no larger than any that the scanner runs on. */
const trial = `
const { Worker } = require('node:worker_threads');
const { readFileSync } = require('node:fs');
const [parser, path] = process.argv.slice(1);
const work = \`
  const { workerData } = require('node:worker_threads');
  import(workerData.parser).then(({ parseSync }) => {
    const options = { sourceType: 'unambiguous', preserveParens: false };
    const { program, errors } = parseSync(workerData.path, workerData.content, options);
    return [program, errors];
  });
\`;
new Worker(work, { eval: true, workerData: { parser, path, content: readFileSync(0, 'utf8') } });
`;

export function couldOverflow(content: string): boolean {
  let brackets = 0;
  let tokens = 0;
  for (const match of content.matchAll(/[\w$]+|[^\s\w$]/g)) {
    tokens += 1;
    if ('([{<'.includes(match[0])) brackets += 1;
  }
  return brackets * bytesPerBracket + tokens * bytesPerToken > stackBytes;
}

function survivesTrial(parser: string, path: string, content: string): boolean {
  const result = spawnSync(process.execPath, ['--input-type=commonjs', '-e', trial, parser, path], {
    input: content,
    env: {},
    timeout: 20_000,
    killSignal: 'SIGKILL',
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  return result.status === 0;
}

/** Loads the parser. */
export async function makeParseScript(): Promise<ParseScript> {
  const { parseSync } = await import('oxc-parser');
  const location = () => pathToFileURL(createRequire(import.meta.url).resolve('oxc-parser')).href;
  return (path, content) => {
    const file = /\.([cm]?[jt]s|[jt]sx)$/.test(path) ? path : `${path}.js`;
    if (couldOverflow(content) && !survivesTrial(location(), file, content)) return { kind: 'too-deep' };
    const attempt = (sourceType: 'unambiguous' | 'commonjs' | 'module') =>
      parseSync(file, content, { sourceType, preserveParens: false });
    const isError = (error: { severity: string }) => error.severity === 'Error';
    let result = attempt('unambiguous');
    // A `return` at the top level is fine in CommonJS and nowhere else, an `await` in modules.
    for (const sourceType of ['commonjs', 'module'] as const) {
      if (!result.errors.some(isError)) break;
      const other = attempt(sourceType);
      if (!other.errors.some(isError)) result = other;
    }
    const error = result.errors.find(isError);
    if (error === undefined) return { kind: 'parsed', program: result.program };
    const program = result.program.body.length > 0 ? result.program : null;
    return { kind: 'broken', message: error.message, offset: error.labels[0]?.start ?? 0, program };
  };
}

export function isNode(value: unknown): value is Node {
  return (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    typeof value.type === 'string' &&
    'start' in value
  );
}

/** The direct children of a node, in the order of the source; types left out. */
export function childrenOf(node: Node): Node[] {
  const children: Node[] = [];
  for (const [key, value] of Object.entries(node)) {
    if (key === 'parent' || key === 'typeAnnotation' || key === 'returnType') continue;
    if (isNode(value)) children.push(value);
    else if (Array.isArray(value)) for (const item of value) if (isNode(item)) children.push(item);
  }
  return children.filter((child) => !isTypeOnly(child));
}

const runtimeTypeScript = new Set<string>([
  'TSAsExpression',
  'TSSatisfiesExpression',
  'TSNonNullExpression',
  'TSTypeAssertion',
  'TSInstantiationExpression',
  'TSEnumDeclaration',
  'TSEnumBody',
  'TSEnumMember',
  'TSModuleDeclaration',
  'TSModuleBlock',
  'TSExportAssignment',
  'TSImportEqualsDeclaration',
  'TSExternalModuleReference',
  'TSParameterProperty',
]);

/** Whether a node exists for the type checker alone. */
export function isTypeOnly(node: Node): boolean {
  if (node.type.startsWith('TS')) return !runtimeTypeScript.has(node.type);
  return 'declare' in node && node.declare === true;
}

export function isFunction(node: Node): boolean {
  return /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type);
}

/** An expression without the brackets around it. */
export function unwrapped(node: Node): Node {
  return node.type === 'ParenthesizedExpression' ? unwrapped(node.expression) : node;
}
