import type { Capability, Finding } from '../core/domain.ts';

/** What is dangerous only together: each part may be fine by itself. Looks at the whole program, across its files. */
export function combinations(findings: readonly Finding[], capabilities: ReadonlySet<Capability>): Finding[] {
  const network = findings.find(({ rule, severity }) => rule === 'net.client' && severity !== 'note');
  if (network === undefined) return [];
  const together: Finding[] = [];
  const secret = findings.find(({ rule }) => rule === 'fs.read.sensitive' || rule === 'env.secret');
  if (secret?.rule === 'fs.read.sensitive')
    together.push({
      rule: 'secrets-and-network',
      severity: 'deny',
      message: `Reads a place where secrets are kept (line ${secret.line} of ${secret.file}) and uses the network (line ${network.line} of ${network.file}): together they can send secrets away. A program may do neither or one of them.`,
      file: secret.file,
      line: secret.line,
      column: secret.column,
      cwe: 'CWE-200',
    });
  if (capabilities.has('net.client') && capabilities.has('fs.write.persist'))
    together.push({
      rule: 'download-and-persist',
      severity: 'deny',
      message: `Uses the network (line ${network.line} of ${network.file}) and writes where it would be run again later. Programs run without a network and write in their own folder.`,
      file: network.file,
      line: network.line,
      column: network.column,
      cwe: 'CWE-506',
    });
  return together;
}
