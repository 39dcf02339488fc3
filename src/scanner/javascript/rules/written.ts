import { type CodeRule, scriptLanguages } from '../../rule.ts';
import { writtenAndRun } from '../../written.ts';

export const written: CodeRule = {
  name: 'written-and-run',
  about: 'Runs source code that it has written itself.',
  languages: scriptLanguages,
  cwe: 'CWE-94',
  bad: [
    "const fs = require('fs');\nfs.writeFileSync('x.js', text);\nrequire('./x.js');",
    "import fs from 'fs';\nimport { fork } from 'child_process';\nfs.writeFileSync('x.js', text);\nfork('x.js');",
  ],
  good: [
    "const fs = require('fs');\nfs.writeFileSync('x.json', text);\nrequire('./x.js');",
    "require('fs').writeFileSync('generated.js', text);",
  ],
  check: (facts) => writtenAndRun(facts),
};
