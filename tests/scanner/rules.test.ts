import { beforeAll, describe, expect, it } from 'vitest';
import {
  capabilities,
  type Finding,
  type Language,
  type Program,
  type ScanReport,
} from '../../src/core/domain.ts';
import type { Scanner } from '../../src/core/seams.ts';
import { scriptFacts } from '../../src/scanner/javascript/facts.ts';
import { makeParseScript, type ParseScript } from '../../src/scanner/javascript/parse.ts';
import { scriptRules } from '../../src/scanner/javascript/rules.ts';
import { pythonFacts } from '../../src/scanner/python/facts.ts';
import { pythonRules } from '../../src/scanner/python/rules.ts';
import { tokenise } from '../../src/scanner/python/tokenise.ts';
import { type Match, places, type ScanContext } from '../../src/scanner/rule.ts';
import { makeScanner } from '../../src/scanner/scan.ts';
import { shellFacts } from '../../src/scanner/shell/facts.ts';
import { parseShell } from '../../src/scanner/shell/parse.ts';
import { shellRules } from '../../src/scanner/shell/rules.ts';

const endings: Record<Language, string> = { javascript: 'js', typescript: 'ts', python: 'py', shell: 'sh' };

let scan: Scanner;
let parse: ParseScript;
beforeAll(async () => {
  scan = await makeScanner();
  parse = await makeParseScript();
});

function scanOne(language: Language, content: string): ScanReport {
  const entry = `main.${endings[language]}`;
  const program: Program = { language, entry, files: [{ path: entry, content }] };
  return scan(program);
}

/** Needs that programs may have: what a bad example of such a rule shows is the need itself. */
const quietRules: Record<string, string[]> = {
  input: ['stdin'],
  modules: ['import.unknown', 'module.builtin', 'fs.read.outside', 'escape.reflection'],
};

/** What one rule says by itself; code in strings is answered with a marker. */
function ownFindings(name: string, language: Language, content: string): Match[] {
  const inner: Match = {
    kind: 'needs',
    capability: 'stdin',
    message: 'code in a string',
    at: { line: 0, column: 0 },
  };
  const context: ScanContext = { ownModules: new Set(), scanText: () => [inner] };
  if (language === 'python') {
    const facts = pythonFacts('main.py', tokenise(content), places(content));
    return pythonRules
      .filter((rule) => rule.name === name)
      .flatMap((rule) => [...rule.check(facts, context)]);
  }
  if (language === 'shell') {
    const facts = shellFacts('main.sh', parseShell(content), places(content));
    return shellRules.filter((rule) => rule.name === name).flatMap((rule) => [...rule.check(facts, context)]);
  }
  const parsed = parse('main.js', content);
  if (parsed.kind !== 'parsed') throw new Error(`the example does not parse: ${content}`);
  const facts = scriptFacts('main.js', parsed.program, places(content));
  return scriptRules.filter((rule) => rule.name === name).flatMap((rule) => [...rule.check(facts, context)]);
}

function same(match: Match, finding: Finding): boolean {
  return match.kind !== 'inner' && match.message === finding.message && match.at.line === finding.line;
}

const rules = [...scriptRules, ...pythonRules, ...shellRules];

describe.each([
  ['javascript', scriptRules],
  ['python', pythonRules],
  ['shell', shellRules],
] as const)('the %s rules', (language, family) => {
  for (const rule of family) {
    describe(rule.name, () => {
      it.each(rule.bad)('reports %j', (content) => {
        const report = scanOne(language, content);
        const quiet = quietRules[rule.name];
        if (quiet === undefined) expect(report.decision).not.toBe('allow');
        else expect(report.findings.filter((finding) => quiet.includes(finding.rule))).not.toEqual([]);
        for (const finding of report.findings) expect(finding.message.length).toBeGreaterThan(20);
      });

      it.each(rule.good)('lets %j pass', (content) => {
        const severe = scanOne(language, content).findings.filter(({ severity }) => severity !== 'note');
        const own = ownFindings(rule.name, language, content);
        expect(severe.filter((finding) => own.some((match) => same(match, finding)))).toEqual([]);
      });
    });
  }
});

describe('the rules', () => {
  it('have names that are no capability, and examples of both kinds', () => {
    for (const rule of rules) {
      expect(capabilities as readonly string[]).not.toContain(rule.name);
      expect(rule.bad.length, rule.name).toBeGreaterThan(0);
      expect(rule.good.length, rule.name).toBeGreaterThan(0);
    }
  });

  it('have names that are unique within a language', () => {
    for (const family of [scriptRules, pythonRules, shellRules])
      expect(new Set(family.map(({ name }) => name)).size).toBe(family.length);
  });

  it.each(rules.map((rule) => [rule.languages[0] ?? 'javascript', rule.name, rule.bad] as const))(
    'of %s: %s matches its own bad examples, not only a neighbour does',
    (language, name, bad) => {
      for (const content of bad) expect(ownFindings(name, language, content), content).not.toEqual([]);
    },
  );
});
