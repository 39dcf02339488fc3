import type { CodeRule } from '../../rule.ts';
import { writtenAndRun } from '../../written.ts';

export const written: CodeRule = {
  name: 'written-and-run',
  about: 'Runs source code that it has written itself.',
  languages: ['python'],
  cwe: 'CWE-94',
  bad: [
    "import subprocess, sys\nopen('x.py', 'w').write(text)\nsubprocess.run([sys.executable, 'x.py'])",
    "from pathlib import Path\nPath('tool.py').write_text(text)\nimport tool",
  ],
  good: [
    "import subprocess, sys\nopen('out.txt', 'w').write('x')\nsubprocess.run([sys.executable, 'x.py'])",
    "import tool\nprint(open('tool.py').read())",
    "open('generated.py', 'w').write(text)",
  ],
  check: (facts) => writtenAndRun(facts),
};
