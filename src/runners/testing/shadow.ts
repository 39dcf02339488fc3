import { posix } from 'node:path';
import type { Check, SourceFile } from '../../core/domain.ts';

const pythonFrameworks = new Set([
  'unittest',
  'pytest',
  '_pytest',
  'pluggy',
  'sitecustomize',
  'usercustomize',
]);
const nodeFrameworks =
  /(^|\/)node_modules\/(assert|test|node:test|chai|jest|vitest|mocha|ava|tap|tape|sinon|expect|uvu)(\/|\.|$)/;
const settings = new Set([
  'pytest.ini',
  'tox.ini',
  'setup.cfg',
  'pyproject.toml',
  '.pytest.ini',
  '.coveragerc',
]);
const selects =
  /^\s*(addopts|python_files|python_classes|python_functions|collect_ignore|required_plugins)\s*=/m;

/**
 * Files of the program that would stand in the place of a test framework, or tell it what to run. One sentence for each, for a person;
 * empty when there is none.
 */
export function shadowsOf(
  program: readonly SourceFile[],
  checkFiles: readonly SourceFile[],
  check: Check,
): string[] {
  const folders = new Set(['.', ...checkFiles.map((file) => posix.dirname(file.path))]);
  const pytest = check.kind === 'command' && /\bpytest\b/.test(check.command);
  return program.flatMap(({ path, content }) => {
    const stands = [...folders].some((folder) => {
      const [first = ''] = posix.relative(folder, path).split('/');
      return pythonFrameworks.has(first.replace(/\.py$/, '')) && path.endsWith('.py');
    });
    if (stands || nodeFrameworks.test(path)) {
      return [`The program's file ${path} stands in the place of a test framework; give it another name.`];
    }
    if (!pytest) return [];
    const name = posix.basename(path);
    if (name === 'conftest.py' || (settings.has(name) && selects.test(content))) {
      return [`The program's file ${path} tells pytest what to run; only the check may.`];
    }
    return [];
  });
}
