import type { Language, ScanReport, SourceFile } from '../core/domain.ts';
import type { Scanner } from '../core/seams.ts';
import { scriptFacts } from './javascript/facts.ts';
import { fallbackMatches } from './javascript/fallback.ts';
import { makeParseScript, type ParseScript } from './javascript/parse.ts';
import { scriptRules } from './javascript/rules.ts';
import { languageOf, ownModules } from './languages.ts';
import { foreignCoding } from './python/coding.ts';
import { pythonFacts } from './python/facts.ts';
import { pythonRules } from './python/rules.ts';
import { tokenise } from './python/tokenise.ts';
import { type Made, makeReport, makeReports } from './report.ts';
import { type Match, needs, type Place, places, type Rule, type ScanContext, shows } from './rule.ts';
import { shellFacts } from './shell/facts.ts';
import { parseShell } from './shell/parse.ts';
import { shellRules } from './shell/rules.ts';

const longestFile = 1_000_000;
const deepestText = 4;
const mostTexts = 200;
const start: Place = { line: 1, column: 1 };

interface Reader {
  parseScript: ParseScript;
  ownModules: ReadonlySet<string>;
  /** Code in strings of this file that was read already, so that no text is read twice. */
  seen: Set<string>;
  /** Shell functions of this file, for the commands in its strings. */
  functions: Set<string>;
}

/** A file and the language to read it in; null is data, of which only the scripts of a package.json are read. */
export interface Readable {
  file: SourceFile;
  language: Language | null;
}

/** Loads the parsers and returns the scanner: it reads every file of a program, runs nothing of it and keeps nothing. */
export async function makeScanner(): Promise<Scanner> {
  const parseScript = await makeParseScript();
  return (program) => {
    const read = program.files.map((file) => ({ file, language: languageOf(file, program) }));
    return makeReport(matchesOf(read, parseScript).flat());
  };
}

/** The scanner with one report a file, in the order given. The files are one program: they may import each other. */
export async function makeFileScanner(): Promise<(files: readonly Readable[]) => ScanReport[]> {
  const parseScript = await makeParseScript();
  return (files) => makeReports(matchesOf(files, parseScript));
}

function matchesOf(files: readonly Readable[], parseScript: ParseScript): { file: string; made: Made }[][] {
  const own = ownModules(files.map(({ file }) => file));
  return files.map(({ file, language }) =>
    [
      ...scanFile(file, language, { parseScript, ownModules: own, seen: new Set(), functions: new Set() }),
    ].map((made) => ({
      file: file.path,
      made,
    })),
  );
}

function* scanFile(file: SourceFile, language: Language | null, reader: Reader): Iterable<Made> {
  if (language === null) {
    if (/(^|\/)package\.json$/.test(file.path)) yield* scanScripts(file, reader);
    return;
  }
  if (file.content.length > longestFile) {
    yield own(
      'unscanned',
      shows(
        'ask',
        start,
        `The file is ${file.content.length} characters long and was not read; at most ${longestFile} are. Move data out of the code.`,
        ['import.unknown'],
      ),
    );
    return;
  }
  yield* guarded(language, file.path, file.content, reader, 0, null);
}

/** Rules over one text. What is nested deeper than the stack allows asks; every other error is a bug and thrown. */
function* guarded(
  language: Language,
  path: string,
  content: string,
  reader: Reader,
  depth: number,
  outer: Place | null,
): Iterable<Made> {
  try {
    yield* [...scanContent(language, path, content, reader, depth)].map((made) =>
      outer === null ? made : place(made, outer),
    );
  } catch (error) {
    if (!(error instanceof RangeError && error.message.includes('call stack'))) throw error;
    yield own(
      'unscanned',
      shows('ask', outer ?? start, 'The code is nested too deep to be read. Split it into statements.', [
        'import.unknown',
      ]),
    );
  }
}

function place(made: Made, at: Place): Made {
  return { ...made, match: { ...made.match, at } };
}

function own(rule: string, match: Match): Made {
  return match.kind === 'inner' ? match : { rule, cwe: null, match };
}

function* scanContent(
  language: Language,
  path: string,
  content: string,
  reader: Reader,
  depth: number,
): Iterable<Made> {
  const at = places(content);
  const context: ScanContext = {
    ownModules: reader.ownModules,
    scanText: (inner, code, outer) => {
      const key = `${inner}\n${code}`;
      if (reader.seen.has(key)) return [];
      if (depth >= deepestText || reader.seen.size > mostTexts)
        return [
          shows(
            'ask',
            outer,
            'Holds more code in strings than is read. Write the code itself into the program.',
            ['eval.dynamic'],
          ),
        ];
      reader.seen.add(key);
      const made = [
        ...guarded(inner, inner === 'javascript' ? 'text.js' : 'text', code, reader, depth + 1, outer),
      ];
      // Of a text often only the beginning is known: that it does not parse says nothing.
      return made.filter(({ rule }) => rule !== 'unparsed').map((one) => ({ kind: 'inner', ...one }));
    },
  };
  switch (language) {
    case 'python':
      yield* scanPython(path, content, at, context);
      return;
    case 'shell':
      yield* scanShell(path, content, at, context, reader);
      return;
    default:
      yield* scanScript(language, path, content, at, context, reader);
  }
}

function* apply<Facts>(rules: readonly Rule<Facts>[], facts: Facts, context: ScanContext): Iterable<Made> {
  for (const rule of rules)
    for (const match of rule.check(facts, context))
      yield match.kind === 'inner' ? match : { rule: rule.name, cwe: rule.cwe ?? null, match };
}

function* scanPython(
  path: string,
  content: string,
  at: (offset: number) => Place,
  context: ScanContext,
): Iterable<Made> {
  const coding = foreignCoding(content);
  if (coding !== null)
    yield own(
      'unscanned',
      needs(
        'obfuscation',
        at(coding.offset),
        `Declares the encoding ${coding.name}, in which Python reads other code than stands here. Write the file in UTF-8.`,
      ),
    );
  const tokens = tokenise(content);
  if (tokens.problem !== null) yield* unparsed('Python', tokens.problem.message, at(tokens.problem.offset));
  yield* apply(pythonRules, pythonFacts(path, tokens, at), context);
}

function* scanShell(
  path: string,
  content: string,
  at: (offset: number) => Place,
  context: ScanContext,
  reader: Reader,
): Iterable<Made> {
  const script = parseShell(content);
  // A shell runs line by line up to the error, so nothing refuses the file as a whole.
  if (script.problem !== null)
    yield own(
      'unparsed',
      shows(
        'ask',
        at(script.problem.offset),
        `The script cannot be read to its end: ${script.problem.message}. A shell would still run what stands before.`,
        ['import.unknown'],
      ),
    );
  const facts = shellFacts(path, script, at);
  for (const name of [...facts.functions, ...facts.aliases.keys()]) reader.functions.add(name);
  yield* apply(shellRules, { ...facts, functions: reader.functions }, context);
}

function* scanScript(
  language: Language,
  path: string,
  content: string,
  at: (offset: number) => Place,
  context: ScanContext,
  reader: Reader,
): Iterable<Made> {
  const fits = language === 'typescript' ? /\.([cm]?ts|tsx)$/i : /\.([cm]?js|jsx)$/i;
  const named = fits.test(path) ? path.toLowerCase() : `${path}.${language === 'typescript' ? 'ts' : 'js'}`;
  const parsed = reader.parseScript(named, content);
  if (parsed.kind === 'too-deep') {
    yield own(
      'unscanned',
      shows('ask', start, 'The code is nested too deep to be read. Split it into statements.', [
        'import.unknown',
      ]),
    );
    return;
  }
  if (parsed.kind === 'broken') {
    yield* unparsed(
      language === 'typescript' ? 'TypeScript' : 'JavaScript',
      parsed.message,
      at(parsed.offset),
    );
    for (const match of fallbackMatches(content, at)) yield own('unparsed', match);
  }
  if (parsed.program !== null) yield* apply(scriptRules, scriptFacts(path, parsed.program, at), context);
}

/** The interpreter refuses such a file as a whole, so it need not be asked about; but it never counts as free of needs. */
function* unparsed(language: string, message: string, at: Place): Iterable<Made> {
  yield own(
    'unparsed',
    shows(
      'note',
      at,
      `This is not ${language}: ${message.replace(/\.$/, '')}. An interpreter refuses such a file, and the rules cannot read it.`,
      ['import.unknown'],
    ),
  );
  yield own(
    'unparsed',
    needs('import.unknown', at, 'What a file that does not parse would need is not known.'),
  );
}

/** The scripts of a package.json are commands. */
function* scanScripts(file: SourceFile, reader: Reader): Iterable<Made> {
  let scripts: unknown;
  try {
    const parsed: unknown = JSON.parse(file.content);
    scripts =
      typeof parsed === 'object' && parsed !== null && 'scripts' in parsed ? parsed.scripts : undefined;
  } catch {
    return;
  }
  if (typeof scripts !== 'object' || scripts === null) return;
  const at = places(file.content);
  for (const [name, command] of Object.entries(scripts)) {
    if (typeof command !== 'string') continue;
    const offset = Math.max(0, file.content.indexOf(JSON.stringify(name)));
    yield* guarded('shell', file.path, command, reader, 1, at(offset));
  }
}
