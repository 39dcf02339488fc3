import { accessMatches } from '../../access.ts';
import type { CodeRule } from '../../rule.ts';

/** Removing a whole tree: in the program's folder a deletion like any other, of a home or system folder never allowed. */
export const recursiveDelete: CodeRule = {
  name: 'recursive-delete',
  about: 'Removes a whole folder tree; of a home or system folder never.',
  languages: ['python'],
  cwe: 'CWE-732',
  bad: [
    "import shutil\nshutil.rmtree('/')",
    "from shutil import rmtree as remove\nimport os\nremove(os.path.expanduser('~'))",
    'import shutil\nfrom pathlib import Path\nshutil.rmtree(Path.home())',
    "getattr(__import__('shutil'), 'rm' + 'tree')('/home')",
    "import shutil\nshutil.rmtree('../other')",
  ],
  good: [
    "import shutil\nshutil.rmtree('build', ignore_errors=True)",
    'import shutil, tempfile\nshutil.rmtree(tempfile.mkdtemp())',
  ],
  *check(facts) {
    for (const use of facts.uses)
      if (use.form !== 'import' && use.path === 'shutil.rmtree')
        yield* accessMatches('delete-tree', use.named.get('path') ?? use.args[0], use.at);
  },
};
